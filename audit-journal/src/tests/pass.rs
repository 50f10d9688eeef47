//! A cursor passes over damage and gives what stands behind it.

use super::*;
use crate::verify;

const RECORDS: u32 = 30;

/// A closed journal of several small segments.
fn journal() -> MemoryStorage {
    closed(RECORDS, small_segments())
}

/// The numbers of all records that can be had, and how often damage was passed.
fn seqs(storage: &MemoryStorage) -> (Vec<u64>, usize) {
    let mut cursor = Reader::over(Arc::new(storage.clone())).cursor(0).unwrap();
    let (mut seqs, mut passed) = (Vec::new(), 0);
    loop {
        match cursor.next() {
            Ok(Some(line)) => seqs.push(line.seq()),
            Ok(None) => return (seqs, passed),
            Err(Error::Damaged { .. }) if pass(&mut cursor) => passed += 1,
            Err(Error::Damaged { .. }) => return (seqs, passed),
            Err(error) => panic!("{error}"),
        }
        assert!(passed < 1000, "it stands still");
    }
}

fn pass(cursor: &mut Cursor) -> bool {
    cursor.pass_damage().unwrap()
}

/// What is missing of a journal in whose segment `name` the line `number` was changed.
fn missing(number: usize, change: impl Fn(&mut Vec<Vec<u8>>, usize)) -> Vec<u64> {
    let storage = journal();
    let (all, _) = seqs(&storage);
    let name = segments(&storage)[1].clone();
    tamper(&storage, &name, |bytes| {
        let mut lines: Vec<Vec<u8>> =
            bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        change(&mut lines, number);
        *bytes = lines.concat();
    });
    assert!(!verify(&storage).unwrap().is_intact(), "nothing was damaged");
    let (had, _) = seqs(&storage);
    assert!(had.iter().all(|seq| all.contains(seq)), "{had:?}");
    all.into_iter().filter(|seq| !had.contains(seq)).collect()
}

/// The first record of the second segment.
fn second() -> u64 {
    segments(&journal())[1]["seg/".len()..][..20].parse().unwrap()
}

#[test]
fn an_edited_record_costs_itself() {
    let edited = missing(2, |lines, at| {
        let place = lines[at].windows(6).position(|bytes| bytes == b"record").unwrap();
        lines[at][place] = b'R';
    });
    assert_eq!(edited, [second() + 2]);
}

#[test]
fn a_record_with_another_hash_costs_itself_and_the_one_behind_it() {
    let edited = missing(2, |lines, at| {
        let end = lines[at].len() - 10;
        lines[at][end] = if lines[at][end] == b'A' { b'B' } else { b'A' };
    });
    assert_eq!(edited, [second() + 2, second() + 3]);
}

#[test]
fn a_removed_record_costs_itself_and_the_one_behind_it() {
    let removed = missing(2, |lines, at| drop(lines.remove(at)));
    assert_eq!(removed, [second() + 2, second() + 3]);
}

#[test]
fn an_inserted_line_costs_no_more_than_the_one_behind_it() {
    let copied = missing(2, |lines, at| lines.insert(at, lines[0].clone()));
    assert!(copied.is_empty() || copied == [second() + 2], "{copied:?}");
    let foreign = missing(2, |lines, at| lines.insert(at, b"{\"v\":1}\n".to_vec()));
    assert!(foreign.is_empty() || foreign == [second() + 2], "{foreign:?}");
    let forged = missing(2, |lines, at| {
        let text = String::from_utf8(lines[at].clone()).unwrap();
        let number = format!("\"seq\":{}", second() + 2);
        lines.insert(at, text.replace(&number, "\"seq\":4000000").into_bytes());
    });
    assert!(forged.len() <= 2, "{forged:?}");
}

#[test]
fn what_is_cut_off_a_segment_costs_what_was_cut_off() {
    let cut = missing(2, |lines, at| lines.truncate(at));
    let next: u64 = segments(&journal())[2]["seg/".len()..][..20].parse().unwrap();
    assert_eq!(cut, (second() + 2..next).collect::<Vec<_>>());
}

#[test]
fn a_header_that_cannot_be_read_costs_itself() {
    let broken = missing(0, |lines, at| lines[at][0] = b'X');
    assert_eq!(broken, [second()]);
    // A reader that begins there finds the rest as well.
    let storage = journal();
    let name = segments(&storage)[1].clone();
    tamper(&storage, &name, |bytes| bytes[0] = b'X');
    let reader = Reader::over(Arc::new(storage));
    assert!(reader.cursor(second() + 2).is_err());
    let mut cursor = reader.cursor_past_damage(second() + 2).unwrap();
    assert_eq!(cursor.next().unwrap().unwrap().seq(), second() + 2);
}

#[test]
fn what_comes_behind_damage_in_a_living_journal_is_given_once_it_is_durable() {
    let storage = MemoryStorage::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), Options::default()).unwrap();
    write(&mut journal, ["one".to_owned(), "two".to_owned()]);
    let name = segments(&storage)[0].clone();
    tamper(&storage, &name, |bytes| {
        let place = bytes.windows(3).position(|bytes| bytes == b"one").unwrap();
        bytes[place] = b'O';
    });
    let mut cursor = journal.reader().cursor(0).unwrap();
    let mut had = Vec::new();
    loop {
        match cursor.next() {
            Ok(Some(line)) => had.push(line.seq()),
            Ok(None) => break,
            Err(_) => assert!(pass(&mut cursor)),
        }
    }
    assert_eq!(had, [0, 1, 3]);
    write(&mut journal, ["three".to_owned()]);
    assert_eq!(cursor.next().unwrap().unwrap().seq(), 4);
}
