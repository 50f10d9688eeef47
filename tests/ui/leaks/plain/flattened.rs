use std::collections::HashMap;

use audit_runtime::Redact;
use serde::Serialize;
use serde_json::Value;

#[derive(Redact, Serialize)]
struct Login {
    #[public]
    user: String,
    // row: flattened-map
    #[serde(flatten)]
    extra: HashMap<String, Value>,
}

fn main() {}
