//! What a wrapped field refuses, anywhere in the program.

use audit_runtime::{Redact, wrap_sensitive};
use serde::Deserialize;

#[wrap_sensitive]
#[derive(Redact, Clone, Deserialize)]
struct Login {
    id: u64,
    #[sensitive]
    password: String,
}

#[wrap_sensitive]
#[derive(Debug, Hash)]
struct Key {
    #[sensitive]
    bytes: [u8; 32],
}

#[wrap_sensitive]
#[derive(Debug)]
struct Envelope<T> {
    #[sensitive]
    body: T,
}

fn clear(login: &Login) -> String {
    login.password.clone()
}

fn main() {
    let login = Login { id: 1, password: String::from("x").into() };
    println!("{}", login.password);
    let wrong = Login { id: 1, password: String::from("x") };
}
