use audit_runtime::{Sensitive, wrap_sensitive};
use serde::{Deserialize, Serialize};

#[wrap_sensitive]
#[derive(Serialize)]
struct Forgotten {
    #[sensitive]
    password: String,
    #[sensitive]
    already: Option<Sensitive<String>>,
    #[sensitive]
    #[serde(rename = "pin")]
    number: u16,
    #[sensitive]
    #[serde(skip_serializing)]
    skipped: String,
}

#[wrap_sensitive]
#[derive(Serialize)]
enum Method {
    Password(#[sensitive] String),
    #[serde(skip)]
    Card {
        #[sensitive]
        number: String,
    },
}

#[wrap_sensitive]
#[derive(Serialize, Deserialize)]
struct Conflicts {
    #[sensitive]
    #[serde(with = "base64")]
    key: Vec<u8>,
    #[sensitive]
    #[serde(serialize_with = "hex::encode")]
    seed: [u8; 4],
    #[sensitive]
    #[serde(flatten)]
    rest: Vec<(String, String)>,
    #[sensitive]
    #[serde(serialize_with = "audit_runtime::wire", skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[sensitive]
    #[serde(serialize_with = "audit_runtime::wire", skip_serializing_if = "str::is_empty")]
    text: String,
}

#[wrap_sensitive]
#[derive(Serialize)]
struct Shown {
    #[sensitive]
    #[serde(with = "base64")]
    key: Vec<u8>,
}

#[wrap_sensitive]
#[derive(Deserialize)]
struct Read {
    #[sensitive]
    #[serde(with = "base64")]
    key: Vec<u8>,
}

mod elsewhere {
    pub struct Remote {
        pub password: String,
    }
}

#[wrap_sensitive]
#[derive(Deserialize)]
#[serde(remote = "elsewhere::Remote")]
struct Local {
    #[sensitive]
    password: String,
}

fn main() {}
