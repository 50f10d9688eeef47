//! Every type that a secret can be, in every place of a derived type, without a mark.
#![forbid(unsafe_code)]
#![deny(warnings)]

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use audit_runtime::{HiddenPaths, Redact, Secret, Sensitive};
use serde::Deserialize;

#[derive(Redact, Clone, Default, PartialEq, Eq, Deserialize)]
struct Login {
    user: u64,
    password: Sensitive<String>,
    otp: Option<Sensitive<u32>>,
    tokens: Vec<Sensitive<String>>,
    #[sensitive]
    pin: Sensitive<[u8; 4]>,
    api_key: Box<Sensitive<Box<str>>>,
    recovery_codes: Option<Vec<Sensitive<String>>>,
}

#[derive(Redact)]
enum Credentials<'a> {
    Password(Sensitive<&'a str>),
    Cookie { cookie: Sensitive<Cow<'a, str>> },
    Token(audit_runtime::Sensitive<String>),
}

#[derive(Debug, Clone, PartialEq)]
struct Plain {
    secret: Sensitive<Vec<u8>>,
    session: Sensitive<Option<(char, bool, f64, PathBuf)>>,
    claims: Sensitive<serde_json::Value>,
    headers: Sensitive<HashMap<String, VecDeque<String>>>,
    sorted: Sensitive<BTreeMap<Box<str>, HashSet<i128>>>,
}

/// Without a mark it stays hidden, also where every other field is shown.
#[derive(Redact)]
#[redact(default = "public")]
struct Settings<T: Secret> {
    url: String,
    token: Sensitive<T>,
}

fn is_shared<T: Send + Sync>() {}

fn main() {
    is_shared::<Sensitive<String>>();
    let login: Login = serde_json::from_str(
        r#"{"user":7,"password":"canary","tokens":["canary"],"pin":[1,2,3,4],"api_key":"canary","recovery_codes":["canary"]}"#,
    )
    .unwrap();
    assert!(login == login.clone());
    let shown = r#"Login { user: 7, password: [redacted], otp: None, tokens: [[redacted]], pin: [redacted], api_key: [redacted], recovery_codes: Some([[redacted]]) }"#;
    assert_eq!(format!("{login:?}"), shown);
    assert_eq!(
        serde_json::to_string(&login.redacted()).unwrap(),
        r#"{"user":7,"password":"[redacted]","otp":null,"tokens":["[redacted]"],"pin":"[redacted]","api_key":"[redacted]","recovery_codes":["[redacted]"]}"#,
    );
    assert_eq!(
        HiddenPaths::of::<Login>(),
        ["password", "otp", "tokens[]", "pin", "api_key", "recovery_codes[]"],
    );

    let settings = Settings { url: "here".to_owned(), token: Sensitive::from("canary") };
    assert_eq!(format!("{settings:?}"), r#"Settings { url: "here", token: [redacted] }"#);

    for credentials in [
        Credentials::Password(Sensitive::from("canary")),
        Credentials::Cookie { cookie: Sensitive::new(Cow::Borrowed("canary")) },
        Credentials::Token("canary".to_owned().into()),
    ] {
        assert!(!format!("{credentials:#?}").contains("canary"));
    }

    let plain = Plain {
        secret: b"canary".to_vec().into(),
        session: Some(('c', true, 1.5, PathBuf::from("canary"))).into(),
        claims: serde_json::json!({ "canary": ["canary", 7] }).into(),
        headers: HashMap::from([("canary".to_owned(), VecDeque::from(["canary".to_owned()]))]).into(),
        sorted: BTreeMap::from([("canary".into(), HashSet::from([7]))]).into(),
    };
    assert!(plain == plain.clone());
    let shared = Arc::new(Mutex::new(Some(vec![plain])));
    assert!(!format!("{shared:#?}").contains("canary"));
    assert_eq!(format!("{:60.60?}|{:#?}", Sensitive::from(7), Sensitive::from('c')), "[redacted]|[redacted]");
    assert_eq!(Sensitive::from("canary").expose(), &"canary");
}
