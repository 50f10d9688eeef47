//! The four sides of the matrix: in which framework a call runs, how it ends, what shape it has,
//! and how durable its record is.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// What serves the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Framework {
    Actix,
    Axum,
}

/// All of them, and what the page calls each.
pub(super) const FRAMEWORKS: [(Framework, &str); 2] =
    [(Framework::Actix, "actix-web"), (Framework::Axum, "axum")];

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
    Reset,
    Closed,
    Timeout,
    Stopped,
    Dropped,
    KilledInBody,
    KilledAfter,
    KilledStalled,
}

/// All of them: as the page tells them, and the note there.
pub(super) const ENDINGS: [(Ending, &str, &str); 14] = [
    (Ending::Ok, "ok", ""),
    (Ending::Err, "`Err`", ""),
    (Ending::Denied, "denied", ""),
    (Ending::Failed, "failed", ""),
    (Ending::Extractor, "extractor failure", " [^extractor]"),
    (Ending::Panic, "panic", " [^panic]"),
    (Ending::Reset, "client resets its connection", " [^reset]"),
    (Ending::Closed, "client closes its connection", " [^closed]"),
    (Ending::Timeout, "timeout layer", " [^timeout]"),
    (Ending::Stopped, "graceful shutdown past its deadline", " [^stopped]"),
    (Ending::Dropped, "the same, with its runtime dropped first", " [^dropped]"),
    (Ending::KilledInBody, "`kill -9` in the body", ""),
    (Ending::KilledAfter, "`kill -9` after the call", " [^after]"),
    (Ending::KilledStalled, "`kill -9` while the disk does not answer", " [^stalled]"),
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
    pub(super) framework: Framework,
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

impl Framework {
    /// Where its service keeps its journal, which tells the service what to be.
    pub(super) fn journal(self, directory: &Path, end: &str) -> std::path::PathBuf {
        directory.join(format!("{self:?}-{end}"))
    }

    /// Whose service has its journal here.
    pub(super) fn of(journal: &Path) -> Self {
        let name = journal.file_name().and_then(|name| name.to_str()).unwrap();
        let mut all = FRAMEWORKS.iter().map(|(framework, _)| *framework);
        all.find(|framework| name.starts_with(&format!("{framework:?}-"))).unwrap()
    }

    /// False for an end that this framework does not have.
    pub(super) fn has(self, ending: Ending) -> bool {
        // The workers of actix-web drop their requests, and no runtime is left to be dropped then.
        self == Self::Axum || ending != Ending::Dropped
    }
}

impl Cell {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let rows = |(framework, _)| ENDINGS.map(|(ending, ..)| Self::rows(framework, ending));
        FRAMEWORKS.into_iter().flat_map(rows).flatten()
    }

    /// The row of the matrix with this ending.
    pub(super) fn row(
        framework: Framework,
        durability: &'static str,
        ending: Ending,
    ) -> [Self; SHAPES.len()] {
        SHAPES.map(|(shape, ..)| Self { framework, durability, ending, shape })
    }

    /// The rows of all durabilities with this ending; none, if the framework has no such end.
    pub(super) fn rows(framework: Framework, ending: Ending) -> Vec<Self> {
        let durabilities = DURABILITIES.iter().filter(|_| framework.has(ending));
        durabilities.flat_map(|durability| Self::row(framework, durability, ending)).collect()
    }

    /// The correlation id of its request, by which its records are found.
    pub(super) fn name(&self) -> String {
        let Self { framework, durability, ending, .. } = self;
        format!("{framework:?}-{durability}-{}-{ending:?}", self.place())
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
