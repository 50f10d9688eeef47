//! How many records a second are acknowledged, against a bare loop of write and fdatasync.
//!
//! The bare loop writes as many batches of as many bytes as the journal just did, in the same
//! directory. It neither encodes, hashes nor wakes anybody, so it is the limit of the disk, not of
//! a journal. The hand-over adds what no journal can do without: the same producers bring lines
//! that are ready to one thread, and sleep until it has written and synced them.
//! `throughput [DIRECTORY…]` measures in these directories instead of the build's own and, where
//! there is one, a file system in memory.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot measure stops")]

mod bare;
mod handed;
mod recording;
mod tasks;
mod writes;

use std::path::{Path, PathBuf};
use std::time::Duration;

use audit_benches::{Table, median, named_places};

use bare::Bare;
use handed::HandOver;
use recording::{Producers, Recording, Run};
use writes::writes_per_batch;

const PRODUCERS: [(&str, Producers); 5] = [
    ("1 thread", Producers::Threads(1)),
    ("8 threads", Producers::Threads(8)),
    ("64 threads", Producers::Threads(64)),
    ("8 tasks on a thread", Producers::Tasks(8)),
    ("64 tasks on a thread", Producers::Tasks(64)),
];
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(500);

fn main() {
    let named = named_places();
    let places = if named.is_empty() { usual_places() } else { named };
    for place in places {
        println!("in {}, {ROUNDS} rounds of {ROUND:?}\n", kind(&place));
        println!("{}", compare(&place));
    }
}

/// The build's directory, and a file system in memory where there is one.
fn usual_places() -> Vec<PathBuf> {
    let memory = Path::new("/dev/shm");
    let disk = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::iter::once(disk).chain(memory.is_dir().then(|| memory.to_owned())).collect()
}

/// The type of the file system, as the system tells it.
fn kind(place: &Path) -> String {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mounted = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (at, kind) = (words.next()?, words.next()?);
        place.starts_with(at).then_some((at.len(), kind))
    });
    let longest = mounted.max_by_key(|(length, _)| *length);
    longest.map_or("an unknown file system".into(), |(_, kind)| kind.to_owned())
}

fn compare(place: &Path) -> Table {
    let mut table = Table::new(&[
        "producers",
        "records/s",
        "batch",
        "bare loop/s",
        "ratio",
        "hand-over/s",
        "ratio",
    ]);
    let directory = tempfile::tempdir_in(place).expect("the directory can be written");
    let recording = Recording::start(&directory.path().join("journal"));
    let mut bare = Bare::create(&directory.path().join("bare"));
    let mut handed = HandOver::create(&directory.path().join("handed"));
    let per_batch = writes_per_batch(&recording);
    for (name, producers) in &PRODUCERS {
        let rounds: Vec<Round> = (0..ROUNDS)
            .map(|_| {
                let run = recording.run(producers, ROUND, per_batch);
                let bytes = run.bytes / run.batches;
                let bare = bare.write(run.batches, bytes);
                let handed = handed.rate(producers, run.bytes / run.records, ROUND);
                Round { run, bare, handed }
            })
            .collect();
        let of = |value: fn(&Round) -> f64| median(rounds.iter().map(value));
        table.row(&[
            (*name).to_owned(),
            format!("{:.0}", of(Round::rate)),
            format!("{:.1}", of(|round| round.run.records as f64 / round.run.batches as f64)),
            format!("{:.0}", of(Round::bare_rate)),
            format!("{:.2}", of(|round| round.rate() / round.bare_rate())),
            format!("{:.0}", of(|round| round.handed)),
            format!("{:.2}", of(|round| round.rate() / round.handed)),
        ]);
    }
    recording.finish();
    table
}

/// The journal and its two limits, one right after the other.
struct Round {
    run: Run,
    bare: Duration,
    /// Lines a second.
    handed: f64,
}

impl Round {
    fn rate(&self) -> f64 {
        self.run.records as f64 / self.run.taken.as_secs_f64()
    }

    /// How many records a second it would be, if each batch held what the journal's did.
    fn bare_rate(&self) -> f64 {
        self.run.records as f64 / self.bare.as_secs_f64()
    }
}
