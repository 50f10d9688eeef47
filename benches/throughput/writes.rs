//! Counts batches from outside: by the write calls of this process.

use crate::recording::Recording;

/// The write calls of this process so far, as Linux counts them.
pub(crate) fn writes() -> u64 {
    let counters = std::fs::read_to_string("/proc/self/io").expect("Linux counts write calls");
    let count = counters.lines().find_map(|line| line.strip_prefix("syscw: "));
    count.and_then(|count| count.parse().ok()).expect("a count of write calls")
}

/// How many write calls one batch takes: a lone producer's every record is a batch.
pub(crate) fn writes_per_batch(recording: &Recording) -> u64 {
    const RECORDS: u64 = 100;
    let before = writes();
    for _ in 0..RECORDS {
        recording.record();
    }
    (writes() - before) / RECORDS
}
