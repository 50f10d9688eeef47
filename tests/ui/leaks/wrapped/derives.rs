use std::fmt;

use audit_runtime::{Redact, wrap_sensitive};

// row: derive-display
#[wrap_sensitive]
#[derive(Redact, derive_more::Display)]
#[display("{user}: {password}")]
struct Shown {
    #[public]
    user: String,
    #[sensitive]
    password: String,
}

// row: derive-display
#[wrap_sensitive]
#[derive(Redact, derive_more::Display)]
struct ApiKey(#[sensitive] String);

// row: derive-display
#[wrap_sensitive]
#[derive(Redact, derive_more::Display)]
enum Credential {
    Key(#[sensitive] String),
    #[display("none")]
    None,
}

// row: thiserror
#[wrap_sensitive]
#[derive(Redact, thiserror::Error)]
#[error("wrong password {password}")]
struct Wrong {
    #[sensitive]
    password: String,
}

// row: valuable
#[wrap_sensitive]
#[derive(Redact, valuable::Valuable)]
struct Valued {
    #[sensitive]
    password: String,
}

#[wrap_sensitive]
#[derive(Redact)]
struct Login {
    #[sensitive]
    password: String,
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // row: display-by-hand
        write!(f, "{}", self.password)
    }
}

fn main() {}
