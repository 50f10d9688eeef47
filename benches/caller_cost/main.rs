//! What one `queued` event costs the thread that records it, beside serde_json and tracing.
//!
//! Without arguments it prints times. `--instructions SIDE COUNT` runs one side alone, for a run
//! under `valgrind --tool=callgrind --separate-threads=yes`; sides are `audit`, `serde_json` and
//! `tracing`.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot measure stops")]

mod event;
mod line;
mod recording;
mod traced;

use std::hint::black_box;
use std::time::Duration;

use audit_benches::{Rounds, Table, Taken, interleave, median, paired_ratio};

use event::{Input, context};
use line::Line;
use recording::Recording;

/// How often each side runs.
const ROUNDS: usize = 500;
/// How many events a round has: few enough for the queue, and to be done before the scheduler looks.
const EVENTS: usize = 500;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (None, _, _) => compare(),
        (Some("--instructions"), Some(side), Some(count)) => alone(&side, count.parse().ok()),
        _ => usage(),
    }
}

fn compare() {
    let input = Input::new();
    let context = context();
    let recording = Recording::start();
    let json = recording.one_line(&context, &input);
    let line = Line::read(&json);
    let mut out = Vec::new();
    let sink = traced::sink();
    let [audit, serde_json, tracing] = interleave(
        ROUNDS,
        [
            &mut || recording.round(EVENTS, &context, &input),
            &mut || time(|| serialize(&line, &mut out)),
            &mut || tracing::dispatcher::with_default(&sink, || time(|| traced::log(&input))),
        ],
    );
    recording.finish();
    println!(
        "one `queued` event with ten fields, a line of {} bytes; {ROUNDS} rounds of {EVENTS}\n",
        json.len()
    );
    println!("{}", table(&audit, &serde_json, &tracing));
}

fn table(audit: &Rounds, serde_json: &Rounds, tracing: &Rounds) -> Table {
    let mut table = Table::new(&["side", "thread ns/event", "ratio", "wall ns/event", "ratio"]);
    let sides = [
        ("audit-runtime: build, redact, encode, queue", audit),
        ("serde_json: the same line", serde_json),
        ("tracing-subscriber: JSON, the same fields", tracing),
    ];
    for (name, rounds) in sides {
        let nanos = |time: fn(&Taken) -> Duration| {
            median(rounds.iter().map(time)).as_nanos() / EVENTS as u128
        };
        let ratio = |time: fn(&Taken) -> Duration| paired_ratio(rounds, serde_json, time);
        table.row(&[
            name,
            &nanos(|taken| taken.thread).to_string(),
            &format!("{:.2}", ratio(|taken| taken.thread)),
            &nanos(|taken| taken.wall).to_string(),
            &format!("{:.2}", ratio(|taken| taken.wall)),
        ]);
    }
    table
}

fn time(mut once: impl FnMut()) -> Taken {
    Taken::by(|| (0..EVENTS).for_each(|_| once()))
}

fn serialize(line: &Line, out: &mut Vec<u8>) {
    out.clear();
    black_box(line).write(out);
    black_box(out);
}

fn alone(side: &str, count: Option<usize>) {
    let Some(count) = count else { return usage() };
    let input = Input::new();
    let context = context();
    let recording = Recording::start();
    let line = Line::read(&recording.one_line(&context, &input));
    let rounds = count.div_ceil(EVENTS);
    let mut out = Vec::new();
    for _ in 0..rounds {
        let _ = match side {
            "audit" => recording.round(EVENTS, &context, &input),
            "serde_json" => time(|| serialize(&line, &mut out)),
            "tracing" => {
                tracing::dispatcher::with_default(&traced::sink(), || time(|| traced::log(&input)))
            }
            _ => return usage(),
        };
    }
    recording.finish();
    println!("{side}: {} events", rounds * EVENTS);
}

fn usage() {
    println!("usage: caller_cost [--instructions audit|serde_json|tracing COUNT]");
    std::process::exit(2);
}
