//! A journal and a witness that somebody else has written: what it cosigns counts, and what it refuses is told.
//!
//! This test needs Python 3.12 and its package aics-witness.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod server;

use std::sync::Arc;

use audit_anchor::{Anchor as _, Witness as Client};
use audit_runtime::journal::{DirectoryStorage, Journal, Modes, Options, Reader, Storage};
use audit_tlog::{Checkpoint, Signer as _, SigningKey};

#[test]
fn probe() {
    let place = tempfile::tempdir().unwrap();
    let key = SigningKey::from_seed("example.com/audit", [7; 32]).unwrap();
    let witness = server::Witness::start(place.path(), "example.com/audit", &key.verifier().to_string());
    let storage: Arc<dyn Storage> = Arc::new(DirectoryStorage::open(place.path().join("journal"), Modes::default()).unwrap());
    let options = Options { origin: Some("example.com/audit".into()), signer: Some(Arc::new(key)), ..Options::default() };
    let mut journal = Journal::open(Arc::clone(&storage), options).unwrap();
    let mut client = Client::new(&witness.url(), witness.key.clone(), None).unwrap();
    for round in 0..600 {
        for _ in 0..=round % 7 { journal.append(b"\"text\":\"record\"").unwrap(); }
        journal.stop().unwrap();
        journal.commit().unwrap();
        journal.tick().unwrap();
        if round % 3 == 0 {
        let note = Reader::over(Arc::clone(&storage)).checkpoint().unwrap().unwrap();
        let checkpoint = Checkpoint::parse(&note.text).unwrap();
        client.keep(&checkpoint, &note, &storage).unwrap();
        }
    }
    println!("{}", std::fs::read_to_string(place.path().join(format!("journal/anchors/{:08x}", witness.key.id()))).unwrap());
    assert_eq!(witness.evidence(), 0);
}
