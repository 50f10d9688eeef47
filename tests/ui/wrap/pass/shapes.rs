//! Wrapped fields in every shape of a type, beside every derive that a service uses.

use std::borrow::Cow;
use std::collections::HashMap;

use audit_runtime::{Redact, Secret, Sensitive, wrap_sensitive};
use serde::{Deserialize, Serialize};

/// A login.
#[wrap_sensitive]
#[derive(Redact, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Login {
    pub id: u64,
    /// Documented.
    #[sensitive]
    #[serde(rename = "pass")]
    pub(crate) password: String,
    #[sensitive]
    #[serde(default)]
    pin: Option<u16>,
    #[sensitive]
    answers: HashMap<String, String>,
    #[sensitive]
    #[serde(default)]
    old: Vec<Sensitive<String>>,
}

#[wrap_sensitive]
#[derive(Clone, Debug, PartialEq)]
struct Key(#[sensitive] Box<[u8; 4]>);

#[wrap_sensitive]
#[derive(Redact, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind")]
enum Method {
    Anonymous,
    Password {
        #[sensitive]
        password: String,
    },
    Card {
        #[sensitive]
        number: String,
        month: u8,
    },
}

#[wrap_sensitive]
#[derive(Redact, Clone, PartialEq)]
enum Tuple {
    Empty,
    One(#[sensitive] String),
    Two(u32, #[sensitive] String),
}

#[wrap_sensitive]
#[derive(Redact, Clone, PartialEq, Default, Deserialize)]
struct Envelope<T: Secret>
where
    T: Clone,
{
    #[sensitive]
    body: T,
    #[sensitive]
    list: Vec<T>,
    count: usize,
}

#[wrap_sensitive]
#[derive(Redact, Clone, PartialEq, Deserialize)]
struct Borrowed<'a> {
    #[sensitive]
    password: &'a str,
    #[sensitive]
    #[serde(borrow)]
    note: Cow<'a, str>,
}

#[wrap_sensitive]
#[derive(Redact, Clone, Deserialize)]
struct Conditional {
    #[cfg_attr(all(), sensitive)]
    password: String,
    #[cfg_attr(any(), sensitive)]
    name: u32,
    #[cfg(any())]
    #[sensitive]
    gone: Missing,
}

#[wrap_sensitive]
struct Unread {
    #[cfg_attr(all(), sensitive, allow(dead_code))]
    password: String,
}

#[wrap_sensitive]
#[derive(Redact, Serialize)]
struct Written {
    #[sensitive]
    #[serde(serialize_with = "audit_runtime::wire")]
    password: String,
    #[sensitive]
    #[serde(skip_serializing)]
    pin: u16,
    #[sensitive]
    #[serde(serialize_with = "audit_runtime::wire", skip_serializing_if = "Option::is_none")]
    token: Option<Sensitive<String>>,
}

#[derive(Serialize)]
struct Outside {
    id: u64,
}

impl From<Converted> for Outside {
    fn from(converted: Converted) -> Self {
        Self { id: converted.id }
    }
}

/// Written as another type, so that its own fields need not say how.
#[wrap_sensitive]
#[derive(Clone, Serialize)]
#[serde(into = "Outside")]
struct Converted {
    id: u64,
    #[sensitive]
    password: String,
}

mod inside {
    pub mod audit {
        pub use audit_runtime::*;
    }

    #[audit::wrap_sensitive(crate = "crate::inside::audit")]
    #[derive(audit::Redact)]
    #[redact(crate = "crate::inside::audit")]
    pub struct Renamed(#[sensitive] pub String);
}

/// A builder written by hand takes what the field takes.
#[derive(Default)]
struct LoginBuilder {
    password: Option<Sensitive<String>>,
}

impl LoginBuilder {
    fn password(mut self, password: impl Into<Sensitive<String>>) -> Self {
        self.password = Some(password.into());
        self
    }

    fn build(self) -> Login {
        Login { password: self.password.unwrap_or_default(), ..Login::default() }
    }
}

macro_rules! login {
    ($name:ident, $ty:ty) => {
        #[wrap_sensitive]
        #[derive(Redact)]
        struct $name {
            #[sensitive]
            password: $ty,
        }
    };
}

login!(Plain, String);
login!(Wrapped, Sensitive<String>);

fn main() {
    let text = r#"{"id":1,"pass":"hunter2","answers":{"pet":"rex"}}"#;
    let login: Login = serde_json::from_str(text).unwrap();
    assert_eq!(login.password.expose(), "hunter2");
    assert!(login.pin.expose().is_none());
    assert!(login == login.clone());
    let printed = "Login { id: 1, password: [redacted], pin: [redacted], answers: [redacted], old: [redacted] }";
    assert_eq!(format!("{login:?}"), printed);
    assert_eq!(format!("{:?}", Key(Box::new([7; 4]).into())), "Key([redacted])");
    let method: Method = serde_json::from_str(r#"{"kind":"Password","password":"x"}"#).unwrap();
    assert_eq!(format!("{method:?}"), "Password { password: [redacted] }");
    assert_eq!(format!("{:?}", Tuple::Two(1, "x".to_owned().into())), "Two(1, [redacted])");
    let envelope: Envelope<String> =
        serde_json::from_str(r#"{"body":"x","list":["y"],"count":2}"#).unwrap();
    assert_eq!(format!("{envelope:?}"), "Envelope { body: [redacted], list: [redacted], count: 2 }");
    let borrowed: Borrowed = serde_json::from_str(r#"{"password":"x","note":"y"}"#).unwrap();
    assert_eq!(*borrowed.password.expose(), "x");
    // serde borrows a `Cow` only where it stands in the struct itself; here it is a copy, and wiped.
    assert!(matches!(borrowed.note.expose(), Cow::Owned(note) if note == "y"));
    let conditional: Conditional = serde_json::from_str(r#"{"password":"x","name":1}"#).unwrap();
    let _: &Sensitive<String> = &conditional.password;
    let _: u32 = conditional.name;
    let _: Sensitive<String> = Unread { password: Default::default() }.password.clone();
    let _: Sensitive<String> = inside::Renamed("x".to_owned().into()).0.clone();
    let _: Login = LoginBuilder::default().password("x".to_owned()).build();
    let _: Sensitive<String> = Plain { password: Default::default() }.password.clone();
    let _: Sensitive<String> = Wrapped { password: Default::default() }.password.clone();
    let written =
        Written { password: "x".to_owned().into(), pin: 1.into(), token: None };
    assert_eq!(serde_json::to_string(&written).unwrap(), r#"{"password":"[redacted]"}"#);
    let clear = audit_runtime::disclose(|| serde_json::to_string(&written).unwrap());
    assert_eq!(clear, r#"{"password":"x"}"#);
    assert_eq!(*written.pin.expose(), 1);
    let converted = Converted { id: 1, password: "x".to_owned().into() };
    assert_eq!(converted.password.expose(), "x");
    assert_eq!(serde_json::to_string(&converted).unwrap(), r#"{"id":1}"#);
    let _ = (Method::Anonymous, Tuple::Empty, Tuple::One(String::new().into()));
}
