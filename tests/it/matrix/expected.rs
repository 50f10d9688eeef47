//! What each cell must be, written down apart from what is seen and from the page.

use super::grid::{Cell, Ending, Framework, Shape};
use super::seen::{End, Seen, Writer};

/// The outcome of a record, and who wrote it.
type Told = (&'static str, Writer);

/// What must be in the journal of a cell: exactly one terminal record, but for what a kill takes.
pub(super) fn expected(cell: &Cell) -> Seen {
    let is_write_ahead = cell.durability == "write_ahead";
    match cell.ending {
        // Only the intent of a write-ahead action outlives a body that never ended.
        Ending::KilledInBody if is_write_ahead => {
            seen(1, Some(("unknown", Writer::NextStart)), None)
        }
        // What was not written yet is lost, and nobody was told that it was there.
        Ending::KilledInBody | Ending::KilledStalled => Seen::default(),
        // Nothing of the action has begun.
        Ending::Extractor => seen(0, None, Some(("failure", Writer::Call))),
        _ => {
            let (action, access) = ends(cell);
            seen(usize::from(is_write_ahead), Some(action), Some(access))
        }
    }
}

fn seen(intents: usize, end: Option<Told>, access: Option<Told>) -> Seen {
    let record = |(outcome, writer): Told| End { outcome: outcome.to_owned(), writer };
    Seen {
        intents,
        ends: end.map(record).into_iter().collect(),
        accesses: access.map(record).into_iter().collect(),
    }
}

/// The end of the action and that of its request.
fn ends(cell: &Cell) -> (Told, Told) {
    let unknown = ("unknown", Writer::Shutdown);
    match (cell.ending, cell.framework, cell.shape) {
        // Nobody drops what axum runs: it is still running at the shutdown of the recorder.
        (Ending::Stopped, Framework::Axum, _) => (unknown, unknown),
        // Nothing stops a thread.
        (Ending::Stopped | Ending::Dropped, _, Shape::Function) => {
            (unknown, ("cancelled", Writer::Call))
        }
        _ => {
            let (action, access) = outcomes(cell);
            ((action, Writer::Call), (access, Writer::Call))
        }
    }
}

fn outcomes(cell: &Cell) -> (&'static str, &'static str) {
    use Shape::{Function, Handler, Method, Task};
    match (cell.ending, cell.shape) {
        (Ending::Ok | Ending::KilledAfter, _) => ("success", "success"),
        (Ending::Err, _) => ("error", "error"),
        (Ending::Denied, _) => ("denied", "denied"),
        (Ending::Failed, _) => ("failure", "failure"),
        (Ending::Panic, Handler | Method) => ("panic", "panic"),
        // The handler finds that its thread or its task has panicked, and answers 500.
        (Ending::Panic, Function | Task) => ("panic", "error"),
        // actix-web does not look whether its client is still there.
        (Ending::Closed, _) if cell.framework == Framework::Actix => ("success", "success"),
        (Ending::Reset | Ending::Closed, Handler | Method) => ("cancelled", "cancelled"),
        // Threads and tasks go on without the request.
        (Ending::Reset | Ending::Closed, Function | Task) => ("success", "cancelled"),
        (Ending::Timeout, Handler | Method | Task) => ("cancelled", "timeout"),
        (Ending::Timeout, Function) => ("success", "timeout"),
        (Ending::Stopped | Ending::Dropped, _) => ("cancelled", "cancelled"),
        (Ending::Extractor | Ending::KilledInBody | Ending::KilledStalled, _) => {
            unreachable!("without an end")
        }
    }
}
