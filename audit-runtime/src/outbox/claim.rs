//! The right to relay one database to one journal, which one relay of a process can have.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::OutboxError;

/// What is being relayed in this process: the same rows must not be taken out twice.
static CLAIMED: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());

/// The right to relay the rows of one database to one journal. Other processes cannot have it,
/// because a journal has one writer.
pub(super) struct Claim {
    pub(super) database: String,
    journal: String,
}

impl Claim {
    pub(super) fn of(database: String, journal: &str) -> Result<Self, OutboxError> {
        if claimed().insert((database.clone(), journal.to_owned())) {
            return Ok(Self { database, journal: journal.to_owned() });
        }
        Err(OutboxError::Relayed { database })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let claim = (std::mem::take(&mut self.database), std::mem::take(&mut self.journal));
        claimed().remove(&claim);
    }
}

fn claimed() -> MutexGuard<'static, BTreeSet<(String, String)>> {
    CLAIMED.lock().unwrap_or_else(PoisonError::into_inner)
}
