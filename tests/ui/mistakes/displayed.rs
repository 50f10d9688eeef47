//! Other derives whose text would show a marked field.

use audit_runtime::{Redact, Sensitive};

#[derive(Redact, derive_more::Display)]
#[display("{id}: {password}")]
struct Login {
    id: u64,
    #[sensitive]
    password: String,
}

#[derive(Redact, thiserror::Error)]
enum Refused {
    #[error("no account for {email:?}")]
    Unknown {
        #[sensitive]
        email: String,
    },
    #[error("wrong pin {0}, {attempt} tries left", attempt = .1)]
    Wrong(#[sensitive] u16, u8),
    #[error("{} is used by another", .name.to_uppercase())]
    Taken {
        #[sensitive]
        name: String,
    },
    #[error("the answer has {} letters, not {letters}", answer.len())]
    Short {
        #[sensitive]
        answer: String,
        letters: usize,
    },
}

#[derive(Redact, derive_more::Display)]
#[display("pin {_0}")]
struct Pin(#[sensitive] u16);

#[derive(Redact, derive_more::Display)]
#[display("{id}: {password:?}")]
struct Wrapped {
    id: u64,
    #[sensitive]
    password: Sensitive<String>,
}

/// A text that holds for the variants without one of their own.
#[derive(Redact, thiserror::Error)]
#[error("refused: {password:?}")]
enum Above {
    Login {
        #[sensitive]
        password: String,
    },
    Renewal {
        #[sensitive]
        password: String,
    },
    #[error("locked")]
    Locked {
        #[sensitive]
        password: String,
    },
}

#[derive(Redact, thiserror::Error)]
enum Written {
    #[error(fmt = write)]
    Wrong {
        #[sensitive]
        pin: u16,
    },
}

fn write(pin: &u16, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    write!(f, "wrong pin {pin}")
}

#[derive(Redact, derive_more::Display)]
struct ApiKey(#[sensitive] String);

#[derive(Redact, derive_more::Display)]
struct Borrowed<'a, T>(#[sensitive] &'a T);

#[derive(Redact, derive_more::Display)]
#[display("by {_variant}")]
enum Credential {
    Key(#[sensitive] String),
    #[display("pin")]
    Pin(#[sensitive] u16),
}

fn main() {}
