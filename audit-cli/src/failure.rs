//! How a command ends: its exit code, and what it says on standard error.

use std::io::{self, Write as _};
use std::process::ExitCode;

use audit_consumers::query::{QueryError, SearchError};
use audit_runtime::{ConfigError, journal};

use crate::terminal;

/// The exit codes, which scripts rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Ok = 0,
    Tampered = 1,
    Undecided = 2,
    Usage = 3,
}

/// Why a command could not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The journal is damaged or was changed.
    Tampered(String),
    /// It cannot be told what the journal holds.
    Undecided(String),
    /// What was asked for makes no sense.
    Usage(String),
    /// Settings have mistakes, each with its place.
    Settings(ConfigError),
    /// The text of a query is none; the message has a line of carets.
    Query(QueryError),
    /// Nobody reads the output any more, so there is nobody to tell.
    ClosedPipe,
}

impl Failure {
    /// Says on standard error what went wrong, in one line.
    pub(crate) fn report(self) -> Exit {
        let (exit, message) = match self {
            Self::Tampered(message) => (Exit::Tampered, message),
            Self::Undecided(message) => (Exit::Undecided, message),
            Self::Usage(message) => (Exit::Usage, message),
            Self::Settings(mistakes) => (Exit::Usage, mistakes.to_string()),
            Self::Query(error) => {
                // It is made for a terminal: its lines are its own, and the text in them is escaped.
                _ = writeln!(io::stderr(), "audited: {error}");
                return Exit::Usage;
            }
            Self::ClosedPipe => return Exit::Ok,
        };
        warn(&message);
        exit
    }
}

/// Says something on standard error, in one line.
pub(crate) fn warn(message: &str) {
    // Nothing can be said if standard error is closed, and the exit code still tells.
    _ = writeln!(io::stderr(), "audited: {}", terminal::escape(message));
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<journal::Error> for Failure {
    fn from(error: journal::Error) -> Self {
        match error {
            journal::Error::Damaged { .. } | journal::Error::Lost { .. } => {
                Self::Tampered(error.to_string())
            }
            journal::Error::Untrusted { path, reason } => {
                Self::Undecided(format!("run this as the service's user, or: {path} {reason}"))
            }
            journal::Error::Io { doing, name, journal, source }
                if source.kind() == io::ErrorKind::PermissionDenied =>
            {
                Self::Undecided(forbidden(doing, &name, &journal, &source))
            }
            _ => Self::Undecided(error.to_string()),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Settings(error)
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl From<SearchError> for Failure {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Journal(error) => error.into(),
            SearchError::SetAside | SearchError::Changed => Self::Undecided(error.to_string()),
            other => Self::Usage(other.to_string()),
        }
    }
}

/// What a reader can do is not what the runtime advises its writer.
fn forbidden(doing: &str, name: &str, journal: &str, source: &io::Error) -> String {
    format!(
        "cannot {doing} {name} of the journal in {journal}: {source}; run `audited` as the \
         service's user, or let the service give a group of readers access \
         (`Recorder::builder(path).group(gid)`)"
    )
}

/// An error of the output: everything else that can fail has an error of its own.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ClosedPipe;
        }
        let message =
            format!("cannot write to standard output: {error}; free space or redirect it");
        Self::Undecided(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: io::ErrorKind) -> String {
        let failure = journal::Error::Io {
            doing: "list",
            name: "seg".to_owned(),
            journal: "/var/lib/shop/audit".to_owned(),
            source: kind.into(),
        };
        match Failure::from(failure) {
            Failure::Undecided(message) => message,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_reader_without_permission_is_not_told_to_own_the_journal() {
        let denied = message(io::ErrorKind::PermissionDenied);
        assert!(
            denied.starts_with("cannot list seg of the journal in /var/lib/shop/audit: "),
            "{denied}"
        );
        assert!(denied.contains("run `audited` as the service's user"), "{denied}");
        assert!(denied.contains("group(gid)") && !denied.contains("own the directory"), "{denied}");
        let other = message(io::ErrorKind::StorageFull);
        assert!(!other.contains("group(gid)"), "{other}");
    }
}
