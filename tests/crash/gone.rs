//! Files that are removed or replaced under a running service: it notices, and acknowledges no more.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use audit_runtime::journal::{DirectoryStorage, Reader, verify};
use audit_runtime::{Event, Recorded, Recorder, Status, Unrecorded};

const FIRST: &str = "seg/00000000000000000000.jsonl";

/// A tick is a second; the rest is for a machine that is busy.
const NOTICED_MAX: Duration = Duration::from_secs(5);

/// A running service with one acknowledged event loses a file; returns once that is noticed.
fn lose(journal: &Path, lose: impl FnOnce()) -> String {
    let recorder = Recorder::builder(journal).open().unwrap();
    recorder.record(Event::activity("Before").succeeded()).wait().unwrap();
    let lost = Instant::now();
    lose();
    while recorder.health().status != Status::Red {
        assert!(lost.elapsed() < NOTICED_MAX, "nothing was noticed");
        std::thread::sleep(Duration::from_millis(10));
    }
    let late = recorder.record(Event::activity("Late").succeeded()).wait();
    assert!(matches!(late, Err(Unrecorded::JournalFailed(_))), "{late:?}");
    assert!(recorder.shutdown(Duration::from_secs(5)).is_err());
    recorder.health().reason.unwrap()
}

#[test]
fn a_segment_that_is_moved_away_is_noticed_and_can_be_put_back() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("journal");
    let (segment, aside) = (journal.join(FIRST), directory.path().join("aside"));
    let reason = lose(&journal, || fs::rename(&segment, &aside).unwrap());
    assert!(reason.contains(FIRST) && reason.contains("put it back"), "{reason}");
    fs::rename(&aside, &segment).unwrap();
    let recorder = Recorder::builder(&journal).open().unwrap();
    recorder.record(Event::activity("After").succeeded()).wait().unwrap();
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    assert!(verify(&DirectoryStorage::read_only(&journal)).unwrap().is_intact());
}

#[test]
fn a_copy_in_the_place_of_a_segment_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("journal");
    let (segment, copy) = (journal.join(FIRST), journal.join("seg/copy"));
    let reason = lose(&journal, || {
        fs::copy(&segment, &copy).unwrap();
        fs::rename(&copy, &segment).unwrap();
    });
    assert!(reason.contains(FIRST), "{reason}");
}

#[test]
fn a_second_writer_that_got_in_by_another_lock_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("journal");
    let mut second = None;
    let reason = lose(&journal, || {
        fs::remove_file(journal.join("LOCK")).unwrap();
        second = Some(Recorder::builder(&journal).open().unwrap());
    });
    assert!(reason.contains("LOCK"), "{reason}");
}

#[test]
fn a_segment_that_is_removed_is_noticed_under_load() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("journal");
    let recorder = Recorder::builder(&journal).open().unwrap();
    let record = || recorder.record(Event::activity("Work").succeeded()).wait();
    let Recorded::Durable { seq, .. } = record().unwrap() else { panic!("not durable") };
    let lost = Instant::now();
    fs::remove_file(journal.join(FIRST)).unwrap();
    let mut acknowledged = 0;
    while record().is_ok() {
        acknowledged += 1;
        assert!(lost.elapsed() < NOTICED_MAX, "nothing was noticed");
    }
    assert!(acknowledged > 0, "the load began too late to show anything behind seq {seq}");
    assert_eq!(recorder.health().status, Status::Red);
}

#[test]
fn a_directory_that_is_removed_takes_no_more_records() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("journal");
    let recorder = Recorder::builder(&journal).open().unwrap();
    let record = || recorder.record(Event::activity("Work").succeeded()).wait();
    record().unwrap();
    assert_eq!(Reader::open(&journal).unwrap().segments().unwrap().len(), 1);
    fs::remove_dir_all(&journal).unwrap();
    let refused = record();
    assert!(matches!(refused, Err(Unrecorded::JournalFailed(_))), "{refused:?}");
    assert_eq!(recorder.health().status, Status::Red);
    assert!(!journal.exists(), "the writer has made something there again");
}
