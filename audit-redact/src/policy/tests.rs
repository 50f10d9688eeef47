//! The policies over every shape that serde knows, written as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Error as _, SerializeStruct as _};

use super::*;
use crate::keys::Wanted;
use crate::{EncryptionKey, HashKey, Keys, REDACTED};

const CARD: &str = "4242424242424242";

fn redactor() -> Redactor {
    let keys = |wanted: Wanted<'_>| {
        Ok(match wanted {
            Wanted::Subject("ada") => Some(EncryptionKey::from_bytes([3; 32])),
            Wanted::Subject(_) => None,
            Wanted::Current | Wanted::Id(_) => Some(EncryptionKey::from_bytes([2; 32])),
        })
    };
    Redactor::new("test")
        .with_hash_key(HashKey::from_bytes([1; 32]))
        .with_keys(Keys::provided(keys))
        .with_class("dropped", Tightness::Omit)
        .with_class("joined", Tightness::Pseudonym)
        .with_class("masked", Tightness::Mask)
}

fn mark(policy: Policy) -> Mark {
    Mark { field: "Login.email", policy, class: None }
}

fn last_four() -> Mark {
    mark(Policy::Mask(Mask::Ends { first: 0, last: 4, min: 12 }))
}

fn pseudonym() -> Mark {
    mark(Policy::Pseudonym { domain: "email" })
}

fn sealed() -> Mark {
    mark(Policy::Encrypt { per_subject: false })
}

fn json<T: Serialize + ?Sized>(value: &T, mark: Mark) -> String {
    let redactor = redactor();
    let form = mark.form(Redaction::with(&redactor));
    serde_json::to_string(&Veiled { value, form, subject: None }).unwrap()
}

/// The pseudonym of `value` in the domain of [`pseudonym`], quoted.
fn hashed(value: impl AsRef<[u8]>) -> String {
    format!("{:?}", redactor().pseudonym("email", value.as_ref()).unwrap())
}

#[derive(Serialize)]
struct Person {
    name: &'static str,
    card: u64,
    tags: Vec<Option<String>>,
    state: State,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Suspended,
    Since(u64),
    Between(u8, u64),
    Because { reason: String },
}

#[derive(Serialize)]
struct Bytes<T>(T);

#[test]
fn masks_reach_every_leaf_and_keep_the_shape() {
    let person = Person {
        name: "Augusta Ada King",
        card: 4_242_424_242_424_242,
        tags: vec![None, Some("short".into()), Some("long enough for it".into())],
        state: State::Because { reason: "not of your business".into() },
    };
    let expected = concat!(
        r#"{"name":"****King","card":"****4242","tags":[null,"[redacted]","****r it"],"#,
        r#""state":{"Because":{"reason":"****ness"}}}"#,
    );
    assert_eq!(json(&person, last_four()), expected);
    assert_eq!(json(&State::Suspended, last_four()), r#""[redacted]""#);
    assert_eq!(json(&State::Since(123_456_789_012), last_four()), r#"{"Since":"****9012"}"#);
    let between = json(&State::Between(7, 123_456_789_012), last_four());
    assert_eq!(between, r#"{"Between":["[redacted]","****9012"]}"#);
    assert_eq!(
        json(&((), 1.5, true, 'x'), last_four()),
        r#"[null,"[redacted]","[redacted]","[redacted]"]"#
    );
    assert_eq!(json(&-123_456_789_012_i64, last_four()), r#""****9012""#);
    assert_eq!(json(&-12_345_678_901_i64, last_four()), r#""[redacted]""#);
    assert_eq!(json(&i128::MIN, last_four()), r#""****5728""#);
    assert_eq!(json(&f64::MAX, last_four()), r#""[redacted]""#);
}

#[test]
fn a_list_of_bytes_or_letters_is_one_text() {
    let letters: Vec<char> = CARD.chars().collect();
    let signed: Vec<i8> = CARD.bytes().map(u8::cast_signed).collect();
    let array: [u8; 16] = CARD.as_bytes().try_into().unwrap();
    let wrapped: Vec<_> = CARD.bytes().map(|byte| Bytes(Some(byte))).collect();
    for mark in [last_four(), pseudonym()] {
        let expected = json(CARD, mark);
        assert_eq!(json(CARD.as_bytes(), mark), expected);
        assert_eq!(json(&letters, mark), expected);
        assert_eq!(json(&signed, mark), expected);
        assert_eq!(json(&array, mark), expected);
        assert_eq!(json(&Bytes(array), mark), expected);
        assert_eq!(json(&wrapped, mark), expected);
    }
    assert_eq!(json(&vec![0xff_u8; 40], last_four()), r#""[redacted]""#);
    assert_eq!(json(&vec![0xff_u8; 40], pseudonym()), hashed([0xff; 40]));
    assert_eq!(json(&[0_u8; 0], pseudonym()), "[]");
}

#[test]
fn the_letters_of_a_text_in_disguise_are_hidden() {
    #[derive(Serialize)]
    struct Cell {
        letter: char,
    }
    let hidden = |count| format!("[{}]", vec![r#""[redacted]""#; count].join(","));
    assert_eq!(
        json(&(1_u8, 2_u8, "x"), pseudonym()),
        format!("{},{}]", hidden(2).trim_end_matches(']'), hashed("x"))
    );
    assert_eq!(
        json(&[Some(1_u8), None, Some(2)], pseudonym()),
        r#"["[redacted]",null,"[redacted]"]"#
    );
    assert_eq!(json(&[[1_u8], [2]], pseudonym()), hidden(2));
    assert_eq!(json(&[true, false], pseudonym()), hidden(2));
    let cells = [Cell { letter: 'a' }];
    assert_eq!(json(&cells, pseudonym()), r#"[{"letter":"[redacted]"}]"#);
    assert_eq!(
        json(&BTreeMap::from([(3_u32, b'a')]), pseudonym()),
        format!(r#"{{{}:"[redacted]"}}"#, hashed("3"))
    );
    // Alone, a byte or a flag is a value like any other.
    assert_eq!(json(&7_u8, pseudonym()), hashed("7"));
    assert_eq!(json(&true, pseudonym()), hashed("true"));
}

#[test]
fn keys_of_maps_are_treated_and_stay_distinct() {
    let cards = BTreeMap::from([(CARD, 1_u32), ("4343434343434242", 2), ("pin", 3), ("pun", 4)]);
    assert_eq!(
        json(&cards, last_four()),
        concat!(
            r#"{"****4242":"[redacted]","****4242 #2":"[redacted]","#,
            r#""[redacted] #3":"[redacted]","[redacted] #4":"[redacted]"}"#,
        ),
    );
    let one = BTreeMap::from([(State::Suspended, "x")]);
    assert_eq!(json(&one, pseudonym()), format!("{{{}:{}}}", hashed("Suspended"), hashed("x")));
}

#[test]
fn pseudonyms_join_equal_text_of_every_type() {
    assert_eq!(json("42", pseudonym()), hashed("42"));
    assert_eq!(json(&42_u64, pseudonym()), hashed("42"));
    assert_eq!(json(&-42_i8, pseudonym()), hashed("-42"));
    assert_eq!(json(&Some(Box::new("42")), pseudonym()), hashed("42"));
    let address: std::net::IpAddr = "192.0.2.1".parse().unwrap();
    assert_eq!(json(&address, pseudonym()), hashed("192.0.2.1"));
    assert_eq!(json(&format_args!("{}-{}", 1, 2), pseudonym()), hashed("1-2"));
    let elsewhere = json("42", mark(Policy::Pseudonym { domain: "phone" }));
    assert_ne!(elsewhere, hashed("42"));
}

#[test]
fn sealed_values_open_again() {
    let redactor = redactor();
    for value in ["hunter2", "", "пароль"] {
        let text: String = serde_json::from_str(&json(value, sealed())).unwrap();
        assert!(text.contains(":Login.email:"), "{text}");
        assert_eq!(redactor.open(&text).unwrap(), value.as_bytes());
    }
    assert_ne!(json("hunter2", sealed()), json("hunter2", sealed()));
}

#[test]
fn a_subject_without_a_key_hides_its_values() {
    let redactor = redactor();
    let seal = |subject: Option<&dyn Display>| {
        let form = sealed().form(Redaction::with(&redactor));
        serde_json::to_string(&Veiled { value: CARD, form, subject }).unwrap()
    };
    let ada = EncryptionKey::from_bytes([3; 32]);
    assert!(seal(Some(&"ada")).starts_with(&format!("\"enc:{}:", ada.id())));
    assert!(!seal(None).starts_with(&format!("\"enc:{}:", ada.id())));
    assert_eq!(seal(Some(&17)), r#""[redacted]""#);
    assert_eq!(seal(Some(&Failing)), r#""[redacted]""#);
}

/// Writes a part of its text and fails.
struct Failing;

impl Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ada")?;
        Err(fmt::Error)
    }
}

#[test]
fn without_a_redactor_only_what_needs_none_is_shown() {
    let with = mark(Policy::With("shown"));
    let written = |mark: Mark, how| {
        let veiled = Veiled { value: CARD, form: mark.form(how), subject: None };
        serde_json::to_string(&veiled).unwrap()
    };
    let hidden = || format!("{REDACTED:?}");
    for mark in [last_four(), pseudonym(), sealed(), with, mark(Policy::Full), mark(Policy::Omit)] {
        assert_eq!(written(mark, Redaction::full()), hidden());
        let of_class = Mark { class: Some("unknown"), ..mark };
        assert_eq!(written(of_class, Redaction::keyless()), hidden());
    }
    for mark in [pseudonym(), sealed(), mark(Policy::Full), mark(Policy::Omit)] {
        assert_eq!(written(mark, Redaction::keyless()), hidden());
    }
    assert_eq!(written(last_four(), Redaction::keyless()), r#""****4242""#);
    assert_eq!(written(with, Redaction::keyless()), format!("{CARD:?}"));
}

#[test]
fn without_a_key_what_needs_one_is_hidden() {
    let bare = Redactor::new("test");
    for mark in [pseudonym(), sealed()] {
        let form = mark.form(Redaction::with(&bare));
        let veiled = Veiled { value: (CARD, 1), form, subject: None };
        assert_eq!(serde_json::to_string(&veiled).unwrap(), r#"["[redacted]","[redacted]"]"#);
    }
}

#[test]
fn a_class_tightens_and_never_loosens() {
    let redactor = redactor();
    let under = |policy, class| {
        Mark { field: "Method.Card.number", policy, class: Some(class) }.policy_under(&redactor)
    };
    let mask = Policy::Mask(Mask::Card);
    let joined = Policy::Pseudonym { domain: "number" };
    let cases = [
        (mask, "unknown", mask),
        (mask, "masked", mask),
        (mask, "joined", joined),
        (Policy::Encrypt { per_subject: true }, "masked", Policy::Encrypt { per_subject: true }),
        (Policy::Encrypt { per_subject: true }, "joined", joined),
        (Policy::Full, "joined", Policy::Full),
        (Policy::Full, "dropped", Policy::Omit),
        (Policy::Omit, "joined", Policy::Omit),
        (Policy::With("shown"), "unknown", Policy::With("shown")),
        (Policy::With("shown"), "masked", Policy::Full),
        (Policy::With("shown"), "joined", joined),
    ];
    for (policy, class, expected) in cases {
        assert_eq!(under(policy, class), expected, "{policy:?} of the class {class}");
    }
    let dropped = Mark { field: "Pin", policy: Policy::Full, class: Some("dropped") };
    assert!(dropped.is_left_out(Redaction::with(&redactor)));
    assert!(!dropped.is_left_out(Redaction::full()));
    let names = ["Login.email", "Pin", "Pair[1]", "Method.Password", "Method.Range[1]"];
    let names = names.map(|field| Mark { field, ..dropped }.name());
    assert_eq!(names, ["email", "Pin", "Pair", "Password", "Range"]);
}

#[test]
fn a_value_that_fails_says_nothing_of_itself() {
    struct Broken;
    impl Serialize for Broken {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("no such password: hunter2"))
        }
    }
    let redactor = redactor();
    let form = last_four().form(Redaction::with(&redactor));
    let veiled = Veiled { value: vec![Some(Broken)], form, subject: None };
    let error = serde_json::to_string(&veiled).unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("withheld") && !text.contains("hunter2"), "{text}");
}

#[test]
fn a_name_that_tells_the_serializer_to_write_bare_text_is_hidden_whole() {
    struct Raw;
    impl Serialize for Raw {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let name = "$serde_json::private::RawValue";
            let mut raw = serializer.serialize_struct(name, 1)?;
            raw.serialize_field(name, "{\"injected\": 123456}")?;
            raw.end()
        }
    }
    assert_eq!(json(&[Raw], last_four()), format!("[{REDACTED:?}]"));
    assert_eq!(json(&[Raw], sealed()), format!("[{REDACTED:?}]"));
}

#[test]
fn what_a_value_hides_itself_stays_hidden() {
    assert_eq!(json(REDACTED, pseudonym()), format!("{REDACTED:?}"));
}
