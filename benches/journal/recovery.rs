//! What a start takes after a crash: it reads the last segment whole, and of the others their ends.

use std::path::{Path, PathBuf};

use audit_benches::{Table, Taken, median};

use crate::written;

const SEGMENTS: [usize; 3] = [1, 4, 16];
const SEGMENT_BYTES: u64 = 16 << 20;
const ROUNDS: usize = 9;

pub(crate) fn run(places: &[PathBuf]) {
    for place in places {
        let mut table = Table::new(&["segments", "bytes", "ms to open", "of the thread"]);
        for segments in SEGMENTS {
            let directory = tempfile::tempdir_in(place).unwrap();
            let journal = directory.path().join("journal");
            let bytes = write(&journal, segments);
            let rounds: Vec<_> = (0..ROUNDS).map(|_| open(&journal)).collect();
            let ms = |nanos: u128| format!("{:.1}", nanos as f64 / 1e6);
            table.row(&[
                segments.to_string(),
                bytes.to_string(),
                ms(median(rounds.iter().map(|taken| taken.wall.as_nanos()))),
                ms(median(rounds.iter().map(|taken| taken.thread.as_nanos()))),
            ]);
        }
        println!(
            "in {}, segments of {SEGMENT_BYTES} bytes, {ROUNDS} rounds\n\n{table}",
            place.display()
        );
    }
}

/// Writes a journal whose last segment is all but full, and returns how many bytes it has.
fn write(directory: &Path, segments: usize) -> u64 {
    let lengths = || {
        let files = written::segment_files(directory).into_iter();
        files.map(|file| file.metadata().unwrap().len()).collect::<Vec<_>>()
    };
    let is_full = |length: &u64| *length >= SEGMENT_BYTES * 9 / 10;
    written::write(directory, SEGMENT_BYTES, |_, _| {
        let lengths = lengths();
        lengths.len() == segments && lengths.last().is_some_and(is_full)
    });
    lengths().iter().sum()
}

/// Opens the journal, and leaves it again as a crash does.
fn open(directory: &Path) -> Taken {
    let mut journal = None;
    let taken = Taken::by(|| journal = Some(written::open(directory, SEGMENT_BYTES)));
    drop(journal);
    taken
}
