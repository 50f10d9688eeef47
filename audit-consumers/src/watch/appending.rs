//! Records that a watch has appended to the journal it watches, and the findings that it could not.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use audit_runtime::control::{self, Entry, Finding};
use audit_runtime::journal::Appended;

use super::recent;
use super::recorded::Recorded;
use crate::Error;

/// How long the service may take; its own deadline is five seconds unless it is set.
pub(super) const DEADLINE: Duration = Duration::from_secs(6);

/// How many findings without a record are kept in mind: so many of the detectors', and so many of the
/// pipeline's own. The oldest makes room.
const UNRECORDED_MAX: usize = 64;

/// How long a trouble that could not be recorded is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// How far two clocks may lie apart that are asked for the same moment.
const SLACK: Duration = Duration::from_secs(60);

/// Has records appended by the service that writes the journal, or alone where none does.
#[derive(Clone, Debug)]
pub(super) struct Append {
    journal: PathBuf,
    /// What the detectors have found, the oldest first.
    missed: Arc<Mutex<Vec<Finding>>>,
    /// What is wrong with the pipeline itself, the oldest first.
    late: Arc<Mutex<Vec<Late>>>,
    /// Held while the late ones are tried, so that none is recorded twice.
    trying: Arc<Mutex<()>>,
}

/// A trouble with the pipeline that has no record yet.
#[derive(Clone, Debug)]
struct Late {
    finding: Finding,
    /// When it was found.
    since: Instant,
    /// When it was tried last; `None` before that.
    tried: Option<Instant>,
    /// True if it may be recorded, and nobody has looked since.
    is_uncertain: bool,
}

impl Append {
    pub(super) fn to(journal: &Path) -> Self {
        let journal = journal.to_owned();
        let (missed, late, trying) = (Arc::default(), Arc::default(), Arc::default());
        Self { journal, missed, late, trying }
    }

    pub(super) fn append(&self, entry: &Entry) -> Result<(), control::Error> {
        control::append(&self.journal, entry, DEADLINE).map(|_| ())
    }

    /// Has it appended, unless `is_there` finds it in the journal; the inner error is of that look.
    ///
    /// It looks once all that the writer was asked for before, also by a process that was killed since, is
    /// there or never will be. The same writer then appends: the next may begin with records of this one that
    /// no reader could see. Where there is none, only a journal that was closed in order is appended to.
    pub(super) fn append_unless(
        &self,
        entry: &Entry,
        is_there: impl Fn() -> Result<bool, Error>,
    ) -> Result<Result<(), Error>, control::Error> {
        let by_service = |service: &mut control::Client| {
            service.settled()?;
            unless(is_there(), || service.append(entry))
        };
        let alone = || unless(is_there(), || control::append_alone(&self.journal, entry));
        control::ask_or(&self.journal, DEADLINE, by_service, alone)
    }

    /// Puts these in the place of what the detectors have found and what has no record.
    pub(super) fn set_missed(&self, missed: impl DoubleEndedIterator<Item = Finding>) {
        let mut latest: Vec<Finding> = missed.rev().take(UNRECORDED_MAX).collect();
        latest.reverse();
        *locked(&self.missed) = latest;
    }

    /// Has a trouble with the pipeline appended; true if that was done. If not, it is tried again.
    pub(super) fn report(&self, finding: &Finding) -> bool {
        let _trying = locked(&self.trying);
        let mut late = locked(&self.late);
        let is_new = late.iter().all(|known| known.finding.id != finding.id);
        if is_new {
            let finding = finding.clone();
            late.push(Late { finding, since: Instant::now(), tried: None, is_uncertain: false });
            let over = late.len().saturating_sub(UNRECORDED_MAX);
            late.drain(..over);
        }
        let known = late.iter().find(|known| known.finding.id == finding.id).cloned();
        drop(late);
        known.is_some_and(|known| self.try_again(&known).is_ok())
    }

    /// Tries what is late and was not tried just now.
    pub(super) fn catch_up(&self) {
        let _trying = locked(&self.trying);
        let all = locked(&self.late).clone();
        for late in all {
            if late.tried.is_some_and(|tried| tried.elapsed() < PAUSE) {
                continue;
            }
            // A refusal may be of this one alone. A writer that is not reached is not asked again and again.
            if self.try_again(&late).is_err_and(|is_refused| !is_refused) {
                return;
            }
        }
    }

    /// What could not be recorded so far: the pipeline's own trouble, then the detectors' findings.
    pub(super) fn unrecorded(&self) -> Vec<Finding> {
        let late = locked(&self.late);
        // What was never tried is being recorded right now.
        let late = late.iter().filter(|late| late.tried.is_some());
        let late: Vec<Finding> = late.map(|late| late.finding.clone()).collect();
        [late, self.missed()].concat()
    }

    /// What of the detectors' findings could not be recorded so far.
    pub(super) fn missed(&self) -> Vec<Finding> {
        locked(&self.missed).clone()
    }

    /// Has it appended, unless it stands in the journal. The error is true if the writer refuses it.
    fn try_again(&self, late: &Late) -> Result<(), bool> {
        let entry = Entry::Finding(late.finding.clone());
        let tried = match late.is_uncertain {
            true => self.append_unless(&entry, || self.stands_there(late)),
            false => self.append(&entry).map(Ok),
        };
        let mut all = locked(&self.late);
        let error = match tried {
            Ok(looked) => {
                looked.map_err(|_| false)?;
                all.retain(|known| known.finding.id != late.finding.id);
                return Ok(());
            }
            Err(error) => error,
        };
        if let Some(known) = all.iter_mut().find(|known| known.finding.id == late.finding.id) {
            known.tried = Some(Instant::now());
            // A refusal tells nothing of what was asked for before.
            known.is_uncertain |= error.may_be_recorded();
        }
        Err(matches!(error, control::Error::Refused { .. }))
    }

    fn stands_there(&self, late: &Late) -> Result<bool, Error> {
        let place = recent::position(&self.journal, late.since.elapsed() + SLACK)?;
        let mut recorded = Recorded::default();
        recorded.look(&self.journal, &place)?;
        Ok(recorded.has(&late.finding))
    }
}

fn unless(
    is_there: Result<bool, Error>,
    append: impl FnOnce() -> Result<Appended, control::Error>,
) -> Result<Result<(), Error>, control::Error> {
    match is_there {
        Ok(false) => append().map(|_| Ok(())),
        looked => Ok(looked.map(drop)),
    }
}

/// A thread that has panicked leaves nothing half done here.
fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
