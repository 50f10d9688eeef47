use audit_runtime::{Redact, Redacted};

#[derive(Redact)]
struct Login {
    #[sensitive]
    password: String,
}

fn main() {
    let login = Login { password: String::new() };
    let redacted: Redacted<'_, Login> = login.redacted();
    let _ = &redacted.password;
    let _: &Login = &redacted;
}
