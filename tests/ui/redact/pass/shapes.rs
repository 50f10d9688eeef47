//! Every shape of type: no secret in Debug, pretty Debug or JSON, and the exact form of each.
#![forbid(unsafe_code)]
#![deny(warnings)]

use audit_runtime::{HiddenPaths, Redact};
use std::collections::BTreeMap;

const CANARY: &str = "canary-7f3a";

#[derive(Redact)]
struct Login {
    #[public]
    username: String,
    #[sensitive]
    password: String,
    attempt: u32,
}

#[derive(Redact)]
struct Pair(u32, #[sensitive] Vec<u8>, #[public] &'static str);

#[derive(Redact)]
struct Password(#[sensitive] String);

#[derive(Redact)]
struct UserId(u64);

#[derive(Redact)]
struct Ping;

#[derive(Redact)]
struct NoFields {}

#[derive(Redact)]
enum Method {
    Anonymous,
    Password(#[sensitive] String),
    Retry(Login),
    Range(u32, #[sensitive] Option<String>),
    Card {
        #[sensitive]
        number: String,
        month: u8,
    },
}

#[derive(Redact, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Admin,
}

#[derive(Redact)]
enum Never {}

#[derive(Redact)]
struct Nested {
    logins: Vec<Login>,
    by_role: BTreeMap<Role, Option<Box<Login>>>,
    result: Result<UserId, Password>,
    method: (Method, Ping),
}

#[derive(Redact)]
#[redact(default = "public")]
struct Settings {
    name: String,
    labels: BTreeMap<String, String>,
    #[sensitive]
    smtp_pwd: Option<String>,
    #[public(reason = "the length in force, not a password")]
    password_rule: u8,
    token_count: usize,
}

#[derive(Redact)]
struct Expression {
    #[sensitive]
    literal: String,
    parts: Vec<Expression>,
    other: Option<Box<Self>>,
}

fn login() -> Login {
    Login {
        username: "ada".into(),
        password: CANARY.into(),
        attempt: 1,
    }
}

#[track_caller]
fn check<T: Redact + std::fmt::Debug>(value: T, json: &str, debug: &str, hidden: &[&str]) {
    assert_eq!(serde_json::to_string(&value.redacted()).unwrap(), json);
    assert_eq!(format!("{value:?}"), debug);
    assert_eq!(format!("{:?}", value.redacted()), debug);
    assert_eq!(HiddenPaths::of::<T>(), hidden);
    let spread = format!("{value:#?}");
    assert_eq!(squeezed(&spread), squeezed(debug), "{spread}");
    for text in [json, debug, &spread] {
        assert!(!text.contains(CANARY), "{text}");
    }
}

/// The text without what `{:#?}` adds.
fn squeezed(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    text.replace(",}", "}")
        .replace(",)", ")")
        .replace(",]", "]")
}

fn main() {
    check(
        login(),
        r#"{"username":"ada","password":"[redacted]","attempt":1}"#,
        r#"Login { username: "ada", password: [redacted], attempt: 1 }"#,
        &["password"],
    );
    assert_eq!(
        format!("{:#?}", login()),
        "Login {\n    username: \"ada\",\n    password: [redacted],\n    attempt: 1,\n}"
    );
    check(
        Pair(1, CANARY.into(), "x"),
        r#"[1,"[redacted]","x"]"#,
        r#"Pair(1, [redacted], "x")"#,
        &["[1]"],
    );
    check(
        Password(CANARY.into()),
        r#""[redacted]""#,
        "Password([redacted])",
        &["$"],
    );
    check(UserId(7), "7", "UserId(7)", &[]);
    check(Ping, "null", "Ping", &[]);
    check(NoFields {}, "{}", "NoFields", &[]);
    methods();
    nested();
    settings();
    recursive();
    registered();
    let _: Option<Never> = None;
}

fn methods() {
    let hidden = ["Password", "Retry.password", "Range[1]", "Card.number"];
    let check = |value: Method, json: &str, debug: &str| check(value, json, debug, &hidden);
    check(Method::Anonymous, r#""Anonymous""#, "Anonymous");
    check(
        Method::Password(CANARY.into()),
        r#"{"Password":"[redacted]"}"#,
        "Password([redacted])",
    );
    check(
        Method::Retry(login()),
        r#"{"Retry":{"username":"ada","password":"[redacted]","attempt":1}}"#,
        r#"Retry(Login { username: "ada", password: [redacted], attempt: 1 })"#,
    );
    let range = (r#"{"Range":[1,"[redacted]"]}"#, "Range(1, [redacted])");
    check(Method::Range(1, Some(CANARY.into())), range.0, range.1);
    check(Method::Range(1, None), range.0, range.1);
    check(
        Method::Card {
            number: CANARY.into(),
            month: 5,
        },
        r#"{"Card":{"number":"[redacted]","month":5}}"#,
        "Card { number: [redacted], month: 5 }",
    );
}

fn nested() {
    check(
        Nested {
            logins: vec![login()],
            by_role: BTreeMap::from([(Role::Admin, Some(Box::new(login())))]),
            result: Err(Password(CANARY.into())),
            method: (Method::Anonymous, Ping),
        },
        concat!(
            r#"{"logins":[{"username":"ada","password":"[redacted]","attempt":1}],"#,
            r#""by_role":{"Admin":{"username":"ada","password":"[redacted]","attempt":1}},"#,
            r#""result":{"Err":"[redacted]"},"method":["Anonymous",null]}"#
        ),
        concat!(
            r#"Nested { logins: [Login { username: "ada", password: [redacted], attempt: 1 }], "#,
            r#"by_role: {Admin: Some(Login { username: "ada", password: [redacted], attempt: 1 })}, "#,
            r#"result: Err(Password([redacted])), method: (Anonymous, Ping) }"#
        ),
        &[
            "logins[].password",
            "by_role.*.password",
            "result.Err",
            "method[0].Password",
            "method[0].Retry.password",
            "method[0].Range[1]",
            "method[0].Card.number",
        ],
    );
}

fn settings() {
    check(
        Settings {
            name: "mail".into(),
            labels: BTreeMap::from([("a".into(), "b".into())]),
            smtp_pwd: None,
            password_rule: 12,
            token_count: 3,
        },
        concat!(
            r#"{"name":"mail","labels":{"a":"b"},"smtp_pwd":"[redacted]","#,
            r#""password_rule":12,"token_count":3}"#
        ),
        concat!(
            r#"Settings { name: "mail", labels: {"a": "b"}, smtp_pwd: [redacted], "#,
            r#"password_rule: 12, token_count: 3 }"#
        ),
        &["smtp_pwd"],
    );
}

fn recursive() {
    let leaf = || Expression {
        literal: CANARY.into(),
        parts: vec![],
        other: None,
    };
    check(
        Expression {
            literal: CANARY.into(),
            parts: vec![leaf()],
            other: Some(leaf().into()),
        },
        concat!(
            r#"{"literal":"[redacted]","parts":[{"literal":"[redacted]","parts":[],"other":null}],"#,
            r#""other":{"literal":"[redacted]","parts":[],"other":null}}"#
        ),
        concat!(
            r#"Expression { literal: [redacted], "#,
            r#"parts: [Expression { literal: [redacted], parts: [], other: None }], "#,
            r#"other: Some(Expression { literal: [redacted], parts: [], other: None }) }"#
        ),
        &["literal", "other.literal"],
    );
}

fn registered() {
    use audit_runtime::redact::{FieldClass, RedactedType};
    let all = RedactedType::all();
    let found = all
        .iter()
        .find(|t| t.name.ends_with("::Settings"))
        .expect("it is derived");
    assert_eq!(found.fields[2].name, "smtp_pwd");
    assert_eq!(found.fields[2].class, FieldClass::Sensitive);
    assert_eq!(found.fields[3].class, FieldClass::Public);
    assert_eq!(
        found.fields[3].reason,
        Some("the length in force, not a password")
    );
    assert!(found.file.ends_with("shapes.rs") && found.line > 1);
}
