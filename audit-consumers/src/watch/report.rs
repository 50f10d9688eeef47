//! Tells of trouble with the pipeline: by a record where that can be written, else by an alert alone.

use std::collections::HashSet;

use audit_runtime::control::{Entry, Finding};
use audit_runtime::{Clock as _, SystemClock};

use super::appending::Append;
use super::worth;
use crate::Error;
use crate::alert::Outbox;

/// How many are remembered as told in this process.
const TOLD_MAX: usize = 1_000;

/// Tells each trouble once.
pub(super) struct Report {
    pub(super) origin: String,
    append: Append,
    outbox: Outbox,
    told: HashSet<String>,
}

impl Report {
    pub(super) fn new(origin: String, append: Append, outbox: Outbox) -> Self {
        Self { origin, append, outbox, told: HashSet::new() }
    }

    /// Tells of `finding`, unless that was done before.
    ///
    /// # Errors
    /// Fails when it can neither be recorded nor kept for the channels; it is told another time.
    pub(super) fn tell(&mut self, finding: Finding) -> Result<(), Error> {
        let id = finding.id.as_deref().unwrap_or_default();
        let id = worth::alert_id(id, &finding.rule, finding.severity);
        if self.told.contains(&id) || self.is_known(&id)? {
            return Ok(());
        }
        let entry = Entry::Finding(finding);
        // What keeps the journal from being written, or from being read, may be the very trouble: the
        // alert does not wait for the record to come around.
        let is_recorded = self.append.append(&entry).is_ok();
        if let Entry::Finding(finding) = &entry {
            let now = SystemClock.now();
            let alert = worth::trouble(finding, now, &self.origin, is_recorded);
            self.outbox.add(&[alert]).map_err(Error::consumer)?;
        }
        if self.told.len() >= TOLD_MAX {
            self.told.clear();
        }
        self.told.insert(id);
        Ok(())
    }

    /// The outbox, for what it has to tell itself.
    pub(super) fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// True if an alert of it was made before, in this process or an earlier one.
    fn is_known(&self, id: &str) -> Result<bool, Error> {
        self.outbox.knows(id).map_err(Error::consumer)
    }
}
