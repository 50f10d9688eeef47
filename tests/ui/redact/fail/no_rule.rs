use audit_runtime::Redact;

struct Address;

#[derive(Redact)]
struct Order {
    id: u64,
    ship_to: Address,
    stops: Vec<Address>,
}

#[derive(Redact)]
enum Step {
    Deliver(Address),
}

fn main() {
    println!("{:?}", Order { id: 1, ship_to: Address, stops: vec![] });
}
