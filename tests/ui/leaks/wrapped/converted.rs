use audit_runtime::{Redact, wrap_sensitive};

#[wrap_sensitive]
#[derive(Redact)]
struct Login {
    #[public]
    user: String,
    #[sensitive]
    password: String,
}

struct Copied {
    password: String,
}

fn convert(login: Login) {
    // row: to-string
    let _ = login.password.to_string();
    // row: concatenation
    let _ = String::from("password: ") + &login.password;
    // row: as-ref
    let _: &str = login.password.as_ref();
    // row: coercion
    let _: &str = &login.password;
    // row: auto-deref
    let _ = login.password.replace('a', "b");
    // row: substring
    let _ = &login.password[..4];
    // row: slicing
    let _ = &login.password[..1];
    // row: copy
    let _ = Copied { password: login.password.clone() };
    // row: into-string
    let _: String = login.password.into();
}

fn main() {
    let _ = convert;
}
