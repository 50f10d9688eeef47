use audit_runtime::{Redact, public, wrap_sensitive};
use serde::Serialize;

#[wrap_sensitive]
#[derive(Redact, Serialize)]
struct Login {
    #[sensitive]
    #[serde(serialize_with = "audit_runtime::wire")]
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
