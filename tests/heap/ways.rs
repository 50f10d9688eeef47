//! Ways in which a program uses a secret and gives its memory back, each beside what it is with a plain value.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hint::black_box;
use std::panic::{UnwindSafe, catch_unwind, resume_unwind};

use audit_runtime::{Redact, Sensitive};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroize;

use crate::scan::Canary;

#[derive(Redact, Deserialize)]
struct Login {
    user: u64,
    password: Sensitive<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct PlainLogin {
    user: u64,
    password: String,
}

/// The canary as the password of a request, in a buffer that the test wipes itself.
fn request(canary: &Canary, before: &str) -> Vec<u8> {
    let mut text = String::with_capacity(200);
    text.push_str(r#"{"user":7,"password":""#);
    text.push_str(before);
    canary.write(&mut text);
    text.push_str("\"}");
    text.into_bytes()
}

pub(crate) fn dropped(canary: &Canary) {
    drop(black_box(Sensitive::new(canary.text())));
}

pub(crate) fn dropped_plain(canary: &Canary) {
    drop(black_box(canary.text()));
}

pub(crate) fn cloned(canary: &Canary) {
    let secret = Sensitive::new(canary.text());
    drop(black_box(vec![secret.clone(), secret.clone()]));
}

pub(crate) fn cloned_plain(canary: &Canary) {
    let mut text = canary.text();
    drop(black_box(vec![text.clone(), text.clone()]));
    text.zeroize();
}

pub(crate) fn replaced(canary: &Canary) {
    let mut secret = Sensitive::new(canary.text());
    black_box(&secret);
    secret = Sensitive::new(String::from("another"));
    drop(black_box(secret));
}

pub(crate) fn replaced_plain(canary: &Canary) {
    let mut text = canary.text();
    black_box(&text);
    text = String::from("another");
    drop(black_box(text));
}

pub(crate) fn printed(canary: &Canary) {
    let secret = Sensitive::new(canary.text());
    drop(black_box((format!("{secret:?}"), format!("{secret:#?}"), format!("{secret:90.90?}"))));
}

pub(crate) fn printed_plain(canary: &Canary) {
    let mut text = canary.text();
    drop(black_box(format!("{text:?}")));
    text.zeroize();
}

pub(crate) fn logged(canary: &Canary) {
    let login = Login { user: 7, password: canary.text().into() };
    let redacted = login.redacted();
    drop(black_box((serde_json::to_string(&redacted).unwrap(), format!("{redacted:?}"))));
    drop(black_box(serde_json::to_value(redacted).unwrap()));
}

pub(crate) fn logged_plain(canary: &Canary) {
    let mut login = PlainLogin { user: 7, password: canary.text() };
    drop(black_box(serde_json::to_string(&login).unwrap()));
    login.password.zeroize();
}

/// Of a watched secret the guard keeps fingerprints, and wipes the forms that it has taken them of.
pub(crate) fn watched(canary: &Canary) {
    let secret = Sensitive::new(canary.text());
    let watch = secret.watch().unwrap();
    drop(secret);
    std::mem::forget(black_box(watch));
}

pub(crate) fn read(canary: &Canary) {
    let mut bytes = request(canary, "");
    let login: Login = serde_json::from_slice(&bytes).unwrap();
    bytes.zeroize();
    assert_eq!((login.user, login.password.expose().len()), (7, 64));
}

pub(crate) fn read_plain(canary: &Canary) {
    let mut bytes = request(canary, "");
    let login: PlainLogin = serde_json::from_slice(&bytes).unwrap();
    bytes.zeroize();
    assert_eq!((login.user, login.password.len()), (7, 64));
}

/// An escape makes serde_json put the text together in a buffer of its own.
pub(crate) fn read_with_an_escape(canary: &Canary) {
    let mut bytes = request(canary, r"\n");
    let login: Login = serde_json::from_slice(&bytes).unwrap();
    bytes.zeroize();
    assert_eq!((login.user, login.password.expose().len()), (7, 65));
}

/// From a reader, serde_json puts every text together in that buffer.
pub(crate) fn read_from_a_reader(canary: &Canary) {
    let mut bytes = request(canary, "");
    let login: Login = serde_json::from_reader(bytes.as_slice()).unwrap();
    bytes.zeroize();
    assert_eq!((login.user, login.password.expose().len()), (7, 64));
}

pub(crate) fn held_in_containers(canary: &Canary) {
    let lists = vec![Some(vec![canary.text()]), None];
    let queue = VecDeque::from([canary.text().into_bytes(), canary.text().into_bytes()]);
    let map = HashMap::from([(canary.text(), Box::<str>::from("value"))]);
    let sorted = BTreeMap::from([(canary.text(), (7, canary.text()))]);
    drop(black_box(Sensitive::new((lists, queue, map, sorted))));
    let object =
        Value::Object([(canary.text(), Value::String(canary.text()))].into_iter().collect());
    drop(black_box(Sensitive::new(Value::Array(vec![object, 7.into()]))));
}

pub(crate) fn held_in_containers_plain(canary: &Canary) {
    drop(black_box(HashMap::from([(canary.text(), 7)])));
}

/// A list that was longer before has the rest in memory that it does not show.
pub(crate) fn shortened(canary: &Canary) {
    let mut bytes = canary.text().into_bytes();
    bytes.truncate(1);
    drop(black_box(Sensitive::new(bytes)));
}

pub(crate) fn shortened_plain(canary: &Canary) {
    let mut bytes = canary.text().into_bytes();
    bytes.truncate(1);
    drop(black_box(bytes));
}

pub(crate) fn unwound(canary: &Canary) {
    let secret = Sensitive::new(canary.text());
    unwind_with(secret);
}

pub(crate) fn unwound_plain(canary: &Canary) {
    unwind_with(canary.text());
}

/// Unwinds without the message of a panic, which would take memory up.
fn unwind_with<T: UnwindSafe>(value: T) {
    let unwound = catch_unwind(move || {
        let _held = black_box(value);
        resume_unwind(Box::new(()));
    });
    assert!(unwound.is_err());
}

#[allow(dead_code, reason = "the scan without a wiping allocator has other controls")]
pub(crate) fn still_held(canary: &Canary) {
    std::mem::forget(black_box(canary.text()));
}
