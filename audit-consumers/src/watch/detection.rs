//! Runs detectors over the journal, and has recorded there what they find.

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use audit_runtime::control::{self, Entry};
use audit_runtime::journal::Line;
use audit_runtime::{HashKey, Record};
use memchr::memmem;

use super::appending::Append;
use super::finding::entry;
use super::recent;
use super::state::{self, State};
use crate::detect::{Detector, Finding, Observed};
use crate::follower::Follower;
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
    /// The ids of findings that are recorded further on.
    recorded: HashSet<String>,
    kept: Instant,
}

/// What a batch has shown beside what was found in it.
struct Seen {
    /// How many records older epochs have had by its end.
    before: u64,
    /// The ids of the findings that are recorded in it.
    findings: HashSet<String>,
}

impl Detection {
    pub(super) fn new(
        journal: &Path,
        make: Box<Detectors>,
        append: Append,
        keep_every: Duration,
    ) -> Self {
        let file = Saved::at(state::beside(journal));
        Self { journal: journal.to_owned(), file, make, append, keep_every, work: None }
    }

    fn load(&self) -> Result<Work, Error> {
        let state = match State::load(&self.file)? {
            Some(state) => state,
            None => State::new().map_err(Error::state("make a key for", self.file.path()))?,
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
        let recorded = recorded_behind(&self.journal, &behind)?;
        let (before, kept, pending) = (state.before, Instant::now(), VecDeque::new());
        Ok(Work { state, detectors, behind, before, pending, recorded, kept })
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
        work.recorded.retain(|id| !seen.findings.contains(id));
        if work.kept.elapsed() >= self.keep_every {
            work.keep(&self.file)?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        self.work.as_mut().map_or(Ok(()), |work| work.keep(&self.file))
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
                before += next;
            }
            next = line.seq() + 1;
            let Ok(record) = Record::parse(line) else { continue };
            if record.action == control::Finding::ACTION {
                // What was found is not looked at, or one finding would lead to the next.
                findings.extend(id_of(&record));
                continue;
            }
            let Some(mut observed) = Observed::of(&record) else { continue };
            observed.seq += before;
            for detector in &mut self.detectors {
                detector.observe(&observed, &mut found);
            }
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
        while let Some(finding) = self.pending.front() {
            let id = finding.id().to_string();
            if !finding.simulated && !self.recorded.contains(&id) {
                let entry = Entry::Finding(entry(finding, before));
                if let Err(error) = append.append(&entry) {
                    if error.may_be_recorded() {
                        // Before it is tried again, the journal is asked whether it is there.
                        self.recorded = recorded_behind(journal, &self.behind)?;
                    }
                    return Err(Error::consumer(error));
                }
                self.recorded.insert(id);
            }
            self.pending.pop_front();
        }
        Ok(())
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

/// The ids of the findings that are recorded behind a place.
fn recorded_behind(journal: &Path, place: &Position) -> Result<HashSet<String>, Error> {
    let mut follower = Follower::open(journal, place.clone())?;
    let mut ids = HashSet::new();
    while let Some(line) = follower.next()? {
        // Few records are findings, and only these are parsed.
        let may_be = memmem::find(line.body(), control::Finding::ACTION.as_bytes()).is_some();
        let record = may_be.then(|| Record::parse(&line).ok()).flatten();
        ids.extend(
            record
                .filter(|record| record.action == control::Finding::ACTION)
                .and_then(|record| id_of(&record)),
        );
    }
    Ok(ids)
}

fn id_of(record: &Record) -> Option<String> {
    Some(record.arguments.get("id")?.as_str()?.to_owned())
}
