//! What the storage in memory keeps in a crash, and whom it refuses what.

use super::*;

#[test]
fn a_crash_keeps_what_was_synced_and_as_much_more_as_asked() {
    let storage = MemoryStorage::new();
    let mut file = storage.create("a").unwrap();
    file.append(b"safe").unwrap();
    file.sync().unwrap();
    file.append(b"lost").unwrap();
    let _lock = storage.lock("me").unwrap();
    storage.crash(1);
    assert_eq!(storage.file("a").unwrap(), b"safel");
    assert!(file.append(b"more").is_err());
    assert!(!storage.is_locked().unwrap());
}

#[test]
fn what_a_failed_sync_forgot_is_lost_in_a_crash_unless_it_is_written_again() {
    let storage = MemoryStorage::new();
    let mut file = storage.create("a").unwrap();
    file.append(b"safe").unwrap();
    file.sync().unwrap();
    file.append(b"forgotten").unwrap();
    storage.forget_unsynced();
    file.append(b" more").unwrap();
    let mut overwritten = storage.open("a", Access::Overwrite).unwrap();
    overwritten.write_at(4, b"for").unwrap();
    overwritten.sync().unwrap();
    assert_eq!(storage.file("a").unwrap(), b"safeforgotten more");
    storage.crash(0);
    assert_eq!(storage.file("a").unwrap(), b"safefor\0\0\0\0\0\0 more");
}

#[test]
fn a_file_takes_only_what_it_was_opened_for() {
    let storage = MemoryStorage::new();
    assert!(storage.create("a").unwrap().truncate(0).is_err());
    let mut overwritten = storage.open("a", Access::Overwrite).unwrap();
    assert!(overwritten.append(b"x").is_err());
    assert!(overwritten.truncate(0).is_ok());
}

#[test]
fn a_snapshot_shows_one_moment() {
    let storage = MemoryStorage::new();
    let writing = storage.clone();
    let write = move |number: usize| {
        writing.replace(&number.to_string(), Some(Vec::new()));
        writing.replace("COUNT", Some(vec![0; number]));
    };
    let writer = std::thread::spawn(move || (0..2000).for_each(write));
    while !writer.is_finished() {
        let seen = storage.snapshot();
        assert!(seen.file("COUNT").is_none_or(|count| seen.names().len() >= count.len() + 2));
    }
}

#[test]
fn a_lock_from_before_a_crash_does_not_free_the_one_after_it() {
    let storage = MemoryStorage::new();
    let old = storage.lock("old").unwrap();
    storage.crash(0);
    let _new = storage.lock("new").unwrap();
    drop(old);
    assert!(storage.is_locked().unwrap());
}
