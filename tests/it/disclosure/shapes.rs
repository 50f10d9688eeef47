//! Every way in which serde puts types together: flattened, tagged, untagged, erased, in trees.

use std::collections::BTreeMap;
use std::rc::Rc;

use audit_runtime::{Plain, Redact, Sensitive, disclose};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{CANARY, INSIDE, NewKey, OUTSIDE, REDACTED, check, check_json, secret};

#[test]
fn a_struct_and_what_holds_it() {
    check_json(&NewKey::new(), OUTSIDE, INSIDE);
    check_json(&[NewKey::new()], &format!("[{OUTSIDE}]"), &format!("[{INSIDE}]"));
    let map = BTreeMap::from([("key", Some(Box::new(NewKey::new())))]);
    check_json(&map, &format!(r#"{{"key":{OUTSIDE}}}"#), &format!(r#"{{"key":{INSIDE}}}"#));
}

#[test]
fn flattened_structs() {
    #[derive(Serialize)]
    struct Answer {
        ok: bool,
        #[serde(flatten)]
        key: NewKey,
    }
    let answer = Answer { ok: true, key: NewKey::new() };
    let with = |json: &str| json.replacen('{', r#"{"ok":true,"#, 1);
    check_json(&answer, &with(OUTSIDE), &with(INSIDE));
}

/// A text cannot be flattened, so there is no form outside but an error, which repeats nothing.
#[test]
fn a_flattened_field_that_is_a_secret_itself() {
    #[derive(Serialize)]
    struct Answer {
        #[serde(flatten, serialize_with = "audit_runtime::wire")]
        more: Sensitive<BTreeMap<String, Value>>,
    }
    let more = BTreeMap::from([(CANARY.to_owned(), json!(CANARY))]);
    let answer = Answer { more: Sensitive::new(more) };
    let json = || serde_json::to_string(&answer);
    let error = json().unwrap_err();
    assert!(!format!("{error} {error:?}").contains(CANARY), "{error}");
    assert_eq!(disclose(json).unwrap(), r#"{"c4n4ry":"c4n4ry"}"#);
}

/// Declares an enum with the same variants under each tagging of serde.
macro_rules! tagged {
    ($($name:ident $(, $tagging:meta)*;)*) => {$(
        #[derive(Serialize)]
        #[serde(rename_all = "snake_case" $(, $tagging)*)]
        enum $name {
            Code {
                #[serde(serialize_with = "audit_runtime::wire")]
                code: Sensitive<String>,
            },
            Key(NewKey),
        }

        impl $name {
            #[track_caller]
            fn check(code: &str, key: &str) {
                let form = |form: &str, key: &str, secret: &str| {
                    form.replace("KEY", key).replace("MORE", &key[1..]).replace("SECRET", secret)
                };
                let code_is = |secret| form(code, "{}", secret);
                check_json(&Self::Code { code: secret() }, &code_is(REDACTED), &code_is(CANARY));
                let key_is = |json| form(key, json, "");
                check_json(&Self::Key(NewKey::new()), &key_is(OUTSIDE), &key_is(INSIDE));
            }
        }
    )*};
}

tagged! {
    External;
    Untagged, untagged;
    Internal, tag = "type";
    Adjacent, tag = "type", content = "content";
}

#[test]
fn enums_under_every_tagging() {
    External::check(r#"{"code":{"code":"SECRET"}}"#, r#"{"key":KEY}"#);
    Untagged::check(r#"{"code":"SECRET"}"#, "KEY");
    Internal::check(r#"{"type":"code","code":"SECRET"}"#, r#"{"type":"key",MORE"#);
    Adjacent::check(
        r#"{"type":"code","content":{"code":"SECRET"}}"#,
        r#"{"type":"key","content":KEY}"#,
    );
}

#[test]
fn variants_that_are_secrets_themselves() {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Untagged {
        Code(#[serde(serialize_with = "audit_runtime::wire")] Sensitive<String>),
    }
    check_json(&Untagged::Code(secret()), r#""[redacted]""#, r#""c4n4ry""#);

    // A text has no place for an internal tag.
    #[derive(Serialize)]
    #[serde(tag = "type")]
    enum Internal {
        More(#[serde(serialize_with = "audit_runtime::wire")] Sensitive<BTreeMap<String, String>>),
    }
    let more = BTreeMap::from([("a".to_owned(), CANARY.to_owned())]);
    let more = Internal::More(Sensitive::new(more));
    let error = serde_json::to_string(&more).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(CANARY), "{error}");
    let inside = disclose(|| serde_json::to_string(&more)).unwrap();
    assert_eq!(inside, r#"{"type":"More","a":"c4n4ry"}"#);
}

#[test]
fn shared_secrets() {
    #[derive(Serialize)]
    struct Held {
        #[serde(serialize_with = "audit_runtime::wire")]
        shared: Rc<Sensitive<String>>,
    }
    let held = Held { shared: Rc::new(secret()) };
    check_json(&held, r#"{"shared":"[redacted]"}"#, r#"{"shared":"c4n4ry"}"#);
}

#[test]
fn erased_types() {
    let key = NewKey::new();
    let erased: Box<dyn erased_serde::Serialize + '_> = Box::new(&key);
    check_json(&erased, OUTSIDE, INSIDE);
    // The serializer may be erased as well.
    let write = || {
        let mut bytes = Vec::new();
        let mut json = serde_json::Serializer::new(&mut bytes);
        erased.erased_serialize(&mut <dyn erased_serde::Serializer>::erase(&mut json)).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    check(write, OUTSIDE, INSIDE);
}

#[test]
fn trees_keep_the_form_of_the_place_where_they_were_made() {
    let outer = |key: &str| format!(r#"{{"key":{key}}}"#);
    let sorted = |json: &str| serde_json::from_str::<Value>(json).unwrap().to_string();
    let (outside, inside) = (sorted(&outer(OUTSIDE)), sorted(&outer(INSIDE)));
    check(|| json!({ "key": NewKey::new() }).to_string(), &outside, &inside);

    let tree = serde_json::to_value(NewKey::new()).unwrap();
    assert!(!disclose(|| tree.to_string()).contains(CANARY));
}

#[test]
fn attributes_beside_it_still_work() {
    mod hexadecimal {
        pub(super) fn serialize<S: serde::Serializer>(id: &u64, to: S) -> Result<S::Ok, S::Error> {
            to.collect_str(&format_args!("{id:x}"))
        }
    }

    fn is_empty(list: &[Sensitive<String>]) -> bool {
        list.is_empty()
    }

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        #[serde(with = "hexadecimal")]
        user_id: u64,
        #[serde(rename = "key", serialize_with = "audit_runtime::wire")]
        api_key: Sensitive<String>,
        #[serde(skip_serializing_if = "is_empty", serialize_with = "audit_runtime::wire")]
        old_keys: Vec<Sensitive<String>>,
    }
    let answer = Answer { user_id: 255, api_key: secret(), old_keys: Vec::new() };
    check_json(
        &answer,
        r#"{"userId":"ff","key":"[redacted]"}"#,
        r#"{"userId":"ff","key":"c4n4ry"}"#,
    );
}

/// Said to have no secrets, which is a mistake.
#[derive(Serialize)]
#[serde(transparent)]
struct PlainKey(NewKey);

impl Plain for PlainKey {}

/// Shown in logs as it is, which does not mean its secrets.
#[derive(Redact)]
struct Envelope {
    #[public]
    key: PlainKey,
}

#[test]
fn log_forms_stay_redacted_inside_the_scope() {
    let envelope = Envelope { key: PlainKey(NewKey::new()) };
    let log = || {
        let key = audit_runtime::public(&envelope.key);
        let forms = [
            serde_json::to_string(&envelope.redacted()).unwrap(),
            serde_json::to_string(&key.redacted()).unwrap(),
            format!("{envelope:?}"),
            format!("{key:?}"),
            format!("{:#?}", envelope.redacted()),
        ];
        forms.join("\n")
    };
    for text in [log(), disclose(log), disclose(|| disclose(log))] {
        assert!(!text.contains(CANARY), "{text}");
        assert_eq!(text.matches(REDACTED).count(), 10, "{text}");
    }
    // Writing a log form inside takes nothing away from what follows it.
    let json = disclose(|| {
        log();
        serde_json::to_string(&envelope.key)
    });
    assert_eq!(json.unwrap(), INSIDE);
}

/// A type that opens the scope by itself, wherever it is serialized: a mistake, but not in a log.
struct Careless(NewKey);

impl Plain for Careless {}

impl Serialize for Careless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        disclose(|| self.0.serialize(serializer))
    }
}

#[test]
fn a_log_form_takes_no_leave() {
    let careless = Careless(NewKey::new());
    assert_eq!(serde_json::to_string(&careless).unwrap(), INSIDE);
    let log = serde_json::to_string(&audit_runtime::public(&careless).redacted()).unwrap();
    assert_eq!(log, OUTSIDE);
}
