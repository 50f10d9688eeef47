//! What a dead writer has left, held against what it acknowledged.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use audit_runtime::Recorder;
use audit_runtime::journal::{DirectoryStorage, Reader, verify};
use serde_json::Value;

/// The numbers that a writer has printed; a line that it did not end does not count.
pub(crate) fn acknowledged(printed: &[u8]) -> Vec<u64> {
    let text = String::from_utf8_lossy(printed);
    let whole = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    whole.map(|line| line.parse().unwrap()).collect()
}

/// Opens the journal as the next writer does, and checks that all of these records are there.
pub(crate) fn check(journal: &Path, acknowledged: &[u64]) -> Result<(), String> {
    let opened = Recorder::builder(journal).open();
    let recorder = opened.map_err(|error| format!("the journal does not open: {error}"))?;
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let found = numbers(journal);
    if let Some(lost) = acknowledged.iter().find(|number| !found.contains(number)) {
        return Err(format!("the acknowledged record of action {lost} is gone"));
    }
    let verification = verify(&DirectoryStorage::read_only(journal)).unwrap();
    match verification.is_intact() {
        true => Ok(()),
        false => Err(format!("a crash is taken for damage: {:#?}", verification.findings)),
    }
}

/// The numbers of the actions that are recorded.
fn numbers(journal: &Path) -> BTreeSet<u64> {
    let mut cursor = Reader::open(journal).unwrap().cursor(0).unwrap();
    let mut numbers = BTreeSet::new();
    while let Some(line) = cursor.next().unwrap() {
        let record: Value = serde_json::from_slice(line.bytes()).unwrap();
        numbers.extend(record["number"].as_u64());
    }
    numbers
}
