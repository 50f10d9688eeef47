use audit_runtime::Redact;
use serde::Deserialize;

#[derive(Redact, Deserialize)]
struct Login<'a, T> {
    name: T,
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    password: String,
    #[sensitive]
    pin: Option<u32>,
    #[sensitive]
    token: &'a str,
}

#[derive(Redact, Deserialize)]
enum Method {
    Token(#[sensitive] String),
}

/// Whoever reads by hand says so by the type.
#[derive(Redact)]
struct Pin(#[sensitive] u16);

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u16::deserialize(deserializer).map(Self)
    }
}

fn main() {}
