use audit_runtime::{Redact, deny_leaks};
use tracing::info;

#[derive(Redact)]
struct Login<'a> {
    #[public]
    user: String,
    #[sensitive]
    password: String,
    #[sensitive]
    number: u64,
    #[sensitive]
    key: Vec<u8>,
    #[sensitive]
    token: &'a str,
}

#[deny_leaks]
fn show(login: &Login<'_>) {
    // row: println
    println!("{}", login.password);
    // row: inline-capture
    let password = &login.password;
    println!("{password}");
    // row: trace-format
    info!("{}", login.password);
    // row: trace-display
    info!(%password);
    // row: trace-value
    info!(password = login.password);
    // row: lower-hex
    let _ = format!("{:x}", login.number);
    // row: arithmetic
    info!("{}", login.number + 1);
    // row: field-debug
    let _ = format!("{:?}", login.password);
    // row: trace-field-debug
    info!(?password);
    // row: assert-eq-field
    assert_eq!(login.password, login.user);
    // row: bytes
    let _ = format!("{:?}", login.key);
    // row: borrowed
    let _ = format!("{:?}", login.token);
    // row: panic
    panic!("{}", login.password);
}

fn main() {
    let _ = show;
}
