//! Somebody puts a segment with just the next number beside the one that is written: no record is lost by that, and none is believed.

use super::prune::{firsts, prunable};
use super::*;
use crate::control::{self, Envelope, Header, Previous, Reason};
use crate::id::EventId;
use crate::line::{self, Chain, Stamp};
use crate::{Kind, Prune, segment, verify};

const TIME: Timestamp = Timestamp::from_unix_nanos(0);

/// A living journal whose last segment has just begun.
fn begun() -> (MemoryStorage, Journal) {
    let storage = MemoryStorage::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), prunable()).unwrap();
    while firsts(&storage).len() < 3 {
        write(&mut journal, ["before"]);
    }
    (storage, journal)
}

/// A segment that continues the journal where it ends now, so that no look at the files alone tells it
/// from one that follows a failed sync.
fn continuing(storage: &MemoryStorage, journal: &Journal, records: usize) -> Vec<u8> {
    let own = segments(storage).into_iter().rfind(|name| *name < segment::name(journal.next_seq()));
    let own = own.unwrap();
    let last = journal.last();
    let length = storage.file(&own).unwrap().len() as u64;
    let (last_seq, hash) = (last.seq, last.hash);
    let previous = Previous { segment: own, last_seq, hash, length: Some(length) };
    forged(previous, records).0
}

/// A segment that continues another, with so many records behind its header, and the chain behind it.
pub(super) fn forged(previous: Previous, records: usize) -> (Vec<u8>, Chain) {
    let mut chain = Chain { next: previous.last_seq + 1, tip: previous.hash };
    let reason = if previous.length.is_some() { Reason::SyncFailed } else { Reason::Size };
    let header = Header { reason, previous: Some(previous), epoch: None };
    let envelope = Envelope { id: EventId::nil(), time: TIME };
    let mut lines = Vec::new();
    let forged = (0..records).map(|number| body(&format!("forged {number}")));
    for body in std::iter::once(control::segment(envelope, ORIGIN, &header, b"[]")).chain(forged) {
        let stamp = Stamp { seq: chain.next, observed: TIME, boot: "0000000000000000", mono: 0 };
        chain.extend(&mut lines, &stamp, &body);
    }
    (lines, chain)
}

/// What somebody may put there: how many records of their own, or bytes that are none.
fn plant(storage: &MemoryStorage, journal: &Journal, records: Result<usize, &[u8]>) -> u64 {
    let bytes = records.map_or_else(<[u8]>::to_vec, |count| continuing(storage, journal, count));
    storage.replace(&segment::name(journal.next_seq()), Some(bytes));
    journal.next_seq()
}

const PLANTED: [Result<usize, &[u8]>; 5] = [Ok(0), Ok(3), Ok(300), Err(b""), Err(b"no line\n")];

/// Takes what a consumer gets, over damage; returns how often that was met.
pub(super) fn take(cursor: &mut Cursor, had: &mut Vec<Line>) -> usize {
    for met in 0..100 {
        loop {
            match cursor.next() {
                Ok(Some(line)) => had.push(line),
                Ok(None) => return met,
                Err(Error::Damaged { .. }) if cursor.pass_damage().unwrap() => break,
                Err(Error::Damaged { .. }) => return met + 1,
                Err(error) => panic!("{error}"),
            }
        }
    }
    panic!("it stands still");
}

/// What was had is what the writer wrote, once the planted files are away.
#[track_caller]
pub(super) fn check_all_had(storage: &MemoryStorage, planted: &[u64], had: &[Line]) {
    for first in planted {
        storage.replace(&segment::name(*first), None);
    }
    let real = read(storage);
    let seqs = |lines: &[Line]| lines.iter().map(Line::seq).collect::<Vec<_>>();
    assert_eq!(seqs(had), seqs(&real));
    assert!(had.iter().zip(&real).all(|(had, real)| had.bytes() == real.bytes()));
}

#[test]
fn a_segment_with_the_next_number_costs_a_consumer_no_record() {
    for records in PLANTED {
        let (storage, mut journal) = begun();
        let (mut cursor, mut had, mut met) = (cursor(&storage, 0), Vec::new(), 0);
        met += take(&mut cursor, &mut had);
        let planted = plant(&storage, &journal, records);
        met += take(&mut cursor, &mut had);
        assert_eq!(met, 0, "it says nothing before the record is written");
        for number in 0..25 {
            write(&mut journal, [format!("an attack {number}")]);
            met += take(&mut cursor, &mut had);
        }
        assert_eq!(met, 1, "{records:?}");
        assert!(firsts(&storage).len() > 4, "the writer goes on in other segments");
        check_all_had(&storage, &[planted], &had);
    }
}

#[test]
fn many_such_segments_cost_none_either() {
    let (storage, mut journal) = begun();
    let (mut cursor, mut had, mut planted) = (cursor(&storage, 0), Vec::new(), Vec::new());
    let segment_bytes = |storage: &MemoryStorage, planted: &[u64]| {
        let own = firsts(storage).into_iter().rfind(|first| !planted.contains(first)).unwrap();
        storage.file(&segment::name(own)).unwrap().len()
    };
    for number in 0..40 {
        // The writer's own next segment is not in the way.
        if segment_bytes(&storage, &planted) < 1_500 {
            planted.push(plant(&storage, &journal, PLANTED[number % PLANTED.len()]));
        }
        write(&mut journal, [format!("an attack {number}")]);
        if number % 3 == 0 {
            take(&mut cursor, &mut had);
        }
    }
    take(&mut cursor, &mut had);
    assert!(planted.len() > 15, "{planted:?}");
    check_all_had(&storage, &planted, &had);
}

#[test]
fn a_consumer_that_begins_behind_it_begins_with_the_record_of_the_writer() {
    for records in PLANTED {
        let (storage, mut journal) = begun();
        let planted = plant(&storage, &journal, records);
        write(&mut journal, ["one", "two", "three", "four"]);
        let reader = journal.reader();
        for from_seq in planted..planted + 4 {
            let line = reader.cursor(from_seq).unwrap().next().unwrap().unwrap();
            assert_eq!(line.seq(), from_seq);
            let text =
                ["one", "two", "three", "four"][usize::try_from(from_seq - planted).unwrap()];
            assert_eq!(line.body(), body(text), "{records:?}");
        }
    }
}

#[test]
fn a_consumer_that_was_led_astray_comes_back_with_the_next_commit() {
    let (storage, mut journal) = begun();
    let (mut cursor, mut had) = (cursor(&storage, 0), Vec::new());
    let planted = plant(&storage, &journal, Ok(30));
    // Whoever can put it there can write WATERMARK as well, until the writer does.
    let watermark = format!("{0:020} {0:020}\n", planted + 10);
    storage.replace("WATERMARK", Some(watermark.into_bytes()));
    write_beside(&storage, &mut cursor, &mut had);
    assert_eq!(had.last().unwrap().body(), body("forged 8"));
    for text in ["an attack", "and more", "and more"] {
        write(&mut journal, [text]);
        take(&mut cursor, &mut had);
    }
    had.retain(|line| !line.body().starts_with(b"\"text\":\"forged"));
    had.retain(|line| !line.body().starts_with(b"\"id\":\"00000000-0000-0000"));
    check_all_had(&storage, &[planted], &had);
}

/// What is read while WATERMARK is not the writer's.
fn write_beside(storage: &MemoryStorage, cursor: &mut Cursor, had: &mut Vec<Line>) {
    let published = Reader::over(Arc::new(storage.clone())).watermark().unwrap().unwrap();
    while cursor.next_seq() < published {
        had.push(cursor.next().unwrap().unwrap());
    }
}

#[test]
fn a_check_names_it_beside_the_writer_and_without_one() {
    // What is no record says nothing, hides nothing, and may be the start of what the writer begins.
    for records in PLANTED.into_iter().filter(Result::is_ok) {
        let (storage, mut journal) = begun();
        plant(&storage, &journal, records);
        write(&mut journal, ["one", "two"]);
        let found = verify(&storage).unwrap();
        assert!(!found.is_intact(), "{records:?}: {found:#?}");
        drop(journal);
        let found = verify(&storage).unwrap();
        assert!(!found.is_intact(), "{records:?}: {found:#?}");
    }
}

#[test]
fn a_failed_sync_is_still_told_from_it() {
    let storage = Faulty::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), options()).unwrap();
    let (mut cursor, mut had) = (cursor(&storage.inner, 0), Vec::new());
    write(&mut journal, ["before"]);
    storage.fail_next_syncs(1);
    for text in ["one", "two", "three"] {
        journal.append(&body(text)).unwrap();
    }
    journal.commit().unwrap();
    write(&mut journal, ["after"]);
    assert_eq!(take(&mut cursor, &mut had), 0);
    assert_eq!(had.len(), read(&storage.inner).len());
    for from_seq in 0..journal.next_seq() {
        let line = journal.reader().cursor(from_seq).unwrap().next().unwrap().unwrap();
        assert_eq!(line.bytes(), had[usize::try_from(from_seq).unwrap()].bytes());
    }
    assert!(verify(&storage.inner).unwrap().is_intact());
}

/// The last record is written anew with a hash that fits, which nothing behind it shows.
#[test]
fn a_last_record_that_was_written_anew_is_named_refused_and_not_read() {
    let (storage, journal) = begun();
    let (last, own) = (journal.last(), segments(&storage).pop().unwrap());
    drop(journal);
    let before = read(&storage);
    let tip = before[before.len() - 2].hash();
    tamper(&storage, &own, |bytes| {
        let end = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        let text = bytes[end..bytes.len() - 1].to_vec();
        let parsed = line::parse(&text).unwrap();
        bytes.truncate(end);
        Chain { next: last.seq, tip }.extend(bytes, &parsed.stamp, &body("another"));
    });
    let found = verify(&storage).unwrap().findings;
    assert_eq!((found[0].kind, found[0].seq), (Kind::Edited, last.seq), "{found:?}");
    assert_eq!(found[0].expected, Some(last.hash.to_string()));
    let mut cursor = cursor(&storage, last.seq);
    assert!(matches!(cursor.next(), Err(Error::Damaged { seq, .. }) if seq == last.seq));
    let error = Journal::open(Arc::new(storage), prunable()).unwrap_err();
    assert!(matches!(error, Error::Damaged { seq, .. } if seq == last.seq), "{error}");
}

#[test]
fn what_was_planted_does_not_stop_a_pruning() {
    let (storage, mut journal) = begun();
    let (mut cursor, mut had) = (cursor(&storage, 0), Vec::new());
    plant(&storage, &journal, Ok(3));
    write(&mut journal, ["one", "two"]);
    take(&mut cursor, &mut had);
    let second = firsts(&storage)[1];
    let asked = Prune { before_seq: second, asked_by: "uid:0".into(), reason: "a test".into() };
    journal.prune(&asked).unwrap();
    write(&mut journal, ["three"]);
    take(&mut cursor, &mut had);
    assert_eq!(had.last().unwrap().body(), body("three"));
}
