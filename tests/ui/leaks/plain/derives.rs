use audit_runtime::Redact;

// row: derive-display
#[derive(Redact, derive_more::Display)]
#[display("{user}: {password}")]
struct Shown {
    #[public]
    user: String,
    #[sensitive]
    password: String,
}

// row: thiserror
#[derive(Redact, thiserror::Error)]
#[error("wrong password {password}")]
struct Wrong {
    #[sensitive]
    password: String,
}

fn main() {}
