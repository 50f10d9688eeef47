//! Random pairs of values: a difference is told if and only if there is one, at its path and without secrets.

use std::collections::{BTreeMap, BTreeSet};

use audit_runtime::redact::{Changes, Differences, EncryptionKey, Keys, Redactor, keys::Wanted};
use audit_runtime::{Diff, HashKey, Redact, Redaction, Sensitive, public};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// Stands at the beginning of every secret, where no mask shows it.
const CANARY: &str = "canary-";

#[derive(Clone, Redact)]
#[redact(diff)]
struct Account<T> {
    id: u64,
    #[public]
    name: String,
    #[public]
    tags: Vec<String>,
    #[public]
    labels: BTreeMap<String, String>,
    password: Sensitive<String>,
    #[sensitive]
    note: String,
    #[sensitive(mask(last = 4))]
    iban: String,
    #[sensitive(pseudonym)]
    email: Option<String>,
    #[sensitive(encrypt)]
    ssn: String,
    #[sensitive(omit)]
    pin: String,
    home: Address,
    former: Option<Box<Address>>,
    phones: Vec<Phone>,
    limits: BTreeMap<u16, u8>,
    status: Status,
    pair: (u8, bool),
    extra: T,
}

#[derive(Clone, Redact)]
#[redact(diff)]
struct Address {
    #[public]
    city: String,
    #[sensitive]
    street: String,
}

#[derive(Clone, Redact)]
#[redact(diff)]
struct Phone(#[sensitive] String, u8);

#[derive(Clone, Redact)]
#[redact(diff)]
enum Status {
    Draft,
    Paid {
        cents: u8,
        #[sensitive]
        reference: String,
    },
    Closed(#[sensitive(mask(last = 4))] String),
}

type Model = Account<Option<f64>>;

impl Model {
    /// All that is told of, in clear.
    fn clear(&self) -> Json {
        let address = |it: &Address| json!({ "city": it.city, "street": it.street });
        json!({
            "id": self.id, "name": self.name, "tags": self.tags, "labels": self.labels,
            "password": self.password.expose(), "note": self.note, "iban": self.iban,
            "email": self.email, "ssn": self.ssn, "home": address(&self.home),
            "former": self.former.as_deref().map(address),
            "phones": self.phones.iter().map(|it| json!([it.0, it.1])).collect::<Vec<_>>(),
            "limits": self.limits.iter().map(|(key, it)| (key.to_string(), json!(it)))
                .collect::<serde_json::Map<_, _>>(),
            "status": match &self.status {
                Status::Draft => json!("Draft"),
                Status::Paid { cents, reference } => {
                    json!({ "Paid": { "cents": cents, "reference": reference } })
                }
                Status::Closed(why) => json!({ "Closed": why }),
            },
            "pair": [json!(self.pair.0), json!(self.pair.1)],
            "extra": self.extra.map(f64::to_bits),
        })
    }
}

/// The paths of the places in which two clear values differ, up to the first list, by a naive reading.
fn naive(path: &str, before: &Json, after: &Json, found: &mut BTreeSet<String>) {
    let is_of_one_kind = |old: &serde_json::Map<String, Json>, new| {
        path != "status" || old.keys().eq(serde_json::Map::keys(new))
    };
    match (before, after) {
        (Json::Object(old), Json::Object(new)) if is_of_one_kind(old, new) => {
            for key in old.keys().chain(new.keys()) {
                let point = if path.is_empty() { "" } else { "." };
                let part = |of: &serde_json::Map<String, Json>| of.get(key).cloned();
                match (part(old), part(new)) {
                    (Some(old), Some(new)) => {
                        naive(&format!("{path}{point}{key}"), &old, &new, found);
                    }
                    _ => _ = found.insert(format!("{path}{point}{key}")),
                }
            }
        }
        _ if before != after => _ = found.insert(path.to_owned()),
        _ => {}
    }
}

fn redactor() -> Redactor {
    let key = |_: Wanted<'_>| Ok(Some(EncryptionKey::from_bytes([2; 32])));
    Redactor::new("model")
        .with_hash_key(HashKey::from_bytes([1; 32]))
        .with_keys(Keys::provided(key))
}

fn between<T: Diff>(before: &T, after: &T, how: Redaction<'_>) -> (Changes, Vec<Json>) {
    let mut keep = |_: &str, _: &str, _: usize| None;
    let mut differences = Differences::below("", how, &mut keep);
    before.diff(after, &mut differences);
    let found = differences.found();
    let listed = found.elements().map(|it| serde_json::from_slice(it).unwrap()).collect();
    (found, listed)
}

fn path(change: &Json) -> &str {
    change["path"].as_str().unwrap()
}

/// A few values, so that equal ones meet.
fn few() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c d"]).prop_map(str::to_owned)
}

fn secret() -> impl Strategy<Value = String> {
    let ends = prop::sample::select(vec!["one-1234", "two-1234", "two-5678"]);
    ends.prop_map(|end| format!("{CANARY}{end}"))
}

fn address() -> impl Strategy<Value = Address> {
    (few(), secret()).prop_map(|(city, street)| Address { city, street })
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Draft),
        (0..3_u8, secret()).prop_map(|(cents, reference)| Status::Paid { cents, reference }),
        secret().prop_map(Status::Closed),
    ]
}

fn account() -> impl Strategy<Value = Model> {
    let public = (
        0..2_u64,
        few(),
        vec(few(), 0..4),
        btree_map(few(), few(), 0..3),
        btree_map(0..4_u16, 0..2_u8, 0..3),
        (0..2_u8, any::<bool>()),
        option::of(prop::sample::select(vec![0.5, f64::NAN, f64::INFINITY])),
    );
    let secret_parts =
        (secret(), secret(), secret(), option::of(secret()), secret(), secret(), status());
    let nested = (
        address(),
        option::of(address().prop_map(Box::new)),
        vec((secret(), 0..2_u8).prop_map(|(number, kind)| Phone(number, kind)), 0..3),
    );
    (public, secret_parts, nested).prop_map(|(public, secret, nested)| {
        let (id, name, tags, labels, limits, pair, extra) = public;
        let (password, note, iban, email, ssn, pin, status) = secret;
        let (home, former, phones) = nested;
        let password = Sensitive::from(password);
        Account {
            id,
            name,
            tags,
            labels,
            password,
            note,
            iban,
            email,
            ssn,
            pin,
            home,
            former,
            phones,
            limits,
            status,
            pair,
            extra,
        }
    })
}

/// Two accounts that are the same in about half of their parts.
fn pair() -> impl Strategy<Value = (Model, Model)> {
    (account(), account(), any::<u32>()).prop_map(|(before, other, kept)| {
        let mut after = before.clone();
        let mut bit = 0;
        macro_rules! take {
            ($($field:ident),*) => {$(
                if kept >> bit & 1 == 1 {
                    after.$field = other.$field;
                }
                bit += 1;
            )*};
        }
        take!(
            id, name, tags, labels, password, note, iban, email, ssn, pin, home, former, phones,
            limits, status, pair, extra
        );
        let _ = bit;
        (before, after)
    })
}

proptest! {
    #![proptest_config(super::config(4_000))]

    #[test]
    fn what_is_told_is_what_differs((before, after) in pair()) {
        let redactor = redactor();
        let (mut expected, root) = (BTreeSet::new(), "");
        naive(root, &before.clear(), &after.clear(), &mut expected);
        for how in [Redaction::full(), Redaction::keyless(), Redaction::with(&redactor)] {
            let (found, told) = between(&before, &after, how);
            prop_assert_eq!(found.count() == 0, expected.is_empty());
            prop_assert!(!found.is_cut());
            let up_to_list = |change: &Json| {
                path(change).split('[').next().unwrap_or_default().to_owned()
            };
            // A key that is no word stands in brackets, too.
            let flat = |path: &String| match path.strip_prefix("labels.c d") {
                Some(_) => "labels".to_owned(),
                None => path.clone(),
            };
            let places: BTreeSet<String> = told.iter().map(up_to_list).collect();
            let wanted: BTreeSet<String> = expected.iter().map(flat).collect();
            prop_assert_eq!(places, wanted, "{:?}", told);
            let text = Json::Array(told.clone()).to_string();
            prop_assert!(!text.contains(CANARY), "{}", text);
            for change in &told {
                check(change, &found.hidden().collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_list_is_told_by_its_elements(before in vec(0..3_u16, 0..8), after in vec(0..3_u16, 0..8)) {
        let (found, told) = between(&before, &after, Redaction::full());
        prop_assert_eq!(found.count() == 0, before == after);
        // What is told, done to the list before, makes the list afterwards.
        let start = before.iter().zip(&after).take_while(|(old, new)| old == new).count();
        let mut made = before.clone();
        let mut removed = 0;
        for change in &told {
            let at: usize = path(change).trim_matches(['[', ']']).parse().unwrap();
            prop_assert!(at >= start);
            let number = |value: &Json| u16::try_from(value.as_u64().unwrap()).unwrap();
            match (change.get("old"), change.get("new")) {
                (Some(old), Some(new)) => {
                    prop_assert_eq!(made[at], number(old));
                    made[at] = number(new);
                }
                (Some(old), None) => {
                    prop_assert_eq!(made.remove(at - removed), number(old));
                    removed += 1;
                }
                (None, Some(new)) => made.insert(at, number(new)),
                (None, None) => prop_assert!(false, "{}", change),
            }
        }
        prop_assert_eq!(made, after);
    }
}

proptest! {
    // Each case compares thousands of values.
    #![proptest_config(super::config(100))]

    #[test]
    fn every_field_that_changed_is_named(fields in vec((1..40_usize, 0..700_usize), 1..48)) {
        let mut keep = |_: &str, _: &str, _: usize| None;
        let mut into = Differences::below("", Redaction::full(), &mut keep);
        for (at, (count, length)) in fields.iter().enumerate() {
            let texts = |first: &str| (0..*count).map(|_| first.repeat(*length + 1)).collect::<Vec<_>>();
            into.part(&format!("field{at}"), &public(texts("a")), &public(texts("b")));
        }
        let found = into.found();
        let all: usize = fields.iter().map(|(count, _)| count).sum();
        let bytes: usize = found.elements().map(|it| it.len() + 1).sum();
        prop_assert_eq!(found.count(), all as u64);
        prop_assert!(bytes <= 8192 && found.elements().count() <= 64);
        let told: Vec<Json> = found.elements().map(|it| serde_json::from_slice(it).unwrap()).collect();
        let named: BTreeSet<&str> = told.iter().filter_map(|it| path(it).split('[').next()).collect();
        prop_assert_eq!(named.len(), fields.len(), "{:?}", told);
        let is_whole = told.len() == all && told.iter().all(|it| it["masked"] != true);
        prop_assert!(found.is_cut() || is_whole);
    }
}

/// What is withheld has no values, and what shows less than all is named.
fn check(change: &Json, hidden: &[&str]) {
    let (path, is_masked) = (path(change), change["masked"] == true);
    let always = ["password", "note", "home.street", "former.street", "status.Paid.reference"];
    if always.contains(&path) {
        assert!(is_masked, "{change}");
    }
    if is_masked {
        assert!(change.get("old").is_none() && change.get("new").is_none(), "{change}");
    } else {
        assert_ne!(change.get("old"), change.get("new"), "{change}");
    }
    if always.contains(&path) || ["iban", "email", "ssn"].contains(&path) {
        assert!(hidden.contains(&path), "{change} {hidden:?}");
    }
}
