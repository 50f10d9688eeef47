//! What a query finds: records with their lines, a page at a time.

use audit_runtime::Record;
use audit_runtime::journal::Line;

use super::scan::Scan;
use super::token::PageToken;

/// A record that matches, and its line as it stands in the journal.
#[derive(Clone, Debug)]
pub struct Match {
    /// The record, typed.
    pub record: Record,
    /// Its line, byte for byte.
    pub line: Line,
}

/// Some of the records that match, and what was read to find them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The records, in the asked order.
    pub matches: Vec<Match>,
    /// Where the next page begins; `None` if there are no more.
    pub next: Option<PageToken>,
    /// What was read, and what stood in the way.
    pub scan: Scan,
}
