//! Values of any shape under every policy and in their wire form: writing never panics, tells no more
//! than the policy keeps, and tells the same twice.

#![no_main]

mod kept;
mod sink;
mod value;

use std::collections::BTreeMap;

use audit_runtime::journal::encode;
use audit_runtime::redact::keys::Wanted;
use audit_runtime::redact::{EncryptionKey, Redactor};
use audit_runtime::{HashKey, Keys, Redact, Redaction, Sensitive, Tightness, disclose};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde_json::Value as Json;

use kept::Kept;
use sink::{Refused, Sink, Told};
use value::{Any, NAMES, SAID, Text};

#[derive(Arbitrary, Debug)]
struct Case {
    value: Any,
    text: Text,
    tightness: u8,
    is_human_readable: bool,
    /// The call that fails, if there is one.
    calls: Option<u8>,
    log_bytes_max: Option<u8>,
}

/// The same value under every policy.
#[derive(Redact)]
#[expect(dead_code, reason = "what is hidden or left out is not even read")]
struct Login<'a> {
    #[sensitive]
    full: &'a Any,
    #[sensitive(mask(last = 4))]
    last: &'a Any,
    #[sensitive(mask(first = 2, last = 3, min = 15))]
    ends: Vec<Option<&'a Any>>,
    #[sensitive(mask(card))]
    card: &'a Any,
    #[sensitive(mask(email))]
    email: &'a Any,
    #[sensitive(mask(ip))]
    ip: &'a Any,
    #[sensitive(pseudonym)]
    alias: &'a Any,
    #[sensitive(encrypt)]
    sealed: &'a Any,
    #[sensitive(encrypt(subject = 7))]
    erasable: &'a Any,
    #[sensitive(mask(last = 4), class = tightened)]
    classed: &'a Any,
    #[sensitive(omit)]
    omitted: &'a Any,
    #[sensitive(with = count)]
    counted: &'a Any,
    #[sensitive(mask(last = 4))]
    wrapped: Sensitive<String>,
    #[sensitive(encrypt)]
    list: Vec<Sensitive<String>>,
    #[sensitive(pseudonym)]
    map: BTreeMap<String, Sensitive<String>>,
    #[public]
    answer: Answer<'a>,
}

/// The same value in its wire form.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(serialize_with = "audit_runtime::wire_plain")]
    plain: &'a Any,
    #[serde(serialize_with = "audit_runtime::wire")]
    secret: Sensitive<String>,
    #[serde(serialize_with = "audit_runtime::wire")]
    secrets: BTreeMap<String, Vec<Option<Sensitive<String>>>>,
}

/// The fields of [`Answer`] as they are.
#[derive(Serialize)]
struct Clear<'a> {
    plain: &'a Any,
    secret: &'a str,
    secrets: BTreeMap<&'a str, [Option<&'a str>; 2]>,
}

fn count(value: &&Any) -> usize {
    value.parts().len()
}

fn login<'a>(value: &'a Any, text: &str) -> Login<'a> {
    let secret = || Sensitive::new(text.to_owned());
    Login {
        full: value,
        last: value,
        ends: vec![None, Some(value)],
        card: value,
        email: value,
        ip: value,
        alias: value,
        sealed: value,
        erasable: value,
        classed: value,
        omitted: value,
        counted: value,
        wrapped: secret(),
        list: vec![secret()],
        map: BTreeMap::from([(text.to_owned(), secret())]),
        answer: Answer {
            plain: value,
            secret: secret(),
            secrets: BTreeMap::from([(text.to_owned(), vec![None, Some(secret())])]),
        },
    }
}

fuzz_target!(|case: Case| {
    let text = case.text.text();
    let (login, other) = (login(&case.value, &text), login(&Any::Unit, ""));
    assert_eq!(format!("{login:?} {login:#?}"), format!("{other:?} {other:#?}"));
    assert_eq!(case.told(&login.answer), case.told(&other.answer));
    let (plain, secret) = (&case.value, text.as_str());
    let secrets = BTreeMap::from([(secret, [None, Some(secret)])]);
    let clear = Clear { plain, secret, secrets };
    assert_eq!(disclose(|| case.told(&login.answer)), case.told(&clear));
    let full = Redaction::full();
    assert_eq!(case.told(&login.redacted_with(full)), case.told(&other.redacted_with(full)));

    let tightness = Tightness::ALL[usize::from(case.tightness) % Tightness::ALL.len()];
    let redactor = redactor(tightness);
    let mut pieces = vec![text.clone().into_bytes()];
    case.value.pieces(false, &mut pieces);
    let expected = Expected { tightness, redactor: &redactor, pieces: &pieces };
    for how in [Redaction::keyless(), Redaction::with(&redactor)] {
        let written = login.redacted_with(how);
        let (told, error) = case.told(&written);
        expected.check(&told);
        assert!(error.is_none_or(|error| !error.to_string().contains(SAID)));
        // No leave to tell the wire form makes a log tell more.
        let (again, _) = disclose(|| case.told(&written));
        assert_eq!(expected.opened(told), expected.opened(again));
        case.check_log(&written, &expected);
    }
});

impl Case {
    fn told(&self, value: &impl Serialize) -> (Vec<Told>, Option<Refused>) {
        let calls_max = self.calls.map_or(usize::MAX, usize::from);
        Sink::new(calls_max, self.is_human_readable).told(value)
    }

    /// What the journal's serializer makes of the whole, as far as there is room.
    fn check_log(&self, written: &impl Serialize, expected: &Expected<'_>) {
        let mut line = Vec::new();
        let bytes_max = self.log_bytes_max.map_or(usize::MAX, usize::from);
        match encode::value(&mut line, written, bytes_max) {
            Ok(true) => assert_eq!(line, br#""[truncated]""#),
            Ok(false) if self.value.is_honest() => match serde_json::from_slice::<Json>(&line) {
                Ok(Json::Object(fields)) => {
                    for (name, field) in fields {
                        let (told, _) = Sink::new(usize::MAX, true).told(&field);
                        expected.check(&[vec![Told::Name(name)], told].concat());
                    }
                }
                Ok(line) => panic!("{line} is no object"),
                Err(error) => assert!(error.to_string().starts_with("recursion limit"), "{error}"),
            },
            Ok(false) => {}
            Err(error) => assert!(!format!("{error} {error:?}").contains(SAID)),
        }
    }
}

fn redactor(tightness: Tightness) -> Redactor {
    let keys = Keys::provided(|wanted: Wanted<'_>| {
        let [current, subject] = [2, 3].map(|byte| EncryptionKey::from_bytes([byte; 32]));
        Ok(match wanted {
            Wanted::Current => Some(current),
            Wanted::Subject(_) => Some(subject),
            Wanted::Id(id) => [current, subject].into_iter().find(|key| key.id() == id),
            _ => None,
        })
    });
    Redactor::new("fuzz")
        .with_hash_key(HashKey::from_bytes([1; 32]))
        .with_keys(keys)
        .with_class("tightened", tightness)
}

/// True for the name of a part of a field.
fn is_name(text: &str) -> bool {
    NAMES.contains(&text) || ["plain", "secret", "secrets"].contains(&text)
}

/// What may be told of a value.
struct Expected<'a> {
    tightness: Tightness,
    redactor: &'a Redactor,
    pieces: &'a [Vec<u8>],
}

impl Expected<'_> {
    fn kept(&self, field: &str) -> Option<Kept> {
        let last = Kept::Ends { first: 0, last: 4, min: 12 };
        Some(match field {
            "full" | "answer" => Kept::Nothing,
            "last" | "wrapped" => last,
            "ends" => Kept::Ends { first: 2, last: 3, min: 15 },
            "card" => Kept::Card,
            "email" => Kept::Email,
            "ip" => Kept::Network,
            "alias" => Kept::Alias("alias"),
            "map" => Kept::Alias("map"),
            "sealed" | "erasable" | "list" => Kept::Sealed,
            "counted" => Kept::Counted,
            "classed" => match self.tightness {
                Tightness::Mask => last,
                Tightness::Encrypt => Kept::Sealed,
                Tightness::Pseudonym => Kept::Alias("classed"),
                Tightness::Full | Tightness::Omit => Kept::Nothing,
            },
            _ => return None,
        })
    }

    fn check(&self, told: &[Told]) {
        let mut kept = Kept::Nothing;
        for told in told {
            let is_allowed = match told {
                Told::Name(name) => match self.kept(name) {
                    Some(of_field) => {
                        kept = of_field;
                        true
                    }
                    None => is_name(name),
                },
                // The names that a line has are texts to who reads it.
                Told::Text(text) => is_name(text) || kept.allows(text, self.pieces, self.redactor),
                Told::Clear(_) => kept == Kept::Counted,
                Told::Nothing | Told::Open | Told::Close => true,
            };
            assert!(is_allowed, "{told:?} of {kept:?}");
        }
    }

    /// Sealed texts as what they hold: no two are alike.
    fn opened(&self, mut told: Vec<Told>) -> Vec<Told> {
        for told in &mut told {
            if let Told::Text(text) = told
                && let Ok(opened) = self.redactor.open(text)
            {
                *told = Told::Clear(format!("sealed {opened:?}"));
            }
        }
        told
    }
}
