use audit_runtime::Redact;

struct Address;

impl audit_runtime::Plain for Address {}

#[derive(Redact)]
struct Order {
    #[public]
    ship_to: Address,
}

#[derive(Redact)]
struct Card {
    #[sensitive]
    number: String,
}

#[derive(Redact)]
struct Payment {
    #[public]
    card: Card,
    #[public]
    others: Vec<Card>,
    #[public]
    addresses: Option<Vec<Address>>,
}

#[derive(Redact)]
#[redact(default = "public")]
struct Customer<T> {
    card: Option<Card>,
    address: Address,
    other: T,
}

fn main() {
    audit_runtime::public(Address);
}
