//! The outcome matrix: every way in which a call ends, in every framework, with every durability and
//! shape, really run.

mod actix;
mod axum;
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
use std::path::Path;

use drive::Left;
use grid::{Cell, FRAMEWORKS};
use seen::Seen;

const TEST: &str = "matrix::every_call_leaves_one_terminal_record_with_the_right_outcome";

#[test]
fn every_call_leaves_one_terminal_record_with_the_right_outcome() {
    if process::is_asked_for() {
        service::serve();
    }
    let directory = tempfile::tempdir().unwrap();
    let seen = cells(every_end_of_all(directory.path()));
    let wrong = Cell::all().filter_map(|cell| {
        let (seen, expected) = (&seen[&cell], expected::expected(&cell));
        (*seen != expected).then(|| format!("{}: {seen}, and not {expected}\n", cell.name()))
    });
    let wrong: String = wrong.collect();
    assert!(wrong.is_empty(), "wrong outcomes:\n{wrong}");
    page::compare(&seen);
}

/// What the processes of all frameworks left, which run beside one another.
fn every_end_of_all(directory: &Path) -> Vec<Left> {
    std::thread::scope(|threads| {
        let drive =
            |(framework, _)| threads.spawn(move || drive::every_end(TEST, framework, directory));
        let driven = FRAMEWORKS.map(drive);
        driven.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// What was seen of every cell of the matrix; of some it is nothing.
fn cells(left: Vec<Left>) -> HashMap<Cell, Seen> {
    let fences = FRAMEWORKS.map(|(framework, _)| drive::fence(framework).name());
    let mut seen = HashMap::new();
    for left in left {
        assert_eq!(seen::tells_an_unclean_stop(&left), left.was_killed);
        let cells = seen::by_cell(&left).into_iter();
        seen.extend(cells.filter(|(name, _)| !left.was_killed || !fences.contains(name)));
    }
    let found = |cell: Cell| (cell, seen.remove(&cell.name()).unwrap_or_default());
    let cells: HashMap<Cell, Seen> = Cell::all().map(found).collect();
    assert!(seen.is_empty(), "records of no cell: {seen:?}");
    cells
}
