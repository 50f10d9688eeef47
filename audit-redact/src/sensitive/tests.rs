//! Secrets stay out of every text, are compared, wiped and read.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Debug;
use std::path::PathBuf;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::Choice;

/// Counts the wipes of values on this thread.
struct Watched(u8);

thread_local! {
    static WIPES: Cell<u32> = const { Cell::new(0) };
}

impl Secret for Watched {
    fn wipe(&mut self) {
        self.0.wipe();
        WIPES.set(WIPES.get() + 1);
    }

    fn same(&self, other: &Self) -> Choice {
        self.0.same(&other.0)
    }
}

impl Clone for Watched {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

fn debug_of(value: impl Debug) -> [String; 6] {
    [
        format!("{value:?}"),
        format!("{value:#?}"),
        format!("{value:60.60?}"),
        format!("{value:>1.1?}"),
        format!("{value:#x?}"),
        format!("{value:+010X?}"),
    ]
}

proptest! {
    #[test]
    fn debug_and_log_form_show_no_part_of_any_secret(text: String, bytes: Vec<u8>, number: i64) {
        let sensitive = Sensitive::new(Some((text, bytes, number)));
        let shown = debug_of(&sensitive).concat();
        prop_assert_eq!(shown.replace(REDACTED, ""), "");
        let shown = serde_json::to_string(&[sensitive].redacted()).unwrap();
        prop_assert_eq!(shown, r#"["[redacted]"]"#);
    }

    #[test]
    fn comparison_agrees_with_that_of_the_values(left in "[ab]{0,3}", right in "[ab]{0,3}") {
        let equal = left == right;
        prop_assert_eq!(Sensitive::new(left) == Sensitive::new(right), equal);
    }
}

#[test]
fn debug_prints_one_text_whatever_it_is_asked_for() {
    for shown in [debug_of(Sensitive::new("hunter2")), debug_of(Sensitive::new(0xCAFE_u32))] {
        assert_eq!(shown, ["[redacted]"; 6]);
    }
}

#[test]
fn the_log_form_is_that_of_a_hidden_field() {
    let secret = Sensitive::new(json!({ "a": [1] }));
    assert_eq!(serde_json::to_string(&secret.redacted()).unwrap(), r#""[redacted]""#);
    assert_eq!(format!("{:?}", secret.redacted()), "[redacted]");
    assert_eq!(format!("{:?}", vec![Some(secret)].redacted()), "[Some([redacted])]");
    assert_eq!(HiddenPaths::of::<Vec<Sensitive<String>>>(), ["[]"]);
}

#[test]
fn a_secret_and_each_clone_is_wiped_once_when_it_is_dropped() {
    let secret = Sensitive::new(vec![Watched(1), Watched(2)]);
    let copy = secret.clone();
    drop(secret);
    assert_eq!(WIPES.get(), 2);
    drop(copy);
    assert_eq!(WIPES.get(), 4);
    let mut kept = Sensitive::new(Watched(3));
    kept = Sensitive::new(Watched(kept.expose().0));
    assert_eq!(WIPES.get(), 5);
    drop(kept);
}

/// Checks that values are the same as themselves and as nothing else in the list.
fn told_apart<T: Secret + Debug>(make: impl Fn() -> Vec<T>) {
    let (values, again) = (make(), make());
    for (place, value) in values.into_iter().map(Sensitive::new).enumerate() {
        for (other_place, other) in make().into_iter().map(Sensitive::new).enumerate() {
            assert_eq!(value == other, place == other_place, "{place} and {other_place}");
        }
    }
    assert!(!again.is_empty());
}

#[test]
fn comparison_tells_every_kind_of_secret_apart() {
    told_apart(|| vec!["", "a", "b", "ab"]);
    told_apart(|| vec![Cow::Borrowed("a"), Cow::Owned("b".to_owned())]);
    told_apart(|| vec![PathBuf::from("a"), PathBuf::from("a/"), PathBuf::from("b")]);
    told_apart(|| vec![Some(false), Some(true), None]);
    told_apart(|| vec![0.0, -0.0, 1.5, f64::NAN]);
    told_apart(|| vec!['a', '\u{1F600}']);
    told_apart(|| vec![(1_u8, -1_i128), (1, 0), (2, -1)]);
    told_apart(|| vec![vec![], vec![0_u8], vec![0, 0], vec![0, 1]]);
    told_apart(|| vec![VecDeque::from([1]), VecDeque::from([2]), VecDeque::from([1, 2])]);
    told_apart(|| vec![[1, 2], [1, 3]]);
    told_apart(|| vec![HashMap::from([(1, 2), (3, 4)]), HashMap::from([(1, 4), (3, 2)])]);
    told_apart(|| vec![BTreeMap::from([("a", 1)]), BTreeMap::from([("a", 1), ("b", 2)])]);
    told_apart(|| vec![HashSet::from([1, 2]), HashSet::from([1, 3]), HashSet::from([1])]);
    told_apart(|| vec![BTreeSet::from(["a"]), BTreeSet::from(["b"])]);
    told_apart(|| {
        let values = [json!(null), json!(true), json!(1), json!("1"), json!([1]), json!({"a": 1})];
        values.into_iter().chain([json!([]), json!({"a": 2}), json!({"b": 1})]).collect()
    });
}

#[test]
fn wiping_leaves_nothing_of_a_value() {
    let mut deep = json!({ "key": ["text", 7, { "inner": true }] });
    deep.wipe();
    assert_eq!(deep, json!({}));
    let mut list = json!([7, "text"]);
    let Value::Array(parts) = &mut list else { panic!("a list") };
    parts.as_mut_slice().wipe();
    assert_eq!(list, json!([0, ""]));

    let mut text = ("text".to_owned(), [1_u8, 2], Some('c'), 1.5_f32, Box::<str>::from("box"));
    text.wipe();
    assert_eq!(text, (String::new(), [0, 0], Some('\0'), 0.0, Box::from("\0\0\0")));
    let mut path = PathBuf::from("secret");
    path.wipe();
    assert_eq!(path, PathBuf::new());
    let mut map = HashMap::from([("key".to_owned(), 1)]);
    map.wipe();
    assert!(map.is_empty());
    let mut borrowed = "still here";
    borrowed.wipe();
    assert_eq!(borrowed, "still here");
}

#[derive(Debug, PartialEq, Deserialize)]
struct Login<'a> {
    #[serde(borrow)]
    password: Sensitive<&'a str>,
    pin: Sensitive<u16>,
    note: Option<Sensitive<String>>,
    #[serde(default)]
    tokens: Sensitive<Vec<u8>>,
    extra: Sensitive<Option<HashMap<String, Value>>>,
}

#[test]
fn secrets_are_read_as_what_they_hold() {
    let text = r#"{"password":"canary","pin":4711,"extra":{"canary":[1]},"tokens":[1,2]}"#;
    let login: Login<'_> = serde_json::from_str(text).unwrap();
    assert_eq!(*login.password.expose(), "canary");
    assert_eq!(login.note, None);
    assert_eq!(login.tokens.expose(), &[1, 2]);
    let extra = login.extra.expose().as_ref().and_then(|extra| extra.get("canary"));
    assert_eq!(extra, Some(&json!([1])));
    let short: Login<'_> = serde_json::from_str(r#"{"password":"canary","pin":4711}"#).unwrap();
    assert_eq!(short.extra.expose(), &None);
    assert_eq!("4711".parse::<Sensitive<u16>>().unwrap(), Sensitive::new(4711));
}

#[test]
fn an_error_of_reading_withholds_the_value_and_names_an_absent_field() {
    for text in [
        r#"{"password":"canary","pin":"canary"}"#,
        r#"{"password":817305,"pin":1}"#,
        r#"{"password":"ok","pin":817305}"#,
        r#"{"password":"ok","pin":1,"note":["canary"]}"#,
        r#"{"password":"ok","pin":1,"tokens":"canary"}"#,
        r#"{"password":"ok","pin":1,"extra":"canary"}"#,
    ] {
        let error = serde_json::from_str::<Login<'_>>(text).unwrap_err();
        for shown in [error.to_string(), format!("{error:?}")] {
            assert!(shown.contains("it is withheld here"), "{shown}");
            assert!(!shown.contains("canary") && !shown.contains("817305"), "{shown}");
        }
    }
    let error = serde_json::from_str::<Login<'_>>(r#"{"pin":1}"#).unwrap_err();
    assert!(error.to_string().starts_with("missing field `password`"), "{error}");
    let error = "canary".parse::<Sensitive<u16>>().unwrap_err();
    assert!(!error.to_string().contains("canary"));
    assert_eq!(format!("{error:?}"), "Withheld");
}
