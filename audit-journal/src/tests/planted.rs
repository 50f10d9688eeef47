//! Somebody puts files beside the segments: nothing that they say is believed, nothing goes because of them.

use super::prune::{before, firsts, living, prunable};
use super::*;
use crate::line::{self, Chain, Stamp};
use crate::{Finding, Kind, segment, verify};

/// What a copy of the journal becomes that goes on by itself and is pruned there to `kept`, which is a
/// number among its segments.
fn pruned_copy(storage: &MemoryStorage, records: u32, kept: usize) -> MemoryStorage {
    let copy = storage.snapshot();
    let mut journal = Journal::open(Arc::new(copy.clone()), prunable()).unwrap();
    write(&mut journal, (0..records).map(|number| format!("of the copy {number}")));
    let kept = firsts(&copy)[kept];
    journal.prune(&before(kept)).unwrap();
    drop(journal);
    assert_eq!(firsts(&copy)[0], kept);
    copy
}

/// Puts the last segments of the copy, so many, beside those of the journal; returns the first record
/// of each.
fn plant(storage: &MemoryStorage, copy: &MemoryStorage, count: usize) -> Vec<u64> {
    let foreign = firsts(copy);
    let foreign = foreign[foreign.len() - count..].to_vec();
    for name in foreign.iter().map(|first| segment::name(*first)) {
        assert_eq!(storage.file(&name), None, "{name}");
        storage.replace(&name, copy.file(&name));
    }
    foreign
}

fn cut(storage: &MemoryStorage, before: u64) {
    for first in firsts(storage).into_iter().filter(|first| *first < before) {
        storage.replace(&segment::name(first), None);
    }
}

/// A living journal whose front was cut by hand before its third segment, and the planted record of it.
fn cut_and_planted() -> (MemoryStorage, Journal, u64, u64) {
    let (storage, journal) = living();
    let kept = firsts(&storage)[2];
    let planted = plant(&storage, &pruned_copy(&storage, 20, 2), 1)[0];
    assert!(planted > journal.next_seq() + 5);
    cut(&storage, kept);
    (storage, journal, kept, planted)
}

#[track_caller]
fn check_front_is_named(storage: &MemoryStorage, kept: u64) -> Vec<Finding> {
    let verification = verify(storage).unwrap();
    assert_eq!(verification.pruned, None);
    let front = &verification.findings[0];
    assert_eq!((front.kind, front.seq), (Kind::Missing, 0), "{verification:?}");
    assert!(front.reason.contains(&format!("up to seq {}", kept - 1)), "{front}");
    verification.findings
}

/// A start fails and leaves every file as it is.
#[track_caller]
fn check_start_refuses(storage: &MemoryStorage) {
    let files = |storage: &MemoryStorage| {
        let mut names = storage.names();
        names.retain(|name| name != "LOCK");
        names.into_iter().map(|name| (storage.file(&name), name)).collect::<Vec<_>>()
    };
    let earlier = files(storage);
    let error = Journal::open(Arc::new(storage.clone()), prunable()).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(files(storage) == earlier, "{:?}", storage.names());
    assert!(Journal::visit(Arc::new(storage.clone()), prunable()).is_err());
    assert!(files(storage) == earlier, "{:?}", storage.names());
}

#[test]
fn a_planted_segment_does_not_hide_a_front_that_was_cut_by_hand() {
    let (storage, mut journal, kept, planted) = cut_and_planted();
    assert_eq!(check_front_is_named(&storage, kept).len(), 1);
    // Also when the writer has passed the planted numbers, and when it is gone.
    while journal.next_seq() <= planted + 2 {
        assert_eq!(firsts(&storage).last(), Some(&planted), "the test needs other numbers");
        check_front_is_named(&storage, kept);
        write(&mut journal, ["more"]);
    }
    check_front_is_named(&storage, kept);
    journal.close().unwrap();
    check_front_is_named(&storage, kept);
}

#[test]
fn without_a_writer_a_planted_segment_is_named_and_so_is_the_cut() {
    let (storage, journal, kept, planted) = cut_and_planted();
    let next = journal.next_seq();
    drop(journal);
    let found = check_front_is_named(&storage, kept);
    let gap = found.iter().find(|finding| finding.seq == next).unwrap();
    assert_eq!((gap.kind, &gap.segment), (Kind::Missing, &segment::name(planted)));
    check_start_refuses(&storage);
}

#[test]
fn a_planted_segment_does_not_replace_what_the_journal_says_of_its_front() {
    let (storage, mut journal) = living();
    let copy = pruned_copy(&storage, 20, 3);
    let second = firsts(&storage)[1];
    let told = journal.prune(&before(second)).unwrap();
    plant(&storage, &copy, 1);
    let verification = verify(&storage).unwrap();
    assert_eq!((verification.pruned, verification.findings), (Some(told.clone()), vec![]));
    assert_eq!(journal.reader().first_seq().unwrap(), second);
    drop(journal);
    let verification = verify(&storage).unwrap();
    assert_eq!(verification.pruned, Some(told));
    assert!(!verification.is_intact());
    assert_eq!(Reader::over(Arc::new(storage.clone())).first_seq().unwrap(), second);
    check_start_refuses(&storage);
}

#[test]
fn a_planted_segment_makes_no_cursor_jump() {
    let (storage, mut journal, kept, planted) = cut_and_planted();
    let mut follower = cursor(&storage, journal.next_seq());
    let check = |storage: &MemoryStorage| {
        let reader = Reader::over(Arc::new(storage.clone()));
        assert_eq!(reader.first_seq().unwrap(), 0);
        for seq in [0, kept - 1] {
            let error = reader.cursor(seq).unwrap_err();
            assert!(matches!(error, Error::Damaged { .. }), "{error}");
        }
    };
    while journal.next_seq() <= planted + 2 {
        check(&storage);
        write(&mut journal, ["an attack"]);
        // Where the planted number comes, the planted file is met, and told to be damage.
        while follower.next_seq() < journal.next_seq().min(planted) {
            let due = follower.next_seq();
            assert_eq!(follower.next().unwrap().unwrap().seq(), due);
        }
    }
    check(&storage);
    let error = follower.next().unwrap_err();
    assert!(matches!(error, Error::Damaged { seq, .. } if seq == planted), "{error}");
    drop(journal);
    check(&storage);
}

#[test]
fn a_planted_segment_is_not_what_a_cursor_goes_on_with_behind_damage() {
    let (storage, mut journal) = living();
    let last = *firsts(&storage).last().unwrap();
    write(&mut journal, ["last"]);
    plant(&storage, &pruned_copy(&storage, 40, 2), 1);
    // The record that was written last is cut off below the watermark.
    let name = segment::name(last);
    tamper(&storage, &name, |bytes| {
        let end = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
        bytes.truncate(end + 1);
    });
    let mut cursor = cursor(&storage, last);
    let error = std::iter::from_fn(|| cursor.next().transpose()).find_map(Result::err).unwrap();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(!cursor.pass_damage().unwrap());
    assert_eq!(cursor.next_seq(), journal.last().seq);
}

#[test]
fn a_planted_segment_does_not_let_the_one_that_is_written_go() {
    for is_next in [false, true] {
        let (storage, mut journal) = living();
        let own = *firsts(&storage).last().unwrap();
        let name = if is_next { journal.next_seq() + 1 } else { u64::MAX };
        let foreign = storage.file(&segment::name(own)).unwrap();
        storage.replace(&segment::name(name), Some(foreign));
        assert_eq!(journal.would_prune(u64::MAX).unwrap().1, own - 1);
        assert_eq!(journal.prune(&before(u64::MAX)).unwrap().last_seq, own - 1);
        write(&mut journal, ["more"]);
        assert_eq!(firsts(&storage)[0], own);
        assert_eq!(cursor(&storage, own).next().unwrap().unwrap().seq(), own);
    }
}

#[test]
fn a_start_removes_nothing_because_of_planted_segments_that_fit_each_other() {
    let (storage, journal) = living();
    drop(journal);
    // The copy is pruned to a segment that it alone has, and all that it has left is planted.
    let copy = pruned_copy(&storage, 40, firsts(&storage).len() + 1);
    let count = firsts(&copy).len();
    plant(&storage, &copy, count);
    assert!(verify(&copy).unwrap().is_intact());
    assert!(!verify(&storage).unwrap().is_intact());
    check_start_refuses(&storage);
    // Nor without WATERMARK, which would tell that the record of it was never acknowledged.
    storage.replace("WATERMARK", None);
    assert!(!verify(&storage).unwrap().is_intact());
    check_start_refuses(&storage);
    assert_eq!(Reader::over(Arc::new(storage)).first_seq().unwrap(), 0);
}

#[test]
fn a_planted_segment_with_the_greatest_number_of_all_overflows_nothing() {
    let (storage, journal) = living();
    let own = segments(&storage).pop().unwrap();
    let header = storage.file(&own).unwrap();
    let header = header.split(|byte| *byte == b'\n').next().unwrap();
    let parsed = line::parse(header).unwrap();
    let tip = segment::header(header, &parsed).unwrap().previous.unwrap().hash;
    let mut planted = Vec::new();
    let stamp = Stamp { seq: u64::MAX - 1, ..parsed.stamp };
    Chain { next: stamp.seq, tip }.extend(&mut planted, &stamp, &header[parsed.body]);
    // The same with one more, as the journal could not write it.
    let text = String::from_utf8(planted).unwrap();
    let text = text.replacen(&stamp.seq.to_string(), &u64::MAX.to_string(), 1);
    let hashed = line::hashed(text.trim_end().as_bytes());
    let hash = line::link(&tip, hashed);
    let line = format!("{},\"h\":\"{hash}\"}}\n", std::str::from_utf8(hashed).unwrap());
    storage.replace(&segment::name(u64::MAX), Some(line.repeat(2).into_bytes()));
    assert!(verify(&storage).unwrap().is_intact(), "it is no business of a writer's reader");
    assert_eq!(journal.reader().first_seq().unwrap(), 0);
    let mut cursor = cursor(&storage, u64::MAX);
    assert!(cursor.next().unwrap().is_none());
    drop(journal);
    let found = verify(&storage).unwrap().findings;
    assert!(found.iter().any(|finding| finding.segment == segment::name(u64::MAX)), "{found:?}");
    for _ in 0..4 {
        let _ = cursor.next();
        let _ = cursor.pass_damage().unwrap();
    }
    check_start_refuses(&storage);
}

#[test]
fn a_planted_segment_of_another_journal_tells_nothing_of_the_epochs() {
    let options = |origin: &str| Options { origin: Some(origin.into()), ..prunable() };
    let another = MemoryStorage::new();
    let arc = || Arc::new(another.clone());
    Journal::open(arc(), options("another")).unwrap().close().unwrap();
    let mut journal = Journal::adopt(arc(), options("another"), "a test").unwrap();
    write(&mut journal, (0..30).map(|number| format!("record {number}")));
    journal.prune(&before(firsts(&another)[2])).unwrap();
    assert_eq!(journal.reader().epoch().unwrap(), 1);
    let (storage, mut journal) = living();
    cut(&storage, firsts(&storage)[2]);
    let planted = plant(&storage, &another, 1)[0];
    while journal.next_seq() <= planted + 2 {
        write(&mut journal, ["more"]);
        assert_eq!(journal.reader().epoch().unwrap(), 0);
    }
}

#[test]
fn planted_segments_that_fit_each_other_are_not_believed_past_the_watermark() {
    let (storage, journal) = living();
    let kept = firsts(&storage)[2];
    let planted = plant(&storage, &pruned_copy(&storage, 30, 2), 2);
    assert!(planted[0] >= journal.next_seq());
    cut(&storage, kept);
    check_front_is_named(&storage, kept);
    let reader = journal.reader();
    assert_eq!(reader.first_seq().unwrap(), 0);
    assert!(matches!(reader.cursor(0).unwrap_err(), Error::Damaged { .. }));
    // Beside a writer, nobody knows of a record that counts without WATERMARK.
    let watermark = storage.file("WATERMARK");
    storage.replace("WATERMARK", None);
    assert_eq!(reader.first_seq().unwrap(), 0);
    storage.replace("WATERMARK", watermark);
    drop(journal);
    // Without one, a reader cannot tell them from what a killed writer has not published. Verification
    // and the start can.
    check_front_is_named(&storage, kept);
    check_start_refuses(&storage);
}
