//! Why another process could not have a record appended, or get an answer.

use std::fmt;
use std::io;

use audit_journal as journal;

/// Why a writer was not reached, or did not do what it was asked for.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Nobody listens on the journal's socket.
    NoWriter {
        /// Where the journal is.
        journal: String,
    },
    /// The writer was not reached, or its answer did not come.
    Unreached {
        /// Where the journal is.
        journal: String,
        /// What the system said.
        source: io::Error,
    },
    /// The writer answered that it will not, or cannot.
    Refused {
        /// Why, as a word: `not_allowed`, `over_budget`, `malformed`, `too_long`, `unknown_version`,
        /// `stopped`, `unrecorded`, `kept` if segments must stay, or `unknown` if it may be recorded all the
        /// same.
        code: String,
        /// Why, as a sentence.
        message: String,
    },
    /// The journal belongs to another user, whose service could not use what this process makes there.
    Foreign {
        /// Where the journal is.
        journal: String,
        /// The user whom it belongs to.
        owner: u32,
        /// The user whom this process acts as.
        user: u32,
    },
    /// The journal could not be written without its service.
    Journal(journal::Error),
}

impl Error {
    /// True if the record that was asked for may be there all the same.
    pub fn may_be_recorded(&self) -> bool {
        match self {
            Self::Unreached { .. } => true,
            Self::Refused { code, .. } => code == "unknown",
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWriter { journal } => write!(
                f,
                "no service that writes the journal in {journal} can be asked, because nobody listens \
                 at CONTROL there; start the service, or look at its health"
            ),
            Self::Unreached { journal, source } => {
                let advice = match source.kind() {
                    io::ErrorKind::PermissionDenied => {
                        "; run this as the service's user or as one of its group of readers"
                    }
                    _ => "; look at the health of the service",
                };
                write!(f, "the writer of the journal in {journal} gave no answer: {source}{advice}")
            }
            Self::Refused { code, message } => {
                let (code, message) = (code.escape_debug(), message.escape_debug());
                write!(f, "the writer refused ({code}): {message}")
            }
            Self::Foreign { journal, owner, user } => write!(
                f,
                "no service writes the journal in {journal}, which belongs to user {owner}, and what \
                 user {user} makes there could keep it out: nothing was changed; run this as user \
                 {owner}, or start the service"
            ),
            Self::Journal(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreached { source, .. } => Some(source),
            Self::Journal(error) => error.source(),
            _ => None,
        }
    }
}

impl From<journal::Error> for Error {
    fn from(error: journal::Error) -> Self {
        Self::Journal(error)
    }
}
