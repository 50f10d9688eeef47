//! What the header behind a failed sync states, told wrongly, and damage around it: all is found.

use super::*;
use crate::control::{self, Envelope, Header, Previous, Reason};
use crate::digest::Digest;
use crate::id::EventId;
use crate::line::{Chain, Stamp};
use crate::segment;
use crate::{Kind, verify};

const TIME: Timestamp = Timestamp::from_unix_nanos(i64::MAX / 2);

/// A closed journal whose segment 0 holds the records 0 to 3 and left-over bytes; that of seq 4
/// follows it.
fn superseded() -> MemoryStorage {
    let storage = Faulty::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), options()).unwrap();
    write(&mut journal, ["two", "three"]);
    storage.fail_next_syncs(1);
    for text in ["four", "five", "six"] {
        journal.append(&body(text)).unwrap();
    }
    journal.commit().unwrap();
    journal.close().unwrap();
    storage.inner
}

fn found(storage: &MemoryStorage) -> Vec<(Kind, u64)> {
    let findings = verify(storage).unwrap().findings.into_iter();
    findings.map(|finding| (finding.kind, finding.seq)).collect()
}

/// Replaces all behind segment 0 by one segment whose header is right but for `change`.
fn forged(change: impl FnOnce(&mut Previous)) -> MemoryStorage {
    let storage = superseded();
    let lines = read(&storage);
    let left = verify(&storage).unwrap().findings.remove(0);
    let mut previous = Previous {
        segment: segment::name(0),
        last_seq: 3,
        hash: lines[3].hash(),
        length: Some(left.offset),
    };
    change(&mut previous);
    let envelope = Envelope { id: EventId::nil(), time: TIME };
    let header = Header { reason: Reason::SyncFailed, previous: Some(previous), epoch: None };
    let body = control::segment(envelope, ORIGIN, &header, b"[]");
    let stamp = Stamp { seq: 4, observed: TIME, boot: "0123456789abcdef", mono: 0 };
    let mut line = Vec::new();
    Chain { next: 4, tip: lines[3].hash() }.extend(&mut line, &stamp, &body);
    storage.replace(&segment::name(4), Some(line));
    storage.replace("WATERMARK", Some(format!("{:020} {:020}\n", 5, 5).into_bytes()));
    storage
}

/// The message of the cursor that reads all of the journal, if it meets damage.
fn read_error(storage: &MemoryStorage) -> Option<String> {
    let mut cursor = cursor(storage, 0);
    loop {
        match cursor.next() {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(error) => return Some(error.to_string()),
        }
    }
}

#[test]
fn an_end_that_fits_is_taken() {
    let storage = forged(|_| {});
    assert_eq!(found(&storage), [(Kind::Superseded, 4)]);
    assert_eq!(read_error(&storage), None);
    open(&storage).unwrap();
}

#[test]
fn a_stated_end_that_is_not_the_last_records_is_damage_for_everyone() {
    let length = superseded().file(&segment::name(0)).unwrap().len() as u64;
    let end = verify(&superseded()).unwrap().findings[0].offset;
    let stated = [0, 1, end - 1, end + 1, length - 1, length, length + 1, u64::MAX];
    let left_over = [true, false];
    for (stated, is_left) in stated.into_iter().flat_map(|end| left_over.map(|left| (end, left))) {
        let storage = forged(|previous| previous.length = Some(stated));
        if !is_left {
            let end = usize::try_from(end).unwrap();
            tamper(&storage, &segment::name(0), |bytes| bytes.truncate(end));
        }
        let found = found(&storage);
        assert!(found.iter().any(|(kind, _)| !kind.is_warning()), "{stated}: {found:?}");
        let error = open(&storage).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{stated}: {error}");
        let error = read_error(&storage).unwrap_or_default();
        assert!(error.contains("is damaged at seq 4 (seg/00000000000000000000.jsonl"), "{error}");
    }
}

#[test]
fn a_stated_hash_that_is_not_the_last_records_is_damage() {
    let storage = forged(|previous| previous.hash = Digest::of(b"another end"));
    let found = found(&storage);
    assert!(found.iter().any(|(kind, _)| !kind.is_warning()), "{found:?}");
    let error = open(&storage).unwrap_err().to_string();
    assert!(error.contains("is damaged at seq 4"), "{error}");
}

#[test]
fn a_false_end_behind_a_whole_segment_is_named_in_its_header() {
    let storage = forged(|previous| previous.hash = Digest::of(b"another end"));
    let end = usize::try_from(verify(&superseded()).unwrap().findings[0].offset).unwrap();
    tamper(&storage, &segment::name(0), |bytes| bytes.truncate(end));
    assert_eq!(found(&storage), [(Kind::Edited, 4)]);
}

#[test]
fn records_that_a_header_supersedes_falsely_are_not_passed_over() {
    let storage = superseded();
    // The journal has lost its fourth segment's place: the header names another segment's end.
    let other = segment::name(9);
    let mut header = storage.file(&segment::name(4)).unwrap();
    header.truncate(header.iter().position(|byte| *byte == b'\n').unwrap() + 1);
    storage.replace(&segment::name(4), None);
    storage.replace(&segment::name(6), Some(header));
    storage.replace("WATERMARK", None);
    let damages = found(&storage);
    assert!(damages.iter().any(|(kind, _)| !kind.is_warning()), "{other}: {damages:?}");
    assert!(damages.iter().all(|(kind, _)| *kind != Kind::Superseded), "{damages:?}");
    assert!(open(&storage).is_err());
}

#[test]
fn left_over_bytes_before_any_other_segment_are_damage() {
    let whole = finished();
    let names = segments(&whole);
    for name in &names[..names.len() - 1] {
        let copy = whole.file(name).unwrap();
        for more in [b"garbage\n".as_slice(), b"torn", &copy] {
            let storage = whole.snapshot();
            tamper(&storage, name, |bytes| bytes.extend_from_slice(more));
            let damages = found(&storage);
            assert!(damages.iter().any(|(kind, _)| !kind.is_warning()), "{name}: {damages:?}");
            assert!(more == copy || open(&storage).is_err());
            assert!(read_error(&storage).unwrap().contains("is damaged at seq"), "{name}");
        }
    }
}

#[test]
fn every_flipped_byte_before_the_end_and_in_the_next_segment_is_found_in_its_record() {
    let whole = superseded();
    let end_of_first = usize::try_from(verify(&whole).unwrap().findings[0].offset).unwrap();
    for (name, end) in [(segment::name(0), end_of_first), (segment::name(4), usize::MAX)] {
        let bytes = whole.file(&name).unwrap();
        let mut seq: u64 = name[4..24].parse().unwrap();
        for place in 0..bytes.len().min(end) {
            let storage = whole.snapshot();
            tamper(&storage, &name, |bytes| bytes[place] ^= 1 << (place % 8));
            let findings = verify(&storage).unwrap().findings;
            let damages = findings.iter().filter(|finding| !finding.kind.is_warning());
            let damages: Vec<_> = damages.map(|finding| (finding.kind, finding.seq)).collect();
            let is_end = bytes[place] == b'\n';
            assert_eq!(damages.first(), Some(&(Kind::Edited, seq)), "{name} byte {place}");
            assert!(damages.len() == 1 || is_end, "{name} byte {place}: {damages:?}");
            let left = findings.iter().filter(|finding| finding.kind == Kind::Superseded);
            let left: Vec<_> = left.map(|finding| finding.offset).collect();
            assert_eq!(left, [end_of_first as u64], "{name} byte {place}: {findings:?}");
            seq += u64::from(is_end);
        }
    }
}

#[test]
fn a_line_that_is_missing_or_one_too_many_before_the_end_is_found() {
    let whole = superseded();
    let bytes = whole.file(&segment::name(0)).unwrap();
    let lines: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for seq in 0..4 {
        let storage = whole.snapshot();
        let kept = [&lines[..seq], &lines[seq + 1..]].concat().concat();
        storage.replace(&segment::name(0), Some(kept));
        let found = found(&storage);
        assert!(found.contains(&(Kind::Missing, seq as u64)), "{seq}: {found:?}");
        let storage = whole.snapshot();
        let doubled = [&lines[..=seq], &lines[seq..]].concat().concat();
        storage.replace(&segment::name(0), Some(doubled));
        let found = self::found(&storage);
        // Behind the last record a copy of it is only more of what is left over.
        let expected = if seq == 3 { Kind::Superseded } else { Kind::Inserted };
        assert!(found.iter().any(|(kind, _)| *kind == expected), "{seq}: {found:?}");
    }
}
