//! Other derives and implementations that show no marked field, and ask the same of generic types.
#![deny(warnings)]
#![allow(dead_code)]

use std::fmt::{self, Display};

use audit_runtime::{Redact, Sensitive};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Redact)]
struct Login {
    #[public]
    name: String,
    #[sensitive]
    password: String,
}

impl Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[derive(Redact)]
struct Email(Sensitive<String>);

impl Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.expose()[..1])
    }
}

#[derive(Redact, derive_more::Display)]
#[redact(display = "the owner reads it")]
struct Alias(#[sensitive] String);

#[derive(Redact, derive_more::Display)]
enum Credential {
    #[display("a key of {} letters", _0.len())]
    Key(#[sensitive] String),
    #[display("none")]
    None,
}

#[derive(Redact, derive_more::Display)]
#[display("a method")]
enum Method {
    Key(#[sensitive] String),
    Other(#[sensitive] u32),
}

#[derive(Redact, thiserror::Error)]
#[error("refused {name}")]
enum Refused {
    Login {
        #[public]
        name: String,
        #[sensitive]
        password: String,
    },
    #[error("locked")]
    Locked(#[sensitive] String),
}

/// A variant that is printed as its name needs no leave, since it is not made of one field alone.
#[derive(Redact)]
enum Kind {
    Pair(#[sensitive] String, u32),
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pair")
    }
}

#[derive(Redact, Deserialize)]
struct Read<T> {
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    #[serde(bound(deserialize = "T: Deserialize<'de>"))]
    value: T,
    #[sensitive]
    #[serde(default, deserialize_with = "audit_runtime::withheld")]
    note: Option<String>,
    #[sensitive]
    #[serde(skip)]
    hidden: String,
    wrapped: Sensitive<String>,
}

#[derive(Redact, Deserialize)]
#[serde(from = "u32")]
struct Converted {
    #[sensitive]
    number: u32,
}

impl From<u32> for Converted {
    fn from(number: u32) -> Self {
        Self { number }
    }
}

#[derive(Redact)]
struct Bounded<'a, T: Deserialize<'a>>(#[sensitive] T, #[public] &'a str);

#[derive(Redact)]
struct Owned<T: DeserializeOwned + Display>(#[sensitive] Vec<T>);

#[derive(Redact)]
struct Unsized<T: ?Sized>(#[sensitive] Box<T>);

#[derive(Redact)]
struct Conditional<'a, T>
where
    T: Iterator + 'a,
    T::Item: Clone,
{
    #[sensitive]
    whole: &'a T,
    #[sensitive]
    part: T::Item,
}

fn main() {
    let login = Login { name: "ada".into(), password: "canary".into() };
    assert_eq!(login.to_string(), "ada");
    assert_eq!(Alias("canary".into()).to_string(), "canary");
    let read: Read<u32> = serde_json::from_str(r#"{"value":1,"wrapped":"canary"}"#).unwrap();
    assert_eq!((read.value, read.note.is_none(), read.hidden), (1, true, String::new()));
    let wrong = serde_json::from_str::<Read<u32>>(r#"{"value":"canary"}"#);
    assert!(!format!("{:?}", wrong.err()).contains("canary"));
}
