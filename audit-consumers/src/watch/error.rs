//! Why a watch could not be started, or has not ended.

use std::fmt;
use std::io;
use std::path::PathBuf;

use audit_runtime::journal;

use crate::Error;
use crate::alert::OutboxError;

/// Why a watch could not be started, or has not ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum WatchError {
    /// The journal cannot be read.
    Journal(journal::Error),
    /// Another watch of the same journal runs.
    Watched {
        /// Where the journal is.
        journal: PathBuf,
    },
    /// The lock beside the journal cannot be used.
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
        /// What to do about files beside the journal that are another user's.
        mend: Option<String>,
    },
    /// The outbox of alerts cannot be used.
    Outbox(OutboxError),
    /// A consumer could not be started, or did not end.
    Consumer(Error),
    /// A thread could not be started.
    Thread {
        /// What the system said.
        source: io::Error,
    },
}

impl fmt::Display for WatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal(error) => error.fmt(f),
            Self::Watched { journal } => write!(
                f,
                "the journal in {} is watched already, by another process or in the service itself; \
                 one watch of a journal is enough",
                journal.display()
            ),
            Self::Lock { path, source, mend } => {
                let mend = mend.as_deref().unwrap_or("let this user write beside the journal");
                write!(f, "cannot use {}: {source}; {mend}", path.display())
            }
            Self::Outbox(error) => error.fmt(f),
            Self::Consumer(error) => error.fmt(f),
            Self::Thread { source } => write!(f, "cannot start a thread: {source}"),
        }
    }
}

impl std::error::Error for WatchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Journal(error) => error.source(),
            Self::Lock { source, .. } | Self::Thread { source } => Some(source),
            Self::Outbox(error) => error.source(),
            Self::Consumer(error) => error.source(),
            Self::Watched { .. } => None,
        }
    }
}

impl From<journal::Error> for WatchError {
    fn from(error: journal::Error) -> Self {
        Self::Journal(error)
    }
}

impl From<OutboxError> for WatchError {
    fn from(error: OutboxError) -> Self {
        Self::Outbox(error)
    }
}

impl From<Error> for WatchError {
    fn from(error: Error) -> Self {
        Self::Consumer(error)
    }
}
