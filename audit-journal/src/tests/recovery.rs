//! Recovery: every acknowledged record survives a crash, and damage is refused, never cut away.

use super::*;
use crate::line::{Chain, Stamp};
use crate::{segment, verify};

/// Crashes after one committed record and an uncommitted batch of which `kept` bytes reached the disk.
///
/// The sync fails and no new segment can be made, so the batch is written but never durable.
fn crashed(kept: usize) -> MemoryStorage {
    let storage = Faulty::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), options()).unwrap();
    write(&mut journal, ["acknowledged"]);
    storage.fail();
    journal.append(&body("torn one")).unwrap();
    journal.append(&body("torn two")).unwrap();
    journal.commit().unwrap_err();
    storage.inner.crash(kept);
    storage.inner
}

fn batch_bytes() -> usize {
    let length = |kept| crashed(kept).file(&segment::name(0)).unwrap().len();
    length(usize::MAX) - length(0)
}

/// The files that hold records or what became of them.
fn contents(storage: &MemoryStorage) -> Vec<(String, Option<Vec<u8>>)> {
    let files = storage.names().into_iter().filter(|name| name.contains('/'));
    files.map(|name| (name.clone(), storage.file(&name))).collect()
}

/// Opening fails with this error and changes nothing.
fn assert_refused(storage: &MemoryStorage, expected: &str) {
    let before = contents(storage);
    let error = open(storage).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
    assert_eq!(contents(storage), before);
}

#[test]
fn a_torn_batch_is_moved_aside_and_recorded_wherever_it_is_torn() {
    let batch = batch_bytes();
    for kept in 0..=batch {
        let storage = crashed(kept);
        let before = storage.file(&segment::name(0)).unwrap();
        drop(open(&storage).unwrap());
        let whole = before.iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        let torn = &before[whole..];
        let story = story(&storage);
        assert_eq!(story[2], "acknowledged", "{kept} bytes kept");
        assert_eq!(story.last().unwrap(), "journal.start");
        let records = bodies(&storage);
        assert!(records.last().unwrap().contains("\"unclean\":true"));
        let files = quarantined(&storage);
        assert_eq!(files.len(), usize::from(!torn.is_empty()));
        if let [file] = files.as_slice() {
            assert_eq!(*file, format!("quarantine/00000000000000000000-{whole}.torn"));
            assert_eq!(storage.file(file).unwrap(), torn);
            let told = format!("\"offset\":{whole},\"bytes\":{}", torn.len());
            assert!(records[records.len() - 2].contains(&told));
        }
        let verification = verify(&storage).unwrap();
        assert!(verification.is_intact(), "{:?}", verification.findings);
        assert_eq!(verification.unfinished, None);
    }
}

#[test]
fn the_recovered_record_has_the_digest_that_sha256sum_prints() {
    let storage = crashed(0);
    tamper(&storage, &segment::name(0), |bytes| bytes.extend_from_slice(b"abc"));
    drop(open(&storage).unwrap());
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert!(bodies(&storage)[3].contains(&format!("\"sha256\":\"{digest}\"")));
}

#[test]
fn a_grown_file_without_its_bytes_is_a_torn_tail() {
    for zeros in [1, 4096, 200_000] {
        let storage = crashed(30);
        tamper(&storage, &segment::name(0), |bytes| bytes.resize(bytes.len() + zeros, 0));
        drop(open(&storage).unwrap());
        assert_eq!(story(&storage)[3], "journal.recovered");
        assert!(verify(&storage).unwrap().is_intact());
    }
}

/// A journal of three lines of over 2,000 bytes each behind its own two, whose first `durable`
/// records are known to be durable, with zeros in place of these bytes.
fn with_zeros(durable: Option<u64>, zeros: std::ops::Range<usize>) -> MemoryStorage {
    let storage = MemoryStorage::new();
    write(&mut open(&storage).unwrap(), (0..3).map(|_| "x".repeat(2_000)));
    let watermark = durable.map(|durable| format!("{durable:020} {durable:020}\n").into_bytes());
    storage.replace("WATERMARK", watermark);
    tamper(&storage, &segment::name(0), |bytes| bytes[zeros].fill(0));
    storage
}

#[test]
fn sectors_that_an_unacknowledged_batch_has_lost_are_torn_also_before_good_records() {
    let whole = with_zeros(None, 0..0).file(&segment::name(0)).unwrap();
    let second = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let third = second + whole[second..].iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for zeros in [1_024..1_536, 1_024..4_096, third..1_024] {
        let storage = with_zeros(Some(2), zeros.clone());
        let before = storage.file(&segment::name(0)).unwrap();
        let verification = verify(&storage).unwrap();
        assert!(verification.is_intact(), "{verification:#?}");
        let unfinished = verification.unfinished.unwrap();
        assert_eq!(unfinished.offset, third as u64);
        assert_eq!(unfinished.bytes, (before.len() - third) as u64);
        assert_eq!(read(&storage).len(), 2);
        drop(open(&storage).unwrap());
        let [piece] = &quarantined(&storage)[..] else { panic!("{:?}", quarantined(&storage)) };
        assert_eq!(storage.file(piece).unwrap(), before[third..]);
        assert_eq!(story(&storage)[2..], ["journal.recovered", "journal.start"]);
        assert!(verify(&storage).unwrap().is_intact());
    }
}

#[test]
fn zeros_that_no_lost_sector_explains_are_damage_before_good_records() {
    for (durable, zeros) in [
        // Acknowledged, or nothing tells that it was not.
        (Some(3), 1_024..1_536),
        (None, 1_024..1_536),
        // Not the places of sectors.
        (Some(2), 1_025..1_536),
        (Some(2), 1_024..1_535),
        (Some(2), 1_100..1_101),
    ] {
        let storage = with_zeros(durable, zeros);
        assert_refused(&storage, "is damaged at seq 2");
        assert!(!verify(&storage).unwrap().is_intact());
    }
}

#[test]
fn a_start_makes_a_watermark_last_before_it_writes_a_record() {
    let storage = Faulty::new();
    for changes in 0.. {
        storage.faults.changes_left.store(changes, Ordering::Relaxed);
        let opened = Journal::open(Arc::new(storage.clone()), options());
        storage.inner.crash(0);
        let wrote = storage.take_calls().contains(&"append");
        let told = storage.inner.file("WATERMARK").is_some_and(|bytes| !bytes.is_empty());
        assert!(told || !wrote, "{changes} changes");
        if opened.is_ok() {
            break;
        }
    }
    assert_eq!(storage.inner.file("WATERMARK").unwrap().len(), 109);
}

#[test]
fn a_torn_header_of_a_new_segment_is_written_again() {
    let whole = finished();
    let names = segments(&whole);
    let last = names.last().unwrap();
    let length = whole.file(last).unwrap().iter().position(|byte| *byte == b'\n').unwrap();
    for kept in 0..=length {
        let storage = whole.snapshot();
        tamper(&storage, last, |bytes| bytes.truncate(kept));
        let first: u64 = last[4..24].parse().unwrap();
        storage.replace("WATERMARK", Some(format!("{first:020} {first:020}\n").into_bytes()));
        drop(Journal::open(Arc::new(storage.clone()), small_segments()).unwrap());
        assert_eq!(segments(&storage), names);
        let records = bodies(&storage);
        let header = &records[usize::try_from(first).unwrap()];
        assert!(header.contains("\"reason\":\"recovered\""), "{kept}: {header}");
        assert_eq!(quarantined(&storage).len(), usize::from(kept > 0));
        assert!(verify(&storage).unwrap().is_intact());
    }
}

#[test]
fn a_crash_in_the_very_first_header_starts_the_journal_again() {
    for kept in [0, 1, 200] {
        let storage = MemoryStorage::new();
        drop(open(&storage).unwrap());
        tamper(&storage, &segment::name(0), |bytes| bytes.truncate(kept));
        storage.replace("WATERMARK", None);
        let mut journal = open(&storage).unwrap();
        write(&mut journal, ["first"]);
        assert!(bodies(&storage).last().unwrap().contains("first"));
        assert!(verify(&storage).unwrap().is_intact());
    }
}

#[test]
fn torn_bytes_are_told_of_even_if_the_telling_was_torn() {
    let storage = crashed(40);
    let told = storage.snapshot();
    drop(open(&told).unwrap());
    let quarantine = &quarantined(&told)[0];
    // The second crash came when the bytes were moved, and before their record was durable.
    storage.replace(quarantine, told.file(quarantine));
    let end = storage.file(&segment::name(0)).unwrap().len() - 40;
    tamper(&storage, &segment::name(0), |bytes| bytes.truncate(end));
    drop(open(&storage).unwrap());
    assert!(bodies(&storage)[3].contains(quarantine.as_str()));
    drop(open(&storage).unwrap());
    let tellings = story(&storage).iter().filter(|name| *name == "journal.recovered").count();
    assert_eq!(tellings, 1);
}

#[test]
fn a_place_that_is_torn_twice_keeps_both_pieces() {
    let storage = crashed(40);
    let told = storage.snapshot();
    drop(open(&told).unwrap());
    let quarantine = &quarantined(&told)[0];
    storage.replace(quarantine, Some(b"an earlier piece".to_vec()));
    drop(open(&storage).unwrap());
    assert_eq!(quarantined(&storage).len(), 2);
    assert_eq!(storage.file(quarantine).unwrap(), b"an earlier piece");
    assert_eq!(story(&storage)[3..5], ["journal.recovered", "journal.recovered"]);
}

#[test]
fn a_start_says_whether_the_writer_before_it_stopped() {
    let storage = MemoryStorage::new();
    open(&storage).unwrap().close().unwrap();
    drop(open(&storage).unwrap());
    drop(open(&storage).unwrap());
    let starts: Vec<_> = bodies(&storage)
        .into_iter()
        .filter(|body| body.contains("journal.start"))
        .map(|body| body.contains("\"unclean\":true"))
        .collect();
    assert_eq!(starts, [false, false, true]);
}

#[test]
fn a_changed_line_is_refused_and_named_also_if_it_is_the_last() {
    let whole = finished();
    let names = segments(&whole);
    let last = names.last().unwrap();
    let lines = whole.file(last).unwrap().iter().filter(|byte| **byte == b'\n').count();
    for line in 0..lines {
        let storage = whole.snapshot();
        tamper(&storage, last, |bytes| {
            let line = bytes.split_mut(|byte| *byte == b'\n').nth(line).unwrap();
            line[line.len() - 60] ^= 1;
        });
        let first: usize = last[4..24].parse().unwrap();
        assert_refused(
            &storage,
            &format!("is damaged at seq {} ({last}, line {}", first + line, line + 1),
        );
    }
}

#[test]
fn damage_before_good_records_is_never_cut_away_even_without_a_watermark() {
    let storage = finished();
    storage.replace("WATERMARK", None);
    let last = segments(&storage).pop().unwrap();
    tamper(&storage, &last, |bytes| bytes[30] = 0);
    assert_refused(&storage, "nothing was changed, `audited verify` lists all damage");
}

#[test]
fn acknowledged_records_that_are_gone_are_not_overlooked() {
    let storage = MemoryStorage::new();
    let mut journal = open(&storage).unwrap();
    write(&mut journal, ["one", "two"]);
    drop(journal);
    tamper(&storage, &segment::name(0), |bytes| {
        let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
        bytes.truncate(last + 1);
    });
    assert_refused(&storage, "ends after 3 records, but 4 were acknowledged");
    tamper(&storage, &segment::name(0), |bytes| bytes.extend_from_slice(b"{\"v\":1"));
    assert_refused(&storage, "is damaged at seq 3");
    storage.replace(&segment::name(0), None);
    assert_refused(&storage, "ends after 0 records, but 4 were acknowledged");
}

#[test]
fn segments_that_do_not_join_are_refused() {
    let whole = finished();
    let names = segments(&whole);
    for name in &names[..names.len() - 1] {
        let storage = whole.snapshot();
        storage.replace(name, None);
        assert_refused(&storage, "is damaged at seq");
        let storage = whole.snapshot();
        tamper(&storage, name, |bytes| bytes.truncate(bytes.len() - 1));
        assert_refused(&storage, "its last line is not whole");
    }
    let storage = whole.snapshot();
    let moved = storage.file(&names[1]);
    storage.replace(&names[1], None);
    storage.replace(&segment::name(7_000), moved);
    assert_refused(&storage, "is damaged at seq");
}

#[test]
fn a_half_written_watermark_does_not_stop_a_start() {
    let storage = finished();
    for torn in [b"".to_vec(), b"000".to_vec(), vec![0; 42]] {
        storage.replace("WATERMARK", Some(torn));
        open(&storage).unwrap().close().unwrap();
    }
    assert!(verify(&storage).unwrap().is_intact());
}

#[test]
fn what_a_failed_sync_left_in_memory_is_on_disk_before_anything_follows_it() {
    let storage = Faulty::new();
    let reopen = || Journal::open(Arc::new(storage.clone()), options()).unwrap();
    let mut journal = reopen();
    write(&mut journal, ["safe"]);
    storage.fail();
    journal.append(&body("unsure")).unwrap();
    journal.commit().unwrap_err();
    storage.inner.forget_unsynced();
    storage.mend();
    drop(journal);
    write(&mut reopen(), ["safe too"]);
    storage.inner.crash(0);
    drop(reopen());
    assert_eq!(
        story(&storage.inner)[2..],
        ["safe", "unsure", "journal.start", "safe too", "journal.start"]
    );
    assert!(verify(&storage.inner).unwrap().is_intact());
}

#[test]
fn a_crash_while_doubtful_records_are_written_again_loses_none() {
    for kept in [0, 150, usize::MAX] {
        for changes in 0.. {
            let storage = Faulty::new();
            let reopen = || Journal::open(Arc::new(storage.clone()), options());
            write(&mut reopen().unwrap(), ["one", "two", "three"]);
            // A power cut may leave an old number, so what is doubtful may have been acknowledged.
            let old = format!("{:020} {:020}\n", 3, 3).into_bytes();
            storage.inner.replace("WATERMARK", Some(old));
            storage.faults.changes_left.store(changes, Ordering::Relaxed);
            let is_done = reopen().is_ok();
            storage.inner.crash(kept);
            storage.faults.changes_left.store(-1, Ordering::Relaxed);
            drop(reopen().unwrap());
            let place = format!("{changes} changes, {kept} bytes kept");
            assert_eq!(story(&storage.inner)[2..5], ["one", "two", "three"], "{place}");
            assert!(verify(&storage.inner).unwrap().is_intact(), "{place}");
            assert_eq!(storage.inner.file("REDO").unwrap(), b"", "{place}");
            if is_done {
                assert!(changes > 8, "{place}");
                break;
            }
        }
    }
}

#[test]
fn a_copy_of_another_time_is_not_written_over_the_journal() {
    let storage = Faulty::new();
    let reopen = || Journal::open(Arc::new(storage.clone()), options());
    write(&mut reopen().unwrap(), ["one"]);
    storage.inner.replace("WATERMARK", None);
    // The start ends when the copy is whole and its end is about to be written to the segment.
    storage.faults.changes_left.store(7, Ordering::Relaxed);
    reopen().unwrap_err();
    storage.faults.changes_left.store(-1, Ordering::Relaxed);
    let copy = storage.inner.file("REDO").unwrap();
    assert!(!copy.is_empty());
    write(&mut reopen().unwrap(), ["two"]);
    storage.inner.replace("REDO", Some(copy));
    drop(reopen().unwrap());
    let story = story(&storage.inner);
    assert_eq!((&*story[2], &*story[4]), ("one", "two"));
}

#[test]
fn a_last_segment_that_starts_with_another_record_is_refused() {
    let storage = finished();
    let last = segments(&storage).pop().unwrap();
    let first: u64 = last[4..24].parse().unwrap();
    let before = read(&storage).into_iter().find(|line| line.seq() + 1 == first);
    let mut chain = Chain { next: first, tip: before.unwrap().hash() };
    let stamp = Stamp {
        seq: first,
        observed: Timestamp::from_unix_nanos(0),
        boot: "0123456789abcdef",
        mono: 0,
    };
    let mut line = Vec::new();
    chain.extend(&mut line, &stamp, &body("no header"));
    storage.replace(&last, Some(line));
    let next = first + 1;
    storage.replace("WATERMARK", Some(format!("{next:020} {next:020}\n").into_bytes()));
    assert_refused(&storage, "its first line is no header");
}
