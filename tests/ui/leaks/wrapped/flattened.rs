use std::collections::HashMap;

use audit_runtime::{Redact, wrap_sensitive};
use serde::Serialize;
use serde_json::Value;

#[wrap_sensitive]
#[derive(Redact, Serialize)]
struct Login {
    #[public]
    user: String,
    // row: flattened-map
    #[sensitive]
    #[serde(flatten)]
    extra: HashMap<String, Value>,
}

fn main() {}
