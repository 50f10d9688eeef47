//! Records numbered actions and prints each number once it is acknowledged, or too early if told so.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for tests stops at the first surprise and says what it has done"
)]

use std::sync::Arc;

use audit_runtime::journal::{DirectoryStorage, Journal, Modes, Options};

/// So small that several rotations fall into a few dozen records.
const SEGMENT_BYTES_MAX: u64 = 4_000;

/// `writer JOURNAL FIRST COUNT [early]`: records so many actions from the number `FIRST` on.
///
/// It has one thread: strace counts the calls of each thread apart.
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [journal, first, count, early @ ..] = arguments.as_slice() else {
        panic!("usage: writer JOURNAL FIRST COUNT [early]");
    };
    let (first, count): (u64, u64) = (first.parse().unwrap(), count.parse().unwrap());
    let storage = DirectoryStorage::open(journal, Modes::default()).unwrap();
    let options = Options { segment_bytes_max: SEGMENT_BYTES_MAX, ..Options::default() };
    let mut journal = Journal::open(Arc::new(storage), options).unwrap();
    for number in first..first.saturating_add(count) {
        if !early.is_empty() {
            println!("{number}");
        }
        let fill = "x".repeat(usize::try_from(number % 7 * 100).unwrap());
        let body = format!("\"number\":{number},\"fill\":\"{fill}\"");
        journal.append(body.as_bytes()).unwrap();
        journal.commit().unwrap();
        if early.is_empty() {
            println!("{number}");
        }
    }
    journal.close().unwrap();
}
