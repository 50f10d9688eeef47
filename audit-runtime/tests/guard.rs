//! No free text of a record holds a secret in a known form, and each catch is told of once.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use audit_runtime::guard::Guarded;
use audit_runtime::journal::{MemoryStorage, Reader};
use audit_runtime::{
    Actor, CorrelationId, Event, HashKey, Http, Origin, Reason, Recorder, Target, public,
};
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

/// A key in a published form, put together here so that no scanner takes it for a live one.
fn key() -> String {
    ["ghp_", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"].concat()
}

/// What `work` records, in order; what the journal records of itself is left out.
fn records(work: impl FnOnce(&Recorder)) -> Vec<Value> {
    let storage = MemoryStorage::new();
    let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
    work(&recorder);
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    read(storage)
}

/// The records of a journal.
fn read(storage: MemoryStorage) -> Vec<Value> {
    let mut cursor = Reader::over(Arc::new(storage)).cursor(0).unwrap();
    let mut records = Vec::new();
    while let Some(line) = cursor.next().unwrap() {
        let record: Value = serde_json::from_slice(line.bytes()).unwrap();
        if record["category"].as_str().is_some_and(|category| category != "journal") {
            records.push(record);
        }
    }
    records
}

fn event(key: &str) -> Event {
    let text = format!("see {key} there");
    Event::activity("ImportNotes")
        .actor(Actor::user("42").named(text.clone()).role(text.clone()))
        .target(Target::new("Note", &text).named(text.clone()))
        .description(text.clone())
        .origin(Origin::peer("192.0.2.1:443".parse().unwrap()).user_agent(&text))
        .http(Http::routed("POST", "/notes").request_id(&text))
        .field("note", &public(&text))
        .field("lines", &public(vec![text.as_str(), "harmless"]))
        .extra("acme.note", &public(std::collections::BTreeMap::from([(text.as_str(), 1)])))
        .failed(Reason::new("bad_note").message(text.clone()))
}

#[test]
fn every_free_text_is_scrubbed_and_its_path_named() {
    let key = key();
    let records = records(|recorder| {
        drop(recorder.record(event(&key)));
    });
    assert!(!format!("{records:?}").contains(&key));
    let record = records.iter().find(|record| record["action"] == "ImportNotes").unwrap();
    let text = "see [REDACTED:token] there";
    for pointer in [
        "/description",
        "/reason/message",
        "/actor/name",
        "/actor/roles/0",
        "/targets/0/name",
        "/origin/user_agent",
        "/args/note",
        "/args/lines/0",
    ] {
        assert_eq!(record.pointer(pointer), Some(&text.into()), "{pointer}");
    }
    for pointer in ["/targets/0/id", "/http/request_id"] {
        let id = record.pointer(pointer).and_then(Value::as_str).unwrap();
        assert!(id.starts_with("see [REDACTED:token:") && id.ends_with("] there"), "{id}");
    }
    assert_eq!(record["ext"]["acme.note"][text], 1);
    let named = record["redaction"]["fields"].as_array().unwrap();
    let paths = [
        "description",
        "reason.message",
        "actor.name",
        "actor.roles",
        "targets.id",
        "targets.name",
        "origin.user_agent",
        "http.request_id",
        "args.note",
        "args.lines",
        "ext.acme.note",
    ];
    for path in paths {
        assert!(named.contains(&path.into()), "{path} is not in {named:?}");
    }
    let told = records.iter().filter(|record| record["action"] == "SecretCaught");
    assert_eq!(told.count(), paths.len());
}

#[test]
fn a_catch_is_told_once_for_each_place_and_kind() {
    let key = key();
    let records = records(|recorder| {
        for text in [&*key, &*key, "4111111111111111", "harmless"] {
            let event = Event::activity("ImportNotes").field("note", &public(text)).succeeded();
            drop(recorder.record(event));
        }
    });
    let told: Vec<&Value> =
        records.iter().filter(|record| record["action"] == "SecretCaught").collect();
    let kinds: Vec<&str> = told.iter().filter_map(|it| it["ext"]["kind"].as_str()).collect();
    assert_eq!(kinds, ["token", "card"]);
    for record in told {
        assert_eq!(record["category"], "security");
        assert_eq!(record["targets"][0]["id"], "args.note");
        assert_eq!(record["ext"]["action"], "ImportNotes");
        assert!(record["causation_id"].is_string());
    }
}

#[test]
fn a_secret_is_found_before_its_text_is_cut() {
    let key = key();
    let text = format!("{} {key}", "x".repeat(4084));
    let records = records(|recorder| {
        let draft = Event::activity("ImportNotes").field("note", &public(&text));
        drop(recorder.record(draft.description(format!("{} {key}", "x".repeat(1010))).succeeded()));
    });
    assert!(!format!("{records:?}").contains("ghp_"), "{records:?}");
    assert_eq!(records[0]["truncated"], serde_json::json!(["description", "args"]));
}

#[test]
fn ids_and_hashes_are_left_as_they_are() {
    let id = "0198c0de-7f3a-7bbb-8000-0242ac120002";
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let records = records(|recorder| {
        let draft = Event::activity("ImportNotes").target(Target::new("Note", id)).session(id);
        drop(recorder.record(draft.field("hash", &public(hash)).succeeded()));
    });
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["targets"][0]["id"], id);
    assert_eq!(records[0]["args"]["hash"], hash);
}

/// Ids of accounts that have the form of cards.
const ACCOUNTS: [&str; 2] = ["4111111111111111", "5555555555554444"];

/// Two accounts stay two, and one account is the same in every field, and as a keyed hash of its id.
#[test]
fn ids_with_the_form_of_a_secret_still_tell_accounts_apart() {
    let correlation = |id| CorrelationId::from_client(id).unwrap();
    let records = records(|recorder| {
        for id in [ACCOUNTS[0], ACCOUNTS[1], ACCOUNTS[0]] {
            let event = Event::activity("CloseAccount")
                .actor(Actor::service("desk").on_behalf_of(Actor::user(id).tenant(id).named(id)))
                .target(Target::new("Account", id))
                .correlation_id(correlation(id))
                .description(format!("closed {id}"))
                .succeeded();
            drop(recorder.record(event));
        }
    });
    let closed: Vec<&Value> = records.iter().filter(|it| it["action"] == "CloseAccount").collect();
    let ids: Vec<&str> = closed.iter().map(|it| it["targets"][0]["id"].as_str().unwrap()).collect();
    assert!(ids[0] != ids[1] && ids[0] == ids[2], "{ids:?}");
    for (record, id) in closed.iter().zip(ids) {
        let principal = &record["actor"]["on_behalf_of"][0];
        for same in [&principal["id"], &principal["tenant"], &record["correlation_id"]] {
            assert_eq!(same, id);
        }
        let key_id = record["redaction"]["key_id"].as_str().unwrap();
        assert!(id.starts_with(&format!("[REDACTED:card:{key_id}:")), "{id}");
        assert_eq!(audit_runtime::guard::scrub(id).text, id, "the mark is left as it is");
        // A text that nobody joins keeps the fixed mark.
        assert_eq!(principal["name"], "[REDACTED:card]");
        assert_eq!(record["description"], "closed [REDACTED:card]");
    }
    assert!(ACCOUNTS.iter().all(|id| !format!("{records:?}").contains(id)));
}

/// What stands before the secret may fill the field: the hash is not cut, since then it would tell nothing.
#[test]
fn a_long_id_keeps_its_hash() {
    let records = records(|recorder| {
        for id in ACCOUNTS {
            for before in ["x".repeat(230), "\"".repeat(180), "é".repeat(110)] {
                let actor = Actor::user(format!("{before} {id}"));
                drop(recorder.record(Event::activity("CloseAccount").actor(actor).succeeded()));
            }
        }
    });
    let closed = records.iter().filter(|it| it["action"] == "CloseAccount");
    let ids: BTreeSet<&str> = closed.map(|it| it["actor"]["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 6, "{ids:?}");
    assert!(ids.iter().all(|id| id.ends_with(']')), "{ids:?}");
}

/// The hash is the one that `audited pseudonym` tells of the id.
#[test]
fn the_mark_of_an_id_is_found_with_the_key() {
    let key = || HashKey::from_bytes([7; 32]);
    let storage = MemoryStorage::new();
    let recorder = Recorder::in_memory(storage.clone()).hash_key(key()).open().unwrap();
    let event = Event::activity("CloseAccount").actor(Actor::user(ACCOUNTS[0])).succeeded();
    drop(recorder.record(event));
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    let records = read(storage);
    let mark = format!("[REDACTED:card:{}]", key().pseudonym("id", ACCOUNTS[0].as_bytes()));
    assert_eq!(records[0]["actor"]["id"], mark);
}

/// What a subscriber printed.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl io::Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Printed {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn ordinary_logs_are_scrubbed_and_the_log_call_is_told() {
    let (key, printed) = (key(), Printed::default());
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(Guarded::new(printed.clone()))
        .finish();
    let mut line = 0;
    let records = records(|recorder| {
        tracing::subscriber::with_default(subscriber, || {
            recorder.enter(|| {
                for _ in 0..3 {
                    tracing::info!(url = "https://ada:hunter2@db.example/", "connecting");
                    line = line!() - 1;
                }
                tracing::info!("imported {key}");
                tracing::info!("nothing to see");
            });
        });
    });
    let printed = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
    assert_eq!(printed.matches("https://ada:[REDACTED:url_password]@db.example/").count(), 3);
    assert!(printed.contains("imported [REDACTED:token]") && printed.contains("nothing to see"));
    assert!(!printed.contains("hunter2") && !printed.contains(&key));
    let told: Vec<&str> =
        records.iter().filter_map(|record| record["targets"][0]["id"].as_str()).collect();
    assert_eq!(told.len(), 2, "{records:#?}");
    assert!(told[0].ends_with(&format!("tests/guard.rs:{line}")), "{told:?}");
    assert!(!format!("{records:?}").contains("hunter2"));
}
