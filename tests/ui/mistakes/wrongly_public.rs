use std::collections::HashMap;

use audit_runtime::{Event, Redact, audited, public};
use serde::Serialize;

#[derive(Redact, Serialize)]
struct Login {
    #[sensitive]
    password: String,
}

type Logins = Vec<Login>;

#[derive(Redact)]
struct Outer {
    #[public]
    one: Login,
    #[public]
    many: Option<Vec<Login>>,
    #[public]
    pair: (u32, Box<Login>),
    #[public]
    named: HashMap<String, Logins>,
    #[public(reason = "no reason is good enough")]
    last: Login,
}

#[derive(Redact)]
#[redact(default = "public")]
struct Harmless {
    text: String,
    login: Login,
}

#[derive(Redact)]
struct Envelope<T> {
    #[public]
    body: T,
}

#[audited(action = "LogIn", on_unrecorded = fail_open, fields(login = public(&login)))]
async fn log_in(login: Login) {}

fn main() {
    let login = Login { password: String::new() };
    let event = Event::activity("LogIn").field("login", &public(&login));
    println!("{:?}", Envelope { body: &login });
}
