use audit_runtime::{Redact, audited};

#[derive(Redact)]
struct Envelope<T> {
    id: u64,
    body: T,
}

#[audited(action = "Send", on_unrecorded = fail_open, fields(envelope))]
async fn send(envelope: Envelope<String>) {}

fn main() {
    println!("{:?}", Envelope { id: 1, body: String::new() });
}
