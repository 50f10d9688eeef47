//! The three sides of the matrix: how a call ends, what shape it has, and how durable its record is.

use serde::{Deserialize, Serialize};

/// How a call ends, or is kept from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ending {
    Ok,
    Err,
    Denied,
    Failed,
    Extractor,
    Panic,
    Gone,
    Timeout,
    Stopped,
    KilledInBody,
    KilledAfter,
    KilledStalled,
}

/// All of them, as the page tells them.
pub(super) const ENDINGS: [(Ending, &str); 12] = [
    (Ending::Ok, "ok"),
    (Ending::Err, "`Err`"),
    (Ending::Denied, "denied"),
    (Ending::Failed, "failed"),
    (Ending::Extractor, "extractor failure [^extractor]"),
    (Ending::Panic, "panic [^panic]"),
    (Ending::Gone, "client gone [^gone]"),
    (Ending::Timeout, "timeout layer [^timeout]"),
    (Ending::Stopped, "graceful shutdown past its deadline [^stopped]"),
    (Ending::KilledInBody, "`kill -9` in the body"),
    (Ending::KilledAfter, "`kill -9` after the call [^after]"),
    (Ending::KilledStalled, "`kill -9` while the disk does not answer [^stalled]"),
];

/// What is audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Shape {
    Handler,
    Function,
    Method,
    Task,
}

/// All of them: what the page calls each, and where the service has it.
pub(super) const SHAPES: [(Shape, &str, &str); 4] = [
    (Shape::Handler, "async handler", "handler"),
    (Shape::Function, "sync function", "function"),
    (Shape::Method, "trait method", "method"),
    (Shape::Task, "spawned task", "task"),
];

/// How durable the record of a call is; the words are those of the attribute.
pub(super) const DURABILITIES: [&str; 3] = ["queued", "synced", "write_ahead"];

/// One field of the matrix: one request to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cell {
    pub(super) durability: &'static str,
    pub(super) ending: Ending,
    pub(super) shape: Shape,
}

/// What the service is asked to do.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Order {
    pub(super) cell: String,
    pub(super) ending: Ending,
}

impl Cell {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        ENDINGS.iter().flat_map(|(ending, _)| Self::rows(*ending))
    }

    /// The row of the matrix with this ending.
    pub(super) fn row(durability: &'static str, ending: Ending) -> [Self; 4] {
        SHAPES.map(|(shape, ..)| Self { durability, ending, shape })
    }

    /// The rows of all durabilities with this ending.
    pub(super) fn rows(ending: Ending) -> Vec<Self> {
        DURABILITIES.iter().flat_map(|durability| Self::row(durability, ending)).collect()
    }

    /// The correlation id of its request, by which its records are found.
    pub(super) fn name(&self) -> String {
        format!("{}-{}-{:?}", self.durability, self.place(), self.ending)
    }

    /// Where the service has its shape.
    pub(super) fn place(&self) -> &'static str {
        let found = SHAPES.iter().find(|(shape, ..)| *shape == self.shape);
        found.map_or("", |(_, _, place)| place)
    }

    pub(super) fn order(&self) -> Order {
        Order { cell: self.name(), ending: self.ending }
    }
}
