use audit_runtime::{Redact, wrap_sensitive};
use serde::Serialize;

#[wrap_sensitive]
#[derive(Redact, Serialize)]
struct Login {
    #[public]
    user: String,
    // row: derive-serialize
    #[sensitive]
    password: String,
}

fn main() {}
