//! Committed records a second, against a bare loop of write and fdatasync with the same batches.
//!
//! The bare loop writes as many batches of as many bytes, into one file beside the journal. The hashed one does the
//! same, and hashes the lines as a signed journal must, on the one thread that there is. In memory a sync costs
//! nothing: what is left of the ratio there is the price of hashes and signatures by themselves.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use audit_benches::{Table, Taken, median, quarters};
use audit_runtime::journal::Journal;

use crate::hashes::Hashes;
use crate::written;

const BATCHES: [u64; 3] = [1, 64, 1024];
const ROUNDS: usize = 15;
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
    let mut table = Table::new(&[
        "batch",
        "records/s",
        "bare/s",
        "ratio",
        "middle half",
        "bare, hashed/s",
        "ratio",
        "ns of a record",
        "bare",
    ]);
    let body = written::body();
    for batch in BATCHES {
        let directory = tempfile::tempdir_in(place).unwrap();
        let mut side = Side::of(&directory.path().join("journal"), &body, batch);
        let mut bare = Bare::create(&directory.path().join("bare"));
        let mut hashed = Bare::create(&directory.path().join("hashed"));
        side.run(ROUND);
        let rounds: Vec<_> = (0..ROUNDS)
            .map(|_| {
                let run = side.run(ROUND);
                let lines = side.journal.committed().lines;
                let bare = bare.write(run.batches, lines, None);
                let hashed = hashed.write(run.batches, lines, Some(Hashes::new()));
                (run, bare, hashed)
            })
            .collect();
        let of = |value: &dyn Fn(&(Run, Taken, Taken)) -> f64| median(rounds.iter().map(value));
        let rate = |run: &Run, taken: &Taken| run.records as f64 / taken.wall.as_secs_f64();
        let cost = |run: &Run, taken: &Taken| taken.thread.as_nanos() as f64 / run.records as f64;
        let ratio =
            |run: &Run, base: &Taken| base.wall.as_secs_f64() / run.taken.wall.as_secs_f64();
        let (low, high) = quarters(rounds.iter().map(|(run, bare, _)| ratio(run, bare)));
        table.row(&[
            batch.to_string(),
            format!("{:.0}", of(&|(run, _, _)| rate(run, &run.taken))),
            format!("{:.0}", of(&|(run, bare, _)| rate(run, bare))),
            format!("{:.2}", of(&|(run, bare, _)| ratio(run, bare))),
            format!("{low:.2}–{high:.2}"),
            format!("{:.0}", of(&|(run, _, hashed)| rate(run, hashed))),
            format!("{:.2}", of(&|(run, _, hashed)| ratio(run, hashed))),
            format!("{:.0}", of(&|(run, _, _)| cost(run, &run.taken))),
            format!("{:.0}", of(&|(run, bare, _)| cost(run, bare))),
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
    taken: Taken,
}

impl<'a> Side<'a> {
    fn of(directory: &Path, body: &'a [u8], batch: u64) -> Self {
        let journal = written::open(directory, SEGMENT_BYTES);
        Self { journal, body, batch, ticked: Instant::now() }
    }

    fn run(&mut self, round: Duration) -> Run {
        let (mut batches, due) = (0, Instant::now() + round);
        let taken = Taken::by(|| {
            while Instant::now() < due {
                if self.ticked.elapsed() >= TICK {
                    self.journal.tick().unwrap();
                    self.ticked = Instant::now();
                }
                (0..self.batch).for_each(|_| self.journal.append_encoded(self.body).unwrap());
                self.journal.commit().unwrap();
                batches += 1;
            }
        });
        Run { records: batches * self.batch, batches, taken }
    }
}

/// One thread that appends batches to a file and syncs each.
struct Bare(File);

impl Bare {
    fn create(path: &Path) -> Self {
        Self(OpenOptions::new().append(true).create_new(true).open(path).unwrap())
    }

    /// Writes and syncs the same lines again and again, and hashes them each time if that is asked for.
    fn write(&mut self, batches: u64, lines: &[u8], mut hashes: Option<Hashes>) -> Taken {
        Taken::by(|| {
            for _ in 0..batches {
                hashes.iter_mut().for_each(|hashes| hashes.take(lines));
                self.0.write_all(lines).unwrap();
                self.0.sync_data().unwrap();
            }
        })
    }
}
