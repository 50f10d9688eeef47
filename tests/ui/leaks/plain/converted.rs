use audit_runtime::{Redact, deny_leaks};
use tracing::info;

#[derive(Redact)]
struct Login {
    #[public]
    user: String,
    #[sensitive]
    password: String,
}

#[deny_leaks]
fn convert(login: Login) {
    // row: to-string
    let text = login.password.to_string();
    info!("{text}");
    // row: concatenation
    let text = String::from("password: ") + &login.password;
    info!("{text}");
    // row: as-ref
    let text: &str = login.password.as_ref();
    info!("{text}");
    // row: coercion
    let text: &str = &login.password;
    info!("{text}");
    // row: auto-deref
    let text = login.password.replace('a', "b");
    info!("{text}");
    // row: substring
    info!("{}", &login.password[..4]);
    // row: exposed-format
    let text = login.password.clone();
    let _ = format!("{text}");
    // row: into-string
    let text: String = login.password.into();
    info!("{text}");
}

fn main() {
    let _ = convert;
}
