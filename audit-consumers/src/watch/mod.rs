//! The pipeline from a journal to the people on duty: detectors, alerts, and a look at itself.
//!
//! A [`Watch`] runs beside the service, as `audited watch` does, or in it. It reads the journal like any
//! consumer, has its findings appended by the journal's writer, and sends what is worth an alert:
//!
//! ```text
//! journal ─► detection ─► finding, appended to the same journal
//! journal ─► alerting ─► outbox ─► a worker for each channel
//! ```
//!
//! ```no_run
//! use audit_consumers::alert::Settings;
//! use audit_consumers::watch::{Watch, WatchBuilder};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let channels = Settings::load_channels()?; // `[alerts.channel.…]` of audited.toml
//! let watch = Watch::builder("audit-journal");
//! let watch = channels.into_iter().fold(watch, WatchBuilder::channel).start()?;
//! // … the service runs …
//! watch.stop(std::time::Duration::from_secs(5))?;
//! # Ok(())
//! # }
//! ```
//!
//! Whatever is told to people stands in the journal first, but for the trouble that keeps the journal
//! from being written.

mod alerting;
mod appending;
mod chore;
mod detection;
mod error;
mod finding;
mod monitor;
mod recent;
mod recorded;
mod report;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod trouble;
mod worth;

use std::fmt;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use audit_runtime::journal::{DirectoryStorage, Line, Reader, verify};
use audit_runtime::{HashKey, control};

use crate::alert::{Channel, Outbox, Workers};
use crate::detect::{Detector, Engine, Rules, StateKey};
use crate::owner::Owner;
use crate::runner::{self, Running, Status};
use crate::saved::beside;
use crate::{Consumer, Position};

pub use error::WatchError;
pub use worth::alert_id;

use alerting::Alerting;
use appending::Append;
use chore::Chore;
use detection::Detection;
use monitor::Monitor;
use report::Report;
use settings::Settings;

/// Longer than anybody waits.
const LONG: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long a lock that is held is looked at twice.
const BETWEEN: Duration = Duration::from_millis(50);

const DETECTION: &str = "detection";
const ALERTING: &str = "alerting";

/// A pipeline at work on threads of its own, until it is stopped or dropped.
#[must_use = "a watch ends when this is dropped"]
pub struct Watch {
    detection: Running,
    alerting: Running,
    workers: Workers,
    chores: Vec<Chore>,
    trouble: Arc<Mutex<Option<String>>>,
    append: Append,
}

/// A consumer that holds the lock for as long as its thread runs, so that a watch which could not be
/// stopped in time is still the only one of its journal.
struct Held<C>(C, #[expect(dead_code, reason = "it is held")] Arc<File>);

impl<C: Consumer> Consumer for Held<C> {
    fn position(&mut self) -> Result<Option<Position>, crate::Error> {
        self.0.position()
    }

    fn take(&mut self, lines: &[Line], behind: &Position) -> Result<(), crate::Error> {
        self.0.take(lines, behind)
    }

    fn end(&mut self) -> Result<(), crate::Error> {
        self.0.end()
    }
}

/// How a watch fares, at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WatchStatus {
    /// How the detection fares.
    pub detection: Status,
    /// How the making of alerts fares.
    pub alerting: Status,
    /// What kept it from looking at the pipeline itself the last time.
    pub trouble: Option<String>,
    /// What it has found and could not have recorded yet, and tries to again: up to 64 troubles with the
    /// pipeline itself, which the channels are told all the same, then up to 64 of the detectors' findings,
    /// of which alerts are made once they are recorded. Of both the latest is the last.
    pub unrecorded: Vec<control::Finding>,
}

/// Settings for a watch of one journal.
pub struct WatchBuilder {
    journal: PathBuf,
    rules: Rules,
    channels: Vec<Channel>,
    detectors: Vec<Make>,
    settings: Settings,
}

type Make = Box<dyn Fn() -> Box<dyn Detector> + Send + Sync>;

impl Watch {
    /// Settings for a watch of the journal in the directory `journal`, with the built-in rules.
    pub fn builder(journal: impl AsRef<Path>) -> WatchBuilder {
        WatchBuilder {
            journal: journal.as_ref().to_owned(),
            rules: Rules::builtin(),
            channels: Vec::new(),
            detectors: Vec::new(),
            settings: Settings::default(),
        }
    }

    /// How it fares.
    pub fn status(&self) -> WatchStatus {
        WatchStatus {
            detection: self.detection.status(),
            alerting: self.alerting.status(),
            trouble: self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            unrecorded: self.append.unrecorded(),
        }
    }

    /// Ends what it is at and keeps its places. What was not delivered goes out after the next start.
    ///
    /// Returns what the detectors have found and what has no record at the end, up to 64 findings: the next
    /// start finds them again.
    ///
    /// # Errors
    /// [`WatchError::Consumer`] if it has not ended after `deadline`.
    pub fn stop(self, deadline: Duration) -> Result<Vec<control::Finding>, WatchError> {
        // A deadline beyond what the clock can count is a long one.
        let now = Instant::now();
        let due = now.checked_add(deadline).unwrap_or(now + LONG);
        let left = || due.saturating_duration_since(Instant::now());
        let mut has_ended = self.chores.iter().all(|chore| chore.stop(due));
        let detection = self.detection.stop(left());
        let alerting = self.alerting.stop(left());
        has_ended &= self.workers.shutdown(due);
        detection.and(alerting)?;
        if has_ended { Ok(self.append.missed()) } else { Err(crate::Error::StillRunning.into()) }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl WatchBuilder {
    /// Adds a channel that alerts go to.
    #[must_use]
    pub fn channel(mut self, channel: Channel) -> Self {
        self.channels.push(channel);
        self
    }

    /// Takes these rules in place of the built-in ones.
    #[must_use]
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Adds a detector of your own; `make` makes it afresh at each start.
    #[must_use]
    pub fn detector<D: Detector + 'static>(
        mut self,
        make: impl Fn() -> D + Send + Sync + 'static,
    ) -> Self {
        self.detectors.push(Box::new(move || Box::new(make())));
        self
    }

    /// How often the detectors' state is kept, in milliseconds; 30,000 unless it is set. After a crash, what
    /// came since is read once more.
    #[must_use]
    pub fn keep_every_ms(mut self, millis: u64) -> Self {
        self.settings.keep_every_ms = millis;
        self
    }

    /// How often the pipeline itself is looked at, in milliseconds; 5,000 unless it is set.
    #[must_use]
    pub fn look_ms(mut self, millis: u64) -> Self {
        self.settings.look_ms = millis.max(1);
        self
    }

    /// How long a consumer may be behind before that is told, in milliseconds; 60,000 unless it is set.
    #[must_use]
    pub fn lag_ms_max(mut self, millis: u64) -> Self {
        self.settings.lag_ms_max = millis;
        self
    }

    /// How long nothing may be recorded before that is told, in milliseconds; 180,000 unless it is set,
    /// three heartbeats. 0 where the service has no heartbeats: then silence is not told.
    #[must_use]
    pub fn silence_ms_max(mut self, millis: u64) -> Self {
        self.settings.silence_ms_max = millis;
        self
    }

    /// How often the whole journal is verified, in milliseconds; 3,600,000 unless it is set, and the
    /// first time at once. 0: not here.
    #[must_use]
    pub fn verify_every_ms(mut self, millis: u64) -> Self {
        self.settings.verify_every_ms = millis;
        self
    }

    /// Starts the watch.
    ///
    /// It keeps what it needs beside the journal: `DIR.detect`, `DIR.alerts.sqlite` and, so that there is
    /// one watch of a journal, the lock `DIR.watch`.
    ///
    /// # Errors
    /// Fails when there is no journal, another watch has it, or a file of its own cannot be used.
    pub fn start(self) -> Result<Watch, WatchError> {
        let Self { journal, rules, channels, detectors, settings } = self;
        let origin = Reader::open(&journal)?.origin()?;
        // However the directory was named, it has one watch, and what that keeps lies beside it.
        let found = journal.canonicalize();
        let journal =
            found.map_err(|source| WatchError::Lock { path: journal, source, mend: None })?;
        let lock = Arc::new(lock(&journal)?);
        let append = Append::to(&journal);
        let mut outbox = Outbox::of_journal(&journal, &channels)?;
        let workers = Workers::start(&mut outbox, channels)?;
        let make = Box::new(move |key: &HashKey| engines(&rules, &detectors, key));
        let detection = Detection::new(&journal, make, append.clone(), settings.keep_every());
        let detection = Held(detection, Arc::clone(&lock));
        let detection = runner::start("audit-detection", &journal, detection)?;
        let report = |outbox| Report::new(origin.clone(), append.clone(), outbox);
        let reports = (report(outbox.again()?), report(outbox.again()?));
        let alerting = Held(Alerting::new(&journal, outbox), lock);
        let alerting = runner::start("audit-alerting", &journal, alerting)?;
        let consumers = vec![(DETECTION, detection.observer()), (ALERTING, alerting.observer())];
        let monitor = Monitor::new(&journal, settings.clone(), consumers, reports.0);
        let trouble = Arc::default();
        let chores = chores(&journal, &settings, monitor, reports.1, &trouble)?;
        Ok(Watch { detection, alerting, workers, chores, trouble, append })
    }
}

impl fmt::Debug for WatchBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchBuilder")
            .field("journal", &self.journal)
            .field("channels", &self.channels)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// The engine with the rules, and the detectors of the program's own.
fn engines(rules: &Rules, own: &[Make], key: &HashKey) -> Vec<Box<dyn Detector>> {
    let engine = Engine::new(rules.clone(), StateKey::derived(key));
    let engine: Box<dyn Detector> = Box::new(engine);
    std::iter::once(engine).chain(own.iter().map(|make| make())).collect()
}

/// Starts the looks at the pipeline itself.
fn chores(
    journal: &Path,
    settings: &Settings,
    mut monitor: Monitor,
    mut report: Report,
    trouble: &Arc<Mutex<Option<String>>>,
) -> Result<Vec<Chore>, WatchError> {
    let thread = |source| WatchError::Thread { source };
    let seen = Arc::clone(trouble);
    let look = move || {
        let failed = monitor.look().err().map(|error| error.to_string());
        *seen.lock().unwrap_or_else(PoisonError::into_inner) = failed;
    };
    let monitoring = thread::Builder::new().name("audit-monitor".into());
    let mut chores = vec![Chore::start(monitoring, settings.look(), look).map_err(thread)?];
    if let Some(every) = settings.verify_every() {
        let journal = journal.to_owned();
        let check = move || {
            let damage = match verify(&DirectoryStorage::read_only(&journal)) {
                Ok(verification) => trouble::damage(&report.origin, &verification),
                Err(error) => Some(trouble::unreadable(&report.origin, &error.to_string())),
            };
            // What cannot be told now is found again the next time.
            _ = damage.map_or(Ok(()), |finding| report.tell(finding));
        };
        let verifying = thread::Builder::new().name("audit-verify".into());
        chores.push(Chore::start(verifying, every, check).map_err(thread)?);
    }
    Ok(chores)
}

/// True if a watch of the journal in the directory `journal` runs, in whatever process.
pub fn is_watched(journal: impl AsRef<Path>) -> bool {
    let Ok(journal) = journal.as_ref().canonicalize() else { return false };
    let file = File::open(lock_file(&journal));
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn lock_file(journal: &Path) -> PathBuf {
    beside(journal, ".watch")
}

/// The one watch of a journal.
fn lock(journal: &Path) -> Result<File, WatchError> {
    let path = lock_file(journal);
    let owner = Owner::of(journal);
    let io = |source| {
        let files = [lock_file(journal), state::beside(journal)];
        let files = files.into_iter().chain(Outbox::files(journal)).collect::<Vec<_>>();
        WatchError::Lock { path: path.clone(), source, mend: owner.mend(&files) }
    };
    let file = owner.make_or_open(&path).map_err(io)?;
    // Who asks whether there is a watch holds the lock for a moment.
    let locked = file.try_lock().or_else(|_| {
        thread::sleep(BETWEEN);
        file.try_lock()
    });
    match locked {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(WatchError::Watched { journal: journal.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}
