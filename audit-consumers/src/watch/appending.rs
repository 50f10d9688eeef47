//! Records that a watch has appended to the journal it watches.

use std::path::{Path, PathBuf};
use std::time::Duration;

use audit_runtime::control::{self, Entry};

/// How long the service may take; its own deadline is five seconds unless it is set.
pub(super) const DEADLINE: Duration = Duration::from_secs(6);

/// Has records appended by the service that writes the journal, or alone where none does.
#[derive(Clone, Debug)]
pub(super) struct Append {
    journal: PathBuf,
}

impl Append {
    pub(super) fn to(journal: &Path) -> Self {
        Self { journal: journal.to_owned() }
    }

    pub(super) fn append(&self, entry: &Entry) -> Result<(), control::Error> {
        control::append(&self.journal, entry, DEADLINE).map(|_| ())
    }
}
