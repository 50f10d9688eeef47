//! Generic types: bounds only where a shown field mentions a parameter, and none on the secrets.
#![forbid(unsafe_code)]
#![deny(warnings)]

use audit_runtime::Redact;
use std::borrow::Cow;
use std::marker::PhantomData;

/// Implements nothing at all.
struct Opaque;

#[derive(Redact)]
struct Envelope<T> {
    id: u64,
    #[sensitive]
    body: T,
}

#[derive(Redact)]
struct Page<T> {
    items: Vec<T>,
    next: Option<Box<Page<T>>>,
}

#[derive(Redact)]
struct Shown<'a, T: ?Sized> {
    #[public]
    value: &'a T,
}

trait Entity {
    type Id;
}

impl Entity for Opaque {
    type Id = u32;
}

#[derive(Redact)]
struct Key<E>
where
    E: Entity,
{
    id: E::Id,
    kind: PhantomData<E>,
}

#[derive(Redact)]
struct Fixed<const N: usize = 2> {
    parts: [u32; N],
    #[sensitive]
    rest: [u8; N],
}

#[derive(Redact)]
enum Either<'a, A, B: Clone> {
    A(A),
    B(#[public] Cow<'a, B>),
}

#[derive(Redact)]
struct Tail {
    count: u32,
    tail: [u32],
}

fn json(value: &(impl Redact + ?Sized)) -> String {
    serde_json::to_string(&value.redacted()).unwrap()
}

fn main() {
    let envelope = Envelope {
        id: 1,
        body: Opaque,
    };
    let Opaque = &envelope.body;
    assert_eq!(json(&envelope), r#"{"id":1,"body":"[redacted]"}"#);
    assert_eq!(
        format!("{envelope:?}"),
        "Envelope { id: 1, body: [redacted] }"
    );

    let page = Page {
        items: vec![2],
        next: Some(Box::new(Page {
            items: vec![],
            next: None,
        })),
    };
    assert_eq!(
        json(&page),
        r#"{"items":[2],"next":{"items":[],"next":null}}"#
    );

    assert_eq!(json(&Shown { value: "text" }), r#"{"value":"text"}"#);
    let key = Key::<Opaque> {
        id: 7,
        kind: PhantomData,
    };
    assert_eq!(json(&key), r#"{"id":7,"kind":null}"#);
    let fixed: Fixed = Fixed {
        parts: [1, 2],
        rest: [3, 4],
    };
    assert_eq!(fixed.rest, [3, 4]);
    assert_eq!(json(&fixed), r#"{"parts":[1,2],"rest":"[redacted]"}"#);
    assert_eq!(json(&Either::<u32, u32>::A(1)), r#"{"A":1}"#);
    assert_eq!(
        json(&Either::<u32, str_::Text>::B(Cow::Owned(str_::Text))),
        r#"{"B":null}"#
    );
    let _ = |tail: &Tail| (tail.count, json(tail), format!("{tail:?}"));
}

mod str_ {
    #[derive(Clone, serde::Serialize)]
    pub struct Text;

    impl audit_runtime::Plain for Text {}
}
