//! Reading: in order, from anywhere, as far as the journal is durable and no further.

use super::*;
use crate::line::{Chain, Stamp};
use crate::{DirectoryStorage, Kind, Modes, segment, verify};

#[test]
fn a_cursor_starts_at_any_record() {
    let storage = finished();
    let all = read(&storage);
    for (from_seq, expected) in (0..).zip(&all) {
        let mut cursor = cursor(&storage, from_seq);
        let line = cursor.next().unwrap().unwrap();
        assert_eq!(line.bytes(), expected.bytes());
        assert_eq!(cursor.next_seq(), from_seq + 1);
    }
}

#[test]
fn a_cursor_waits_for_a_journal_and_a_record_that_are_not_there_yet() {
    let storage = MemoryStorage::new();
    let mut all = cursor(&storage, 0);
    let mut later = cursor(&storage, 4);
    assert!(all.next().unwrap().is_none());
    assert!(later.next().unwrap().is_none());
    let mut journal = open(&storage).unwrap();
    write(&mut journal, ["two", "three"]);
    assert_eq!(all.next().unwrap().unwrap().seq(), 0);
    assert!(later.next().unwrap().is_none());
    write(&mut journal, ["four"]);
    assert_eq!(later.next().unwrap().unwrap().body(), body("four"));
}

#[test]
fn beside_a_writer_a_cursor_stops_at_the_watermark() {
    let storage = Faulty::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), options()).unwrap();
    write(&mut journal, ["durable"]);
    storage.fail();
    journal.append(&body("not durable")).unwrap();
    journal.commit().unwrap_err();
    let file = storage.inner.file(&segment::name(0)).unwrap();
    assert!(String::from_utf8(file).unwrap().contains("not durable"));
    let mut cursor = cursor(&storage.inner, 2);
    assert_eq!(cursor.next().unwrap().unwrap().body(), body("durable"));
    assert!(cursor.next().unwrap().is_none());
    let verification = verify(&storage.inner).unwrap();
    assert_eq!(verification.records, 3);
    // Without the writer the whole record counts, and the next writer will take it over.
    drop(journal);
    assert_eq!(cursor.next().unwrap().unwrap().body(), body("not durable"));
}

#[test]
fn bytes_that_a_living_writer_has_half_written_are_nobodys_business() {
    let storage = MemoryStorage::new();
    let journal = open(&storage).unwrap();
    let half = b"{\"v\":1,\"seq\":2,\"obs".as_slice();
    tamper(&storage, &segment::name(0), |bytes| bytes.extend_from_slice(half));
    let verification = verify(&storage).unwrap();
    assert_eq!((verification.records, verification.unfinished), (2, None));
    assert_eq!(read(&storage).len(), 2);
    drop(journal);
    assert!(verify(&storage).unwrap().unfinished.is_some());
}

#[test]
fn without_a_watermark_a_closed_journal_is_read_to_its_end() {
    let storage = finished();
    let all = read(&storage).len();
    storage.replace("WATERMARK", None);
    assert_eq!(read(&storage).len(), all);
}

#[test]
fn a_watermark_that_tells_nothing_is_told_of() {
    let storage = finished();
    let flaw = || Reader::over(Arc::new(storage.clone())).watermark_flaw().unwrap();
    let findings = || verify(&storage).unwrap().findings;
    assert_eq!((flaw(), findings().len()), (None, 0));
    for (content, said) in [(Some(b"7 7\n".to_vec()), "hold one number"), (None, "is missing")] {
        storage.replace("WATERMARK", content);
        let flaw = flaw().unwrap();
        assert!(flaw.starts_with("WATERMARK of the journal in memory: it "), "{flaw}");
        let [finding] = &findings()[..] else {
            panic!("{:?}", findings());
        };
        assert_eq!((finding.kind, finding.seq), (Kind::Watermark, read(&storage).len() as u64));
        assert!(flaw.contains(said) && flaw.ends_with(&finding.reason), "{flaw}");
        assert!(verify(&storage).unwrap().is_intact());
    }
}

#[test]
fn a_cursor_waits_at_a_torn_tail_and_goes_on_after_recovery() {
    let storage = MemoryStorage::new();
    let mut journal = open(&storage).unwrap();
    write(&mut journal, ["before"]);
    drop(journal);
    for torn in [b"{\"v\":1,\"seq\":3".as_slice(), b"\0\0rn\nand torn again", &[0; 70_000]] {
        let storage = storage.snapshot();
        tamper(&storage, &segment::name(0), |bytes| bytes.extend_from_slice(torn));
        let mut cursor = cursor(&storage, 2);
        assert_eq!(cursor.next().unwrap().unwrap().body(), body("before"));
        for _ in 0..3 {
            assert!(cursor.next().unwrap().is_none());
        }
        let mut journal = open(&storage).unwrap();
        write(&mut journal, ["after"]);
        let seen: Vec<_> = std::iter::from_fn(|| cursor.next().unwrap()).collect();
        assert_eq!(seen.last().unwrap().body(), body("after"));
        assert_eq!(seen.len(), 3);
    }
}

#[test]
fn a_cursor_waits_before_a_segment_that_a_crash_left_empty() {
    let storage = finished();
    let names = segments(&storage);
    let first: u64 = names[1][4..24].parse().unwrap();
    for name in &names[2..] {
        storage.replace(name, None);
    }
    storage.replace(&names[1], Some(Vec::new()));
    storage.replace("WATERMARK", Some(format!("{first:020} {first:020}\n").into_bytes()));
    let mut cursor = cursor(&storage, first - 1);
    assert_eq!(cursor.next().unwrap().unwrap().seq(), first - 1);
    for _ in 0..3 {
        assert!(cursor.next().unwrap().is_none());
    }
    write(&mut open(&storage).unwrap(), ["after"]);
    let seen: Vec<_> = std::iter::from_fn(|| cursor.next().unwrap()).collect();
    assert_eq!((seen[0].seq(), seen.len()), (first, 3));
}

#[test]
fn a_cursor_stops_at_damage_and_names_it() {
    let whole = finished();
    let names = segments(&whole);
    let storage = whole.snapshot();
    tamper(&storage, &names[0], |bytes| {
        let place = bytes.windows(8).position(|at| at == b"record 3").unwrap();
        bytes[place + 7] = b'8';
    });
    let mut cursor_at_start = cursor(&storage, 0);
    for _ in 0..5 {
        assert!(cursor_at_start.next().unwrap().is_some());
    }
    for _ in 0..2 {
        let error = cursor_at_start.next().unwrap_err().to_string();
        assert!(
            error.contains("is damaged at seq 5 (seg/00000000000000000000.jsonl, line 6"),
            "{error}"
        );
    }
    let storage = whole.snapshot();
    storage.replace(&names[1], None);
    let mut cursor = cursor(&storage, 0);
    let outcome = loop {
        match cursor.next() {
            Ok(Some(_)) => {}
            other => break other,
        }
    };
    assert!(outcome.unwrap_err().to_string().contains("the record is missing"));
}

#[test]
fn a_cursor_before_the_first_segment_says_what_is_missing() {
    let storage = finished();
    storage.replace(&segment::name(0), None);
    let reader = Reader::over(Arc::new(storage));
    let error = reader.cursor(0).unwrap_err().to_string();
    assert!(error.contains("the segments before it are missing"), "{error}");
}

#[test]
fn readers_and_verify_beside_a_writer_see_every_record_and_no_false_alarm() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let storage = Arc::new(DirectoryStorage::open(&path, Modes::default()).unwrap());
    let options = Options { segment_bytes_max: 20_000, ..options() };
    let mut journal = Journal::open(storage.clone(), options).unwrap();
    const RECORDS: u64 = 1_500;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while journal.next_seq() < RECORDS {
                for _ in 0..journal.next_seq() % 5 + 1 {
                    journal.append(&body("beside a reader")).unwrap();
                }
                journal.commit().unwrap();
            }
            journal.close().unwrap();
        });
        scope.spawn(|| {
            let mut cursor = Reader::open(&path).unwrap().cursor(0).unwrap();
            let mut next = 0;
            while next < RECORDS {
                match cursor.next().unwrap() {
                    None => std::thread::yield_now(),
                    Some(line) => {
                        assert_eq!(line.seq(), next);
                        next += 1;
                    }
                }
            }
        });
        scope.spawn(|| {
            let mut seen = 0;
            while seen < RECORDS {
                let verification = verify(&*storage).unwrap();
                assert_eq!(verification.findings, []);
                assert_eq!(verification.unfinished, None);
                assert!(verification.records >= seen);
                seen = verification.records;
            }
        });
    });
}

#[test]
fn a_cursor_waits_at_a_segment_that_a_crash_left_without_bytes() {
    let storage = finished();
    let next_seq = read(&storage).len() as u64;
    storage.replace(&segment::name(next_seq), Some(Vec::new()));
    let (told, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || told.send(read(&storage).len() as u64).unwrap());
    assert_eq!(asked.recv_timeout(std::time::Duration::from_secs(20)), Ok(next_seq));
}

#[test]
fn a_line_that_was_read_before_it_was_durable_is_read_again() {
    let storage = MemoryStorage::new();
    let mut journal = open(&storage).unwrap();
    write(&mut journal, ["first"]);
    let name = segment::name(0);
    let durable = storage.file(&name).unwrap().len();
    let mut chain = Chain { next: 3, tip: read(&storage)[2].hash() };
    let observed = Timestamp::from_unix_nanos(0);
    let stamp = Stamp { seq: 3, observed, boot: "0123456789abcdef", mono: 0 };
    // The batch is written and not synced while a reader takes what stands before it.
    tamper(&storage, &name, |bytes| _ = chain.extend(bytes, &stamp, &body("given up")));
    let mut cursor = cursor(&storage, 2);
    assert_eq!(cursor.next().unwrap().unwrap().body(), body("first"));
    // Then it is cut off, and another record gets its number.
    tamper(&storage, &name, |bytes| bytes.truncate(durable));
    write(&mut journal, ["written"]);
    assert_eq!(cursor.next().unwrap().unwrap().body(), body("written"));
    assert!(cursor.next().unwrap().is_none());
}
