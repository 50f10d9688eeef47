//! What each cell must be, written down apart from what is seen and from the page.

use super::grid::{Cell, Ending, Shape};
use super::seen::{End, Seen, Writer};

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
        ending => {
            let (action, access) = ends(ending, cell.shape);
            let intents = usize::from(is_write_ahead && action.is_some());
            seen(intents, action, Some(access))
        }
    }
}

fn seen(intents: usize, end: Option<(&str, Writer)>, access: Option<&str>) -> Seen {
    let end = end.map(|(outcome, writer)| End { outcome: outcome.to_owned(), writer });
    Seen {
        intents,
        ends: end.into_iter().collect(),
        accesses: access.map(str::to_owned).into_iter().collect(),
    }
}

/// The end of the action and the outcome of its request.
fn ends(ending: Ending, shape: Shape) -> (Option<(&'static str, Writer)>, &'static str) {
    use Shape::{Function, Handler, Method, Task};
    let (action, access) = match (ending, shape) {
        (Ending::Ok | Ending::KilledAfter, _) => ("success", "success"),
        (Ending::Err, _) => ("error", "error"),
        (Ending::Denied, _) => ("denied", "denied"),
        (Ending::Failed, _) => ("failure", "failure"),
        // Nothing of the action has begun.
        (Ending::Extractor, _) => return (None, "failure"),
        (Ending::Panic, Handler | Method) => ("panic", "panic"),
        // The handler finds that its thread or its task has panicked, and answers 500.
        (Ending::Panic, Function | Task) => ("panic", "error"),
        (Ending::Gone, Handler | Method) => ("cancelled", "cancelled"),
        // Threads and tasks go on without the request.
        (Ending::Gone, Function | Task) => ("success", "cancelled"),
        (Ending::Timeout, Handler | Method | Task) => ("cancelled", "timeout"),
        (Ending::Timeout, Function) => ("success", "timeout"),
        (Ending::Stopped, Handler | Method | Task) => ("cancelled", "cancelled"),
        (Ending::Stopped, Function) => return (Some(("unknown", Writer::Shutdown)), "cancelled"),
        (Ending::KilledInBody | Ending::KilledStalled, _) => unreachable!("without an end"),
    };
    (Some((action, Writer::Call)), access)
}
