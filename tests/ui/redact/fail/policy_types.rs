use audit_runtime::Redact;
use serde::Serialize;

struct Plain;

#[derive(Redact)]
struct Holder {
    #[sensitive(mask(last = 4))]
    masked: Plain,
    #[sensitive(pseudonym)]
    joined: Vec<Plain>,
    #[sensitive(encrypt(subject = owner))]
    sealed: String,
    #[sensitive(encrypt(subject = nobody))]
    lost: String,
    #[sensitive(with = describe)]
    shown: Plain,
    #[sensitive(with = count)]
    counted: Plain,
    #[sensitive(mask(last = 4))]
    marked: Vec<Login>,
    #[sensitive]
    hidden: Plain,
    #[sensitive]
    owner: Plain,
}

#[derive(Redact, Serialize)]
struct Login {
    #[sensitive]
    password: String,
}

#[derive(Redact)]
struct Envelope<T> {
    #[sensitive(mask(last = 4))]
    body: T,
}

fn generic(envelope: Envelope<Login>) -> impl Redact {
    envelope
}

fn describe(_: &Plain) -> Plain {
    Plain
}

fn count(_: &u32) -> u32 {
    1
}

fn main() {}
