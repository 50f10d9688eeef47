//! What may be shown: whole values, what only speaks about a secret, what is allowed with a reason.

#![deny(warnings)]

use audit_runtime::{Redact, Sensitive, allow_leak, catalog, deny_leaks, wrap_sensitive};

#[derive(Redact, Clone)]
struct Login {
    #[public]
    username: String,
    #[sensitive]
    password: String,
}

#[wrap_sensitive]
#[derive(Redact)]
struct Session {
    #[sensitive]
    token: String,
    #[sensitive]
    old: Option<String>,
    plain: Sensitive<u64>,
}

/// A type of the same fields, which nobody marked.
struct Unmarked {
    password: String,
}

fn strength(password: &str) -> usize {
    password.len()
}

#[deny_leaks]
fn shown(login: &Login, session: &Session, unmarked: &Unmarked) -> String {
    let mut text = format!("{login:?} {:?} {:?}", session.token, Some(&session.old));
    println!("{:?} {}", login.redacted(), serde_json::json!(login.redacted()));
    println!("{} {}", login.password.len(), login.password.is_empty());
    println!("{} {}", strength(&login.password), login.password == unmarked.password);
    println!("{} {:?}", unmarked.password, session.plain);
    assert!(login.password != session.token.expose().as_str(), "{}", login.username);
    let length = login.password.len();
    let is_old = session.old.expose().is_some();
    println!("{length} {is_old}");
    text.push_str(&login.password);
    text
}

#[deny_leaks]
fn allowed(login: Login) -> String {
    println!("{}", allow_leak!(&login.password, "shown on request"));
    let length = allow_leak!(login.password.as_str(), "its length is shown").len();
    let password = allow_leak!(login.password, "printed once, on paper",);
    format!("{password} {length}")
}

fn main() {
    let login = Login { username: "ada".into(), password: "hunter2".into() };
    let session = Session {
        token: Sensitive::from("hunter3".to_owned()),
        old: Sensitive::from(None),
        plain: Sensitive::from(1),
    };
    let unmarked = Unmarked { password: "hunter4".into() };
    assert!(shown(&login, &session, &unmarked).ends_with("hunter2"));
    assert_eq!(allowed(login), "hunter2 7");
    let reasons: Vec<_> = catalog::exceptions().iter().filter_map(|e| e.reason).collect();
    let expected = ["shown on request", "its length is shown", "printed once, on paper"];
    assert!(expected.iter().all(|reason| reasons.contains(reason)), "{reasons:?}");
}
