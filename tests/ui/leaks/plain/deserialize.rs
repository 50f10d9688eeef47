use audit_runtime::Redact;
use serde::Deserialize;

#[derive(Redact, Deserialize)]
struct Login {
    #[public]
    user: String,
    // row: serde-forgotten
    #[sensitive]
    password: String,
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    pin: u32,
}

fn main() {}
