//! Events that look like the journal's own records.

use super::*;
use crate::event::Severity;

#[test]
fn an_event_cannot_pass_for_a_record_of_the_journal_itself() {
    let storage = Arc::new(MemoryStorage::new());
    let open = || Recorder::over(storage.clone()).hash_key(HashKey::from_bytes([1; 32]));
    let recorder = open().open().unwrap();
    let forged =
        Event::journal("JournalStop").name("journal.stop").severity(Severity::Informational);
    recorder.record(forged.succeeded()).wait().unwrap();
    storage.crash(0);
    drop(recorder);
    let _recorder = open().open().unwrap();
    let mut cursor = Reader::over(storage.clone()).cursor(0).unwrap();
    let last = std::iter::from_fn(|| cursor.next().unwrap()).last();
    let start = serde_json::from_slice::<serde_json::Value>(last.unwrap().bytes()).unwrap();
    assert_eq!(start["name"], "journal.start");
    assert_eq!(start["journal"]["unclean"], true);
}
