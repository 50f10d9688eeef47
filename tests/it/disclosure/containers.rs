//! What a field with a wire form may hold.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use audit_runtime::{Sensitive, disclose};
use serde::Serialize;

use super::{CANARY, check_json, secret};

/// One field that says `wire`.
#[derive(Serialize)]
#[serde(transparent)]
struct Field<W: audit_runtime::Wire>(#[serde(serialize_with = "audit_runtime::wire")] W);

#[track_caller]
fn check_field(value: impl audit_runtime::Wire, inside: &str) {
    check_json(&Field(value), r#""[redacted]""#, inside);
}

#[test]
fn the_text_stands_for_the_whole_field_outside() {
    check_field(secret(), r#""c4n4ry""#);
    check_field(Some(secret()), r#""c4n4ry""#);
    check_field(vec![secret(), secret()], r#"["c4n4ry","c4n4ry"]"#);
    check_field([secret(), secret()], r#"["c4n4ry","c4n4ry"]"#);
    check_field(vec![secret()].into_boxed_slice(), r#"["c4n4ry"]"#);
    check_field(Box::new(secret()), r#""c4n4ry""#);
    check_field(Arc::new(secret()), r#""c4n4ry""#);
    check_field(Some(&secret()), r#""c4n4ry""#);
    check_field(Some(vec![Some(Box::new(secret()))]), r#"["c4n4ry"]"#);
    check_field(HashMap::from([(7, secret())]), r#"{"7":"c4n4ry"}"#);
    check_field(BTreeMap::from([("k", vec![secret()])]), r#"{"k":["c4n4ry"]}"#);
    check_field(Sensitive::new(Some(CANARY.to_owned())), r#""c4n4ry""#);
}

#[test]
fn maps_with_secret_keys_are_hidden_as_a_whole() {
    let by_name = BTreeMap::from([(CANARY.to_owned(), 1)]);
    check_field(Sensitive::new(by_name), r#"{"c4n4ry":1}"#);
    let hashed = HashMap::from([(CANARY.to_owned(), vec![1])]);
    check_field(Sensitive::new(hashed), r#"{"c4n4ry":[1]}"#);
}

#[test]
fn what_has_no_canary_of_its_own_is_hidden_too() {
    let outside = r#""[redacted]""#;
    let fields = [
        json_twice(&Field(Sensitive::new(4711_u32))),
        json_twice(&Field(Sensitive::new(vec![47_u8, 11]))),
        json_twice(&Field(Sensitive::new([47_u8, 11]))),
        json_twice(&Field(None::<Sensitive<String>>)),
        json_twice(&Field(Vec::<Sensitive<String>>::new())),
    ];
    let inside = ["4711", "[47,11]", "[47,11]", "null", "[]"];
    for ((hidden, shown), inside) in fields.into_iter().zip(inside) {
        assert_eq!((hidden.as_str(), shown.as_str()), (outside, inside));
    }
}

fn json_twice(value: &impl Serialize) -> (String, String) {
    let json = || serde_json::to_string(value).unwrap();
    (json(), disclose(json))
}
