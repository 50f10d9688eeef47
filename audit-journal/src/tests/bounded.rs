//! What a start reads, the last segment and of each one before it no more than its ends, and how far a check is.

use super::naive::{key, lines};
use super::*;
use crate::{Effort, Progress, verify_with};

const SEGMENT_BYTES: u64 = 1 << 20;
/// The header of an earlier segment is looked at three times, its last line once, and its seal.
const ENDS_BYTES_MAX: u64 = 20 * 1024;

/// How many bytes a start reads of a journal that nobody has closed, and how long its last segment is.
fn start_of(segments: usize) -> (u64, u64) {
    let storage = Faulty::new();
    let options = || Options {
        signer: Some(Arc::new(key(1))),
        segment_bytes_max: SEGMENT_BYTES,
        ..options()
    };
    let mut journal = Journal::open(Arc::new(storage.clone()), options()).unwrap();
    let text = "x".repeat(600);
    let last = || {
        let names = names(&storage.inner, "seg/");
        let mut names: Vec<_> = names.into_iter().filter(|name| name.ends_with(".jsonl")).collect();
        (names.len(), storage.inner.file(&names.pop().unwrap()).unwrap().len() as u64)
    };
    while last() < (segments, SEGMENT_BYTES * 9 / 10) {
        (0..50).for_each(|_| journal.append(&body(&text)).unwrap());
        journal.commit().unwrap();
    }
    journal.tick().unwrap();
    drop(journal);
    storage.faults.bytes_read.store(0, Ordering::Relaxed);
    drop(Journal::open(Arc::new(storage.clone()), options()).unwrap());
    (storage.faults.bytes_read.load(Ordering::Relaxed), last().1)
}

#[test]
fn a_start_reads_one_segment_however_many_there_are() {
    for segments in [1, 4, 16] {
        let (read, last) = start_of(segments);
        let ends = ENDS_BYTES_MAX * segments as u64;
        assert!(read >= last, "the last segment is checked: {read} of {last}");
        assert!(
            read <= last * 5 / 4 + ends,
            "{segments} segments: {read} bytes read, {last} in the last one"
        );
    }
}

#[test]
fn a_check_tells_how_far_it_is_and_at_the_end_that_it_has_read_all() {
    let storage = finished();
    let lengths: Vec<u64> = lines(&storage)
        .iter()
        .map(|(_, lines)| lines.iter().map(|line| line.len() as u64 + 1).sum())
        .collect();
    for threads in [1, 2] {
        let told = std::cell::RefCell::new(Vec::<Progress>::new());
        let tell = |progress| told.borrow_mut().push(progress);
        let effort = Effort { threads, progress: Some(&tell) };
        let checked = verify_with(&storage, None, effort).unwrap();
        let told = told.into_inner();
        let ends = lengths.iter().scan(0, |end, length| {
            *end += length;
            Some(*end)
        });
        assert!(told.iter().map(|progress| progress.bytes).eq(ends), "{told:?}");
        let all: u64 = lengths.iter().sum();
        assert!(told.iter().all(|progress| progress.bytes_all == all), "{told:?}");
        assert_eq!(told.last().unwrap().lines, checked.records);
    }
}
