//! What a failed sync left over, beside readers and through crashes: nobody takes it for records.

use super::failed_sync::{damage, journal, reasons, superseded};
use super::*;
use crate::segment;

#[test]
fn a_cursor_beside_the_writer_jumps_over_what_is_left_over() {
    let storage = Faulty::new();
    let mut journal = journal(&storage);
    let mut early = cursor(&storage.inner, 0);
    let mut ready = cursor(&storage.inner, 3);
    write(&mut journal, ["before"]);
    assert!(ready.next().unwrap().is_none());
    storage.fail_next_syncs(1);
    for text in ["one", "two", "three"] {
        journal.append(&body(text)).unwrap();
    }
    journal.commit().unwrap();
    write(&mut journal, ["after"]);
    let committed = read(&storage.inner);
    for (cursor, from) in [(&mut early, 0), (&mut ready, 3)] {
        let seen: Vec<_> = std::iter::from_fn(|| cursor.next().unwrap()).collect();
        let seen: Vec<_> = seen.iter().map(|line| line.bytes().to_vec()).collect();
        let expected: Vec<_> = committed[from..].iter().map(|line| line.bytes().to_vec()).collect();
        assert_eq!(seen, expected);
    }
    assert_eq!(
        story(&storage.inner)[2..],
        ["before", "journal.segment", "one", "two", "three", "after"]
    );
}

#[test]
fn a_cursor_that_was_there_before_does_not_show_what_a_dead_writer_left_over() {
    let storage = Faulty::new();
    let mut journal = journal(&storage);
    write(&mut journal, ["before"]);
    let mut cursor = cursor(&storage.inner, 3);
    storage.fail_next_syncs(1);
    journal.append(&body("one")).unwrap();
    // The writer dies when it has made the new segment and not yet written to it.
    storage.faults.changes_left.store(3, Ordering::Relaxed);
    journal.commit().unwrap_err();
    assert_eq!(segments(&storage.inner).len(), 2);
    drop(journal);
    for _ in 0..3 {
        assert!(cursor.next().unwrap().is_none());
    }
    assert_eq!(read(&storage.inner).len(), 3);
    write(&mut open(&storage.inner).unwrap(), ["after"]);
    let seen: Vec<_> = std::iter::from_fn(|| cursor.next().unwrap()).collect();
    let all = read(&storage.inner);
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().zip(&all[3..]).all(|(seen, line)| seen.bytes() == line.bytes()));
}

#[test]
fn readers_and_verify_beside_a_writer_with_failing_syncs_see_what_is_acknowledged() {
    const COMMITS: u64 = 300;
    let storage = Faulty::new();
    let mut journal = journal(&storage);
    let (storage, memory, done) = (&storage, &storage.inner, &AtomicU64::new(0));
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || {
            let mut acknowledged = Vec::new();
            for number in 0..COMMITS {
                if number % 7 == 3 {
                    storage.fail_next_syncs(1);
                }
                for _ in 0..number % 4 + 1 {
                    journal.append(&body("beside a reader")).unwrap();
                }
                acknowledged.extend_from_slice(journal.commit().unwrap().records);
            }
            done.store(journal.next_seq(), Ordering::Release);
            (journal, acknowledged)
        });
        let reader = scope.spawn(move || {
            let (mut cursor, mut seen) = (cursor(memory, 0), Vec::new());
            loop {
                let end = done.load(Ordering::Acquire);
                match cursor.next().unwrap() {
                    Some(line) => seen.push(line),
                    None if end > 0 => return seen,
                    None => std::thread::yield_now(),
                }
            }
        });
        scope.spawn(move || {
            while done.load(Ordering::Acquire) == 0 {
                assert_eq!(damage(memory).0, []);
            }
        });
        let (_journal, acknowledged) = writer.join().unwrap();
        let seen = reader.join().unwrap();
        assert!((0..).zip(&seen).all(|(seq, line)| line.seq() == seq));
        let records = seen.iter().filter(|line| line.body() == body("beside a reader"));
        let records: Vec<_> = records.map(|line| (line.seq(), line.hash())).collect();
        let acknowledged: Vec<_> =
            acknowledged.iter().map(|record| (record.seq, record.hash)).collect();
        assert_eq!(records, acknowledged);
    });
}

#[test]
fn a_crash_at_any_point_leaves_a_journal_that_opens_and_reads_alike() {
    // Without a number the process is killed and the power stays until later.
    for kept in [Some(0), Some(100), Some(700), Some(usize::MAX), None] {
        for changes in 0.. {
            let storage = Faulty::new();
            let mut journal = journal(&storage);
            write(&mut journal, ["acknowledged"]);
            storage.fail_next_syncs(1);
            journal.append(&body("one")).unwrap();
            journal.append(&body("two")).unwrap();
            storage.faults.changes_left.store(changes, Ordering::Relaxed);
            let is_done = journal.commit().is_ok();
            drop(journal);
            if let Some(kept) = kept {
                storage.inner.crash(kept);
            }
            storage.faults.changes_left.store(-1, Ordering::Relaxed);
            let place = format!("{changes} changes, {kept:?} bytes kept");
            let seen = story(&storage.inner);
            assert_eq!(damage(&storage.inner).0, [], "{place}");
            write(&mut open(&storage.inner).unwrap(), ["later"]);
            storage.inner.crash(0);
            let after = story(&storage.inner);
            assert!(after.starts_with(&seen), "{place}: {seen:?} {after:?}");
            assert_eq!((&*after[2], after.last().unwrap().as_str()), ("acknowledged", "later"));
            assert!(!is_done || after.contains(&"two".to_owned()), "{place}");
            assert_eq!(damage(&storage.inner).0, [], "{place}");
            drop(open(&storage.inner).unwrap());
            if is_done {
                assert!(changes >= 6, "{place}");
                break;
            }
        }
    }
}

#[test]
fn a_torn_header_behind_left_over_bytes_is_written_again_with_its_reason() {
    let (storage, journal) = superseded();
    drop(journal);
    let (storage, told) = (storage.inner.snapshot(), story(&storage.inner));
    let header = storage.file(&segment::name(3)).unwrap();
    let length = header.iter().position(|byte| *byte == b'\n').unwrap();
    storage.replace("WATERMARK", Some(format!("{:020} {:020}\n", 3, 3).into_bytes()));
    let whole = storage.file(&segment::name(0)).unwrap();
    for (kept, left) in (0..=length).step_by(7).zip((0..=whole.len()).rev().cycle()) {
        let storage = storage.snapshot();
        tamper(&storage, &segment::name(3), |bytes| bytes.truncate(kept));
        let durable = told_bytes(&storage);
        tamper(&storage, &segment::name(0), |bytes| bytes.truncate(left.max(durable)));
        let is_left = left > durable;
        assert_eq!(story(&storage), told[..3], "{kept} bytes of the header");
        assert_eq!(damage(&storage), (vec![], usize::from(is_left)), "{kept} bytes of the header");
        write(&mut open(&storage).unwrap(), ["later"]);
        let reason = if is_left { "sync_failed" } else { "recovered" };
        assert_eq!(reasons(&storage), [reason], "{kept} bytes of the header");
        assert_eq!(quarantined(&storage).len(), usize::from(kept > 0));
        assert_eq!(damage(&storage), (vec![], usize::from(is_left)), "{kept} bytes of the header");
    }
}

/// A power cut takes any sectors of the new segment: also more than its header, and not its last ones.
#[test]
fn lost_sectors_before_the_lines_of_a_batch_that_failed_twice_are_no_damage() {
    let storage = Faulty::new();
    let mut journal = journal(&storage);
    write(&mut journal, ["before"]);
    storage.fail_next_syncs(2);
    for number in 0..12 {
        journal.append(&body(&format!("unsure {number}"))).unwrap();
    }
    journal.commit().unwrap_err();
    drop(journal);
    let storage = storage.inner.snapshot();
    tamper(&storage, &segment::name(3), |bytes| bytes[..1536].fill(0));
    assert_eq!(damage(&storage), (vec![], 1));
    assert_eq!(story(&storage)[2..], ["before"]);
    write(&mut open(&storage).unwrap(), ["later"]);
    assert_eq!(damage(&storage), (vec![], 1));
    assert_eq!(story(&storage).last().unwrap(), "later");
}

/// The length of the first three lines.
fn told_bytes(storage: &MemoryStorage) -> usize {
    let bytes = storage.file(&segment::name(0)).unwrap();
    bytes.split_inclusive(|byte| *byte == b'\n').take(3).map(<[u8]>::len).sum()
}

#[test]
fn torn_bytes_are_told_of_also_if_the_telling_is_superseded() {
    for kept in [0, 100, 700, usize::MAX] {
        for changes in 0.. {
            let (storage, is_open) = tear_and_supersede(changes, kept);
            let place = format!("{changes} changes, {kept} bytes kept");
            for _ in 0..2 {
                drop(open(&storage).unwrap());
                let told = bodies(&storage).concat();
                let files = quarantined(&storage);
                assert!(!files.is_empty(), "{place}");
                for file in files {
                    assert_eq!(told.matches(&format!("\"{file}\"")).count(), 1, "{place}");
                }
                assert_eq!(damage(&storage).0, [], "{place}");
            }
            if is_open {
                assert_eq!(reasons(&storage), ["sync_failed"], "{place}");
                assert!(changes > 8, "{place}");
                break;
            }
        }
    }
}

/// Opens a journal with a torn end; the first sync of the segment's new records fails, and after so
/// many changes in all the power goes.
fn tear_and_supersede(changes: i64, kept: usize) -> (MemoryStorage, bool) {
    let storage = Faulty::new();
    write(&mut journal(&storage), ["acknowledged"]);
    tamper(&storage.inner, &segment::name(0), |bytes| bytes.extend_from_slice(b"{\"v\":1,\"torn"));
    storage.faults.changes_left.store(changes, Ordering::Relaxed);
    // The end is copied, the copy synced, the end cut and that synced; then come WATERMARK and the
    // batch.
    storage.fail_syncs_after(3, 1);
    let is_open = Journal::open(Arc::new(storage.clone()), options()).is_ok();
    storage.inner.crash(kept);
    (storage.inner, is_open)
}
