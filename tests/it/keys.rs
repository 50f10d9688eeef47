//! What is recorded is redacted with the keys of the recorder that records it, and of no other.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use audit_runtime::journal::MemoryStorage;
use audit_runtime::redact::Redactor;
use audit_runtime::{Event, Keys, Recorder, Redact, Redaction, audited, record_in};
use rusqlite::Connection;
use serde::Serializer;
use serde_json::Value;

use crate::support::{Trail, block_on, only};

const CANARY: &str = "ada.lovelace@example.com";
const HIDDEN: &str = "[redacted]";

/// An address that is sealed where there is a key.
struct Address(&'static str);

impl Redact for Address {
    fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        let sealed = how.redactor().and_then(|keys| keys.seal("Address", None, self.0.as_bytes()));
        serializer.serialize_str(sealed.as_deref().unwrap_or(HIDDEN))
    }
}

fn keys(byte: u8) -> Keys {
    Keys::parse(&format!("encrypt {}", format!("{byte:02x}").repeat(32))).unwrap()
}

fn trail(byte: u8) -> Trail {
    Trail::with(|settings| settings.origin("example/keys").keys(keys(byte)))
}

/// What the holder of the key reads.
fn opened(byte: u8, text: &Value) -> String {
    let redactor = Redactor::new("example/keys").with_keys(keys(byte));
    let value = redactor.open(text.as_str().unwrap()).unwrap();
    String::from_utf8(value).unwrap()
}

#[audited(action = "ChangeAddress", fields(address = address), on_unrecorded = fail_open)]
async fn change(address: Address) {
    let event = Event::activity("Notify").field("address", &Address(CANARY));
    audit_runtime::record(event.extra("example.to", &Address(CANARY)).succeeded()).await.unwrap();
}

#[test]
fn what_is_captured_and_what_is_recorded_by_hand_is_sealed_with_the_recorders_key() {
    let trail = trail(1);
    block_on(trail.recorder.scope(change(Address(CANARY))));
    let records = trail.records();
    assert_eq!(records.len(), 2);
    for record in &records {
        assert!(!record.to_string().contains("lovelace"), "{record}");
        assert_eq!(opened(1, &record["args"]["address"]), CANARY);
    }
    assert_eq!(opened(1, &records[0]["ext"]["example.to"]), CANARY);
}

#[test]
fn each_recorder_redacts_with_its_own_keys() {
    let (one, two) = (trail(1), trail(2));
    block_on(async {
        one.recorder.scope(change(Address(CANARY))).await;
        two.recorder.scope(change(Address(CANARY))).await;
    });
    for (byte, trail) in [(1, one), (2, two)] {
        for record in trail.records() {
            assert_eq!(opened(byte, &record["args"]["address"]), CANARY);
        }
    }
}

#[test]
fn without_a_recorder_or_a_key_a_value_is_hidden() {
    // The task has no recorder while the event is made.
    let event = Event::activity("Notify").field("address", &Address(CANARY)).succeeded();
    let sealing = trail(1);
    sealing.recorder.record(event).wait().unwrap();
    assert_eq!(only(sealing.records())["args"]["address"], HIDDEN);
    // A recorder in memory would have keys of its own.
    let storage = MemoryStorage::new();
    let recorder = Recorder::over(Arc::new(storage.clone())).open().unwrap();
    let keyless = Trail { recorder, storage };
    block_on(keyless.recorder.scope(change(Address(CANARY))));
    assert!(keyless.records().iter().all(|record| record["args"]["address"] == HIDDEN));
}

#[test]
fn an_event_in_a_transaction_is_sealed_before_the_database_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.db");
    let trail = trail(1);
    let database = file.clone();
    let relay = trail.recorder.relay(move || Connection::open(&database)).unwrap();
    let mut connection = Connection::open(&file).unwrap();
    let paying = connection.transaction().unwrap();
    trail.recorder.enter(|| {
        let event = Event::activity("PayOrder").field("address", &Address(CANARY)).succeeded();
        record_in(&paying, event).unwrap();
    });
    let row: Vec<u8> =
        paying.query_row("SELECT body FROM audit_outbox", [], |row| row.get(0)).unwrap();
    assert!(String::from_utf8(row).unwrap().contains(r#""address":"enc:"#));
    paying.commit().unwrap();
    relay.shutdown(Duration::from_secs(20)).unwrap();
    assert_eq!(opened(1, &only(trail.records())["args"]["address"]), CANARY);
}

/// The record of a login with a session, in a journal at `path`.
fn login(path: &Path) -> Value {
    let recorder = Recorder::builder(path).open().unwrap();
    let login = Event::authentication("password").session(CANARY).succeeded();
    recorder.record(login).wait().unwrap();
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let segments = fs::read_dir(path.join("seg")).unwrap();
    let text: String =
        segments.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("\"Login\"")).collect();
    serde_json::from_str(lines.last().unwrap()).unwrap()
}

#[test]
fn the_first_start_makes_the_key_of_the_sessions_outside_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let first = login(&journal);
    let key = directory.path().join("audit.key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let id = first["redaction"]["key_id"].as_str().unwrap();
    assert!(
        first["session"].as_str().unwrap().starts_with(id) && !first.to_string().contains("ada.")
    );
    let text = fs::read_to_string(&key).unwrap();
    assert_eq!(login(&journal)["session"], first["session"]);
    assert_eq!(fs::read_to_string(&key).unwrap(), text);
    // Nothing else is made but what signs: keys that seal values are their operator's to make.
    let made = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let made: BTreeSet<_> = made.collect();
    let expected = ["audit", "audit.key", "audit.signing", "audit.vkey"];
    assert_eq!(made, BTreeSet::from(expected.map(OsString::from)));
}
