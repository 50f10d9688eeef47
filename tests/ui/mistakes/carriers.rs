use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::Uri;
use actix_web::http::header::HeaderMap;
use audit_runtime::Redact;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url as Link;

#[derive(Redact)]
struct Request {
    uri: Uri,
    referer: Option<Uri>,
    headers: Arc<HeaderMap>,
    body: Vec<Value>,
}

#[derive(Redact, Serialize, Deserialize)]
struct Shown {
    #[public]
    body: Value,
    #[public]
    #[serde(flatten)]
    rest: HashMap<String, serde_json::Value>,
}

#[derive(Redact)]
#[redact(default = "public")]
struct Harmless {
    settings: serde_json::Value,
}

type Json = serde_json::Value;
type Members = serde_json::Map<String, Json>;

#[derive(Redact)]
struct Aliased<'a, T> {
    #[public]
    address: &'a Link,
    #[public]
    body: Option<Json>,
    #[public]
    rest: HashMap<String, Members>,
    #[public(reason = "made by ourselves")]
    settings: Json,
    #[public]
    other: T,
}

mod own {
    use audit_runtime::Redact;

    #[derive(Redact)]
    pub struct Value(u32);

    #[derive(Redact)]
    pub struct Reading {
        value: Value,
    }
}

fn main() {}
