//! The front of a journal is pruned: what goes, what must stay, and what readers, checks and starts make of it.

use super::*;
use crate::line::{self, Chain, Stamp};
use crate::{EpochState, Finding, Kind, Prune, Pruned, verify, verify_epochs};

/// Small segments, and no age that they must have.
pub(super) fn prunable() -> Options {
    Options { retention_days_min: 0, ..small_segments() }
}

pub(super) fn before(seq: u64) -> Prune {
    Prune { before_seq: seq, asked_by: "uid:0".into(), reason: "a test".into() }
}

/// The first records of all segments.
pub(super) fn firsts(storage: &MemoryStorage) -> Vec<u64> {
    let number = |name: String| name["seg/".len()..][..20].parse().unwrap();
    segments(storage).into_iter().map(number).collect()
}

/// A living journal of several small segments.
pub(super) fn living() -> (MemoryStorage, Journal) {
    let storage = MemoryStorage::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), prunable()).unwrap();
    write(&mut journal, (0..30).map(|number| format!("record {number}")));
    assert!(firsts(&storage).len() >= 4);
    (storage, journal)
}

fn damage(storage: &MemoryStorage) -> Vec<Finding> {
    let found = verify(storage).unwrap().findings;
    found.into_iter().filter(|finding| !finding.kind.is_warning()).collect()
}

fn pruned(storage: &MemoryStorage) -> Option<Pruned> {
    verify(storage).unwrap().pruned
}

/// Writes a line of a segment anew with another body, and all lines behind it so that the chain fits.
fn forge(storage: &MemoryStorage, name: &str, number: usize, change: impl Fn(&str) -> String) {
    tamper(storage, name, |bytes| {
        let text = std::mem::take(bytes);
        let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        let mut chain: Option<Chain> = None;
        for (index, line) in lines.iter().enumerate().take(lines.len() - 1) {
            let parsed = line::parse(line).unwrap();
            let body = std::str::from_utf8(&line[parsed.body.clone()]).unwrap();
            match &mut chain {
                Some(chain) if index >= number => {
                    let Stamp { seq, observed, boot, mono } = parsed.stamp;
                    let stamp = Stamp { seq, observed, boot, mono };
                    let body = if index == number { change(body) } else { body.to_owned() };
                    chain.extend(bytes, &stamp, body.as_bytes());
                }
                _ => {
                    bytes.extend_from_slice(line);
                    bytes.push(b'\n');
                    chain = Some(Chain { next: parsed.stamp.seq + 1, tip: parsed.hash });
                }
            }
        }
    });
}

#[test]
fn whole_segments_before_a_record_go_and_a_record_says_so() {
    let (storage, mut journal) = living();
    let all = firsts(&storage);
    let end = read(&storage).into_iter().find(|line| line.seq() == all[2] - 1).unwrap();
    // One record less than the third segment begins with keeps the second one.
    let told = journal.prune(&before(all[3] - 1)).unwrap();
    assert_eq!((told.first_seq, told.last_seq, told.segments), (0, all[2] - 1, 2));
    assert_eq!(told.h, end.hash().to_string());
    assert_eq!(journal.committed().records, [journal.last()]);
    assert_eq!(told.seq, journal.last().seq);
    let left = firsts(&storage);
    assert_eq!(left[..left.len() - 1], all[2..]);
    assert_eq!(left.last(), Some(&(told.seq - 1)), "the record stands behind the header");
    let verification = verify(&storage).unwrap();
    assert_eq!(verification.findings, []);
    assert_eq!(verification.pruned, Some(told));
    assert_eq!(verification.first_seq, Some(all[2]));
    assert_eq!(verification.records, journal.next_seq() - all[2]);
}

#[test]
fn a_pruned_journal_is_read_from_its_first_record_and_an_earlier_one_is_told_to_be_pruned() {
    let (storage, mut journal) = living();
    let all = firsts(&storage);
    journal.prune(&before(all[2])).unwrap();
    let reader = journal.reader();
    assert_eq!(reader.first_seq().unwrap(), all[2]);
    assert_eq!(reader.origin().unwrap(), ORIGIN);
    for seq in [0, 1, all[2] - 1] {
        let error = reader.cursor(seq).unwrap_err();
        assert!(matches!(error, Error::Pruned { first_seq, .. } if first_seq == all[2]), "{error}");
    }
    let mut cursor = reader.cursor(all[2]).unwrap();
    let read: Vec<u64> = std::iter::from_fn(|| cursor.next().unwrap()).map(|l| l.seq()).collect();
    assert_eq!(read, (all[2]..journal.next_seq()).collect::<Vec<_>>());
}

#[test]
fn a_cursor_goes_on_beside_the_pruning_or_says_that_its_record_is_gone() {
    let (storage, mut journal) = living();
    let all = firsts(&storage);
    let (mut behind, mut ahead) = (cursor(&storage, 0), cursor(&storage, all[3]));
    behind.next().unwrap().unwrap();
    ahead.next().unwrap().unwrap();
    journal.prune(&before(all[2])).unwrap();
    let error = std::iter::from_fn(|| behind.next().transpose()).find_map(Result::err).unwrap();
    assert!(matches!(error, Error::Pruned { first_seq, .. } if first_seq == all[2]), "{error}");
    write(&mut journal, ["later"]);
    let last = std::iter::from_fn(|| ahead.next().unwrap()).last().unwrap();
    assert_eq!(last.seq(), journal.last().seq);
}

#[test]
fn starts_and_later_prunings_go_on_from_a_pruned_journal() {
    let (storage, mut journal) = living();
    for round in 0..3 {
        let all = firsts(&storage);
        let told = journal.prune(&before(all[2])).unwrap();
        assert_eq!((told.first_seq, told.last_seq), (all[0], all[2] - 1));
        assert_eq!(pruned(&storage), Some(told), "{round}");
        journal.close().unwrap();
        journal = Journal::open(Arc::new(storage.clone()), prunable()).unwrap();
        assert_eq!(journal.origin(), ORIGIN);
        write(&mut journal, (0..30).map(|number| format!("{round} {number}")));
        assert_eq!(damage(&storage), []);
    }
    // Also down to the segment that the last record of it stands in, and with a torn end behind it.
    let told = journal.prune(&before(u64::MAX)).unwrap();
    assert_eq!(firsts(&storage), [told.last_seq + 1, told.seq - 1]);
    drop(journal);
    tamper(&storage, segments(&storage).last().unwrap(), |bytes| bytes.extend(b"{\"v\":1,"));
    let journal = Journal::open(Arc::new(storage.clone()), prunable()).unwrap();
    assert_eq!((pruned(&storage), damage(&storage)), (Some(told), vec![]));
    drop(journal);
}

#[test]
fn the_same_files_removed_without_the_record_are_named_and_refused() {
    let (storage, mut journal) = living();
    let all = firsts(&storage);
    journal.stop().unwrap();
    journal.close().unwrap();
    for name in &segments(&storage)[..2] {
        storage.replace(name, None);
    }
    let found = damage(&storage);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].seq), (Kind::Missing, 0));
    assert!(found[0].reason.contains(&format!("up to seq {}", all[2] - 1)), "{found:?}");
    assert_eq!(Reader::over(Arc::new(storage.clone())).first_seq().unwrap(), 0);
    let error = Reader::over(Arc::new(storage.clone())).cursor(0).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    let error = Journal::open(Arc::new(storage), prunable()).unwrap_err();
    assert!(error.to_string().contains("the segments before it are missing"), "{error}");
}

#[test]
fn more_that_is_missing_than_the_record_says_is_named_as_just_that() {
    let (storage, mut journal) = living();
    let all = firsts(&storage);
    journal.prune(&before(all[1])).unwrap();
    journal.close().unwrap();
    storage.replace(&segments(&storage)[0], None);
    let found = damage(&storage);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].seq), (Kind::Missing, all[1]));
    assert!(found[0].reason.contains(&format!("up to seq {}", all[2] - 1)), "{found:?}");
    let error = Journal::open(Arc::new(storage), prunable()).unwrap_err();
    assert!(error.to_string().contains("the segments before it are missing"), "{error}");
}

#[test]
fn a_record_that_states_something_else_than_what_is_missing_is_named() {
    let (storage, mut journal) = living();
    let all = firsts(&storage);
    let told = journal.prune(&before(all[2])).unwrap();
    // Another writer's record goes on in the same segment, so that the chain can be made to fit.
    drop(journal);
    let name = segments(&storage).pop().unwrap();
    let of_another = crate::Digest::of(b"another").to_string();
    let forgeries: [(&str, String, u64); 3] = [
        (&told.h, of_another, told.seq),
        (
            &format!("\"last_seq\":{}", told.last_seq),
            format!("\"last_seq\":{}", all[3] - 1),
            told.seq,
        ),
        (&format!("\"last_seq\":{}", told.last_seq), format!("\"last_seq\":{}", told.seq), 0),
    ];
    for (from, to, named) in forgeries {
        let forged = storage.snapshot();
        forge(&forged, &name, 1, |body| {
            assert!(body.contains(from), "{body}");
            body.replace(from, &to)
        });
        let found = damage(&forged);
        assert!(found.iter().any(|finding| finding.seq == named), "{to}: {found:?}");
        assert!(Journal::open(Arc::new(forged), prunable()).is_err(), "{to}");
    }
    // The forger does the same without a change: else the test would show nothing.
    forge(&storage, &name, 1, str::to_owned);
    assert_eq!(damage(&storage), []);
}

#[test]
fn a_segment_that_is_younger_than_the_minimum_stays_whatever_is_asked() {
    const DAY: i64 = 24 * 60 * 60 * 1_000_000_000;
    let (storage, clock) = (MemoryStorage::new(), Arc::new(StepClock::default()));
    let options = Options { clock: clock.clone(), retention_days_min: 30, ..prunable() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    write(&mut journal, (0..10).map(|number| format!("old {number}")));
    clock.advance(20 * DAY);
    write(&mut journal, (0..20).map(|number| format!("new {number}")));
    let all = firsts(&storage);
    let (files, last) = (segments(&storage), journal.last());
    clock.advance(9 * DAY);
    let error = journal.prune(&before(u64::MAX)).unwrap_err().to_string();
    for told in [&files[0], "29 days old", "the minimum is 30 days", "nothing was pruned"] {
        assert!(error.contains(told), "{error}");
    }
    clock.advance(DAY);
    // The first ones may go now, and the third, which lies behind them, may not.
    let error = journal.prune(&before(all[3])).unwrap_err().to_string();
    assert!(error.contains(&files[2]) && error.contains("10 days old"), "{error}");
    assert_eq!((segments(&storage), journal.last()), (files, last));
    assert_eq!(journal.prune(&before(all[3] - 1)).unwrap().last_seq, all[2] - 1);
}

#[test]
fn a_younger_record_between_older_ones_keeps_its_segment() {
    const DAY: i64 = 24 * 60 * 60 * 1_000_000_000;
    let (storage, clock) = (MemoryStorage::new(), Arc::new(StepClock::default()));
    let options = Options {
        clock: clock.clone(),
        retention_days_min: 30,
        segment_age_max: std::time::Duration::from_secs(30 * 24 * 60 * 60),
        ..prunable()
    };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    write(&mut journal, ["old"]);
    clock.advance(20 * DAY);
    write(&mut journal, ["of a clock that is then set back"]);
    clock.advance(-20 * DAY);
    write(&mut journal, (0..30).map(|number| format!("old {number}")));
    clock.advance(40 * DAY);
    let first = segments(&storage)[0].clone();
    let error = journal.prune(&before(firsts(&storage)[2])).unwrap_err().to_string();
    assert!(error.contains(&first) && error.contains("20 days old"), "{error}");
    clock.advance(10 * DAY);
    journal.prune(&before(firsts(&storage)[2])).unwrap();
}

#[test]
fn the_segment_that_is_written_and_a_part_of_one_stay() {
    let storage = MemoryStorage::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), prunable()).unwrap();
    write(&mut journal, ["one"]);
    let error = journal.prune(&before(u64::MAX)).unwrap_err();
    assert!(matches!(error, Error::Kept { .. }), "{error}");
    assert_eq!(journal.next_seq(), 3);
    write(&mut journal, (0..20).map(|number| format!("record {number}")));
    let all = firsts(&storage);
    assert!(journal.prune(&before(all[1] - 1)).is_err());
    assert_eq!(journal.would_prune(all[1]).unwrap(), (0, all[1] - 1, 1));
    assert_eq!(firsts(&storage), all);
}

#[test]
fn what_an_open_intent_is_needed_for_stays() {
    let (storage, journal) = living();
    let all = firsts(&storage);
    journal.close().unwrap();
    let open = move |list: String| Options {
        open: Arc::new(move || list.clone().into_bytes()),
        ..prunable()
    };
    let named = open(format!("[{{\"id\":\"x\",\"seq\":{}}}]", all[1]));
    let mut journal = Journal::open(Arc::new(storage.clone()), named).unwrap();
    let error = journal.prune(&before(all[2])).unwrap_err().to_string();
    let name = &segments(&storage)[1];
    assert!(error.contains(name) && error.contains(&format!("record {}", all[1])), "{error}");
    assert_eq!(journal.prune(&before(all[1])).unwrap().last_seq, all[1] - 1);
    journal.close().unwrap();
    // A visitor goes by the newest list: here that of the record before, which names the intent.
    let mut visitor = Journal::visit(Arc::new(storage.clone()), prunable()).unwrap();
    let error = visitor.prune(&before(all[2])).unwrap_err().to_string();
    assert!(error.contains(&format!("record {}", all[1])), "{error}");
    visitor.close().unwrap();
    let mut journal = Journal::open(Arc::new(storage.clone()), prunable()).unwrap();
    journal.prune(&before(all[2])).unwrap();
    assert_eq!(damage(&storage), []);
}

#[test]
fn a_visitor_prunes_a_closed_journal_and_leaves_the_list_of_intents() {
    let (storage, journal) = living();
    let all = firsts(&storage);
    journal.close().unwrap();
    let mut visitor = Journal::visit(Arc::new(storage.clone()), prunable()).unwrap();
    let told = visitor.prune(&before(u64::MAX)).unwrap();
    visitor.close().unwrap();
    // The last segment with a list is kept, although it is closed now.
    assert_eq!(told.last_seq, all[all.len() - 1] - 1);
    let all = firsts(&storage);
    assert_eq!(all, [told.last_seq + 1, told.seq - 1]);
    let last = storage.file(segments(&storage).last().unwrap()).unwrap();
    assert!(String::from_utf8(last).unwrap().contains("\"open\":null"));
    assert_eq!((damage(&storage), pruned(&storage)), (vec![], Some(told)));
    Journal::visit(Arc::new(storage.clone()), prunable()).unwrap().close().unwrap();
    Journal::open(Arc::new(storage), prunable()).unwrap();
}

#[test]
fn older_epochs_are_still_vouched_for_when_the_first_record_is_pruned() {
    let (storage, journal) = living();
    journal.close().unwrap();
    let arc = || Arc::new(storage.clone());
    let mut journal = Journal::adopt(arc(), prunable(), "a test").unwrap();
    for round in 0..2 {
        write(&mut journal, (0..30).map(|number| format!("record {number}")));
        let all = firsts(&storage);
        journal.prune(&before(all[2])).unwrap();
        let epochs = verify_epochs(&storage).unwrap();
        assert_eq!(epochs.len(), 1, "{round}");
        assert_eq!(epochs[0].state, EpochState::Unchanged, "{epochs:?}");
        assert_eq!(journal.reader().epoch().unwrap(), 1);
    }
    journal.close().unwrap();
    // Nor does it matter what WATERMARK says where nobody writes.
    crate::watermark::Publisher::open(&storage, &Chain::of_origin("other")).unwrap();
    assert_eq!(verify_epochs(&storage).unwrap()[0].state, EpochState::Unchanged);
    storage.replace("epochs/0/EPOCH", Some(b"other".to_vec()));
    assert_eq!(verify_epochs(&storage).unwrap()[0].state, EpochState::Changed);
    Journal::adopt(arc(), prunable(), "again").unwrap();
    let states = verify_epochs(&storage).unwrap();
    let states: Vec<_> = states.iter().map(|epoch| (epoch.epoch, epoch.state)).collect();
    assert_eq!(states, [(1, EpochState::Unchanged), (0, EpochState::Changed)]);
}
