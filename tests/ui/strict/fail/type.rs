use audit_runtime::{Redact, Sensitive};

type Secret = Sensitive<String>;

#[derive(Redact)]
#[redact(strict)]
struct Login<T> {
    #[sensitive]
    password: String,
    #[sensitive]
    old: Vec<Option<String>>,
    #[sensitive]
    body: T,
    #[sensitive]
    wrapped: Sensitive<String>,
    #[sensitive]
    aliased: Option<Secret>,
    id: u64,
}

#[derive(Redact)]
#[redact(strict)]
enum Method {
    Password(#[sensitive] String),
}

#[derive(Redact)]
#[redact(strict = true)]
struct True(#[sensitive] Secret);

#[derive(Redact)]
#[redact(strict = false)]
struct False(#[sensitive] String);

#[derive(Redact)]
#[redact(strict(very), default = "public", strict, strict)]
struct Twice(#[sensitive] Secret);

fn main() {}
