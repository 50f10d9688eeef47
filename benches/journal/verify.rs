//! A whole journal checked, with its signatures, against the hashes that this needs and nothing else.
//!
//! The files are in the page cache, and the lines that are only hashed are in memory.

use std::path::{Path, PathBuf};

use audit_benches::{Table, Taken, interleave, median, paired_ratio, quarters};
use audit_runtime::Signer as _;
use audit_runtime::journal::{DirectoryStorage, Trust, verify_signed};

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
    let [required, one] = interleave(
        ROUNDS,
        [&mut || Taken::by(|| hashes::required(segments)), &mut || {
            Taken::by(|| assert!(check(directory, 1) >= RECORDS))
        }],
    );
    let mut table = Table::new(&["side", "ns a record", "in thread time", "ratio", "middle half"]);
    let each = |nanos: u128| format!("{:.0}", nanos as f64 / RECORDS as f64);
    for (name, side) in [("the required hashes", &required), ("verify", &one)] {
        let ratios = side.iter().zip(&required);
        let (low, high) = quarters(
            ratios.map(|(side, base)| side.thread.as_secs_f64() / base.thread.as_secs_f64()),
        );
        table.row(&[
            name.to_owned(),
            each(median(side.iter().map(|taken| taken.wall.as_nanos()))),
            each(median(side.iter().map(|taken| taken.thread.as_nanos()))),
            format!("{:.2}", paired_ratio(side, &required, |taken| taken.thread)),
            format!("{low:.2}–{high:.2}"),
        ]);
    }
    table
}

/// Checks a journal with its key, and returns how many records it has.
pub(crate) fn check(directory: &Path, _threads: usize) -> u64 {
    let trust = Trust { keys: vec![written::key().verifier().clone()], anchors: Vec::new() };
    let checked = verify_signed(&DirectoryStorage::read_only(directory), &trust).unwrap();
    assert!(checked.is_intact() && checked.signed_size.is_some(), "{checked:?}");
    checked.records
}
