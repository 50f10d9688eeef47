//! Secrets leave in clear inside a disclosure scope, and nowhere else: whatever serializes them,
//! whatever answers, and whatever goes wrong.

mod actix;
mod axum;
mod containers;
mod extractors;
mod formats;
mod parsing;
mod reported;
mod shapes;

use audit_runtime::{Redact, Sensitive, disclose};
use serde::Serialize;

/// The text of every secret here.
const CANARY: &str = "c4n4ry";
/// What stands for a secret outside.
const REDACTED: &str = "[redacted]";

/// What a service answers once, and logs never.
#[derive(Serialize, Redact)]
struct NewKey {
    id: u64,
    #[sensitive]
    #[serde(serialize_with = "audit_runtime::wire")]
    api_key: Sensitive<String>,
    #[sensitive]
    #[serde(serialize_with = "audit_runtime::wire_plain")]
    recovery_code: String,
}

impl NewKey {
    fn new() -> Self {
        Self { id: 7, api_key: secret(), recovery_code: CANARY.into() }
    }
}

const OUTSIDE: &str = r#"{"id":7,"api_key":"[redacted]","recovery_code":"[redacted]"}"#;
const INSIDE: &str = r#"{"id":7,"api_key":"c4n4ry","recovery_code":"c4n4ry"}"#;

fn secret() -> Sensitive<String> {
    Sensitive::new(CANARY.into())
}

/// Asserts both forms that `write` gives.
#[track_caller]
fn check(write: impl Fn() -> String, outside: &str, inside: &str) {
    assert!(inside.contains(CANARY) && !outside.contains(CANARY), "this would show nothing");
    assert_eq!(write(), outside);
    assert_eq!(disclose(&write), inside);
    assert_eq!(write(), outside, "the scope goes on");
}

/// Asserts both forms of a value in JSON.
#[track_caller]
fn check_json(value: &impl Serialize, outside: &str, inside: &str) {
    check(|| serde_json::to_string(value).unwrap(), outside, inside);
}
