//! A sync that fails: it is final for its segment, and the journal goes on behind it without a hole.

use super::*;
use crate::{Kind, segment, verify};

pub(super) fn journal(storage: &Faulty) -> Journal {
    Journal::open(Arc::new(storage.clone()), options()).unwrap()
}

/// A journal whose second batch met a failing sync; it is in a segment of its own.
pub(super) fn superseded() -> (Faulty, Journal) {
    let storage = Faulty::new();
    let mut journal = journal(&storage);
    write(&mut journal, ["before"]);
    storage.fail_next_syncs(1);
    journal.append(&body("one")).unwrap();
    journal.append(&body("two")).unwrap();
    journal.commit().unwrap();
    (storage, journal)
}

/// The reasons in the headers of all segments but the first.
pub(super) fn reasons(storage: &MemoryStorage) -> Vec<String> {
    let headers = bodies(storage).into_iter().filter(|body| body.contains("journal.segment"));
    let reason = |body: String| body.split_once("\"reason\":\"").unwrap().1.to_owned();
    headers.skip(1).map(|body| reason(body).split('"').next().unwrap().to_owned()).collect()
}

/// The damage that verification names, and how often it names superseded bytes.
pub(super) fn damage(storage: &MemoryStorage) -> (Vec<(Kind, u64)>, usize) {
    let findings = verify(storage).unwrap().findings;
    let superseded = findings.iter().filter(|finding| finding.kind == Kind::Superseded).count();
    let damages = findings.iter().filter(|finding| !finding.kind.is_warning());
    (damages.map(|finding| (finding.kind, finding.seq)).collect(), superseded)
}

#[test]
fn the_batch_is_acknowledged_in_a_new_segment_and_the_old_file_is_left_alone() {
    let storage = Faulty::new();
    let mut journal = journal(&storage);
    write(&mut journal, ["before"]);
    let durable = storage.inner.file(&segment::name(0)).unwrap();
    storage.fail_next_syncs(1);
    journal.append(&body("one")).unwrap();
    journal.append(&body("two")).unwrap();
    storage.take_calls();
    let committed = journal.commit().unwrap();
    assert_eq!((committed.first_seq, committed.next_seq), (3, 6));
    assert_eq!(committed.lines, storage.inner.file(&segment::name(3)).unwrap());
    let records = committed.records.to_vec();
    let calls = ["append", "sync", "create", "append", "sync", "write_at"];
    assert_eq!(storage.take_calls(), calls);
    let left = storage.inner.file(&segment::name(0)).unwrap();
    assert!(left.starts_with(&durable) && left.len() > durable.len());
    let told = journal.failed_sync().unwrap().to_string();
    assert!(told.contains("cannot sync seg/00000000000000000000.jsonl"), "{told}");
    write(&mut journal, ["after"]);
    assert!(journal.failed_sync().is_none());
    journal.close().unwrap();

    assert_eq!(story(&storage.inner)[2..6], ["before", "journal.segment", "one", "two"]);
    let lines = read(&storage.inner);
    for (record, line) in records.iter().zip(&lines[4..]) {
        assert_eq!((record.seq, record.hash), (line.seq(), line.hash()));
    }
    assert_eq!(records.len(), 2);
    let header: serde_json::Value = serde_json::from_slice(lines[3].bytes()).unwrap();
    assert_eq!(header["journal"]["reason"], "sync_failed");
    assert_eq!(header["journal"]["previous"]["length"], durable.len());
    assert_eq!(header["journal"]["previous"]["h"], lines[2].hash().to_string());
    storage.inner.crash(0);
    assert_eq!(read(&storage.inner).len(), lines.len());
}

#[test]
fn verification_lists_the_left_over_bytes_without_calling_them_damage() {
    let (storage, journal) = superseded();
    let mut journal = Some(journal);
    let durable =
        read(&storage.inner)[..3].iter().map(|line| line.bytes().len() + 1).sum::<usize>();
    for is_open in [true, false] {
        if !is_open {
            drop(journal.take());
        }
        let verification = verify(&storage.inner).unwrap();
        assert!(verification.is_intact(), "{:?}", verification.findings);
        let [finding] = verification.findings.as_slice() else { panic!("{verification:?}") };
        let place = (finding.kind, finding.seq, finding.line, finding.offset);
        assert_eq!(place, (Kind::Superseded, 3, 4, durable as u64));
        assert_eq!(finding.segment, segment::name(0));
    }
}

#[test]
fn whatever_is_left_over_is_never_shown_and_never_damage() {
    let (storage, journal) = superseded();
    journal.close().unwrap();
    let told = story(&storage.inner);
    let whole = storage.inner.file(&segment::name(0)).unwrap();
    let durable = usize::try_from(verify(&storage.inner).unwrap().findings[0].offset).unwrap();
    let mut endings: Vec<Vec<u8>> =
        (durable..whole.len()).step_by(11).map(|end| whole[..end].to_vec()).collect();
    for more in [&[0; 70_000][..], b"garbage\nin lines\n", b"{\"v\":1,\"se", &whole[..durable]] {
        endings.push([&whole[..durable], more].concat());
        endings.push([&whole, more].concat());
    }
    for bytes in endings {
        let storage = storage.inner.snapshot();
        let length = bytes.len();
        storage.replace(&segment::name(0), Some(bytes));
        assert_eq!(story(&storage), told, "{length} bytes");
        assert_eq!(damage(&storage), (vec![], usize::from(length > durable)), "{length} bytes");
        storage.replace("WATERMARK", None);
        assert_eq!(story(&storage), told, "{length} bytes, no watermark");
        open(&storage).unwrap().close().unwrap();
        assert_eq!(damage(&storage), (vec![], usize::from(length > durable)), "{length} bytes");
    }
}

#[test]
fn every_failing_sync_of_a_later_batch_opens_one_more_segment() {
    let storage = Faulty::new();
    let mut journal = journal(&storage);
    for number in 0..5 {
        storage.fail_next_syncs(1);
        write(&mut journal, [format!("record {number}")]);
    }
    journal.close().unwrap();
    assert_eq!(reasons(&storage.inner), ["sync_failed"; 5]);
    assert_eq!(damage(&storage.inner), (vec![], 5));
    let records = story(&storage.inner).into_iter().filter(|text| text.starts_with("record"));
    assert_eq!(records.count(), 5);
    storage.inner.crash(0);
    assert_eq!(damage(&storage.inner).0, []);
    drop(open(&storage.inner).unwrap());
}

#[test]
fn a_second_failing_sync_in_one_commit_is_the_end_of_the_writer() {
    let storage = Faulty::new();
    let mut journal = journal(&storage);
    write(&mut journal, ["safe"]);
    storage.fail_next_syncs(2);
    journal.append(&body("unsure")).unwrap();
    let error = journal.commit().unwrap_err().to_string();
    assert!(error.contains("cannot sync seg/00000000000000000003.jsonl"), "{error}");
    assert!(matches!(journal.commit(), Err(Error::Poisoned { .. })));
    assert_eq!(read(&storage.inner).len(), 3);
    drop(journal);
    storage.inner.crash(0);
    write(&mut open(&storage.inner).unwrap(), ["later"]);
    let story = story(&storage.inner);
    assert_eq!(story[2..], ["safe", "journal.segment", "journal.start", "later"]);
}

#[test]
fn a_segment_without_a_durable_record_is_not_followed_by_one_of_its_name() {
    let storage = Faulty::new();
    // The first sync is that of WATERMARK.
    storage.fail_syncs_after(1, 1);
    let first = Journal::open(Arc::new(storage.clone()), options()).unwrap_err().to_string();
    assert!(first.contains("cannot sync seg/00000000000000000000.jsonl"), "{first}");
    let full = Options { segment_bytes_max: 1, ..options() };
    let mut journal = Journal::open(Arc::new(storage.clone()), full).unwrap();
    storage.fail_next_syncs(1);
    journal.append(&body("in a new segment")).unwrap();
    assert!(journal.commit().is_err());
    assert!(matches!(journal.append(&body("more")), Err(Error::Poisoned { .. })));
    assert_eq!(segments(&storage.inner).len(), 2);
    drop(journal);
    drop(open(&storage.inner).unwrap());
    assert_eq!(damage(&storage.inner), (vec![], 0));
}

#[test]
fn a_segment_that_a_batch_was_given_up_in_has_no_successor_of_its_name_either() {
    let storage = Faulty::new();
    let mut journal = journal(&storage);
    write(&mut journal, ["safe"]);
    journal.append(&body("given up")).unwrap();
    storage.fail_next_syncs(1);
    storage.fail_call("create", io::ErrorKind::StorageFull, 3);
    assert!(matches!(journal.commit(), Err(Error::Full { .. })));
    assert!(journal.failed_sync().is_some());
    // The new segment waits for room without a durable record; its own sync is final.
    storage.fail_next_syncs(1);
    let error = journal.resume(1, 0).unwrap_err().to_string();
    assert!(error.contains("cannot sync seg/00000000000000000003.jsonl"), "{error}");
    assert!(matches!(journal.resume(1, 0), Err(Error::Poisoned { .. })));
    assert_eq!(segments(&storage.inner).len(), 2);
    drop(journal);
    storage.inner.crash(0);
    write(&mut open(&storage.inner).unwrap(), ["later"]);
    let story = story(&storage.inner);
    assert_eq!(story[2..], ["safe", "journal.segment", "journal.start", "later"]);
    assert_eq!(damage(&storage.inner), (vec![], 0));
}

#[test]
fn a_start_whose_sync_fails_goes_on_as_well() {
    let storage = Faulty::new();
    journal(&storage).close().unwrap();
    // The first sync is that of the segment as it was, the second that of WATERMARK.
    storage.fail_syncs_after(2, 1);
    let journal = journal(&storage);
    assert!(journal.failed_sync().is_some());
    assert_eq!(journal.committed().lines, storage.inner.file(&segment::name(3)).unwrap());
    assert_eq!(story(&storage.inner)[2..], ["journal.stop", "journal.segment", "journal.start"]);
}
