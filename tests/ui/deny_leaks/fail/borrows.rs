//! Mistakes of borrowing are reported once each, where they are, as without the attribute.

#![deny(unused_variables)]

use audit_runtime::{Redact, deny_leaks};

#[derive(Redact)]
struct Login {
    #[public]
    username: String,
    #[sensitive]
    password: String,
}

#[deny_leaks]
fn moved(login: Login) {
    drop(login);
    println!("{}", login.username);
}

#[deny_leaks]
fn borrowed(mut login: Login) {
    let name = &login.username;
    login.username = String::new();
    println!("{name} {}", login.username);
}

#[deny_leaks]
fn captured(login: Login) {
    std::thread::spawn(|| println!("{}", login.username));
}

#[deny_leaks]
fn unused(login: Login) {
    let password = login.password;
    println!("{}", login.username);
}

fn main() {}
