//! Everything that widens what may be shown is in the catalogue, with its place and its reason.

use std::fmt;

use audit_runtime::redact::{Exception, ExceptionKind};
use audit_runtime::{Redact, audited, catalog, public, wrap_sensitive};
use serde::Serialize;

#[wrap_sensitive]
#[derive(Redact, Serialize)]
struct Login {
    id: u64,
    #[public(reason = "a word that everybody may know")]
    secret_word: String,
    #[sensitive]
    #[serde(serialize_with = "audit_runtime::wire")]
    password: String,
    #[public]
    name: String,
}

#[derive(Redact)]
#[redact(default = "public")]
enum Notice {
    Token(#[public(reason = "printed on the box")] String),
    Pair(u32, #[public(reason = "the first letter only")] String),
    Text { text: String },
}

#[derive(Redact)]
#[redact(display = "the owner reads it")]
struct Alias(#[sensitive] String);

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[audited(
    action = "ResetPassword",
    target(Reset, id = id, #[public(reason = "a public id")] name = token),
    fields(#[public(reason = "how many are left")] pin = public(&left), id),
    on_unrecorded = fail_open
)]
async fn reset(id: u64, token: &str, left: u8) {}

#[test]
fn exceptions_are_listed_by_kind_and_path() {
    let login =
        Login { id: 1, secret_word: "x".into(), password: "y".to_owned().into(), name: "z".into() };
    assert_eq!(
        format!("{login:?}"),
        r#"Login { id: 1, secret_word: "x", password: [redacted], name: "z" }"#
    );
    let notices =
        [Notice::Token("a".into()), Notice::Pair(1, "b".into()), Notice::Text { text: "c".into() }];
    assert!(format!("{notices:?}").contains("Token(\"a\")"));
    drop(reset(1, "a", 1));
    assert_eq!(format!("{:?}", Alias("d".into())), "Alias([redacted])");
    assert_eq!(Alias("d".into()).to_string(), "d");

    let ours = |e: &&&Exception| e.what.starts_with(module_path!());
    let listed = catalog::exceptions();
    let listed: Vec<_> = listed.iter().filter(ours).collect();
    for exception in &listed {
        assert!(exception.file.ends_with("exceptions.rs"), "{exception:?}");
        assert!((5..55).contains(&exception.line), "{exception:?}");
    }
    let name = |e: &&Exception| e.what.strip_prefix(concat!(module_path!(), "::")).unwrap_or("?");
    let found: Vec<_> = listed.iter().map(|e| (e.kind, name(e), e.reason)).collect();
    use ExceptionKind::{Disclosed, Displayed, PublicByDefault, PublicCapture, PublicField};
    assert_eq!(
        found,
        [
            (PublicByDefault, "Notice", None),
            (PublicField, "Login.secret_word", Some("a word that everybody may know")),
            (PublicField, "Notice.Pair[1]", Some("the first letter only")),
            (PublicField, "Notice.Token", Some("printed on the box")),
            (PublicCapture, "reset.Reset.name", Some("a public id")),
            (PublicCapture, "reset.pin", Some("how many are left")),
            (Displayed, "Alias", Some("the owner reads it")),
            (Disclosed, "Login.password", None),
        ]
    );
}
