//! Functions that serde is told of give the wrapped value; the compiler says so at their names.

use audit_runtime::{Redact, wrap_sensitive};
use serde::Deserialize;

fn guest() -> String {
    String::from("guest")
}

#[wrap_sensitive]
#[derive(Redact, Deserialize)]
struct Login {
    #[sensitive]
    #[serde(default = "guest")]
    password: String,
}

fn main() {}
