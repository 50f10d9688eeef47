//! What detection costs with all built-in rules, beside reading the same lines with serde_json.
//!
//! The lines are the login attempts of the tests, over and over, each time later. `--keys` has as many
//! users and addresses as there are lines instead, so that tables are full and nothing is in the cache.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot measure stops")]

mod lines;
mod seed;

use std::hint::black_box;

use audit_benches::{Table, Taken, interleave, median, paired_ratio};
use audit_consumers::detect::{Attempt, Detector, Engine, Finding, Rules, StateKey};
use audit_runtime::HashKey;

use lines::Line;

const ROUNDS: usize = 21;
/// How much of the time of reading detection may take.
const LIMIT: f64 = 0.5;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|text| text != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => compare(&lines::repeated()),
        ["--keys"] => compare(&lines::all_different()),
        _ => {
            println!("usage: detection [--keys]");
            std::process::exit(2);
        }
    }
}

/// Times every side against reading the lines into a struct.
fn compare(lines: &[String]) {
    let attempts: Vec<Attempt<'_>> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| Attempt::parse(index as u64, line.as_bytes()).unwrap())
        .collect();
    let logins: Vec<Line> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut found = 0;
    let rounds = interleave(
        ROUNDS,
        [
            &mut || read::<Line>(lines),
            &mut || read::<serde_json::Value>(lines),
            &mut || attempted(lines),
            &mut || {
                let (taken, findings) = detect(&attempts);
                found = findings;
                taken
            },
            &mut || seed(&logins),
        ],
    );
    let names = [
        "serde_json into a struct with all fields",
        "serde_json into a Value",
        "reading attempts (not detection)",
        "detection, nine rules",
        "the seed's detector, one rule, 1,000 events a flush",
    ];
    let mut table = Table::new(&["side", "thread ns/event", "to the struct", "to the Value"]);
    for (name, side) in names.iter().zip(&rounds) {
        let nanos = median(side.iter().map(|taken| taken.thread)).as_nanos() / lines.len() as u128;
        let ratio = |base| format!("{:.2}", paired_ratio(side, base, |taken| taken.thread));
        table.row(&[(*name).to_owned(), nanos.to_string(), ratio(&rounds[0]), ratio(&rounds[1])]);
    }
    println!("{} lines, {found} findings, {ROUNDS} rounds\n\n{table}", lines.len());
    let ratio = paired_ratio(&rounds[3], &rounds[0], |taken| taken.thread);
    println!(
        "detection takes {ratio:.2} of the time of reading into a struct; the limit is {LIMIT}"
    );
}

fn read<'l, T: serde::Deserialize<'l>>(lines: &'l [String]) -> Taken {
    Taken::by(|| {
        for line in lines {
            black_box(serde_json::from_str::<T>(black_box(line)).unwrap());
        }
    })
}

fn attempted(lines: &[String]) -> Taken {
    Taken::by(|| {
        for (index, line) in lines.iter().enumerate() {
            black_box(Attempt::parse(index as u64, black_box(line.as_bytes())).unwrap());
        }
    })
}

/// Detects in all attempts, with an engine that knows nothing yet; its memory is given back untimed.
fn detect(attempts: &[Attempt<'_>]) -> (Taken, usize) {
    let key = StateKey::derived(&HashKey::from_bytes([1; 32]));
    let mut engine = Engine::new(Rules::builtin(), key);
    let (mut findings, mut found) = (Vec::<Finding>::new(), 0);
    let taken = Taken::by(|| {
        for attempt in attempts {
            engine.observe(black_box(&attempt.event), &mut findings);
            found += black_box(findings.drain(..)).count();
        }
    });
    (taken, found)
}

fn seed(logins: &[Line]) -> Taken {
    Taken::by(|| {
        for batch in logins.chunks(1_000) {
            for anomaly in seed::detect(black_box(batch)) {
                black_box((anomaly.attempts, anomaly.addresses));
            }
        }
    })
}
