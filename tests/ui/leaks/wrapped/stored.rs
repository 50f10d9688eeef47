use audit_runtime::{Redact, wrap_sensitive};

#[wrap_sensitive]
#[derive(Redact)]
struct Login {
    #[sensitive]
    password: String,
}

fn store(_: &Login) {}

fn main() {
    let login = Login { password: String::new().into() };
    // row: stored-copy
    store(&login.redacted());
}
