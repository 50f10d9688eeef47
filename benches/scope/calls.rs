//! What a call costs whose body does nothing, beside waiting ones and beside other threads.

use std::path::PathBuf;
use std::sync::Barrier;
use std::thread::sleep;
use std::time::{Duration, Instant};

use audit_benches::{Rounds, Table, Taken, interleave, median, paired_ratio};
use audit_runtime::Recorder;
use tempfile::TempDir;

use crate::actions::{audited, audited_wait, recorded, traced};
use crate::open::{Waiting, begin};
use crate::sink;

/// How often each side runs.
const ROUNDS: usize = 300;
/// How many calls a round has: few enough for the queue, and to be done before the scheduler looks.
const CALLS: usize = 500;
const THREADS: usize = 2;
/// How long the writer is given to finish before anything else is measured.
const DRAIN_DEADLINE: Duration = Duration::from_secs(30);

/// A call beside its record alone and beside a span.
pub(crate) fn peers() -> Table {
    let recording = Recording::start(0);
    let dispatch = sink();
    let sides = interleave(
        ROUNDS,
        [&mut || recording.round(audited), &mut || recording.round(recorded), &mut || {
            tracing::dispatcher::with_default(&dispatch, || time(traced))
        }],
    );
    recording.finish();
    let names = [
        "an audited call",
        "its record alone: encode, queue",
        "a tracing span with a line at its end",
    ];
    table(&names, &sides, 1)
}

/// A call while so many others wait.
pub(crate) fn beside_waiting() -> Table {
    let recordings = [0, 1_000, 1_000_000].map(Recording::start);
    let [none, few, many] = &recordings;
    let sides = interleave(
        ROUNDS,
        [&mut || none.round(audited), &mut || few.round(audited), &mut || many.round(audited)],
    );
    recordings.into_iter().for_each(Recording::finish);
    table(&["a call while none waits", "while 1,000 wait", "while 1,000,000 wait"], &sides, 0)
}

/// A call while another thread makes the same.
pub(crate) fn beside_threads() -> Table {
    let recording = Recording::start(0);
    let sides = interleave(
        ROUNDS,
        [
            &mut || recording.at_once(1, audited),
            &mut || recording.at_once(THREADS, audited),
            &mut || recording.at_once(1, recorded),
            &mut || recording.at_once(THREADS, recorded),
        ],
    );
    recording.finish();
    let names = [
        "an audited call, one thread",
        "an audited call, two threads at once",
        "its record alone, one thread",
        "its record alone, two threads at once",
    ];
    table(&names, &sides, 0)
}

/// Runs one side alone; false if there is no such side.
pub(crate) fn alone(side: &str, calls: usize) -> bool {
    let recording = Recording::start(0);
    for _ in 0..calls.div_ceil(CALLS) {
        let _ = match side {
            "audited" => recording.round(audited),
            "record" => recording.round(recorded),
            "span" => tracing::dispatcher::with_default(&sink(), || time(traced)),
            _ => return false,
        };
    }
    recording.finish();
    true
}

fn table<const N: usize>(names: &[&str; N], sides: &[Rounds; N], base: usize) -> Table {
    let mut table = Table::new(&["side", "thread ns/call", "ratio", "wall ns/call", "ratio"]);
    for (name, rounds) in names.iter().zip(sides) {
        let nanos = |time: fn(&Taken) -> Duration| {
            (median(rounds.iter().map(time)).as_nanos() / CALLS as u128).to_string()
        };
        let ratio = |time: fn(&Taken) -> Duration| {
            format!("{:.2}", paired_ratio(rounds, &sides[base], time))
        };
        table.row(&[
            (*name).to_owned(),
            nanos(|taken| taken.thread),
            ratio(|taken| taken.thread),
            nanos(|taken| taken.wall),
            ratio(|taken| taken.wall),
        ]);
    }
    table
}

fn time(call: fn(u64)) -> Taken {
    Taken::by(|| (0..CALLS as u64).for_each(call))
}

/// A recorder on a journal in a directory, actions that wait in it, and rounds of calls that must
/// all arrive.
struct Recording {
    directory: TempDir,
    recorder: Recorder,
    waiting: Waiting,
}

impl Recording {
    fn start(count: u64) -> Self {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let builder = Recorder::builder(journal(&directory)).scopes_max(usize::MAX);
        let recorder = builder.open().unwrap();
        let mut waiting = Waiting::new();
        recorder.enter(|| (0..count).for_each(|number| begin(&mut waiting, audited_wait(number))));
        assert_eq!(recorder.health().open_scopes, count);
        Self { directory, recorder, waiting }
    }

    /// Times the calls, then waits, untimed, until the writer has nothing to do.
    fn round(&self, call: fn(u64)) -> Taken {
        let due = self.recorder.health().durable + CALLS as u64;
        let taken = self.recorder.enter(|| time(call));
        self.drain(due);
        taken
    }

    /// Times the calls of threads that begin together: the middle of what each took.
    fn at_once(&self, threads: usize, call: fn(u64)) -> Taken {
        let due = self.recorder.health().durable + (threads * (1 + CALLS)) as u64;
        let (start, recorder) = (Barrier::new(threads), &self.recorder);
        let on_thread = || {
            recorder.enter(|| {
                // The first call of a thread sets up what the others find.
                call(0);
                start.wait();
                time(call)
            })
        };
        let taken: Vec<Taken> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(on_thread)).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        self.drain(due);
        Taken {
            wall: median(taken.iter().map(|taken| taken.wall)),
            thread: median(taken.iter().map(|taken| taken.thread)),
        }
    }

    fn drain(&self, due: u64) {
        let begun = Instant::now();
        loop {
            let health = self.recorder.health();
            assert_eq!((health.lost, health.scopes_unlisted), (0, 0), "{health:?}");
            if health.durable >= due {
                return;
            }
            assert!(begun.elapsed() < DRAIN_DEADLINE, "the disk does not keep up: {health:?}");
            sleep(Duration::from_millis(1));
        }
    }

    fn finish(self) {
        let Self { directory, recorder, waiting } = self;
        assert_eq!(recorder.health().lost, 0);
        // Most of these ends find the queue full, which no figure is about.
        drop(waiting);
        recorder.shutdown(DRAIN_DEADLINE).unwrap();
        drop(directory);
    }
}

fn journal(directory: &TempDir) -> PathBuf {
    directory.path().join("journal")
}
