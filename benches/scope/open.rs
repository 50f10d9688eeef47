//! What actions cost while they wait: each figure from a process of its own.

use std::fs;
use std::path::Path;
use std::pin::Pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};
use std::thread::sleep;
use std::time::Duration;

use audit_benches::{Table, Taken};
use audit_runtime::Recorder;
use rustix::time::{ClockId, clock_gettime};
use tracing::Instrument as _;

use crate::actions::{audited_wait, bare_wait, connected_wait, span};
use crate::sink;

/// How many actions wait at once.
const COUNTS: [usize; 3] = [1_000, 100_000, 1_000_000];
/// How long a process does nothing but wait.
const IDLE: Duration = Duration::from_secs(20);
/// What a recorder does at its start is over by then.
const SETTLED: Duration = Duration::from_secs(3);

/// Actions that have begun, and wait.
pub(crate) type Waiting = Vec<Pin<Box<dyn Future<Output = ()>>>>;

/// Bytes and time for each waiting action.
pub(crate) fn memory() -> Table {
    let mut table = Table::new(&[
        "waiting actions",
        "audited: bytes",
        "span: bytes",
        "ratio",
        "open connection: bytes",
        "ratio",
        "audited: ns to begin",
        "span: ns to begin",
        "ratio",
    ]);
    for count in COUNTS {
        let of = |side: &str| -> [f64; 2] { figures(&["--waiting", side, &count.to_string()]) };
        let bare = of("bare");
        // The future that waits would be there without any of them.
        let [audited, span, connection] = ["audited", "span", "connection"]
            .map(of)
            .map(|[bytes, nanos]| [bytes - bare[0], nanos]);
        table.row(&[
            count.to_string(),
            format!("{:.0}", audited[0]),
            format!("{:.0}", span[0]),
            format!("{:.2}", audited[0] / span[0]),
            format!("{:.0}", connection[0]),
            format!("{:.2}", connection[0] / span[0]),
            format!("{:.0}", audited[1]),
            format!("{:.0}", span[1]),
            format!("{:.2}", audited[1] / span[1]),
        ]);
    }
    table
}

/// What a process with waiting actions does in a second.
pub(crate) fn idleness() -> Table {
    let mut table =
        Table::new(&["waiting actions", "µs of processor time a second", "wake-ups", "records"]);
    for count in [0, COUNTS[0], COUNTS[2]] {
        let [micros, woken, records] = figures(&["--idle", &count.to_string()]);
        let seconds = IDLE.as_secs_f64();
        table.row(&[
            count.to_string(),
            format!("{:.0}", micros / seconds),
            format!("{:.2}", woken / seconds),
            format!("{:.2}", records / seconds),
        ]);
    }
    table
}

/// Lets a process of its own measure, and reads what it prints.
fn figures<const N: usize>(arguments: &[&str]) -> [f64; N] {
    let output = Command::new(std::env::current_exe().unwrap()).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let figures: Vec<f64> = printed.split_whitespace().map(|word| word.parse().unwrap()).collect();
    figures.try_into().unwrap()
}

/// In the process of its own: bytes in memory and time for each of `count` waiting actions.
pub(crate) fn measure_memory(side: &str, count: usize) -> String {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let recorder = recorder(directory.path());
    // What the first one sets up once is no cost of the others.
    let mut waiting = Waiting::with_capacity(count + 1);
    let mut begin_one = |number: u64| match side {
        "audited" => begin(&mut waiting, audited_wait(number)),
        "connection" => begin(&mut waiting, connected_wait(number)),
        "span" => begin(&mut waiting, bare_wait(number).instrument(span(number))),
        _ => begin(&mut waiting, bare_wait(number)),
    };
    let dispatch = sink();
    let (before, taken) = tracing::dispatcher::with_default(&dispatch, || {
        recorder.enter(|| {
            begin_one(0);
            let before = memory_bytes();
            (before, Taken::by(|| (1..=count as u64).for_each(begin_one)))
        })
    });
    let bytes = (memory_bytes() - before) / count as f64;
    let is_listed = matches!(side, "audited" | "connection");
    let listed = if is_listed { count as u64 + 1 } else { 0 };
    assert_listed(&recorder, listed);
    finish(&recorder, waiting);
    format!("{bytes} {}", taken.thread.as_nanos() as f64 / count as f64)
}

/// In the process of its own: processor time, wake-ups and records while `count` actions wait.
pub(crate) fn measure_idleness(count: usize) -> String {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let recorder = recorder(directory.path());
    let mut waiting = Waiting::new();
    recorder.enter(|| {
        (0..count as u64).for_each(|number| begin(&mut waiting, audited_wait(number)));
    });
    assert_listed(&recorder, count as u64);
    sleep(SETTLED);
    let look = || (processor_time(), wake_ups(), recorder.health().durable);
    let before = look();
    sleep(IDLE);
    let after = look();
    finish(&recorder, waiting);
    // The one wake-up of this thread is not the recorder's.
    let woken = after.1 - before.1 - 1.0;
    format!("{} {woken} {}", (after.0 - before.0).as_micros(), after.2 - before.2)
}

fn recorder(directory: &Path) -> Recorder {
    let builder = Recorder::builder(directory.join("journal"));
    builder.scopes_max(2 * COUNTS[2]).open().unwrap()
}

/// Begins an action, which then waits.
pub(crate) fn begin(waiting: &mut Waiting, action: impl Future<Output = ()> + 'static) {
    let mut action = Box::pin(action);
    let polled = action.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(polled, Poll::Pending);
    waiting.push(action);
}

/// A scope without a place in the account would cost less.
fn assert_listed(recorder: &Recorder, expected: u64) {
    let health = recorder.health();
    assert_eq!((health.open_scopes, health.scopes_unlisted), (expected, 0), "{health:?}");
}

/// Ends what waits; most of it finds the queue full, which no figure is about.
fn finish(recorder: &Recorder, waiting: Waiting) {
    drop(waiting);
    assert_eq!(recorder.health().open_scopes, 0);
    recorder.shutdown(Duration::from_secs(60)).unwrap();
}

/// What this process has in memory, as Linux tells it.
fn memory_bytes() -> f64 {
    1024.0 * status_figure("/proc/self/status", "VmRSS:")
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// How often the threads of this process have waited for something and gone on.
fn wake_ups() -> f64 {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let paths = threads.map(|thread| thread.unwrap().path().join("status"));
    paths.map(|path| status_figure(path, "voluntary_ctxt_switches:")).sum()
}

fn status_figure(path: impl AsRef<Path>, name: &str) -> f64 {
    let status = fs::read_to_string(path).unwrap();
    let figure = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    figure.trim().trim_end_matches(" kB").parse().unwrap()
}
