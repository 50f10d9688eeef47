//! `wire` is for `Sensitive` and what holds it; any other field gets one message.

use std::collections::HashMap;

use audit_runtime::Sensitive;
use serde::Serialize;

#[derive(Serialize)]
struct NewKey {
    #[serde(serialize_with = "audit_runtime::wire")]
    api_key: String,
    #[serde(serialize_with = "audit_runtime::wire")]
    old_keys: Option<Vec<String>>,
    #[serde(serialize_with = "audit_runtime::wire")]
    by_name: HashMap<String, u32>,
    #[serde(serialize_with = "audit_runtime::wire")]
    recovery_code: Sensitive<String>,
}

fn main() {}
