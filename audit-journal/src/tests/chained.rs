//! Somebody puts segments that fit each other beside the one that is written: none of them is believed, and each is told.

use super::forked::{check_all_had, forged, take};
use super::prune::{firsts, prunable};
use super::*;
use crate::control::Previous;
use crate::segment;

/// How many numbers each planted segment takes, but the last one, which takes many.
const STEP: u64 = 2;

/// A living journal whose segments hold some forty records, in its third one.
fn begun() -> (MemoryStorage, Journal) {
    let storage = MemoryStorage::new();
    let options = Options { segment_bytes_max: 12_000, ..prunable() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    while firsts(&storage).len() < 3 {
        write(&mut journal, ["before"]);
    }
    (storage, journal)
}

/// Puts so many segments beside the one that is written, each of which continues the one before it, and
/// the first of which looks as if a sync had failed; returns their numbers.
fn plant(storage: &MemoryStorage, journal: &Journal, count: u64) -> Vec<u64> {
    let (last, own) = (journal.last(), segments(storage).pop().unwrap());
    let length = Some(storage.file(&own).unwrap().len() as u64);
    let mut previous = Previous { segment: own, last_seq: last.seq, hash: last.hash, length };
    let mut planted = Vec::new();
    for number in 1..=count {
        let first = previous.last_seq + 1;
        let records = if number == count { 300 } else { 1 };
        let (bytes, end) = forged(previous, records);
        storage.replace(&segment::name(first), Some(bytes));
        let segment = segment::name(first);
        previous = Previous { segment, last_seq: end.next - 1, hash: end.tip, length: None };
        planted.push(first);
    }
    planted
}

/// The records of the writer, as they are read where nothing is planted.
fn real(storage: &MemoryStorage, planted: &[u64]) -> Vec<Line> {
    let copy = storage.snapshot();
    for first in planted {
        copy.replace(&segment::name(*first), None);
    }
    read(&copy)
}

/// Whoever begins anywhere gets the record of the writer.
#[track_caller]
fn check_each_beginning(storage: &MemoryStorage, planted: &[u64]) {
    let reader = Reader::over(Arc::new(storage.clone()));
    for line in real(storage, planted) {
        for cursor in [reader.cursor(line.seq()), reader.cursor_past_damage(line.seq())] {
            let first = cursor.unwrap().next().unwrap().unwrap();
            assert_eq!(first.seq(), line.seq());
            assert_eq!(first.bytes(), line.bytes(), "record {}", line.seq());
        }
    }
}

#[test]
fn who_begins_behind_a_chain_of_them_begins_with_the_record_of_the_writer() {
    for count in [2, 12] {
        let (storage, mut journal) = begun();
        let planted = plant(&storage, &journal, count);
        for number in 0..u64::from(u8::MAX) {
            if number < 4 * STEP || number % 16 == 0 {
                check_each_beginning(&storage, &planted);
            }
            write(&mut journal, [format!("an attack {number}")]);
        }
        check_each_beginning(&storage, &planted);
        let own = firsts(&storage).into_iter().filter(|first| !planted.contains(first));
        assert!(own.count() > 5, "the writer goes on in other segments");
        drop(journal);
        check_each_beginning(&storage, &planted);
    }
}

#[test]
fn a_consumer_that_saved_its_place_goes_on_where_it_was() {
    for count in [2, 12] {
        let (storage, mut journal) = begun();
        let planted = plant(&storage, &journal, count);
        write(&mut journal, (0..30).map(|number| format!("an attack {number}")));
        for line in real(&storage, &planted) {
            // It compares the record that it had last with the one that stands there now.
            let mut again = cursor(&storage, line.seq());
            assert_eq!(again.next().unwrap().unwrap().hash(), line.hash());
            assert_eq!(again.tip(), Some(line.hash()));
        }
    }
}

#[test]
fn each_of_a_chain_is_told_once_and_costs_a_follower_no_record() {
    for count in [2, 12] {
        let (storage, mut journal) = begun();
        let (mut cursor, mut had, mut met) = (cursor(&storage, 0), Vec::new(), 0);
        take(&mut cursor, &mut had);
        let planted = plant(&storage, &journal, count);
        for number in 0..100 {
            write(&mut journal, [format!("an attack {number}")]);
            met += take(&mut cursor, &mut had);
        }
        assert_eq!(met, planted.len());
        check_all_had(&storage, &planted, &had);
    }
}

#[test]
fn a_consumer_that_comes_later_is_told_of_each_as_well() {
    let (storage, mut journal) = begun();
    let planted = plant(&storage, &journal, 12);
    write(&mut journal, (0..100).map(|number| format!("an attack {number}")));
    let (mut cursor, mut had) = (cursor(&storage, 0), Vec::new());
    assert_eq!(take(&mut cursor, &mut had), planted.len());
    check_all_had(&storage, &planted, &had);
}

/// Reads what is planted, up to `until`, while WATERMARK is not the writer's.
fn lead_astray(storage: &MemoryStorage, cursor: &mut Cursor, until: u64) -> Vec<Line> {
    let watermark = format!("{until:020} {until:020}\n");
    storage.replace("WATERMARK", Some(watermark.into_bytes()));
    let mut had = Vec::new();
    while cursor.next_seq() < until {
        had.push(cursor.next().unwrap().unwrap());
    }
    had
}

fn is_forged(line: &Line) -> bool {
    line.boot() == "0000000000000000"
}

#[test]
fn a_consumer_that_was_led_through_many_comes_back_with_the_next_commit() {
    for (count, stays) in [(2, true), (10, true), (10, false), (30, true)] {
        let (storage, mut journal) = begun();
        let mut cursor = cursor(&storage, 0);
        let planted = plant(&storage, &journal, count);
        let mut had = lead_astray(&storage, &mut cursor, planted[0] + count * STEP + 5);
        assert!(is_forged(had.last().unwrap()));
        if !stays {
            // All but the one that it is in are gone again.
            let gone = &planted[..planted.len() - 1];
            gone.iter().for_each(|first| storage.replace(&segment::name(*first), None));
        }
        let mut met = 0;
        for number in 0..100 {
            write(&mut journal, [format!("an attack {number}")]);
            met += take(&mut cursor, &mut had);
        }
        assert!(met > 0, "nothing is told");
        had.retain(|line| !is_forged(line));
        if stays {
            check_all_had(&storage, &planted, &had);
        } else {
            let texts = |line: &Line| String::from_utf8_lossy(line.body()).into_owned();
            let had: Vec<_> = had.iter().map(texts).collect();
            assert!(had.contains(&"\"text\":\"an attack 99\"".to_owned()), "{had:?}");
        }
    }
}

#[test]
fn who_was_led_astray_and_met_the_writers_next_segment_there_comes_back_too() {
    let (storage, mut journal) = begun();
    let mut cursor = cursor(&storage, 0);
    let (last, own) = (journal.last(), segments(&storage).pop().unwrap());
    let length = Some(storage.file(&own).unwrap().len() as u64);
    let previous = Previous { segment: own, last_seq: last.seq, hash: last.hash, length };
    let segments = firsts(&storage).len();
    while firsts(&storage).len() == segments {
        write(&mut journal, ["an attack"]);
    }
    // What is planted ends right before the next segment of the writer.
    let (first, next) = (last.seq + 1, firsts(&storage).pop().unwrap());
    let records = usize::try_from(next - first - 1).unwrap();
    storage.replace(&segment::name(first), Some(forged(previous, records).0));
    let mut had = lead_astray(&storage, &mut cursor, next - 1);
    assert!(is_forged(had.last().unwrap()));
    write(&mut journal, ["more"]);
    take(&mut cursor, &mut had);
    had.retain(|line| !is_forged(line));
    check_all_had(&storage, &[first], &had);
}

#[test]
fn the_writers_last_records_copied_behind_forged_ones_make_them_no_truer() {
    let (storage, mut journal) = begun();
    let planted = plant(&storage, &journal, 2);
    write(&mut journal, ["one", "two", "three", "four", "five", "six", "seven"]);
    let (copied, last) = (real(&storage, &planted), planted[1]);
    tamper(&storage, &segment::name(last), |bytes| {
        let two = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1);
        bytes.truncate(two.unwrap().0 + 1);
        for line in copied.iter().filter(|line| line.seq() >= last + 2) {
            bytes.extend_from_slice(line.bytes());
            bytes.push(b'\n');
        }
    });
    check_each_beginning(&storage, &planted);
}

#[test]
fn damage_in_the_segment_that_is_written_does_not_make_planted_ones_the_writers() {
    for line_number in [1, 4] {
        let (storage, mut journal) = begun();
        write(&mut journal, ["a", "b", "c", "d", "e", "f"]);
        let (mut cursor, mut had) = (cursor(&storage, journal.next_seq()), Vec::new());
        let own = segments(&storage).pop().unwrap();
        tamper(&storage, &own, |bytes| {
            let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            let start = starts.map(|(offset, _)| offset).nth(line_number - 1).unwrap();
            bytes[start + 60] ^= 1;
        });
        let planted = plant(&storage, &journal, 2);
        write(&mut journal, ["one", "two", "three", "four", "five", "six", "seven"]);
        assert_eq!(take(&mut cursor, &mut had), planted.len());
        let texts = ["one", "two", "three", "four", "five", "six", "seven"].map(body);
        assert!(had.iter().map(Line::body).eq(texts.iter().map(Vec::as_slice)));
        let mut fresh = Reader::over(Arc::new(storage)).cursor_past_damage(planted[1] + 1).unwrap();
        let mut had = Vec::new();
        take(&mut fresh, &mut had);
        assert!(had.iter().all(|line| !is_forged(line)), "{had:?}");
        assert_eq!(had.last().unwrap().body(), body("seven"));
    }
}
