use actix_web::http::{Uri, header::HeaderMap};
use audit_runtime::{Redact, wrap_sensitive};
use serde_json::Value;
use url::Url as Link;

#[derive(Debug)]
struct Card {
    number: String,
}

#[wrap_sensitive]
#[derive(Redact)]
struct Order {
    #[sensitive]
    token: String,
    // row: forgotten-text
    comment: String,
    // row: nested-type
    card: Card,
    // row: foreign-types
    uri: Uri,
    headers: HeaderMap,
    profile: Value,
    // row: foreign-types
    #[public]
    upstream: Link,
}

#[wrap_sensitive]
#[derive(Redact)]
struct Envelope<T> {
    #[sensitive]
    token: String,
    body: T,
}

fn main() {
    let (token, body) = (String::new().into(), String::from("text"));
    // row: envelope-of-text
    let _ = format!("{:?}", Envelope { token, body });
}
