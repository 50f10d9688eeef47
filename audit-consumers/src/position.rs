//! Where a consumer goes on in a journal.

use audit_runtime::journal::Line;
use serde::{Deserialize, Serialize};

/// The place behind the last record that a consumer has taken.
///
/// Its hash stands beside its number, so that a journal that has been put in another's place is
/// noticed instead of being read from the middle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The number of the record that comes next.
    pub next_seq: u64,
    /// The hash of the one before it, as it stands in the journal; `None` at the very start.
    pub last_hash: Option<String>,
}

impl Position {
    /// The place behind `line`.
    pub fn after(line: &Line) -> Self {
        Self { next_seq: line.seq() + 1, last_hash: Some(line.hash().to_string()) }
    }
}
