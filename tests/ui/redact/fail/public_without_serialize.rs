use audit_runtime::Redact;

struct Address;

impl audit_runtime::Plain for Address {}

#[derive(Redact)]
struct Order {
    #[public]
    ship_to: Address,
}

fn main() {
    audit_runtime::public(Address);
}
