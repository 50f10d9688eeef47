//! What a consumer that follows the journal from another process takes from its writer.
//!
//! Each round records alone, beside such a process, and beside one that reads nothing and is as busy as
//! that was, in the same beats: on a machine with few cores every other process takes time from the
//! writer, and only the last comparison tells what reading the journal takes.
//! `beside [DIRECTORY…]` measures in these directories instead of the build's own.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot measure stops")]

mod other;

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use audit_benches::{Table, Taken, median, named_places, quarters, synced_event};
use audit_runtime::{Actor, Durability, Event, Operation, Recorder, Target};

use other::{Other, Used};

const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(1000);
const PRODUCERS: usize = 8;
const CALLS: u32 = 2_000;

/// What the writer and its callers achieved in one round.
#[derive(Clone, Copy)]
struct Run {
    /// Acknowledged records a second, with eight threads that wait for them.
    rate: f64,
    /// What one `queued` event costs its caller, in nanoseconds of thread time.
    call_ns: f64,
}

/// One round of each side, one right after the other.
struct Round {
    alone: Run,
    followed: Run,
    beside_busy: Run,
    used: Used,
}

/// One side of a round.
type Side = fn(&Round) -> Run;

fn main() {
    if other::is_other() {
        return other::main();
    }
    let named = named_places();
    let usual = vec![PathBuf::from(env!("CARGO_TARGET_TMPDIR"))];
    for place in if named.is_empty() { usual } else { named } {
        println!("in {}, {ROUNDS} rounds of {ROUND:?}\n\n{}", place.display(), compare(&place));
    }
}

fn compare(place: &Path) -> Table {
    let directory = tempfile::tempdir_in(place).unwrap();
    let journal = directory.path().join("journal");
    let recorder = Recorder::builder(&journal).service("accounts", "1.4.2").open().unwrap();
    run(&recorder);
    // The consumer has caught up with that, and its place is saved.
    Other::consumer(directory.path()).end();
    let rounds: Vec<Round> =
        (0..ROUNDS).map(|number| round(number, directory.path(), &recorder)).collect();
    recorder.shutdown(Duration::from_secs(30)).unwrap();
    told(&rounds)
}

/// Every other round begins with the consumer: none is always the first.
fn round(number: usize, place: &Path, recorder: &Recorder) -> Round {
    let first = number.is_multiple_of(2).then(|| run(recorder));
    let consumer = Other::consumer(place);
    let followed = run(recorder);
    let used = consumer.end();
    let busy = Other::busy(&used);
    let beside_busy = run(recorder);
    busy.end();
    Round { alone: first.unwrap_or_else(|| run(recorder)), followed, beside_busy, used }
}

fn run(recorder: &Recorder) -> Run {
    let begun = Instant::now();
    let records: u32 = thread::scope(|scope| {
        let record = || {
            let mut records = 0;
            while begun.elapsed() < ROUND {
                recorder.record(synced_event()).wait().unwrap();
                records += 1;
            }
            records
        };
        let producers: Vec<_> = (0..PRODUCERS).map(|_| scope.spawn(record)).collect();
        producers.into_iter().map(|producer| producer.join().unwrap()).sum()
    });
    let rate = f64::from(records) / begun.elapsed().as_secs_f64();
    let called = Taken::by(|| {
        for _ in 0..CALLS {
            drop(recorder.record(queued_event()));
        }
    });
    recorder.record(synced_event()).wait().unwrap();
    Run { rate, call_ns: called.thread.as_nanos() as f64 / f64::from(CALLS) }
}

fn queued_event() -> Event {
    Event::activity("UpdateAccount")
        .operation(Operation::Update)
        .actor(Actor::user("42").named("ada").role("admin"))
        .target(Target::new("Account", 4711))
        .field("quota", &250)
        .durability(Durability::Queued)
        .succeeded()
}

fn told(rounds: &[Round]) -> Table {
    let mut table = Table::new(&[
        "side",
        "records/s",
        "to alone",
        "quarter to quarter",
        "queued ns",
        "to alone",
    ]);
    let sides: [(&str, Side); 3] = [
        ("alone", |round| round.alone),
        ("beside a consumer", |round| round.followed),
        ("beside a process as busy", |round| round.beside_busy),
    ];
    for (name, side) in sides {
        let ratio = |round: &Round| side(round).rate / round.alone.rate;
        let (low, high) = quarters(rounds.iter().map(ratio));
        table.row(&[
            name.to_owned(),
            format!("{:.0}", median(rounds.iter().map(|round| side(round).rate))),
            format!("{:.2}", median(rounds.iter().map(ratio))),
            format!("{low:.2} to {high:.2}"),
            format!("{:.0}", median(rounds.iter().map(|round| side(round).call_ns))),
            format!(
                "{:.2}",
                median(rounds.iter().map(|round| side(round).call_ns / round.alone.call_ns))
            ),
        ]);
    }
    let reading = |round: &Round| round.followed.rate / round.beside_busy.rate;
    let (low, high) = quarters(rounds.iter().map(reading));
    println!(
        "the consumer took {} records and {:.0} % of a core in the middle round\n\
         beside the consumer, to beside a process as busy: {:.2} ({low:.2} to {high:.2})\n",
        rounds.iter().map(|round| round.used.records).sum::<u64>(),
        100.0 * median(rounds.iter().map(|round| round.used.share())),
        median(rounds.iter().map(reading)),
    );
    table
}
