//! Shapes of types that can be compared, under strict lints.

#![deny(warnings, clippy::all)]

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use audit_runtime::{ChangeSet, Diff, Public, Redact, Sensitive};

#[derive(Redact)]
#[redact(diff)]
struct Page<'a, T, U: PartialEq, const N: usize> {
    items: Vec<T>,
    total: [u32; N],
    next: Option<Box<Page<'a, T, U, N>>>,
    #[public]
    title: Cow<'a, str>,
    #[public]
    count: f32,
    #[sensitive]
    hidden: U,
    #[sensitive(mask(last = 4), class = pii)]
    card: &'a str,
    #[sensitive(omit)]
    left_out: NotComparable,
    #[sensitive(with = length)]
    with: String,
    #[sensitive(encrypt(subject = count))]
    sealed: String,
}

struct NotComparable;

fn length(text: &String) -> usize {
    text.len() % 100
}

#[derive(Redact)]
#[redact(diff)]
enum Shape {
    Unit,
    Tuple(u8, #[sensitive] String),
    Named { at: u8, map: HashMap<u8, Vec<Public<String>>> },
    Nested(Box<Shape>),
}

#[derive(Redact)]
#[redact(diff)]
enum Only {
    One { r#type: u8 },
}

#[derive(Redact)]
#[redact(diff)]
enum Never {}

#[derive(Redact)]
#[redact(diff)]
struct Unit;

#[derive(Redact)]
#[redact(diff)]
struct Secrets {
    all: Vec<Sensitive<String>>,
    one: Option<Sensitive<Vec<u8>>>,
    set: HashSet<u64>,
    tree: BTreeMap<u16, Only>,
    pair: (u8, bool),
}

impl Drop for Secrets {
    fn drop(&mut self) {}
}

fn count<T: Diff>(before: &T, after: &T) -> u64 {
    ChangeSet::between(before, after).count()
}

fn page(hidden: u8, count: f32) -> Page<'static, Shape, u8, 1> {
    Page {
        items: vec![Shape::Unit, Shape::Tuple(1, "a".into()), Shape::Nested(Box::new(Shape::Unit))],
        total: [1],
        next: None,
        title: "title".into(),
        count,
        hidden,
        card: "4242424242424242",
        left_out: NotComparable,
        with: "text".into(),
        sealed: "text".into(),
    }
}

fn secrets(secret: &str, one: u8) -> Secrets {
    Secrets {
        all: vec![Sensitive::from(secret.to_owned())],
        one: None,
        set: HashSet::new(),
        tree: BTreeMap::from([(1, Only::One { r#type: one })]),
        pair: (1, true),
    }
}

fn main() {
    assert_eq!(count(&page(1, 0.5), &page(1, 0.5)), 0);
    assert_eq!(count(&page(1, 0.5), &page(2, 1.5)), 2);
    assert_eq!(count(&Shape::Unit, &Shape::Named { at: 1, map: HashMap::new() }), 1);
    assert_eq!(count(&secrets("a", 1), &secrets("a", 1)), 0);
    assert_eq!(count(&secrets("a", 1), &secrets("b", 2)), 2);
    assert_eq!(count(&Unit, &Unit), 0);
    let _: fn(&Never, &Never) -> u64 = count;
}
