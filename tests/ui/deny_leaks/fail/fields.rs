//! A sensitive field is shown, in each way in which a field is reached.

use std::sync::{Arc, Mutex};

use audit_runtime::{Redact, deny_leaks};

#[derive(Redact)]
struct Login {
    #[public]
    username: String,
    #[sensitive]
    password: String,
}

#[derive(Redact)]
struct Pin(#[sensitive] String);

#[derive(Redact)]
enum Method {
    Password(#[sensitive] String),
    Card {
        #[sensitive]
        number: String,
    },
}

#[derive(Redact)]
struct Envelope<T> {
    #[public]
    sender: u32,
    #[sensitive]
    body: T,
    login: Login,
}

#[deny_leaks]
fn direct(login: Login) {
    println!("{} {}", login.username, login.password);
}

#[deny_leaks]
fn through(reference: &&Login, shared: Arc<Mutex<Box<Login>>>) {
    println!("{}", reference.password);
    println!("{}", shared.lock().unwrap().password);
}

#[deny_leaks]
fn nested<T: std::fmt::Debug>(envelope: &Envelope<T>) {
    println!("{} {:?}", envelope.sender, envelope.body);
    println!("{}", envelope.login.password.as_str());
}

#[deny_leaks]
fn tuple(pin: &Pin) {
    println!("{}", pin.0);
}

impl Login {
    #[deny_leaks]
    fn own(&self) -> String {
        format!("{:?}", &self.password)
    }
}

#[deny_leaks]
fn variants(method: &Method) {
    match method {
        Method::Password(password) => println!("{password}"),
        Method::Card { number } => println!("{}", number.trim()),
    }
}

fn main() {}
