//! Runs detectors over the journal, and has recorded there what they find.

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use audit_runtime::control::{self, Entry};
use audit_runtime::journal::Line;
use audit_runtime::{Digest, HashKey, Record, Severity};

use super::appending::Append;
use super::finding::entry;
use super::recent;
use super::recorded::{self, Recorded};
use super::state::{self, State};
use crate::detect::{Detector, Finding, Observed};
use crate::owner::Owner;
use crate::saved::Saved;
use crate::{Consumer, Error, Position};

/// How far back a detection looks that begins anew: the longest window of the built-in rules.
pub(super) const BEGIN_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// Makes the detectors for a start; the key is that of the hashes in their snapshots.
pub(super) type Detectors = dyn Fn(&HashKey) -> Vec<Box<dyn Detector>> + Send + Sync;

/// Shows every record to the detectors, and has their findings appended to the journal, each once.
///
/// A finding is appended before the place behind its events is kept, so none is lost. It has the same id
/// when it is found again, and those that stand in the journal already are known by that.
pub(super) struct Detection {
    journal: PathBuf,
    file: Saved,
    make: Box<Detectors>,
    append: Append,
    /// How often the state is kept. What comes after it is looked at again after a crash.
    keep_every: Duration,
    work: Option<Work>,
}

/// What there is once the state was loaded.
struct Work {
    state: State,
    detectors: Vec<Box<dyn Detector>>,
    /// The place behind the last record whose findings are all recorded.
    behind: Position,
    before: u64,
    /// Findings that are not recorded yet.
    pending: VecDeque<Finding>,
    /// What is recorded as found further on.
    recorded: Recorded,
    /// True if there may be more than that: an earlier process has asked for it, or this one without success,
    /// and nobody has looked since.
    is_uncertain: bool,
    kept: Instant,
}

/// What a batch has shown beside what was found in it.
struct Seen {
    /// How many records older epochs have had by its end.
    before: u64,
    /// The findings that are recorded in it, each by its id and by what it says.
    findings: HashSet<String>,
}

impl Detection {
    pub(super) fn new(
        journal: &Path,
        make: Box<Detectors>,
        append: Append,
        keep_every: Duration,
    ) -> Self {
        let file = Saved::at(state::beside(journal)).for_owner(Owner::of(journal));
        Self { journal: journal.to_owned(), file, make, append, keep_every, work: None }
    }

    fn load(&self) -> Result<Work, Error> {
        let state = match State::load(&self.file)? {
            Some(state) => state,
            None => {
                let state = State::new();
                let state = state.map_err(Error::state("make a key for", self.file.path()))?;
                // With another key the same events would be found under other ids.
                state.save(&self.file)?;
                state
            }
        };
        let key = state.hash_key().unwrap_or_else(|| HashKey::from_bytes([0; 32]));
        let mut detectors = (self.make)(&key);
        let restored = detectors.iter_mut().map(|detector| {
            let snapshot = state.snapshot(detector.name());
            snapshot.is_some_and(|snapshot| detector.restore(&snapshot).is_ok())
        });
        let are_restored = restored.fold(true, |all, one| all & one);
        let behind = match &state.position {
            Some(position) if are_restored => position.clone(),
            // A detector that has seen nothing sees what the longest window holds.
            _ => recent::position(&self.journal, BEGIN_AGE)?,
        };
        if !are_restored {
            detectors = (self.make)(&key);
        }
        let (before, kept, pending) = (state.before, Instant::now(), VecDeque::new());
        let (recorded, is_uncertain) = (Recorded::default(), true);
        Ok(Work { state, detectors, behind, before, pending, recorded, is_uncertain, kept })
    }
}

impl Consumer for Detection {
    fn position(&mut self) -> Result<Option<Position>, Error> {
        if self.work.is_none() {
            self.work = Some(self.load()?);
        }
        Ok(self.work.as_ref().map(|work| work.behind.clone()))
    }

    fn take(&mut self, lines: &[Line], behind: &Position) -> Result<(), Error> {
        let Some(work) = &mut self.work else {
            return Ok(());
        };
        let seen = work.observe(lines);
        work.record_pending(&self.journal, &self.append, seen.before)?;
        (work.before, work.behind) = (seen.before, behind.clone());
        // A finding stands behind its events, so by now it has been found again and passed over.
        work.recorded.forget(&seen.findings);
        if work.kept.elapsed() >= self.keep_every {
            work.keep(&self.file)?;
        }
        Ok(())
    }

    /// Keeps the state, unless there are findings that could not be recorded: the detectors have seen their
    /// events, and would pass over them at the next start. From the state before, they find them again.
    fn end(&mut self) -> Result<(), Error> {
        let work = self.work.as_mut().filter(|work| work.pending.is_empty());
        work.map_or(Ok(()), |work| work.keep(&self.file))
    }
}

impl Work {
    /// Shows the records to the detectors.
    ///
    /// Records that come again after a failure have the same numbers, and the detectors know them by these.
    fn observe(&mut self, lines: &[Line]) -> Seen {
        let (mut before, mut next) = (self.before, self.behind.next_seq);
        let (mut found, mut findings) = (Vec::new(), HashSet::new());
        for line in lines {
            if line.seq() < next {
                before = u64::saturating_add(before, next);
            }
            next = line.seq() + 1;
            let Ok(record) = Record::parse(line) else { continue };
            if record.action == control::Finding::ACTION {
                // What was found is not looked at, or one finding would lead to the next.
                findings.extend(recorded::names(&record));
                continue;
            }
            let Some(mut observed) = Observed::of(&record) else { continue };
            observed.seq += before;
            self.detectors.retain_mut(|detector| watches(detector.as_mut(), &observed, &mut found));
        }
        self.pending.extend(found);
        Seen { before, findings }
    }

    /// Has recorded what is not; `before` records have stood in older epochs.
    fn record_pending(
        &mut self,
        journal: &Path,
        append: &Append,
        before: u64,
    ) -> Result<(), Error> {
        let recorded = self.record_each(journal, append, before);
        // Of those that wait behind one that failed, some may be recorded since an earlier run.
        let missed = self.pending.iter().filter(|finding| !finding.simulated);
        let missed = missed.map(|finding| entry(finding, before));
        append.set_missed(missed.filter(|found| !self.recorded.has(found)));
        recorded
    }

    fn record_each(&mut self, journal: &Path, append: &Append, before: u64) -> Result<(), Error> {
        while let Some(finding) = self.pending.front() {
            let found = entry(finding, before);
            if !finding.simulated && !self.recorded.has(&found) {
                let recorded = self.record(journal, append, &found);
                self.is_uncertain = recorded.is_err();
                recorded?;
                self.recorded.add(&found);
                self.recorded.end_looks();
            }
            self.pending.pop_front();
        }
        Ok(())
    }

    /// Has it appended; if it may be there, the journal is asked before.
    fn record(
        &mut self,
        journal: &Path,
        append: &Append,
        found: &control::Finding,
    ) -> Result<(), Error> {
        let entry = Entry::Finding(found.clone());
        if !self.is_uncertain {
            return append.append(&entry).map_err(Error::consumer);
        }
        // What is much to read is read before the writer waits for it.
        self.recorded.look(journal, &self.behind)?;
        let (recorded, behind) = (RefCell::new(&mut self.recorded), &self.behind);
        let is_there = || {
            let mut recorded = recorded.borrow_mut();
            recorded.look(journal, behind)?;
            Ok(recorded.has(found))
        };
        append.append_unless(&entry, is_there).map_err(Error::consumer)?
    }

    fn keep(&mut self, file: &Saved) -> Result<(), Error> {
        self.state.before = self.before;
        self.state.position = Some(self.behind.clone());
        for detector in &self.detectors {
            self.state.keep(detector.name(), &detector.snapshot());
        }
        self.state.save(file)?;
        self.kept = Instant::now();
        Ok(())
    }
}

/// Shows an event to a detector; false if it has panicked, which is a finding and its end until the
/// next start. One that fails at a record would else fail at it for ever, and keep the others from it.
fn watches(detector: &mut dyn Detector, event: &Observed<'_>, found: &mut Vec<Finding>) -> bool {
    let known = found.len();
    if panic::catch_unwind(AssertUnwindSafe(|| detector.observe(event, found))).is_ok() {
        return true;
    }
    found.truncate(known);
    let name = panic::catch_unwind(AssertUnwindSafe(|| detector.name().to_owned()));
    let mut panicked = Finding::new("detector_panicked", Digest::of(&[]), 0, event);
    panicked.key = vec![name.unwrap_or_default()];
    panicked.severity = Severity::High;
    panicked.title = "A detector has panicked and watches no more until the next start.".into();
    panicked.remediation =
        vec!["Standard error of the watch says where; mend the detector.".to_owned()].into();
    found.push(panicked);
    false
}
