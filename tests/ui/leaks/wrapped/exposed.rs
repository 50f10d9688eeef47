use audit_runtime::{Redact, deny_leaks, wrap_sensitive};
use tracing::info;

#[wrap_sensitive]
#[derive(Redact)]
struct Login {
    #[public]
    user: String,
    #[sensitive]
    password: String,
}

#[deny_leaks]
fn show(login: &Login) {
    // row: exposed-format
    let _ = format!("{}", login.password.expose());
    // row: exposed-format
    let text = login.password.expose();
    info!("{text}");
    // row: exposed-format
    info!(text = login.password.expose().as_str());
}

fn main() {
    let _ = show;
}
