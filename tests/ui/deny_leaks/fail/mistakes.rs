//! Ordinary mistakes are reported once each, where they are, as without the attribute.

use audit_runtime::{Redact, deny_leaks};

#[derive(Redact)]
struct Login {
    #[public]
    username: String,
    #[sensitive]
    password: String,
}

#[deny_leaks]
fn unknown_names(login: &Login) {
    println!("{}", missing.username);
    println!("{}", login.unknown);
    println!("{}", login.unknown().username);
    let Login { nothing, .. } = login;
    println!("{nothing}");
}

#[deny_leaks]
fn wrong_types(login: Login) -> u8 {
    let length: u8 = login.username;
    println!("{} {length}", login.username);
    let Some(name) = login.username else { return "none" };
    println!("{name}");
    1
}

#[deny_leaks]
fn untyped() {
    let value = Default::default();
    println!("{}", value.username);
}

fn main() {}
