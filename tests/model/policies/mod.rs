//! Random values under every policy: what is written holds nothing of them beyond what it keeps.

mod value;

use std::net::IpAddr;

use audit_runtime::redact::{EncryptionKey, Keys, Redactor, keys::Wanted};
use audit_runtime::{HashKey, Redact, Redaction};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value as Json;

use value::{Value, text, value};

/// The shortest run of a secret that may not be seen.
const RUN_BYTES: usize = 4;
const HIDDEN: &str = "[redacted]";
const DEBUG: &str = "Everything { full: [redacted], last: [redacted], ends: [redacted], \
                     card: [redacted], email: [redacted], ip: [redacted], joined: [redacted], \
                     sealed: [redacted], class: [redacted], with: [redacted] }";

#[derive(Redact)]
#[expect(dead_code, reason = "what is hidden or left out is not even read")]
struct Everything {
    #[sensitive]
    full: Value,
    #[sensitive(mask(last = 4))]
    last: Value,
    #[sensitive(mask(first = 1, last = 2, min = 10))]
    ends: Option<Value>,
    #[sensitive(mask(card))]
    card: Value,
    #[sensitive(mask(email))]
    email: Vec<Value>,
    #[sensitive(mask(ip))]
    ip: Box<Value>,
    #[sensitive(pseudonym)]
    joined: Value,
    #[sensitive(encrypt)]
    sealed: Value,
    #[sensitive(omit)]
    omitted: Value,
    #[sensitive(mask(last = 4), class = pii)]
    class: Value,
    #[sensitive(with = count)]
    with: Value,
}

/// Keeps of a value what four bytes cannot tell.
fn count(value: &Value) -> usize {
    value.secrets().len() % 100
}

fn everything(value: &Value) -> Everything {
    let value = || value.clone();
    Everything {
        full: value(),
        last: value(),
        ends: Some(value()),
        card: value(),
        email: vec![value()],
        ip: value().into(),
        joined: value(),
        sealed: value(),
        omitted: value(),
        class: value(),
        with: value(),
    }
}

fn redactor() -> Redactor {
    let key = |_: Wanted<'_>| Ok(Some(EncryptionKey::from_bytes([2; 32])));
    Redactor::new("model")
        .with_hash_key(HashKey::from_bytes([1; 32]))
        .with_keys(Keys::provided(key))
        .with_class("pii", audit_runtime::redact::Tightness::Pseudonym)
}

/// What the policy of `field` may write of a piece of clear text, by a second reading of the rules.
fn kept(field: &str, secret: &str) -> Option<String> {
    let characters: Vec<char> = secret.chars().collect();
    let ends = |first: usize, last: usize, min: usize| {
        let before: String = characters.iter().take(first).collect();
        let after: String = characters.iter().skip(characters.len().max(last) - last).collect();
        (characters.len() >= min).then(|| format!("{before}****{after}"))
    };
    match field {
        "last" => ends(0, 4, 12),
        "ends" => ends(1, 2, 10),
        "card" => {
            let digits: String = characters.iter().filter(|c| !" -".contains(**c)).collect();
            let is_card = (12..=19).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_card.then(|| format!("****{}", &digits[digits.len() - 4..]))
        }
        "email" => {
            let (mailbox, host) = secret.split_once('@')?;
            let top = host.rsplit('.').next()?;
            let is_host = host.contains('.')
                && top.chars().all(char::is_alphabetic)
                && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
            let first = match mailbox.chars().count() {
                0..=4 => String::new(),
                _ => mailbox.chars().take(1).collect(),
            };
            is_host.then(|| format!("{first}****@{host}"))
        }
        "ip" => Some(match secret.parse().ok()? {
            IpAddr::V4(ip) => format!("{}/24", std::net::Ipv4Addr::from(u32::from(ip) >> 8 << 8)),
            IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
                Some(ip) => return kept("ip", &ip.to_string()),
                None => format!("{}/48", std::net::Ipv6Addr::from(u128::from(ip) >> 80 << 80)),
            },
        }),
        _ => None,
    }
}

/// True if `written` is just what the policy of `field` keeps of one of the secrets.
fn is_explained(redactor: &Redactor, field: &str, written: &str, secrets: &[Vec<u8>]) -> bool {
    let unnumbered = written.rsplit_once(" #").map_or(written, |(text, _)| text);
    let is_kept = |secret: &Vec<u8>| {
        let number = std::str::from_utf8(secret).ok().map(|text| text.trim_start_matches('-'));
        let texts = [std::str::from_utf8(secret).ok(), number];
        let masks = |text: &str| {
            let kept = kept(field, text);
            kept.is_some_and(|kept| kept == written || kept == unnumbered)
        };
        match field {
            "joined" => redactor.pseudonym("joined", secret).as_deref() == Some(written),
            "class" => redactor.pseudonym("class", secret).as_deref() == Some(written),
            "sealed" => redactor.open(written).is_ok_and(|clear| clear == *secret),
            _ => texts.into_iter().flatten().any(masks),
        }
    };
    unnumbered == HIDDEN || secrets.iter().any(is_kept)
}

/// Everything that a reader of the log sees below one field: texts, numbers and keys.
fn seen(json: &Json, into: &mut Vec<String>) {
    match json {
        Json::Null => {}
        Json::Array(parts) => parts.iter().for_each(|part| seen(part, into)),
        Json::Object(entries) => entries.iter().for_each(|(key, value)| {
            into.push(key.clone());
            seen(value, into);
        }),
        Json::String(text) => into.push(text.clone()),
        scalar => into.push(scalar.to_string()),
    }
}

fn nothing_is_seen(value: &Value) -> Result<(), TestCaseError> {
    let (redactor, everything) = (redactor(), everything(value));
    prop_assert_eq!(format!("{everything:?}"), DEBUG);
    prop_assert_eq!(format!("{:?}", everything.redacted()), DEBUG);
    let full = serde_json::to_value(everything.redacted_with(Redaction::full())).unwrap();
    prop_assert!(full.as_object().unwrap().values().all(|json| json == HIDDEN), "{}", full);
    let keyless = serde_json::to_value(everything.redacted()).unwrap();
    for field in ["full", "joined", "sealed", "class"] {
        prop_assert_eq!(&keyless[field], HIDDEN);
    }
    let how = Redaction::with(&redactor);
    nothing_is_seen_in(&keyless, &redactor, value)?;
    let keyed = serde_json::to_string(&everything.redacted_with(how)).unwrap();
    let keyed: Json = serde_json::from_str(&keyed).unwrap();
    nothing_is_seen_in(&keyed, &redactor, value)?;
    for field in ["last", "ends", "card", "email", "ip", "with"] {
        prop_assert_eq!(&keyless[field], &keyed[field], "{} takes no key", field);
    }
    let again = serde_json::to_value(everything.redacted_with(how)).unwrap();
    for field in ["full", "last", "ends", "card", "email", "ip", "joined", "class", "with"] {
        prop_assert_eq!(&keyed[field], &again[field], "{} is not stable", field);
    }
    Ok(())
}

fn nothing_is_seen_in(
    json: &Json,
    redactor: &Redactor,
    value: &Value,
) -> Result<(), TestCaseError> {
    let (json, secrets) = (json.as_object().unwrap(), value.secrets());
    prop_assert_eq!(json.len(), 10);
    for (field, json) in json {
        let mut texts = Vec::new();
        seen(json, &mut texts);
        for text in texts {
            if is_explained(redactor, field, &text, &secrets) {
                continue;
            }
            let mut runs = secrets.iter().flat_map(|secret| secret.windows(RUN_BYTES));
            let found =
                runs.find(|run| text.as_bytes().windows(RUN_BYTES).any(|seen| seen == *run));
            prop_assert_eq!(found, None, "{} shows {:?} of {:?}", field, text, value);
        }
    }
    Ok(())
}

fn joined(text: &str) -> Json {
    let redactor = redactor();
    let everything = everything(&Value::Text(text.to_owned()));
    serde_json::to_value(everything.redacted_with(Redaction::with(&redactor))).unwrap()
}

#[test]
fn no_policy_shows_four_bytes_beyond_what_it_keeps() {
    let mut runner = proptest::test_runner::TestRunner::new(crate::config(250));
    runner.run(&value(), |value| nothing_is_seen(&value)).unwrap();
}

#[test]
fn pseudonyms_join_equal_values_and_part_domains() {
    let mut runner = proptest::test_runner::TestRunner::new(crate::config(200));
    let pairs =
        (text(), text()).prop_filter("the mark itself", |(a, b)| a != HIDDEN && b != HIDDEN);
    let check = |(one, other): (String, String)| {
        let (first, second) = (joined(&one), joined(&other));
        prop_assert_eq!(&first["joined"], &joined(&one)["joined"]);
        prop_assert_eq!(first["joined"] == second["joined"], one == other);
        prop_assert_ne!(&first["joined"], &first["class"]);
        prop_assert_ne!(&first["sealed"], &joined(&one)["sealed"]);
        Ok(())
    };
    runner.run(&pairs, check).unwrap();
}
