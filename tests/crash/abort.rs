//! A program built with `panic = "abort"`: its last records are the panics of its running actions.

use std::path::PathBuf;
use std::process::Command;

use audit_runtime::journal::Reader;
use audit_runtime::{Recorder, Status};
use serde_json::Value;

/// Builds the program in the profile that aborts, and tells where it lies.
fn aborting_program() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--profile", "abort"])
        .args(["--package", "audit-tests-aborting", "--message-format=json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let executable = |line: &[u8]| -> Option<PathBuf> {
        let message: Value = serde_json::from_slice(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    };
    let mut lines = built.stdout.split(|byte| *byte == b'\n');
    lines.find_map(executable).unwrap()
}

fn actions(journal: &PathBuf) -> Vec<(String, String)> {
    let mut cursor = Reader::open(journal).unwrap().cursor(0).unwrap();
    let mut actions = Vec::new();
    while let Some(line) = cursor.next().unwrap() {
        let record: Value = serde_json::from_slice(line.bytes()).unwrap();
        let text = |key: &str| record[key].as_str().unwrap().to_owned();
        actions.push((text("action"), text("outcome")));
    }
    actions
}

#[test]
fn a_panic_that_aborts_is_recorded_from_the_innermost_action_outwards() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let ended = Command::new(aborting_program()).arg(&journal).output().unwrap();
    assert!(!ended.status.success());
    assert_eq!(ended.status.code(), None, "it ended without a signal");
    let pair = |action: &str, outcome: &str| (action.to_owned(), outcome.to_owned());
    assert_eq!(
        actions(&journal),
        [
            pair("JournalSegment", "success"),
            pair("JournalStart", "success"),
            pair("Inner", "panic"),
            pair("Outer", "panic"),
        ]
    );
    let recorder = Recorder::builder(&journal).open().unwrap();
    assert_eq!(recorder.health().status, Status::Green);
    drop(recorder);
    let unclean = std::fs::read_to_string(journal.join("seg/00000000000000000000.jsonl")).unwrap();
    assert!(unclean.contains("\"unclean\":true"));
}
