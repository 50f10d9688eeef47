//! Why a journal could not be followed.

use std::fmt;
use std::io;
use std::path::PathBuf;

use audit_runtime::journal;

/// Why a consumer does not go on, or cannot begin.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The journal cannot be read.
    Journal(journal::Error),
    /// The record that was taken last is not in this journal, nor in an older epoch of it.
    OtherJournal {
        /// Where the journal is.
        journal: PathBuf,
        /// The number of the record that comes next.
        next_seq: u64,
    },
    /// A file of the consumer's own could not be read or written.
    State {
        /// What was being done, as in "cannot … the file".
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said, or what is wrong with its content.
        source: io::Error,
    },
    /// The consumer could not take what it was given.
    Consumer(Box<dyn std::error::Error + Send + Sync>),
    /// The consumer did not end in time.
    StillRunning,
}

impl Error {
    /// The failure of a consumer.
    pub fn consumer(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Consumer(error.into())
    }

    pub(crate) fn state(
        doing: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::State { doing, path, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal(error) => error.fmt(f),
            Self::OtherJournal { journal, next_seq } => write!(
                f,
                "the record before {next_seq}, which was read last, is neither in the journal in {} \
                 nor in an older epoch of it: this is another journal, or the records are gone; put \
                 the right one back, or remove what the consumer has saved to read this one from its \
                 beginning",
                journal.display()
            ),
            Self::State { doing, path, source } => {
                write!(f, "cannot {doing} {}: {source}", path.display())
            }
            Self::Consumer(error) => error.fmt(f),
            Self::StillRunning => {
                f.write_str("the consumer has not ended in time; it ends with the process")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Journal(error) => error.source(),
            Self::State { source, .. } => Some(source),
            Self::Consumer(error) => error.source(),
            Self::OtherJournal { .. } | Self::StillRunning => None,
        }
    }
}

impl From<journal::Error> for Error {
    fn from(error: journal::Error) -> Self {
        Self::Journal(error)
    }
}
