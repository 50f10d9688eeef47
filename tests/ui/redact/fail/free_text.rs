use audit_runtime::Redact;
use std::borrow::Cow;
use std::collections::HashMap;

#[derive(Redact)]
struct Profile<'a> {
    name: String,
    nickname: Option<String>,
    motto: &'a str,
    about: Cow<'a, str>,
    tags: Vec<String>,
    picture: Vec<u8>,
    labels: HashMap<String, u32>,
    age: u8,
}

fn main() {}
