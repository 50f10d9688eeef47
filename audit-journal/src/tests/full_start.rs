//! Starts on a full disk, and after one.

use super::full::{leave, open_with, reserving};
use super::*;
use crate::verify;

#[test]
fn the_next_start_finds_a_whole_journal_also_after_a_crash_on_a_full_disk() {
    for kept in [0, 40, 4096] {
        let storage = MemoryStorage::new();
        let mut journal = open_with(&storage, reserving());
        write(&mut journal, ["safe"]);
        leave(&storage, 60);
        journal.append(&body("saved")).unwrap();
        journal.commit().unwrap();
        storage.crash(kept);
        drop(journal);
        if let Err(refused) = Journal::open(Arc::new(storage.clone()), reserving()) {
            assert!(refused.to_string().ends_with("; free space there"), "{refused}");
        }
        storage.limit(None);
        open_with(&storage, reserving()).close().unwrap();
        let story = story(&storage);
        assert_eq!(story[2..5], ["safe", "saved", "journal.full"], "{kept} bytes kept");
        assert!(verify(&storage).unwrap().is_intact());
    }
}

#[test]
fn a_start_on_a_full_disk_uses_the_reserve_of_the_one_before() {
    let storage = MemoryStorage::new();
    open_with(&storage, reserving()).close().unwrap();
    leave(&storage, 0);
    let mut journal = open_with(&storage, reserving());
    assert!(journal.full().is_some());
    let opening = String::from_utf8(journal.committed().lines.to_vec()).unwrap();
    assert!(opening.contains("JournalStart") && opening.contains("JournalFull"), "{opening}");
    storage.limit(None);
    assert!(journal.resume(0, 0).unwrap());
    assert!(journal.full().is_none());
}

/// Starts a journal with a torn end so often, with so much room left; tells which files are in
/// quarantine then.
fn start_torn(options: &Options, room: usize, starts: usize) -> (MemoryStorage, Vec<String>) {
    let storage = MemoryStorage::new();
    write(&mut open_with(&storage, options.clone()), ["safe"]);
    let last = segments(&storage).pop().unwrap();
    tamper(&storage, &last, |bytes| bytes.extend_from_slice(TORN));
    leave(&storage, room);
    for _ in 0..starts {
        let refused = Journal::open(Arc::new(storage.clone()), options.clone()).unwrap_err();
        assert!(refused.to_string().ends_with("; free space there"), "{refused}");
    }
    let files = quarantined(&storage);
    (storage, files)
}

const TORN: &[u8] = b"{\"v\":1,\"torn";

#[test]
fn starts_on_a_full_disk_leave_one_copy_of_a_torn_end() {
    let (storage, files) = start_torn(&options(), 5, 20);
    assert_eq!(files.len(), 1);
    storage.limit(None);
    drop(open_with(&storage, options()));
    assert_eq!(quarantined(&storage), files);
    assert_eq!(storage.file(&files[0]).unwrap(), TORN);
    assert_eq!(story(&storage)[3..], ["journal.recovered", "journal.start"]);
}

#[test]
fn torn_bytes_that_a_start_had_no_room_to_tell_of_are_told_of_by_the_next() {
    let small = Options { segment_bytes_max: 1, reserve_bytes: 1_000, ..options() };
    let (storage, files) = start_torn(&small, TORN.len(), 1);
    assert_eq!((files.len(), story(&storage).pop().unwrap()), (1, "journal.full".to_owned()));
    storage.limit(None);
    drop(open_with(&storage, small));
    let told = bodies(&storage).concat();
    assert_eq!(told.matches(&format!("\"{}\"", files[0])).count(), 1, "{told}");
}

/// A writer may have died when it had cut what found no room, and not synced the cut.
#[test]
fn a_start_syncs_the_last_segment_before_it_writes() {
    let storage = Faulty::new();
    Journal::open(Arc::new(storage.clone()), options()).unwrap().close().unwrap();
    storage.take_calls();
    drop(Journal::open(Arc::new(storage.clone()), options()).unwrap());
    // WATERMARK is written and synced before the first record.
    assert_eq!(storage.take_calls()[..4], ["sync", "write_at", "sync", "append"]);
}
