use audit_runtime::Redact;

#[derive(Redact)]
struct Login {
    #[sensitive]
    password: String,
}

fn store(_: &Login) {}

fn main() {
    let login = Login { password: String::new() };
    // row: stored-copy
    store(&login.redacted());
}
