//! What an action costs that does nothing: one that waits, and one that ends at once.
//!
//! Without arguments it prints times and bytes. `--instructions SIDE COUNT` runs one side alone, for
//! a run under `valgrind --tool=callgrind --separate-threads=yes`; sides are `audited`, `record` and
//! `span`.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot measure stops")]

mod actions;
mod calls;
mod open;

use std::io;

use tracing::Dispatch;
use tracing_subscriber::fmt::format::FmtSpan;

fn main() {
    let given: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    match given.as_slice() {
        [] => {
            println!("{}", open::memory());
            println!("{}", open::idleness());
            println!("{}", calls::peers());
            println!("{}", calls::beside_waiting());
            println!("{}", calls::beside_threads());
        }
        ["--waiting", side, count] => {
            println!("{}", open::measure_memory(side, count.parse().unwrap()));
        }
        ["--idle", count] => println!("{}", open::measure_idleness(count.parse().unwrap())),
        ["--instructions", side, count] if calls::alone(side, count.parse().unwrap()) => {
            println!("{side}: {count} calls");
        }
        _ => {
            println!("usage: scope [--instructions audited|record|span COUNT]");
            std::process::exit(2);
        }
    }
}

/// `tracing` that keeps the fields of a span, and writes a line at its end, into nothing.
fn sink() -> Dispatch {
    let builder = tracing_subscriber::fmt().json().with_span_events(FmtSpan::CLOSE);
    Dispatch::new(builder.with_writer(io::sink).finish())
}
