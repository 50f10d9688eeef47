//! `tail` tells where a start could not look for open intents, because the records are damaged.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use audit_runtime::journal::{DirectoryStorage, Journal, Modes, Options};
use audit_runtime::{Actor, Event, SigningKeys};

use crate::fixture::Fixture;

#[test]
fn tail_names_the_records_in_which_a_start_could_not_look() {
    let fixture = Fixture::new();
    // The newest list of open intents stands in the first segment: this writer has none to tell.
    let unknown = Arc::new(|| b"null".to_vec());
    let signing =
        SigningKeys::visiting(Some(&fixture.directory().join("audit.signing")), &fixture.journal());
    let options = Options { segment_bytes_max: 1, open: unknown, ..signing };
    let storage = DirectoryStorage::open(fixture.journal(), Modes::default()).unwrap();
    let journal = Journal::open(Arc::new(storage), options).unwrap();
    journal.close().unwrap();
    let sound = fs::read_to_string(fixture.segment()).unwrap();
    fs::write(fixture.segment(), sound.replace("DeleteInvoice", "ChangeInvoice")).unwrap();
    let recorder = fixture.recorder();
    // Anybody may take the name, but only the recorder has no actor.
    let forged = Event::journal("JournalUnread").actor(Actor::user("42"));
    recorder.record(forged.succeeded()).wait().unwrap();
    recorder.shutdown(Duration::from_secs(10)).unwrap();

    let out = fixture.run(&["tail", "@", "-n", "4"]);
    let ends: Vec<&str> = out.out.lines().filter(|row| row.contains("JournalUnread")).collect();
    let [told, forged] = ends[..] else { panic!("{out:?}") };
    assert!(told.ends_with("  seq 3 to 7 unread damaged"), "{out:?}");
    assert!(!forged.contains("unread"), "{out:?}");
}
