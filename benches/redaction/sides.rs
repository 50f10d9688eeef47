//! The sides that are compared: who writes which form.

use std::fmt::Debug;
use std::io::Write;

use audit_runtime::redact::Redactor;
use audit_runtime::{HashKey, Redact, Redaction};
use hmac::{Hmac, KeyInit, Mac};
use redactable::Redactable as _;
use serde::Serialize;
use sha2::Sha256;

use crate::types::{Clear, Full, Mask, Omit, Pseudonym, Redactable, Secrecy, Veil, Wrapped};

/// Sides that write the same value; the first is what the others are measured against.
pub(crate) struct Group {
    pub(crate) title: &'static str,
    pub(crate) sides: [Side; 5],
}

/// Writes one value behind what the buffer holds.
type Writing = Box<dyn Fn(&mut Vec<u8>)>;

/// One way to write one value.
pub(crate) struct Side {
    pub(crate) name: &'static str,
    pub(crate) write: Writing,
    pub(crate) out: Vec<u8>,
}

pub(crate) fn groups() -> [Group; 3] {
    [debug(), json(), pseudonyms()]
}

fn debug() -> Group {
    Group {
        title: "`Debug` of a struct with nine fields, four of them sensitive",
        sides: [
            printed("debug-std", Clear::new()),
            printed("debug-redact", Full::new()),
            printed("debug-sensitive", Wrapped::new()),
            printed("debug-veil", Veil::new()),
            printed("debug-secrecy", Secrecy::new()),
        ],
    }
}

fn json() -> Group {
    let redactable = Redactable::new();
    Group {
        title: "log JSON of the same struct",
        sides: [
            side("json-serde", serialized(Clear::new())),
            side("json-full", logged(Full::new())),
            side("json-omit", logged(Omit::new())),
            side("json-mask", logged(Mask::new())),
            side("json-redactable", move |out| {
                serde_json::to_writer(out, &redactable.clone().redact()).unwrap();
            }),
        ],
    }
}

/// Four fields as pseudonyms, against four bare HMACs and the same JSON around them.
fn pseudonyms() -> Group {
    let redactor = Redactor::new("bench").with_hash_key(HashKey::from_bytes([7; 32]));
    let (value, bare) = (Pseudonym::new(), Pseudonym::new());
    let hashed = Full::new();
    let mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
    let alone = mac.clone();
    let texts =
        move || [&*bare.email, &*bare.password, &*bare.token, &*bare.card].map(str::to_owned);
    let own = texts();
    let other = texts();
    Group {
        title: "four fields as pseudonyms",
        sides: [
            side("hmac-and-json", move |out| {
                own.iter().for_each(|text| hash(&mac, text, out));
                serde_json::to_writer(out, &hashed.redacted()).unwrap();
            }),
            side("json-pseudonym", move |out| {
                serde_json::to_writer(out, &value.redacted_with(Redaction::with(&redactor)))
                    .unwrap();
            }),
            side("hmac-only", move |out| other.iter().for_each(|text| hash(&alone, text, out))),
            side("json-full-again", logged(Full::new())),
            side("json-serde-again", serialized(Clear::new())),
        ],
    }
}

fn hash(mac: &Hmac<Sha256>, text: &str, out: &mut Vec<u8>) {
    let mut mac = mac.clone();
    mac.update(text.as_bytes());
    out.extend_from_slice(&mac.finalize().into_bytes()[..16]);
}

fn printed(name: &'static str, value: impl Debug + 'static) -> Side {
    side(name, move |out| write!(out, "{value:?}").unwrap())
}

fn serialized(value: impl Serialize + 'static) -> impl Fn(&mut Vec<u8>) {
    move |out| serde_json::to_writer(out, &value).unwrap()
}

fn logged(value: impl Redact + 'static) -> impl Fn(&mut Vec<u8>) {
    move |out| serde_json::to_writer(out, &value.redacted()).unwrap()
}

fn side(name: &'static str, write: impl Fn(&mut Vec<u8>) + 'static) -> Side {
    Side { name, write: Box::new(write), out: Vec::with_capacity(1 << 16) }
}
