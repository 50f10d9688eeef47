//! The outcome matrix: every way in which a call ends, with every durability and shape, really run.

mod drive;
mod expected;
mod grid;
mod marks;
mod page;
#[path = "../../crash/service.rs"]
mod process;
mod seen;
mod service;
mod shapes;

use std::collections::HashMap;

use grid::Cell;
use seen::Seen;

const TEST: &str = "matrix::every_call_leaves_one_terminal_record_with_the_right_outcome";

#[test]
fn every_call_leaves_one_terminal_record_with_the_right_outcome() {
    if process::is_asked_for() {
        service::serve();
    }
    let directory = tempfile::tempdir().unwrap();
    let stopped = drive::until_stopped(TEST, directory.path());
    let killed = drive::until_killed(TEST, directory.path());
    assert!(!seen::tells_an_unclean_stop(&stopped));
    assert!(seen::tells_an_unclean_stop(&killed));
    let seen = cells(seen::by_cell(&stopped), seen::by_cell(&killed));
    let wrong = Cell::all().filter_map(|cell| {
        let (seen, expected) = (&seen[&cell], expected::expected(&cell));
        (*seen != expected).then(|| format!("{}: {seen}, and not {expected}\n", cell.name()))
    });
    let wrong: String = wrong.collect();
    assert!(wrong.is_empty(), "wrong outcomes:\n{wrong}");
    page::compare(&seen);
}

/// What was seen of every cell of the matrix; of some it is nothing.
fn cells(stopped: HashMap<String, Seen>, killed: HashMap<String, Seen>) -> HashMap<Cell, Seen> {
    let fence = drive::fence().name();
    let mut seen = stopped;
    seen.extend(killed.into_iter().filter(|(name, _)| *name != fence));
    let found = |cell: Cell| (cell, seen.remove(&cell.name()).unwrap_or_default());
    let cells: HashMap<Cell, Seen> = Cell::all().map(found).collect();
    assert!(seen.is_empty(), "records of no cell: {seen:?}");
    cells
}
