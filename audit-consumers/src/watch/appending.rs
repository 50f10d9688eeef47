//! Records that a watch has appended to the journal it watches, and the findings that it could not.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use audit_runtime::control::{self, Entry, Finding};

/// How long the service may take; its own deadline is five seconds unless it is set.
pub(super) const DEADLINE: Duration = Duration::from_secs(6);

/// How many findings without a record are kept in mind; the oldest makes room.
const UNRECORDED_MAX: usize = 64;

/// Has records appended by the service that writes the journal, or alone where none does.
#[derive(Clone, Debug)]
pub(super) struct Append {
    journal: PathBuf,
    unrecorded: Arc<Mutex<VecDeque<Finding>>>,
}

impl Append {
    pub(super) fn to(journal: &Path) -> Self {
        Self { journal: journal.to_owned(), unrecorded: Arc::default() }
    }

    pub(super) fn append(&self, entry: &Entry) -> Result<(), control::Error> {
        let appended = control::append(&self.journal, entry, DEADLINE).map(|_| ());
        if let Entry::Finding(finding) = entry {
            self.forget(finding);
            if appended.is_err() {
                self.miss(finding.clone());
            }
        }
        appended
    }

    /// Keeps in mind a finding that is not recorded, until it is.
    pub(super) fn miss(&self, finding: Finding) {
        let mut unrecorded = self.lock();
        if unrecorded.iter().any(|known| is_same(known, &finding)) {
            return;
        }
        if unrecorded.len() == UNRECORDED_MAX {
            unrecorded.pop_front();
        }
        unrecorded.push_back(finding);
    }

    /// What could not be recorded so far, the oldest first.
    pub(super) fn unrecorded(&self) -> Vec<Finding> {
        self.lock().iter().cloned().collect()
    }

    fn forget(&self, finding: &Finding) {
        self.lock().retain(|known| !is_same(known, finding));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Finding>> {
        self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_same(one: &Finding, other: &Finding) -> bool {
    (&one.id, &one.rule, &one.key) == (&other.id, &other.rule, &other.key)
}
