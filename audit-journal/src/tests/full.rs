//! A disk without room: nothing torn, nothing half there, and the writer goes on by itself.

use super::*;
use crate::verify;

const RESERVE: &str = "RESERVE";

/// Options with a reserve that is small enough to fill.
pub(super) fn reserving() -> Options {
    Options { reserve_bytes: 4096, ..options() }
}

pub(super) fn open_with(storage: &MemoryStorage, options: Options) -> Journal {
    Journal::open(Arc::new(storage.clone()), options).unwrap()
}

/// Leaves room for so many bytes more.
pub(super) fn leave(storage: &MemoryStorage, bytes: usize) {
    let used: usize = storage.names().iter().map(|name| storage.file(name).unwrap().len()).sum();
    storage.limit(Some(used + bytes));
}

fn assert_whole(storage: &MemoryStorage, expected: &[&str]) {
    assert_eq!(story(storage), expected);
    let verification = verify(storage).unwrap();
    assert!(verification.is_intact() && verification.unfinished.is_none(), "{verification:?}");
    let seqs: Vec<_> = read(storage).iter().map(Line::seq).collect();
    assert_eq!(seqs, (0..seqs.len() as u64).collect::<Vec<_>>());
}

#[test]
fn a_batch_that_meets_a_full_disk_goes_where_the_reserve_was() {
    let storage = MemoryStorage::new();
    let mut journal = open_with(&storage, reserving());
    // Room for a part of the line: the write is short before it fails.
    leave(&storage, 100);
    journal.append(&body("saved")).unwrap();
    let committed = journal.commit().unwrap();
    let [saved] = committed.records else { panic!("one record was appended") };
    assert_eq!((saved.seq, committed.next_seq), (2, 4));
    assert_eq!(read(&storage)[2].hash(), saved.hash);
    assert!(str::from_utf8(committed.lines).unwrap().contains("JournalFull"));
    let full = journal.append(&body("refused")).unwrap_err();
    assert!(matches!(full, Error::Full { .. }), "{full}");
    assert!(full.to_string().ends_with("; free space there"), "{full}");
    assert!(!journal.resume(0, 0).unwrap());
    assert_eq!(journal.committed().lines, b"", "a mirror would be told twice");
    assert!(storage.file(RESERVE).unwrap().is_empty(), "what a look took is not given back");

    storage.limit(None);
    assert!(journal.resume(7, 3).unwrap());
    assert!(!journal.resume(0, 0).unwrap(), "nothing to resume twice");
    write(&mut journal, ["after"]);
    journal.close().unwrap();
    let names =
        ["segment", "start", "saved", "full", "resumed", "after", "stop"].map(|name| match name {
            "saved" | "after" => name.to_owned(),
            own => format!("journal.{own}"),
        });
    assert_whole(&storage, &names.each_ref().map(String::as_str));
    let resumed = &bodies(&storage)[4];
    assert!(resumed.contains("\"after\":\"full\",\"since\":\""), "{resumed}");
    assert!(resumed.ends_with("\"lost\":7,\"unrecorded\":3}"), "{resumed}");
    assert_eq!(storage.file(RESERVE).unwrap().len(), 4096);
}

#[test]
fn a_batch_larger_than_the_reserve_is_given_up_whole() {
    let storage = MemoryStorage::new();
    let mut journal = open_with(&storage, reserving());
    leave(&storage, 300);
    for number in 0..40 {
        journal.append(&body(&format!("given up {number}"))).unwrap();
    }
    assert!(matches!(journal.commit(), Err(Error::Full { .. })));
    assert_eq!(journal.watermark().durable(), 3);
    assert!(!journal.resume(40, 0).unwrap());
    storage.limit(None);
    assert!(journal.resume(40, 0).unwrap());
    journal.append(&body("next")).unwrap();
    assert_eq!(journal.commit().unwrap().records[0].seq, 4);
    journal.close().unwrap();
    let own = ["journal.segment", "journal.start", "journal.full", "journal.resumed"];
    assert_whole(&storage, &[own.as_slice(), &["next", "journal.stop"]].concat());
}

#[test]
fn without_any_room_nothing_is_written_and_nothing_is_torn() {
    for room in [0, 1, 50, 150] {
        let storage = MemoryStorage::new();
        let mut journal = open_with(&storage, options());
        write(&mut journal, ["safe"]);
        let before = storage.file(&segments(&storage)[0]).unwrap();
        leave(&storage, room);
        journal.append(&body("given up")).unwrap();
        assert!(matches!(journal.commit(), Err(Error::Full { .. })));
        let after = storage.file(&segments(&storage)[0]).unwrap();
        assert_eq!(after, before, "{room} bytes of room");
        // Without a reserve to fill, the record of the end is the look for room.
        assert!(!journal.resume(1, 0).unwrap());
        assert_eq!(storage.file(&segments(&storage)[0]).unwrap(), before);
        storage.limit(None);
        assert!(journal.resume(1, 0).unwrap());
        drop(journal);
        let own = ["journal.segment", "journal.start"];
        assert_whole(&storage, &[own.as_slice(), &["safe", "journal.resumed"]].concat());
    }
}

#[test]
fn a_full_disk_at_the_turn_of_a_segment_leaves_no_hole() {
    for room in [0, 10, 300, 500, 700] {
        let storage = MemoryStorage::new();
        let small = Options { segment_bytes_max: 1, ..reserving() };
        let mut journal = open_with(&storage, Options { reserve_bytes: 0, ..small });
        leave(&storage, room);
        journal.append(&body("given up")).unwrap();
        journal.append(&body(&"x".repeat(800))).unwrap();
        assert!(matches!(journal.commit(), Err(Error::Full { .. })));
        assert!(matches!(journal.append(&body("refused")), Err(Error::Full { .. })));
        storage.limit(None);
        assert!(journal.resume(2, 0).unwrap());
        write(&mut journal, ["next"]);
        drop(journal);
        let mut story = story(&storage);
        story.retain(|name| name != "journal.full");
        let own = ["journal.segment", "journal.start", "journal.segment", "journal.resumed"];
        let next = ["journal.segment", "next"];
        // The record of the full disk, where there was room for it, has a segment of its own.
        story.dedup_by(|one, two| one == two && one == "journal.segment");
        assert_eq!(story, [own.as_slice(), &next].concat(), "{room} bytes of room");
        assert!(verify(&storage).unwrap().is_intact());
    }
}

#[test]
fn a_segment_whose_header_waited_for_room_is_as_old_as_its_header() {
    let clock = Arc::new(StepClock::default());
    let segment_age_max = std::time::Duration::from_secs(1);
    let storage = MemoryStorage::new();
    let options = Options { clock: Arc::<StepClock>::clone(&clock), segment_age_max, ..options() };
    let mut journal = open_with(&storage, options);
    leave(&storage, 0);
    clock.advance(2_000_000_000);
    journal.append(&body("given up")).unwrap();
    assert!(matches!(journal.commit(), Err(Error::Full { .. })));
    clock.advance(2_000_000_000);
    storage.limit(None);
    assert!(journal.resume(1, 0).unwrap());
    write(&mut journal, ["next"]);
    let own = ["journal.segment", "journal.start", "journal.segment", "journal.resumed"];
    assert_whole(&storage, &[own.as_slice(), &["next"]].concat());
}

/// A journal that can be made to fail, with one committed record.
fn failing() -> (Faulty, Journal) {
    let storage = Faulty::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), reserving()).unwrap();
    write(&mut journal, ["safe"]);
    (storage, journal)
}

#[test]
fn what_was_cut_is_durably_gone_before_anything_else_is_written_there() {
    let (storage, mut journal) = failing();
    storage.take_calls();
    journal.append(&body("saved")).unwrap();
    storage.fail_call("append", io::ErrorKind::StorageFull, 1);
    journal.commit().unwrap();
    let calls = storage.take_calls();
    let cut = calls.iter().position(|call| *call == "truncate").unwrap();
    assert_eq!(calls[..=cut + 1], ["append", "truncate", "sync"]);
}

#[test]
fn a_failure_of_another_kind_stays_final() {
    let (storage, mut journal) = failing();
    journal.append(&body("unsure")).unwrap();
    storage.fail_call("append", io::ErrorKind::TimedOut, 1);
    assert!(matches!(journal.commit(), Err(Error::Io { .. })));
    assert!(journal.full().is_none());
    assert!(matches!(journal.resume(0, 0), Err(Error::Poisoned { .. })));
}

#[test]
fn a_quota_and_a_limit_on_files_are_full_disks_too() {
    for kind in [io::ErrorKind::QuotaExceeded, io::ErrorKind::FileTooLarge] {
        let (storage, mut journal) = failing();
        journal.append(&body("saved")).unwrap();
        storage.fail_call("append", kind, 1);
        journal.commit().unwrap();
        assert!(journal.full().is_some(), "{kind}");
        assert!(journal.resume(0, 0).unwrap());
        assert_eq!(story(&storage.inner)[3..], ["saved", "journal.full", "journal.resumed"]);
    }
}

#[test]
fn a_watermark_without_room_is_written_where_the_reserve_was() {
    let (storage, mut journal) = failing();
    journal.append(&body("published")).unwrap();
    storage.fail_call("write_at", io::ErrorKind::StorageFull, 1);
    assert_eq!(journal.commit().unwrap().records.len(), 1);
    assert!(storage.inner.file(RESERVE).unwrap().is_empty());
    assert_eq!(story(&storage.inner).last().unwrap(), "published");
    // The reserve is gone, so the disk counts as full until there is one again.
    assert!(matches!(journal.append(&body("refused")), Err(Error::Full { .. })));
    assert_eq!(journal.commit().unwrap().records, []);
    assert_eq!(story(&storage.inner)[3..], ["published", "journal.full"]);
    assert!(journal.resume(1, 0).unwrap());
    assert_eq!(storage.inner.file(RESERVE).unwrap().len(), 4096);
    journal.append(&body("unpublished")).unwrap();
    storage.fail_call("write_at", io::ErrorKind::StorageFull, 2);
    assert!(matches!(journal.commit(), Err(Error::Io { .. })));
    assert_eq!(journal.watermark().durable(), 6);
}

#[test]
fn a_writer_that_goes_on_and_finds_no_room_for_its_watermark_is_full_again() {
    // Without a reserve, nothing else is written in place.
    let storage = Faulty::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), options()).unwrap();
    leave(&storage.inner, 0);
    journal.append(&body("given up")).unwrap();
    assert!(matches!(journal.commit(), Err(Error::Full { .. })));
    storage.inner.limit(None);
    storage.fail_call("write_at", io::ErrorKind::StorageFull, 1);
    assert!(journal.resume(1, 0).unwrap());
    assert!(journal.full().is_some());
    assert!(journal.resume(0, 0).unwrap());
    assert!(journal.full().is_none());
    journal.close().unwrap();
    let own = ["segment", "start", "resumed", "full", "resumed", "stop"];
    let own = own.map(|name| format!("journal.{name}"));
    assert_whole(&storage.inner, &own.each_ref().map(String::as_str));
}

#[test]
fn a_writer_that_goes_on_and_meets_a_failing_sync_without_room_stays_full() {
    for creates_failing in [2, 3] {
        let storage = Faulty::new();
        let mut journal = Journal::open(Arc::new(storage.clone()), options()).unwrap();
        leave(&storage.inner, 0);
        journal.append(&body("given up")).unwrap();
        let Err(Error::Full { since, .. }) = journal.commit() else { panic!("there is no room") };
        storage.inner.limit(None);
        storage.fail_next_syncs(1);
        storage.fail_call("create", io::ErrorKind::StorageFull, creates_failing);
        assert!(!journal.resume(1, 0).unwrap());
        assert!(journal.failed_sync().is_some());
        let Some(Error::Full { since: still, .. }) = journal.full() else { panic!("it goes on") };
        assert_eq!(still, since);
        // The record of the full disk may find room where the other one did not.
        let told = String::from_utf8(journal.committed().lines.to_vec()).unwrap();
        let written = u32::from(told.contains("JournalFull"));
        assert_eq!((written, told.is_empty()), (3 - creates_failing, creates_failing == 3));
        assert!(journal.resume(1, 0).unwrap());
        journal.close().unwrap();
        let mut story = story(&storage.inner);
        story.retain(|name| name != "journal.full");
        let own = ["segment", "start", "segment", "resumed", "stop"];
        assert_eq!(story, own.map(|name| format!("journal.{name}")));
        assert!(verify(&storage.inner).unwrap().is_intact());
    }
}

/// A journal whose sync failed with so much room behind the batch, once there is room again; and
/// whether the batch was acknowledged.
fn mended(room: usize, reserve_bytes: u64) -> (MemoryStorage, bool) {
    let storage = Faulty::new();
    let options = Options { reserve_bytes, ..options() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    write(&mut journal, ["safe"]);
    for _ in 0..3 {
        journal.append(&body(&"x".repeat(300))).unwrap();
    }
    leave(&storage.inner, journal.staged().len() + room);
    storage.fail_next_syncs(1);
    let is_acknowledged = match journal.commit().map(|committed| committed.records.len()) {
        Ok(records) => records == 3,
        Err(Error::Full { .. }) => false,
        Err(error) => panic!("{room} bytes of room, a reserve of {reserve_bytes}: {error}"),
    };
    assert!(journal.failed_sync().is_some());
    let was_full = journal.full().is_some();
    assert!(was_full || is_acknowledged);
    let crashed = storage.inner.snapshot();
    open(&crashed).unwrap().close().unwrap();
    assert!(verify(&crashed).unwrap().is_intact());

    storage.inner.limit(None);
    assert_eq!(journal.resume(3, 0).unwrap(), was_full);
    assert!(journal.full().is_none());
    write(&mut journal, ["after"]);
    journal.close().unwrap();
    storage.inner.crash(0);
    (storage.inner, is_acknowledged)
}

#[test]
fn a_full_disk_that_is_met_while_a_failed_sync_is_mended_is_a_full_disk() {
    let mut acknowledged = [0; 2];
    for reserve_bytes in [0, 2_000, 4096] {
        for room in (0..3_000).step_by(50) {
            let (storage, is_acknowledged) = mended(room, reserve_bytes);
            let verification = verify(&storage).unwrap();
            assert!(verification.is_intact(), "{room}: {:?}", verification.findings);
            let mut kept = story(&storage);
            kept.retain(|name| !name.starts_with("journal."));
            let batch = "x".repeat(300);
            let expected = match is_acknowledged {
                true => vec!["safe", &batch, &batch, &batch, "after"],
                false => vec!["safe", "after"],
            };
            assert_eq!(kept, expected, "{room} bytes of room, a reserve of {reserve_bytes}");
            acknowledged[usize::from(is_acknowledged)] += 1;
        }
    }
    assert!(acknowledged.iter().all(|times| *times > 30), "{acknowledged:?}");
}

#[test]
fn a_segment_that_cannot_be_made_is_made_when_there_is_room() {
    let storage = Faulty::new();
    let options = Options { segment_bytes_max: 1, ..reserving() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    storage.fail_call("create", io::ErrorKind::StorageFull, 4);
    journal.append(&body("given up")).unwrap();
    assert!(matches!(journal.commit(), Err(Error::Full { .. })));
    assert_eq!(segments(&storage.inner).len(), 1);
    assert!(!journal.resume(1, 0).unwrap());
    assert!(journal.resume(1, 0).unwrap());
    journal.close().unwrap();
    let own = ["segment", "start", "segment", "resumed", "segment", "stop"];
    assert_whole(
        &storage.inner,
        &own.map(|name| format!("journal.{name}")).each_ref().map(String::as_str),
    );
}

#[test]
fn a_full_disk_is_named_with_the_file_and_what_to_do() {
    let storage = MemoryStorage::new();
    let error = Error::io(&storage, "sync", "WATERMARK")(io::ErrorKind::StorageFull.into());
    let shown = error.to_string();
    assert!(shown.starts_with("cannot sync WATERMARK of the journal in memory: "), "{shown}");
    assert!(shown.ends_with("; free space there"), "{shown}");
}
