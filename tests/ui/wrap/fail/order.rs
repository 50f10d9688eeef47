use audit_runtime::{Redact, wrap_sensitive};

#[derive(Redact)]
#[wrap_sensitive]
struct Login {
    #[sensitive]
    password: String,
}

fn main() {}
