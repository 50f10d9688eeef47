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

fn main() {}
