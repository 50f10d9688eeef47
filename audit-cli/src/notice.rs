//! What the journal and its recorder say about themselves, told apart from events of the same name.

use std::fmt;

use audit_runtime::{Category, Record};
use serde_json::Value;

/// A record that no event of an application can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A writer opened the journal.
    Start {
        /// It found no orderly end of the one before it.
        unclean: bool,
    },
    /// Bytes that a crash left were moved to `quarantine/`.
    Recovered {
        /// How many.
        bytes: u64,
    },
    /// Events found no place in the queue, or were refused by the journal.
    Lost {
        /// How many.
        events: u64,
    },
}

impl Notice {
    /// The notice in `record`, if it is one.
    ///
    /// Only the journal writes the member `journal`. A count of losses comes from the recorder
    /// itself, and only that records without an actor.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        if record.category != Category::Journal {
            return None;
        }
        match (record.action.as_str(), &record.journal) {
            ("JournalStart", Some(journal)) => Some(Self::Start {
                unclean: journal.get("unclean").is_some_and(|unclean| *unclean == true),
            }),
            ("JournalRecovered", Some(journal)) => {
                Some(Self::Recovered { bytes: number(journal.get("bytes")) })
            }
            ("JournalLost", None) if record.actor.is_none() => {
                Some(Self::Lost { events: number(record.arguments.get("lost")) })
            }
            _ => None,
        }
    }
}

/// A few words for a column; nothing for what is as it should be.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { unclean: false } => Ok(()),
            Self::Start { unclean: true } => f.write_str("unclean"),
            Self::Recovered { bytes } => write!(f, "{bytes} bytes set aside"),
            Self::Lost { events } => write!(f, "{events} events lost"),
        }
    }
}

fn number(value: Option<&Value>) -> u64 {
    value.and_then(Value::as_u64).unwrap_or(0)
}
