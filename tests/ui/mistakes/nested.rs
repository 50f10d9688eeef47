use audit_runtime::{Redact, audited};

#[derive(Debug)]
struct Address {
    street: String,
}

#[derive(Redact)]
struct Order {
    ship_to: Option<Address>,
}

#[audited(action = "SendOrder", on_unrecorded = fail_open, fields(address))]
async fn send(address: Address) {}

fn main() {}
