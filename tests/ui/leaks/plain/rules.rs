use actix_web::http::{Uri, header::HeaderMap};
use audit_runtime::Redact;
use serde_json::Value;
use std::collections::HashMap;
use url::Url as Link;

#[derive(Debug)]
struct Card {
    number: String,
}

#[derive(Redact)]
struct Order {
    // row: forgotten-text
    comment: String,
    // row: nested-type
    card: Card,
    // row: secret-as-key
    uses: HashMap<String, u32>,
    // row: foreign-types
    uri: Uri,
    headers: HeaderMap,
    profile: Value,
    // row: foreign-types
    #[public]
    upstream: Link,
}

#[derive(Redact)]
struct Envelope<T> {
    id: u32,
    body: T,
}

fn main() {
    let body = String::from("text");
    // row: envelope-of-text
    let _ = format!("{:?}", Envelope { id: 1, body });
}
