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

fn main() {}
