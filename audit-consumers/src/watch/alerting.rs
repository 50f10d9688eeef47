//! Makes alerts of the records that are worth one.

use std::path::{Path, PathBuf};

use audit_runtime::Record;
use audit_runtime::journal::{Line, Reader};

use super::detection::BEGIN_AGE;
use super::{recent, worth};
use crate::alert::{Alert, Outbox};
use crate::{Consumer, Error, Position};

/// Puts an alert for each record that is worth one into the outbox, in one transaction with its place.
pub(super) struct Alerting {
    journal: PathBuf,
    outbox: Outbox,
    origin: String,
}

impl Alerting {
    pub(super) fn new(journal: &Path, outbox: Outbox) -> Self {
        Self { journal: journal.to_owned(), outbox, origin: String::new() }
    }
}

impl Consumer for Alerting {
    fn position(&mut self) -> Result<Option<Position>, Error> {
        self.origin = Reader::open(&self.journal)?.origin()?;
        let (position, _) = self.outbox.position().map_err(Error::consumer)?;
        if position != Position::default() {
            return Ok(Some(position));
        }
        recent::position(&self.journal, BEGIN_AGE).map(Some)
    }

    fn take(&mut self, lines: &[Line], behind: &Position) -> Result<(), Error> {
        if lines.is_empty() {
            return Ok(());
        }
        let records = lines.iter().filter_map(|line| Record::parse(line).ok());
        let alerts: Vec<Alert> =
            records.filter_map(|record| worth::alert(&record, &self.origin)).collect();
        self.outbox.take(&alerts, behind, None).map_err(Error::consumer)?;
        Ok(())
    }
}
