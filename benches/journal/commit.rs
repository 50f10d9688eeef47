//! Committed records a second, against a bare loop of write and fdatasync with the same batches.
//!
//! The bare loop writes as many batches of as many bytes, into one file beside the journal. In memory a sync costs
//! nothing: what is left of the ratio there is the price of hashes and signatures by themselves.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use audit_benches::{Table, Taken, median, quarters};
use audit_runtime::journal::Journal;

use crate::written;

const BATCHES: [u64; 3] = [1, 64, 1024];
const ROUNDS: usize = 21;
const ROUND: Duration = Duration::from_millis(500);
const SEGMENT_BYTES: u64 = 64 << 20;
/// As often as a recorder's committer calls for what is due.
const TICK: Duration = Duration::from_secs(1);

pub(crate) fn run(places: &[PathBuf]) {
    let memory = Path::new("/dev/shm");
    let memory = memory.is_dir().then(|| memory.to_owned());
    for place in places.iter().cloned().chain(memory) {
        println!("in {}, {ROUNDS} rounds of {ROUND:?}\n", place.display());
        println!("{}", compare(&place));
    }
}

fn compare(place: &Path) -> Table {
    let columns =
        ["batch", "records/s", "bare/s", "ratio", "middle half", "ns of a record", "bare"];
    let mut table = Table::new(&columns);
    let body = written::body();
    for batch in BATCHES {
        let directory = tempfile::tempdir_in(place).unwrap();
        let mut side = Side::of(&directory.path().join("journal"), &body, batch);
        let mut bare = Bare::create(&directory.path().join("bare"));
        side.run(ROUND);
        let rounds: Vec<_> = (0..ROUNDS)
            .map(|_| {
                let run = side.run(ROUND);
                (run.records, run.taken, bare.write(run.batches, run.bytes / run.batches))
            })
            .collect();
        let rate = |records: u64, taken: &Taken| records as f64 / taken.wall.as_secs_f64();
        let cost = |records: u64, taken: &Taken| taken.thread.as_nanos() as f64 / records as f64;
        let ratios = || {
            rounds.iter().map(|(_, side, bare)| bare.wall.as_secs_f64() / side.wall.as_secs_f64())
        };
        let (low, high) = quarters(ratios());
        table.row(&[
            batch.to_string(),
            format!("{:.0}", median(rounds.iter().map(|(records, side, _)| rate(*records, side)))),
            format!("{:.0}", median(rounds.iter().map(|(records, _, bare)| rate(*records, bare)))),
            format!("{:.2}", median(ratios())),
            format!("{low:.2}–{high:.2}"),
            format!("{:.0}", median(rounds.iter().map(|(records, side, _)| cost(*records, side)))),
            format!("{:.0}", median(rounds.iter().map(|(records, _, bare)| cost(*records, bare)))),
        ]);
    }
    table
}

/// A signed journal that takes batches of one size.
struct Side<'a> {
    journal: Journal,
    body: &'a [u8],
    batch: u64,
    ticked: Instant,
}

/// What one round achieved.
struct Run {
    records: u64,
    batches: u64,
    bytes: u64,
    taken: Taken,
}

impl<'a> Side<'a> {
    fn of(directory: &Path, body: &'a [u8], batch: u64) -> Self {
        let journal = written::open(directory, SEGMENT_BYTES);
        Self { journal, body, batch, ticked: Instant::now() }
    }

    fn run(&mut self, round: Duration) -> Run {
        let (mut batches, mut bytes, due) = (0, 0, Instant::now() + round);
        let taken = Taken::by(|| {
            while Instant::now() < due {
                if self.ticked.elapsed() >= TICK {
                    self.journal.tick().unwrap();
                    self.ticked = Instant::now();
                }
                (0..self.batch).for_each(|_| self.journal.append_encoded(self.body).unwrap());
                bytes += self.journal.commit().unwrap().lines.len() as u64;
                batches += 1;
            }
        });
        Run { records: batches * self.batch, batches, bytes, taken }
    }
}

/// One thread that appends batches to a file and syncs each.
struct Bare(File);

impl Bare {
    fn create(path: &Path) -> Self {
        Self(OpenOptions::new().append(true).create_new(true).open(path).unwrap())
    }

    fn write(&mut self, batches: u64, bytes: u64) -> Taken {
        let batch = vec![b'x'; usize::try_from(bytes).unwrap()];
        Taken::by(|| {
            for _ in 0..batches {
                self.0.write_all(&batch).unwrap();
                self.0.sync_data().unwrap();
            }
        })
    }
}
