//! Verification: whatever is changed, the record it was done to is named.

use super::*;
use crate::{Finding, Kind, Verification, verify};

fn kinds(verification: &Verification) -> Vec<(Kind, u64)> {
    let brief = |finding: &Finding| (finding.kind, finding.seq);
    verification.findings.iter().map(brief).collect()
}

/// All lines of the journal with their newlines, one vector per segment.
fn split(storage: &MemoryStorage) -> Vec<(String, Vec<Vec<u8>>)> {
    let lines = |name: String| {
        let bytes = storage.file(&name).unwrap();
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec);
        (name, lines.collect())
    };
    segments(storage).into_iter().map(lines).collect()
}

/// Verifies after a change of one segment's lines.
fn after(segment: usize, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<(Kind, u64)> {
    let storage = finished();
    let (name, mut lines) = split(&storage).swap_remove(segment);
    change(&mut lines);
    storage.replace(&name, Some(lines.concat()));
    kinds(&verify(&storage).unwrap())
}

/// The places of all lines: segment, line in it, sequence number.
fn places() -> Vec<(usize, usize, u64)> {
    let segments = split(&finished());
    let all = segments.iter().enumerate();
    let places =
        all.flat_map(|(index, (_, lines))| (0..lines.len()).map(move |line| (index, line)));
    places.zip(0..).map(|((segment, line), seq)| (segment, line, seq)).collect()
}

#[test]
fn a_whole_journal_has_no_findings() {
    let storage = finished();
    let verification = verify(&storage).unwrap();
    let last = read(&storage).len() as u64 - 1;
    assert_eq!(verification.findings, []);
    assert_eq!(verification.records, last + 1);
    assert_eq!((verification.first_seq, verification.last_seq), (Some(0), Some(last)));
    assert!(verify(&MemoryStorage::new()).is_err());
}

#[test]
fn every_flipped_byte_is_found_in_its_record() {
    let whole = closed(4, Options { segment_bytes_max: 900, ..options() });
    for (name, lines) in split(&whole) {
        let first: u64 = name[4..24].parse().unwrap();
        let mut offset = 0;
        for (line, seq) in lines.iter().zip(first..) {
            for place in offset..offset + line.len() {
                let storage = whole.snapshot();
                // Each byte meets another bit, so that all sorts of flips come about.
                tamper(&storage, &name, |bytes| bytes[place] ^= 1 << (place % 8));
                let found = kinds(&verify(&storage).unwrap());
                assert_eq!(
                    found.first(),
                    Some(&(Kind::Edited, seq)),
                    "{name} byte {place}: {found:?}"
                );
                let merged = place == offset + line.len() - 1;
                assert!(found.len() == 1 || merged, "{name} byte {place}: {found:?}");
            }
            offset += line.len();
        }
    }
}

#[test]
fn a_changed_number_is_an_edit_also_in_the_last_record() {
    let last = places().len() as u64 - 1;
    for (from, to) in [(last, last + 2), (last, 3), (last - 4, last + 7), (last - 4, 0)] {
        let storage = finished();
        let (old, new) = (format!("\"seq\":{from},"), format!("\"seq\":{to},"));
        for name in segments(&storage) {
            tamper(&storage, &name, |bytes| {
                let text = String::from_utf8(std::mem::take(bytes)).unwrap();
                *bytes = text.replace(&old, &new).into_bytes();
            });
        }
        let found = kinds(&verify(&storage).unwrap());
        assert_eq!(found, [(Kind::Edited, from)], "{from} to {to}");
    }
}

#[test]
fn every_deleted_line_is_missing() {
    let places = places();
    let last = places.len() as u64 - 1;
    for (segment, line, seq) in places {
        let found = after(segment, |lines| _ = lines.remove(line));
        let kind = if seq == last { Kind::Truncated } else { Kind::Missing };
        assert_eq!(found, [(kind, seq)]);
    }
}

#[test]
fn every_duplicated_line_is_one_too_many() {
    for (segment, line, seq) in places() {
        let found = after(segment, |lines| lines.insert(line, lines[line].clone()));
        assert_eq!(found, [(Kind::Inserted, seq)]);
        let found = after(segment, |lines| lines.push(lines[line].clone()));
        assert_eq!(found, [(Kind::Inserted, seq)]);
    }
}

#[test]
fn swapped_and_moved_lines_are_reordered() {
    assert_eq!(after(1, |lines| lines.swap(2, 3)), [(Kind::Reordered, seq_of(1, 2))]);
    assert_eq!(after(0, |lines| lines.swap(0, 1)), [(Kind::Reordered, 0)]);
    let found = after(1, |lines| {
        let moved = lines.remove(4);
        lines.insert(1, moved);
    });
    assert_eq!(found, [(Kind::Reordered, seq_of(1, 4))]);
    let found = after(1, |lines| {
        let moved = lines.remove(1);
        lines.insert(4, moved);
    });
    assert_eq!(found, [(Kind::Reordered, seq_of(1, 1))]);
    let far = after(1, |lines| lines.swap(1, 4));
    let named: Vec<_> = far.iter().map(|(_, seq)| *seq).collect();
    assert!(named.contains(&seq_of(1, 1)) && named.contains(&seq_of(1, 4)), "{far:?}");
}

fn seq_of(segment: usize, line: usize) -> u64 {
    let place = places().into_iter().find(|place| (place.0, place.1) == (segment, line));
    place.unwrap().2
}

#[test]
fn all_damage_is_listed_not_only_the_first() {
    let storage = finished();
    let names = segments(&storage);
    for (name, text) in [(&names[0], "record 1"), (&names[0], "record 2"), (&names[1], "record 8")]
    {
        tamper(&storage, name, |bytes| {
            let place = bytes.windows(text.len()).position(|at| at == text.as_bytes()).unwrap();
            bytes[place] = b'R';
        });
    }
    storage.replace(&names[2], None);
    let found = kinds(&verify(&storage).unwrap());
    let gone: u64 = names[2][4..24].parse().unwrap();
    let eighth = 3 + 8;
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(found[..2], [(Kind::Edited, 3), (Kind::Edited, 4)]);
    assert_eq!(found[2], (Kind::Edited, eighth));
    assert!(found[3].1 == gone, "{found:?}");
}

#[test]
fn a_forged_line_is_one_too_many_and_the_true_ones_are_cleared() {
    let found = after(0, |lines| {
        let text = String::from_utf8(lines[4].clone()).unwrap();
        lines.insert(4, text.replace("record", "forged").into_bytes());
    });
    assert_eq!(found, [(Kind::Inserted, 4)]);
    let found = after(0, |lines| lines.insert(4, b"not a record\n".to_vec()));
    assert_eq!(found, [(Kind::Inserted, 4)]);
    let found = after(0, |lines| {
        let text = String::from_utf8(lines[4].clone()).unwrap();
        lines.insert(4, text.replace("\"seq\":4", "\"seq\":4000").into_bytes());
    });
    assert_eq!(found, [(Kind::Inserted, 4000)]);
}

#[test]
fn a_removed_segment_is_missing_or_truncated() {
    let whole = finished();
    let names = segments(&whole);
    for (index, name) in names.iter().enumerate() {
        let storage = whole.snapshot();
        storage.replace(name, None);
        let is_last = index + 1 == names.len();
        let kind = if is_last { Kind::Truncated } else { Kind::Missing };
        let first = name[4..24].parse().unwrap();
        assert_eq!(kinds(&verify(&storage).unwrap()), [(kind, first)]);
    }
    for name in &names {
        whole.replace(name, None);
    }
    assert_eq!(kinds(&verify(&whole).unwrap()), [(Kind::Truncated, 0)]);
}

#[test]
fn a_renamed_segment_is_found() {
    let storage = finished();
    let name = &segments(&storage)[1];
    let moved = storage.file(name);
    storage.replace(name, None);
    let first: u64 = name[4..24].parse().unwrap();
    storage.replace(&format!("seg/{:020}.jsonl", first + 1), moved);
    assert_eq!(kinds(&verify(&storage).unwrap()), [(Kind::Edited, first)]);
}

#[test]
fn a_whole_line_behind_the_last_record_is_none_that_a_crash_leaves() {
    for (tail, is_intact) in [
        (b"hello\n".as_slice(), false),
        (b"{\"v\":1,\"se", true),
        // Of a line over two pages, a crash left the second.
        (b"\0\0\0\0\",\"h\":\"\"}\n", true),
    ] {
        let storage = MemoryStorage::new();
        drop(open(&storage).unwrap());
        let name = segments(&storage).remove(0);
        tamper(&storage, &name, |bytes| bytes.extend_from_slice(tail));
        let verification = verify(&storage).unwrap();
        assert_eq!(verification.is_intact(), is_intact, "{verification:#?}");
        assert_eq!(verification.unfinished.is_some(), is_intact);
        let mut cursor = Reader::over(Arc::new(storage.clone())).cursor(0).unwrap();
        let end = std::iter::from_fn(|| cursor.next().transpose()).last();
        assert_eq!(end.is_some_and(|end| end.is_ok()), is_intact, "a reader judges alike");
        let before = storage.file(&name);
        assert_eq!(open(&storage).is_ok(), is_intact, "the next writer judges alike");
        assert_eq!(storage.file(&name) == before, !is_intact);
    }
}

#[test]
fn what_a_crash_leaves_is_unfinished_and_no_damage() {
    let storage = MemoryStorage::new();
    drop(open(&storage).unwrap());
    let name = segments(&storage).remove(0);
    let offset = storage.file(&name).unwrap().len() as u64;
    tamper(&storage, &name, |bytes| bytes.extend_from_slice(b"{\"v\":1,\"se"));
    let verification = verify(&storage).unwrap();
    assert!(verification.is_intact());
    let unfinished = verification.unfinished.unwrap();
    assert_eq!((unfinished.offset, unfinished.bytes), (offset, 10));
}

#[test]
fn a_clock_that_goes_back_is_a_warning() {
    let storage = MemoryStorage::new();
    let clock = Arc::new(StepClock::default());
    clock.advance(7_200_000_000_000);
    let options = Options { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..options() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    clock.advance(-3_600_000_000_000);
    write(&mut journal, ["an hour earlier"]);
    let verification = verify(&storage).unwrap();
    assert_eq!(kinds(&verification), [(Kind::Clock, 2)]);
    assert!(verification.is_intact());
}

#[test]
fn a_line_that_is_not_one_object_with_the_journals_names_is_named() {
    for bad in ["\"a\":1,\"seq\":9", "\"a\":}", "\"a\":1},{\"b\":2"] {
        let storage = MemoryStorage::new();
        let mut journal = open(&storage).unwrap();
        journal.append_encoded(bad.as_bytes()).unwrap();
        journal.commit().unwrap();
        write(&mut journal, ["good"]);
        let verification = verify(&storage).unwrap();
        assert_eq!(kinds(&verification), [(Kind::Edited, 2)], "{bad}");
    }
}

#[test]
fn a_finding_reads_and_serialises_as_documented() {
    let storage = finished();
    tamper(&storage, &segments(&storage)[0], |bytes| {
        let place = bytes.windows(8).position(|at| at == b"record 0").unwrap();
        bytes[place] = b'R';
    });
    let finding = verify(&storage).unwrap().findings.remove(0);
    let shown = finding.to_string();
    let start = "edited seq=2 segment=seg/00000000000000000000.jsonl line=3 offset=";
    assert!(shown.starts_with(start) && shown.contains(" expected=") && shown.contains(" got="));
    let json = serde_json::to_value(&finding).unwrap();
    assert_eq!(json["kind"], "edited");
    assert_eq!(json["seq"], 2);
    assert_eq!(json["line"], 3);
}

#[test]
fn a_copy_before_the_record_that_its_own_follows_is_one_too_many() {
    for (from, to) in [(3, 2), (4, 3), (4, 2), (5, 2), (3, 4), (2, 5)] {
        let found = after(0, |lines| lines.insert(to, lines[from].clone()));
        assert_eq!(found, [(Kind::Inserted, from as u64)], "{from} to {to}");
    }
}
