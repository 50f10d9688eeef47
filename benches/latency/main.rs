//! How long a `synced` call takes, beside one bare write and fdatasync: the middle and the 99th percentile.
//!
//! `latency [DIRECTORY…]` measures in these directories instead of the build's own.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot measure stops")]

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use audit_benches::{Table, median, named_places, synced_event};
use audit_runtime::Recorder;

const ROUNDS: usize = 25;
/// How many calls a round has: enough for a percentile, few enough that both sides meet one disk.
const CALLS: usize = 400;
/// The bytes of a line of such an event, journal's own members included.
const LINE_BYTES: usize = 560;

fn main() {
    let named = named_places();
    let usual = || vec![PathBuf::from(env!("CARGO_TARGET_TMPDIR"))];
    for place in if named.is_empty() { usual() } else { named } {
        println!("one thread, {ROUNDS} rounds of {CALLS} calls, medians of the rounds\n");
        println!("{}", compare(&place));
    }
}

fn compare(place: &Path) -> Table {
    let directory = tempfile::tempdir_in(place).unwrap();
    let recorder = Recorder::builder(directory.path().join("journal")).open().unwrap();
    let bare = directory.path().join("bare");
    let mut bare = OpenOptions::new().append(true).create_new(true).open(bare).unwrap();
    let rounds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let synced = percentiles(|| _ = recorder.record(synced_event()).wait().unwrap());
            (synced, percentiles(|| write_and_sync(&mut bare)))
        })
        .collect();
    recorder.shutdown(Duration::from_secs(30)).unwrap();
    let mut table = Table::new(&["side", "p50 µs", "ratio", "p99 µs", "ratio"]);
    let micros = |time: Duration| format!("{:.0}", time.as_secs_f64() * 1e6);
    let ratio = |of: fn(&(Percentiles, Percentiles)) -> f64| {
        format!("{:.2}", median(rounds.iter().map(of)))
    };
    table.row(&[
        "a synced call".to_owned(),
        micros(median(rounds.iter().map(|round| round.0.middle))),
        ratio(|(synced, bare)| synced.middle.as_secs_f64() / bare.middle.as_secs_f64()),
        micros(median(rounds.iter().map(|round| round.0.high))),
        ratio(|(synced, bare)| synced.high.as_secs_f64() / bare.high.as_secs_f64()),
    ]);
    table.row(&[
        "write and fdatasync".to_owned(),
        micros(median(rounds.iter().map(|round| round.1.middle))),
        "1.00".to_owned(),
        micros(median(rounds.iter().map(|round| round.1.high))),
        "1.00".to_owned(),
    ]);
    table
}

/// What half of the calls and what 99 of 100 stay below.
struct Percentiles {
    middle: Duration,
    high: Duration,
}

fn percentiles(mut call: impl FnMut()) -> Percentiles {
    let mut taken: Vec<Duration> = (0..CALLS)
        .map(|_| {
            let begun = Instant::now();
            call();
            begun.elapsed()
        })
        .collect();
    taken.sort_unstable();
    Percentiles { middle: taken[CALLS / 2], high: taken[CALLS * 99 / 100] }
}

fn write_and_sync(file: &mut File) {
    file.write_all(&[b'x'; LINE_BYTES]).unwrap();
    file.sync_data().unwrap();
}
