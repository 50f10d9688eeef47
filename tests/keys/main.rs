//! A program with fields that are to be sealed, which starts with keys only.
//!
//! It is a program of its own, because every recorder in it needs them.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audit_runtime::journal::{MemoryStorage, Reader};
use audit_runtime::redact::{OpenError, Redactor};
use audit_runtime::{Event, Keys, Recorder, RecorderBuilder, Redact, Tightness};
use serde_json::Value;
use tempfile::TempDir;

const CANARIES: [&str; 4] = ["078-05-1120", "ada@example.com", "+44 20 7946", "4242424242424242"];

/// Where the derive below stands; the message of a refused start names it.
const LINE: u32 = line!() + 2;

#[derive(Redact)]
struct Customer {
    id: u64,
    #[sensitive(encrypt)]
    ssn: String,
    #[sensitive(encrypt(subject = id))]
    email: String,
    #[sensitive(pseudonym)]
    phone: String,
    #[sensitive(mask(last = 4), class = pii)]
    card: String,
}

fn customer() -> Customer {
    let [ssn, email, phone, card] = CANARIES.map(str::to_owned);
    Customer { id: 42, ssn, email, phone, card }
}

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with_key() -> Self {
        let place = Self::new();
        Keys::add_to_file(place.beside("audit.keys")).unwrap();
        place
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn settings(&self) -> RecorderBuilder {
        Recorder::builder(self.beside("audit")).origin("example/shop")
    }

    /// What a record says of a customer.
    fn recorded(&self, settings: RecorderBuilder) -> Value {
        let recorder = settings.open().unwrap();
        recorder.enter(|| {
            let event = Event::activity("AddCustomer").field("customer", &customer());
            recorder.record(event.succeeded()).wait().unwrap();
        });
        recorder.shutdown(Duration::from_secs(10)).unwrap();
        last(&Reader::open(self.beside("audit")).unwrap())
    }

    fn redactor(&self) -> Redactor {
        let keys = Keys::beside(&self.beside("audit")).unwrap();
        Redactor::new("example/shop").with_keys(keys)
    }
}

/// The newest customer in the journal.
fn last(reader: &Reader) -> Value {
    let mut cursor = reader.cursor(0).unwrap();
    let mut customer = Value::Null;
    while let Some(line) = cursor.next().unwrap() {
        let text = String::from_utf8(line.bytes().to_vec()).unwrap();
        assert!(CANARIES.iter().all(|canary| !text.contains(canary)), "{text}");
        let record: Value = serde_json::from_str(&text).unwrap();
        if record["action"] == "AddCustomer" {
            customer = record["args"]["customer"].clone();
        }
    }
    customer
}

fn refused(settings: RecorderBuilder) -> String {
    settings.open().unwrap_err().to_string()
}

#[test]
fn a_start_without_a_key_names_what_needs_it_and_what_to_do_and_changes_nothing() {
    let place = Place::new();
    let told = refused(place.settings());
    let file = place.0.path().canonicalize().unwrap().join("audit.keys");
    for words in [
        "no key to seal `ssn` of `keys::Customer`",
        &format!("keys/main.rs:{LINE})"),
        &format!("`audited keys new {}`", file.display()),
    ] {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
    assert!(!place.beside("audit.key").exists());
    assert!(!place.beside("audit/seg/00000000000000000000.jsonl").exists());
    Keys::add_to_file(file).unwrap();
    place.settings().open().unwrap().shutdown(Duration::from_secs(10)).unwrap();
}

#[test]
fn a_class_that_is_to_be_sealed_is_asked_for_too() {
    let place = Place::new();
    let told = refused(place.settings().class("pii", Tightness::Encrypt));
    assert!(told.contains("`card` of `keys::Customer`"), "{told}");
    let told = refused(place.settings().class("pii", Tightness::Full));
    assert!(!told.contains("`card`"), "{told}");
}

#[test]
fn a_journal_elsewhere_than_in_a_directory_is_told_how_it_gets_keys() {
    let over = || Recorder::over(Arc::new(MemoryStorage::new()));
    let told = refused(over());
    assert!(told.ends_with("give the recorder one with `keys`"), "{told}");
    let place = Place::with_key();
    let keys = Keys::from_file(place.beside("audit.keys")).unwrap();
    let told = refused(over().keys(keys.clone()));
    assert!(told.contains("`email`") && told.contains("`Keys::with_subjects`"), "{told}");
    drop(over().keys(keys.with_subjects(place.beside("subjects"))).open().unwrap());
}

#[test]
fn what_a_test_keeps_in_memory_needs_no_keys() {
    let storage = MemoryStorage::new();
    let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
    recorder.enter(|| {
        let event = Event::activity("AddCustomer").field("customer", &customer()).succeeded();
        recorder.record(event).wait().unwrap();
    });
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let customer = last(&Reader::over(Arc::new(storage)));
    assert!(customer["ssn"].as_str().unwrap().starts_with("enc:"));
    assert!(customer["email"].as_str().unwrap().starts_with("enc:"));
}

#[test]
fn what_a_derive_has_sealed_is_read_with_the_key_until_its_subject_is_erased() {
    let place = Place::with_key();
    let customer = place.recorded(place.settings());
    let open = |field: &str| place.redactor().open(customer[field].as_str().unwrap());
    assert_eq!(open("ssn").unwrap(), CANARIES[0].as_bytes());
    assert_eq!(open("email").unwrap(), CANARIES[1].as_bytes());
    let key = fs::read_to_string(place.beside("audit.key")).unwrap();
    let key = audit_runtime::redact::keys::file::parse(&key).unwrap();
    let key = audit_runtime::HashKey::from_bytes(*key);
    assert_eq!(customer["phone"], key.pseudonym("phone", CANARIES[2].as_bytes()));
    assert_eq!(customer["card"], "****4242");
    let keys = Keys::beside(&place.beside("audit")).unwrap();
    assert!(keys.erase_subject("42").unwrap().is_some());
    assert!(matches!(open("email"), Err(OpenError::Erased(_))));
    assert_eq!(open("ssn").unwrap(), CANARIES[0].as_bytes());
}

#[test]
fn a_setting_tightens_a_class_and_never_loosens_it() {
    let card = |tightness| {
        let place = Place::with_key();
        let customer = place.recorded(place.settings().class("pii", tightness));
        customer.get("card").map(|card| card.as_str().unwrap().to_owned())
    };
    assert_eq!(card(Tightness::Mask).unwrap(), "****4242");
    assert!(card(Tightness::Encrypt).unwrap().starts_with("enc:"));
    assert!(card(Tightness::Pseudonym).unwrap().contains(':'));
    assert_eq!(card(Tightness::Full).unwrap(), "[redacted]");
    assert_eq!(card(Tightness::Omit), None);
}

#[test]
fn keys_of_a_provider_are_asked_for_at_the_start() {
    let place = Place::new();
    let unreachable = |_: audit_runtime::redact::keys::Wanted<'_>| {
        Err(std::io::Error::other("the key service does not answer"))
    };
    let told = refused(place.settings().keys(Keys::provided(unreachable)));
    assert!(told.contains("the key service does not answer"), "{told}");
    assert!(!Path::new(&place.beside("audit.key")).exists());
}
