//! How a journal is asked: in which order, what is passed over, and why there may be no answer.

use std::fmt;

use audit_runtime::journal::Error;

/// In which order records are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The last record first.
    #[default]
    NewestFirst,
    /// As they were written.
    OldestFirst,
}

/// Which segments a scan passes over because of the time that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Skip {
    /// Those of which every line says that it was observed outside that time: the lines' times are
    /// read, which is much less work than checking and parsing them, and no record is missed.
    #[default]
    ByTimes,
    /// Those that begin and end outside that time, without a look inside. A record is missed if the
    /// clock was moved into that time and back while the segment was written.
    ByEnds,
    /// None: everything is read, and checked against the chain.
    Never,
}

/// Why a query has no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum SearchError {
    /// The journal cannot be read.
    Journal(Error),
    /// The journal was set aside while it was read, and a new epoch has begun.
    SetAside,
    /// The journal was not the same when it was read a second time.
    Changed,
    /// It is to be shown of an interval, and the query does not say from when until when.
    Unbounded,
    /// The token comes from another query, or from the same one in another order.
    OtherQuery,
    /// The token's place is not in this journal.
    OtherJournal {
        /// The record that the page before ended with.
        seq: u64,
    },
}

impl fmt::Display for SearchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal(error) => error.fmt(f),
            Self::SetAside => f.write_str(
                "the journal was set aside while it was read, and a new epoch has begun: ask again",
            ),
            Self::Changed => f.write_str(
                "the journal was changed while it was read: `audited verify` tells of damage, else ask again",
            ),
            Self::Unbounded => f.write_str(
                "say from when until when: `since 2026-11-22T02:00Z until 2026-11-22T03:00Z`, or a day, `on 2026-11-22`",
            ),
            Self::OtherQuery => f.write_str(
                "the token is of another query, or of this one in another order: ask with the very \
                 same text, or without a token for the first page",
            ),
            Self::OtherJournal { seq } => write!(
                f,
                "the page before ended at record {seq} of a journal that is not this one: it is \
                 another's, or that part of it was pruned or set aside; ask without a token for the \
                 first page"
            ),
        }
    }
}

impl std::error::Error for SearchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Journal(error) => Some(error),
            Self::SetAside
            | Self::Changed
            | Self::Unbounded
            | Self::OtherQuery
            | Self::OtherJournal { .. } => None,
        }
    }
}

impl From<Error> for SearchError {
    fn from(error: Error) -> Self {
        Self::Journal(error)
    }
}
