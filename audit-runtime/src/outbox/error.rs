//! Why an event could not be put into an outbox, or an outbox not be relayed.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::recorder::Unrecorded;

/// Why an event could not be put into an outbox, or an outbox not be relayed.
#[derive(Debug)]
#[non_exhaustive]
pub enum OutboxError {
    /// There is no recorder whose journal the event is meant for.
    Unrecorded(Unrecorded),
    /// No relay was started with the recorder, so nobody would take the event out again.
    NoRelay,
    /// The database refused.
    Database {
        /// What was being done, as in "cannot … ".
        doing: &'static str,
        /// What the database said.
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The database has no file, so that no second connection can reach it.
    InMemory,
    /// The database has a relay for this journal already.
    Relayed {
        /// The path of the database.
        database: String,
    },
    /// The operating system refused a thread.
    Thread(std::io::Error),
    /// The deadline passed before everything committed was relayed; it waits in the database.
    ShutdownDeadline(Duration),
    /// The relay stopped before everything committed was relayed; it waits in the database.
    Unfinished {
        /// Why, in words.
        reason: String,
    },
}

impl OutboxError {
    pub(super) fn database(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |cause| Self::Database { doing, cause: Box::new(cause) }
    }
}

impl fmt::Display for OutboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unrecorded(unrecorded) => unrecorded.fmt(f),
            Self::NoRelay => f.write_str(
                "the event would stay in the database for ever: start a relay with \
                 `recorder.relay(…)` before the first `record_in`",
            ),
            // A trigger may put any text into what the database says.
            Self::Database { doing, cause } => {
                write!(f, "cannot {doing}: {}", cause.to_string().escape_debug())
            }
            Self::InMemory => f.write_str(
                "a database in memory cannot be relayed, because no second connection reaches it: \
                 name a file",
            ),
            Self::Relayed { database } => {
                write!(f, "{database} has a relay already: start one for each database and journal")
            }
            Self::Thread(cause) => write!(f, "the operating system refused a thread: {cause}"),
            Self::ShutdownDeadline(deadline) => write!(
                f,
                "not everything was relayed within {} ms; the rest waits in the database for the \
                 next start",
                deadline.as_millis()
            ),
            Self::Unfinished { reason } => write!(
                f,
                "not everything was relayed ({reason}); the rest waits in the database for the next \
                 start"
            ),
        }
    }
}

impl Error for OutboxError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unrecorded(unrecorded) => Some(unrecorded),
            Self::Database { cause, .. } => Some(&**cause),
            Self::Thread(cause) => Some(cause),
            _ => None,
        }
    }
}
