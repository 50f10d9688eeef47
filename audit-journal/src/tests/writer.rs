//! The writer: what it promises about a batch, a segment and a failure.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::*;
use crate::{BODY_BYTES_MAX, Refusal, verify};

#[test]
fn what_was_committed_is_read_back_in_order_byte_for_byte() {
    let storage = MemoryStorage::new();
    let mut journal = open(&storage).unwrap();
    journal.append(&body("one")).unwrap();
    journal.append(&body("two")).unwrap();
    let committed = journal.commit().unwrap();
    let [first, second] = *committed.records else { panic!("{committed:?}") };
    assert_eq!((first.seq, second.seq), (2, 3));
    assert_eq!((committed.first_seq, committed.next_seq), (2, 4));
    journal.close().unwrap();
    let story = story(&storage);
    assert_eq!(story, ["journal.segment", "journal.start", "one", "two", "journal.stop"]);
    let lines = read(&storage);
    assert_eq!(lines[2].body(), body("one"));
    assert_eq!((lines[2].seq(), lines[2].hash()), (first.seq, first.hash));
    assert!(lines.iter().all(|line| line.boot() == lines[0].boot()));
    assert!(verify(&storage).unwrap().is_intact());
}

#[test]
fn nothing_is_readable_before_its_commit() {
    let storage = MemoryStorage::new();
    let mut journal = open(&storage).unwrap();
    let watermark = journal.watermark();
    journal.append(&body("staged")).unwrap();
    assert_eq!(watermark.durable(), 2);
    assert_eq!(read(&storage).len(), 2);
    journal.commit().unwrap();
    assert_eq!(watermark.durable(), 3);
    assert_eq!(read(&storage).len(), 3);
}

#[test]
fn a_batch_costs_one_write_one_sync_and_one_published_number() {
    let storage = Faulty::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), options()).unwrap();
    for text in ["a", "b", "c"] {
        journal.append(&body(text)).unwrap();
    }
    storage.take_calls();
    journal.commit().unwrap();
    assert_eq!(storage.take_calls(), ["append", "sync", "write_at"]);
    journal.commit().unwrap();
    assert!(storage.take_calls().is_empty());
}

#[test]
fn a_refused_record_leaves_the_journal_usable() {
    let storage = MemoryStorage::new();
    let mut journal = open(&storage).unwrap();
    let long = vec![b'x'; BODY_BYTES_MAX + 1];
    let cases: [(&[u8], &str); 6] = [
        (b"", "the record is empty"),
        (b"\"a\":\"\n\"", "raw control byte 0x0a at byte 5"),
        (b"\"a\":\"\xff\"", "not UTF-8 at byte 5"),
        (b"{\"a\":1}", "not the inside of a JSON object at byte 0"),
        (b"\"a\":1,\"seq\":2", "a member `seq`"),
        (&long, "more than the 64817 that fit a line"),
    ];
    for (bad, expected) in cases {
        let error = journal.append(bad).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let error = journal.append(b"").unwrap_err();
    assert!(matches!(error, Error::Refused(Refusal::Empty)));
    write(&mut journal, ["good"]);
    let longest = body(&"x".repeat(BODY_BYTES_MAX - body("").len()));
    assert_eq!(longest.len(), BODY_BYTES_MAX);
    journal.append(&longest).unwrap();
    journal.commit().unwrap();
    assert_eq!(read(&storage).len(), 4);
}

#[test]
fn a_full_segment_is_followed_by_one_that_names_its_end() {
    let storage = finished();
    let lines = read(&storage);
    assert!(lines.iter().enumerate().all(|(seq, line)| line.seq() == seq as u64));
    let texts: Vec<_> =
        story(&storage).into_iter().filter(|text| text.starts_with("record")).collect();
    assert_eq!(texts, (0..20).map(|number| format!("record {number}")).collect::<Vec<_>>());
    for name in &segments(&storage)[1..] {
        let first: usize = name[4..24].parse().unwrap();
        let header: serde_json::Value = serde_json::from_slice(lines[first].bytes()).unwrap();
        let previous = &header["journal"]["previous"];
        assert_eq!(header["journal"]["reason"], "size");
        assert_eq!(previous["last_seq"], first - 1);
        assert_eq!(previous["h"], lines[first - 1].hash().to_string());
    }
    assert!(verify(&storage).unwrap().is_intact());
}

#[test]
fn an_old_segment_is_followed_by_a_new_one_also_across_a_restart() {
    let storage = MemoryStorage::new();
    let clock = Arc::new(StepClock::default());
    let options = Options {
        segment_age_max: Duration::from_secs(3600),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..options()
    };
    let mut journal = Journal::open(Arc::new(storage.clone()), options.clone()).unwrap();
    write(&mut journal, ["young"]);
    drop(journal);
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    write(&mut journal, ["young too"]);
    assert_eq!(segments(&storage).len(), 1);
    clock.advance(3_600_000_000_000);
    write(&mut journal, ["old"]);
    assert_eq!(segments(&storage).len(), 2);
    assert!(bodies(&storage)[5].contains("\"reason\":\"age\""));
    clock.advance(-100_000_000_000_000);
    write(&mut journal, ["back in time"]);
    assert_eq!(segments(&storage).len(), 2);
}

#[test]
fn a_failed_sync_without_room_for_a_new_segment_poisons_the_writer() {
    let storage = Faulty::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), options()).unwrap();
    write(&mut journal, ["safe"]);
    storage.fail();
    journal.append(&body("unsure")).unwrap();
    let error = journal.commit().unwrap_err().to_string();
    assert!(error.contains("cannot create seg/00000000000000000003.jsonl"), "{error}");
    let first = journal.failed_sync().unwrap().to_string();
    assert!(first.contains("cannot sync seg/00000000000000000000.jsonl"), "{first}");
    storage.mend();
    for outcome in [journal.commit().map(|_| ()), journal.append(&body("more")).map(|_| ())] {
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::Poisoned { .. }));
        assert!(error.to_string().contains("the disk is on fire"), "{error}");
    }
    assert_eq!(journal.watermark().durable(), 3);
    assert_eq!(read(&storage.inner).len(), 3);
    assert!(journal.close().is_err());
}

#[test]
fn a_short_write_is_continued() {
    let storage = Faulty::new();
    storage.faults.append_bytes_max.store(7, Ordering::Relaxed);
    let mut journal = Journal::open(Arc::new(storage.clone()), options()).unwrap();
    write(&mut journal, ["in pieces"]);
    assert!(storage.faults.appends.load(Ordering::Relaxed) > 20);
    assert_eq!(story(&storage.inner)[2], "in pieces");
}

#[test]
fn a_mirror_gets_exactly_the_bytes_of_the_journal() {
    let storage = MemoryStorage::new();
    let mut mirror = Vec::new();
    for _ in 0..2 {
        let mut journal = Journal::open(Arc::new(storage.clone()), small_segments()).unwrap();
        mirror.extend_from_slice(journal.committed().lines);
        for number in 0..12 {
            // A commit without records passes on nothing a second time.
            mirror.extend_from_slice(journal.commit().unwrap().lines);
            journal.append(&body(&number.to_string())).unwrap();
            mirror.extend_from_slice(journal.commit().unwrap().lines);
        }
        journal.stop().unwrap();
        mirror.extend_from_slice(journal.commit().unwrap().lines);
        journal.close().unwrap();
    }
    let files = segments(&storage).into_iter().map(|name| storage.file(&name).unwrap());
    assert_eq!(files.collect::<Vec<_>>().concat(), mirror);
}

#[test]
fn an_origin_is_made_up_once_and_then_kept() {
    let storage = MemoryStorage::new();
    let chosen = |origin: Option<&str>| Options { origin: origin.map(str::to_owned), ..options() };
    let open = |origin| Journal::open(Arc::new(storage.clone()), chosen(origin));
    let origin = open(None).unwrap().origin().to_owned();
    assert_eq!(origin.strip_prefix("audited/").unwrap().len(), 16);
    assert_eq!(open(None).unwrap().origin(), origin);
    assert_eq!(open(Some(&origin)).unwrap().origin(), origin);
    let before = storage.file(&segments(&storage)[0]);
    let error = open(Some("other")).unwrap_err().to_string();
    assert!(error.contains(&origin) && error.contains("other"), "{error}");
    assert!(open(Some("two\nlines")).unwrap_err().to_string().contains("not usable"));
    assert_eq!(storage.file(&segments(&storage)[0]), before);
}

#[test]
fn a_second_writer_is_refused_and_told_who_holds_the_journal() {
    let storage = MemoryStorage::new();
    let journal = open(&storage).unwrap();
    let error = open(&storage).unwrap_err();
    assert!(matches!(error, Error::InUse { .. }));
    let shown = error.to_string();
    assert!(shown.contains("test writer"), "{shown}");
    assert!(shown.contains(&format!("process {}", std::process::id())), "{shown}");
    drop(journal);
    open(&storage).unwrap();
}
