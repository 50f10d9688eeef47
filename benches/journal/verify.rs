//! A whole journal checked, with its signatures, against the hashes that this needs and nothing else.
//!
//! The files are in the page cache, and the lines that are only hashed are in memory. Ratios are of times by the
//! clock on the wall, and in brackets of this thread's own.

use std::path::{Path, PathBuf};

use audit_benches::{Table, Taken, interleave, median, paired_ratio, quarters};
use audit_runtime::Signer as _;
use audit_runtime::journal::{DirectoryStorage, Effort, Trust, verify_with};

use crate::{hashes, written};

const RECORDS: u64 = 200_000;
const SEGMENT_BYTES: u64 = 16 << 20;
const ROUNDS: usize = 31;

pub(crate) fn run(places: &[PathBuf]) {
    for place in places {
        let directory = tempfile::tempdir_in(place).unwrap();
        let journal = directory.path().join("journal");
        written::write(&journal, SEGMENT_BYTES, |records, _| records >= RECORDS);
        let segments = written::segments(&journal);
        let bytes: usize = segments.iter().map(Vec::len).sum();
        let (count, megabytes) = (segments.len(), bytes / 1_000_000);
        println!("{RECORDS} records, {count} segments, {megabytes} MB; {ROUNDS} rounds\n");
        println!("{}", compare(&journal, &segments));
    }
}

fn compare(directory: &Path, segments: &[Vec<u8>]) -> Table {
    let sides = interleave(
        ROUNDS,
        [
            &mut || Taken::by(|| hashes::required(segments)),
            &mut || Taken::by(|| assert!(check(directory, 1) >= RECORDS)),
            &mut || Taken::by(|| assert!(check(directory, 2) >= RECORDS)),
        ],
    );
    let names = ["the required hashes, 1 thread", "verify, 1 thread", "verify, 2 threads"];
    let [required, one, _] = &sides;
    let columns =
        ["side", "ns a record", "of this thread", "to the hashes", "middle half", "to 1 thread"];
    let mut table = Table::new(&columns);
    let each = |nanos: u128| format!("{:.0}", nanos as f64 / RECORDS as f64);
    for (name, side) in names.iter().zip(&sides) {
        let ratio =
            |(side, base): (&Taken, &Taken)| side.wall.as_secs_f64() / base.wall.as_secs_f64();
        let (low, high) = quarters(side.iter().zip(required).map(ratio));
        table.row(&[
            (*name).to_owned(),
            each(median(side.iter().map(|taken| taken.wall.as_nanos()))),
            each(median(side.iter().map(|taken| taken.thread.as_nanos()))),
            format!(
                "{:.2} ({:.2})",
                paired_ratio(side, required, |taken| taken.wall),
                paired_ratio(side, required, |taken| taken.thread)
            ),
            format!("{low:.2}–{high:.2}"),
            format!("{:.2}", paired_ratio(side, one, |taken| taken.wall)),
        ]);
    }
    table
}

/// Checks a journal with its key, and returns how many records it has.
pub(crate) fn check(directory: &Path, threads: usize) -> u64 {
    let trust = Trust { keys: vec![written::key().verifier().clone()], ..Trust::default() };
    let storage = DirectoryStorage::read_only(directory);
    let effort = Effort { threads, ..Effort::default() };
    let checked = verify_with(&storage, Some(&trust), effort).unwrap();
    assert!(checked.is_intact() && checked.signed_size.is_some(), "{checked:?}");
    checked.records
}
