use audit_runtime::{Redact, Sensitive, wrap_sensitive};
use tracing::{info, instrument};

#[wrap_sensitive]
#[derive(Redact)]
struct Login {
    #[public]
    user: String,
    #[sensitive]
    password: String,
    #[sensitive]
    number: u64,
}

fn show(login: &Login) {
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
    // row: panic
    panic!("{}", login.password);
    // row: lower-hex
    let _ = format!("{:x}", login.number);
    // row: arithmetic
    info!("{}", login.number + 1);
}

// row: trace-err
#[instrument(err)]
fn check(login: Login) -> Result<(), Sensitive<String>> {
    Err(login.password)
}

fn main() {
    let _ = (show, check);
}
