//! What is captured has a redaction rule.

use audit_runtime::audited;

struct Plain;

#[audited(action = "GetUser", fields(name, plain = &plain))]
fn captures(name: &str, plain: Plain) -> usize {
    drop(plain);
    name.len()
}

#[audited(action = "GetUser", fields(all = (name.len(), name.to_owned())))]
async fn tuple(name: &str) {}

fn main() {}
