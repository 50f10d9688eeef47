//! Tells of trouble with the pipeline: by a record where that can be written, else by an alert alone.

use audit_runtime::control::Finding;
use audit_runtime::{Clock as _, SystemClock};

use super::appending::Append;
use super::worth;
use crate::Error;
use crate::alert::Outbox;

/// Tells each trouble once.
pub(super) struct Report {
    pub(super) origin: String,
    append: Append,
    outbox: Outbox,
}

impl Report {
    pub(super) fn new(origin: String, append: Append, outbox: Outbox) -> Self {
        Self { origin, append, outbox }
    }

    /// Tells of `finding`, unless that was done before.
    ///
    /// # Errors
    /// Fails when it can neither be recorded nor kept for the channels; it is told another time.
    pub(super) fn tell(&mut self, mut finding: Finding) -> Result<(), Error> {
        let id = finding.id.as_deref().unwrap_or_default();
        let id = worth::alert_id(id, &finding.rule, finding.severity);
        // Known in this process or an earlier one.
        if self.outbox.knows(&id).map_err(Error::consumer)? {
            return Ok(());
        }
        let now = SystemClock.now();
        // Its record may come later.
        finding.last = Some(now.to_string());
        // What keeps the journal from being written, or from being read, may be the very trouble: the
        // alert does not wait for the record to come around.
        let is_recorded = self.append.report(&finding);
        let alert = worth::trouble(&finding, now, &self.origin, is_recorded);
        self.outbox.add(&[alert]).map_err(Error::consumer)?;
        Ok(())
    }

    /// Has recorded what could not be when it was told.
    pub(super) fn catch_up(&self) {
        self.append.catch_up();
    }

    /// The outbox, for what it has to tell itself.
    pub(super) fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }
}
