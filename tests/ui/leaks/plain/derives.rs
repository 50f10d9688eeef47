use std::fmt;

use audit_runtime::{Redact, deny_leaks};

// row: derive-display
#[derive(Redact, derive_more::Display)]
#[display("{user}: {password}")]
struct Shown {
    #[public]
    user: String,
    #[sensitive]
    password: String,
}

// row: derive-display
#[derive(Redact, derive_more::Display)]
struct ApiKey(#[sensitive] String);

// row: derive-display
#[derive(Redact, derive_more::Display)]
enum Credential {
    Key(#[sensitive] String),
    #[display("none")]
    None,
}

// row: thiserror
#[derive(Redact, thiserror::Error)]
#[error("wrong password {password}")]
struct Wrong {
    #[sensitive]
    password: String,
}

// row: thiserror
#[derive(Redact, thiserror::Error)]
#[error("refused: {password:?}")]
enum Refused {
    Login {
        #[sensitive]
        password: String,
    },
}

#[derive(Debug, thiserror::Error)]
#[error("wrong password hunter2")]
struct Inner;

// row: error-cause
#[derive(Redact, thiserror::Error)]
#[error("refused")]
struct Caused {
    #[source]
    #[sensitive]
    cause: Inner,
}

#[derive(Redact)]
struct Login {
    id: u32,
    #[sensitive]
    password: String,
}

#[deny_leaks]
impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // row: display-by-hand
        write!(f, "{}", self.password)
    }
}

fn main() {}
