use audit_runtime::{Redact, public};
use serde::Serialize;

#[derive(Redact, Serialize)]
struct Login {
    #[sensitive]
    password: String,
}

#[derive(Redact)]
struct Order {
    // row: public-with-secrets
    #[public]
    login: Login,
}

fn show(login: &Login) {
    // row: public-function
    let _ = format!("{:?}", public(login));
}

fn main() {
    let _ = show;
}
