//! Why a recorder could not be opened, installed or shut down.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audit_journal as journal;
use audit_redact::{Need, Unmet};

/// Why a recorder could not be opened, installed or shut down.
///
/// `Debug` prints the same sentence as `Display`, because that is what a `main` that returns an
/// error shows.
#[non_exhaustive]
pub enum Error {
    /// The journal could not be opened.
    Journal(journal::Error),
    /// The key of the keyed hashes could not be read or made.
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        cause: std::io::Error,
    },
    /// The keys that sign the journal could not be read or made.
    SigningKeyFile {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        cause: std::io::Error,
    },
    /// The keys that seal values could not be read.
    Keys(std::io::Error),
    /// Fields are to be sealed, and there is no key for it.
    Unkeyed {
        /// The fields, and what they need.
        unmet: Unmet,
        /// Where a key would be found.
        file: Option<PathBuf>,
    },
    /// The process has a recorder already.
    AlreadyInstalled,
    /// A setting has a value that cannot be used.
    Setting {
        /// The setting.
        name: &'static str,
        /// Why, and what to give instead.
        reason: &'static str,
    },
    /// The operating system refused a thread, random bytes or standard output.
    System(std::io::Error),
    /// The deadline passed before everything was written.
    ShutdownDeadline(Duration),
    /// The journal failed while the recorder ran.
    Failed(Arc<str>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal(error) => error.fmt(f),
            Self::KeyFile { path, cause } => write!(
                f,
                "cannot use the key file {}: {cause} (name another one with `key_file`)",
                path.display()
            ),
            Self::SigningKeyFile { path, cause } => write!(
                f,
                "cannot use the file of signing keys {}: {cause} (name another one with \
                 `signing_key_file`)",
                path.display()
            ),
            Self::Keys(cause) => cause.fmt(f),
            Self::Unkeyed { unmet, file } => unkeyed(f, unmet, file.as_deref()),
            Self::AlreadyInstalled => f.write_str(
                "this process has a recorder already: call `install` or `audit_runtime::open` once",
            ),
            Self::Setting { name, reason } => {
                write!(f, "the setting `{name}` cannot be used: {reason}")
            }
            Self::System(cause) => write!(f, "the operating system refused: {cause}"),
            Self::ShutdownDeadline(deadline) => write!(
                f,
                "the journal was not closed within {} ms; queued events may still be written",
                deadline.as_millis()
            ),
            Self::Failed(reason) => write!(f, "the journal failed: {reason}"),
        }
    }
}

fn unkeyed(f: &mut fmt::Formatter<'_>, unmet: &Unmet, file: Option<&Path>) -> fmt::Result {
    match (unmet.need, file) {
        (Need::Key, Some(file)) => write!(
            f,
            "there is no key to seal {unmet}: run `audited keys new {}` as the service's user, or \
             name the file of the keys with `keys`",
            file.display()
        ),
        (Need::Key, None) => {
            write!(f, "there is no key to seal {unmet}: give the recorder one with `keys`")
        }
        (Need::Subjects, _) => write!(
            f,
            "there is no place for the keys of subjects, which seal {unmet}: name a directory with \
             `Keys::with_subjects`"
        ),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Journal(error) => Some(error),
            Self::KeyFile { cause, .. } | Self::SigningKeyFile { cause, .. } => Some(cause),
            Self::Keys(cause) | Self::System(cause) => Some(cause),
            _ => None,
        }
    }
}

impl From<journal::Error> for Error {
    fn from(error: journal::Error) -> Self {
        Self::Journal(error)
    }
}
