//! Why an outbox cannot be used.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why an outbox cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum OutboxError {
    /// There is none.
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A newer version of this program has written it.
    Newer {
        /// Where it lies.
        path: PathBuf,
        /// The version of its tables.
        version: i64,
    },
    /// The file is something else.
    Foreign {
        /// Where it lies.
        path: PathBuf,
    },
    /// The file could not be made or given its mode.
    Io {
        /// Where it should lie.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
        /// What to do about files that are another user's.
        mend: Option<String>,
    },
    /// The database failed.
    Database {
        /// Where it lies.
        path: PathBuf,
        /// What it says.
        source: rusqlite::Error,
    },
    /// An alert in it cannot be read.
    Unreadable {
        /// Where it lies.
        path: PathBuf,
        /// The alert's id.
        id: String,
    },
}

impl OutboxError {
    pub(crate) fn database(path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        move |source| Self::Database { path: path.to_owned(), source }
    }
}

impl fmt::Display for OutboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => write!(
                f,
                "there is no outbox {}; whoever makes alerts of this journal has not started yet",
                path.display()
            ),
            Self::Newer { path, version } => write!(
                f,
                "a newer version of audited has written the outbox {} (its tables have version {version}, \
                 this build knows {}); use that version",
                path.display(),
                super::schema::VERSION
            ),
            Self::Foreign { path } => write!(
                f,
                "{} is no outbox of alerts; give the outbox a file of its own",
                path.display()
            ),
            Self::Io { path, source, mend } => {
                let mend = mend.as_deref().unwrap_or("check its directory");
                write!(f, "cannot open the outbox {}: {source}; {mend}", path.display())
            }
            Self::Database { path, source } => write!(
                f,
                "the outbox {} failed: {source}; check its disk and its mode",
                path.display()
            ),
            Self::Unreadable { path, id } => write!(
                f,
                "the alert {id:?} in the outbox {} cannot be read; it stays there as a dead letter",
                path.display()
            ),
        }
    }
}

impl std::error::Error for OutboxError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Database { source, .. } => Some(source),
            _ => None,
        }
    }
}
