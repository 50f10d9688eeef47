//! A strict type with every form of a wrapped field.

use std::collections::VecDeque;
use std::sync::Arc;

use audit_runtime::{Redact, Secret, Sensitive, wrap_sensitive};

type Pin = Sensitive<u16>;

#[wrap_sensitive]
#[derive(Redact)]
#[redact(strict)]
struct Login<T: Secret> {
    id: u64,
    #[sensitive]
    password: String,
    #[sensitive]
    token: Option<String>,
    #[sensitive]
    body: T,
}

#[derive(Redact)]
#[redact(strict)]
enum Method<'a> {
    Pin(#[sensitive] Pin),
    Pins(#[sensitive] Vec<Option<Box<Pin>>>),
    Shared(#[sensitive] &'a Arc<[Pin; 2]>),
    Queue(#[sensitive] VecDeque<Pin>),
}

fn main() {
    let login: Login<String> = Login {
        id: 1,
        password: "x".to_owned().into(),
        token: None.into(),
        body: "y".to_owned().into(),
    };
    let printed = "Login { id: 1, password: [redacted], token: [redacted], body: [redacted] }";
    assert_eq!(format!("{login:?}"), printed);
    let shared = Arc::new([Pin::new(1), Pin::new(2)]);
    let methods = [
        Method::Pin(Pin::new(1)),
        Method::Pins(vec![None]),
        Method::Shared(&shared),
        Method::Queue(VecDeque::new()),
    ];
    assert!(format!("{methods:?}").starts_with("[Pin([redacted]), Pins([redacted]), "));
}
