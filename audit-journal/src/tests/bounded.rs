//! What a start reads: the last segment, and of each one before it no more than its ends.

use super::naive::key;
use super::*;

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
