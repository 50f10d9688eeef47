//! Values that were to be sealed while there was no key.

use std::time::Duration;

use audit_runtime::{Event, sealed};

use super::doctor;
use crate::fixture::Fixture;

#[test]
fn values_that_no_key_could_seal_are_told_by_the_health() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    doctor(&fixture).says(0, "service ok", "its health is green");
    let note = || Event::activity("AddNote").field("note", &sealed("12 Long Lane")).succeeded();
    for _ in 0..2 {
        recorder.record(recorder.enter(note)).wait().unwrap();
    }
    let words = "its health is yellow: 2 values were to be sealed and are hidden for good";
    doctor(&fixture).says(0, "service warning", words);
    assert_eq!(recorder.health().unsealed, 2);
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    assert!(!fixture.lines().concat().contains("Long Lane"));
    // With a key from the start on nothing is hidden.
    let key = fixture.directory().join("audit.keys").display().to_string();
    fixture.run(&["keys", "new", &key]).ok();
    let recorder = fixture.recorder();
    recorder.record(recorder.enter(note)).wait().unwrap();
    doctor(&fixture).says(0, "service ok", "its health is green");
    recorder.shutdown(Duration::from_secs(10)).unwrap();
}
