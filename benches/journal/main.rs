//! What a signed journal costs: to write, to check and to open again, against what no such journal can do without.
//!
//! `journal commit|verify|recovery|memory [DIRECTORY…]` measures one figure, in these directories instead of the
//! build's own; `commit` also measures in a file system in memory, where there is one. `memory` takes the numbers
//! of records, too.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot measure stops")]

mod commit;
mod hashes;
mod memory;
mod recovery;
mod verify;
mod written;

use std::path::PathBuf;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let figure = arguments.next().unwrap_or_default();
    let named: Vec<String> = arguments.collect();
    match figure.as_str() {
        "commit" => commit::run(&places(&named)),
        "verify" => verify::run(&places(&named)),
        "recovery" => recovery::run(&places(&named)),
        "memory" => memory::run(&named),
        memory::ROLE => memory::work(&named),
        _ => println!("say which figure: commit, verify, recovery or memory"),
    }
}

/// Where to measure.
fn places(named: &[String]) -> Vec<PathBuf> {
    match named {
        [] => vec![PathBuf::from(env!("CARGO_TARGET_TMPDIR"))],
        named => named.iter().map(PathBuf::from).collect(),
    }
}
