//! The recorder: takes complete events, hands them to the one committer and answers with receipts.

mod account;
mod alarm;
mod alert;
mod anchored;
mod answer;
mod builder;
mod caught;
mod cell;
mod committer;
#[cfg(feature = "config")]
mod config;
pub mod control;
mod deadline;
mod error;
mod floods;
mod health;
mod intents;
mod interruption;
mod levels;
mod lookup;
mod metrics;
mod mirror;
mod obstacle;
#[cfg(feature = "rusqlite")]
mod offered;
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
mod pruning;
mod queue;
mod receipt;
mod service;
mod signing;
#[cfg(test)]
mod tests;
mod unaudited;
mod unfinished;
mod withheld;

use std::cell::RefCell;
use std::fmt;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::context::{self, Context, OpenScopes};
use crate::event::{Durability, Event, Scrubber, Stamp};
use crate::say;
use audit_redact::{HashKey, Redactor};

pub use alert::alert;
pub use answer::{Recorded, Unrecorded};
pub use builder::RecorderBuilder;
#[cfg(any(feature = "guard-tracing", feature = "guard-log"))]
pub(crate) use caught::{LogCall, tell_printed};
#[cfg(feature = "config")]
pub use config::{Config, ConfigError};
pub use error::Error;
pub use health::{Health, RedAlarm, Status};
pub(crate) use lookup::{count_unrecorded, current, enter};
pub use mirror::Mirror;
pub use receipt::Receipt;
pub use signing::SigningKeys;
#[cfg(any(feature = "actix", feature = "tower"))]
pub(crate) use unaudited::Route;
pub(crate) use unaudited::{ROUTE_UNAUDITED, UNAUDITED_OTHERS};

use alarm::Alarm;
use audit_anchor::Shipping;
use audit_journal::{MemoryStorage, Reader, Storage};
use cell::{Cell, Ticket};
use deadline::Deadlines;
use health::Counters;
use intents::{Intents, Side};
use lookup::{INSTALLED, InRecorder, WITHOUT_RECORDER};
use pruning::Pruning;
use queue::{Queue, Rejected};

/// How long a recorder that is dropped without a shutdown may take to write what is queued.
const DROP_DEADLINE: Duration = Duration::from_secs(5);

/// Records events in one journal.
///
/// Clones share the journal. When the last clone is dropped, what is queued is written and the
/// journal is closed; [`shutdown`](Self::shutdown) does the same with a deadline and an answer.
#[derive(Clone)]
#[must_use = "dropping the last recorder closes its journal: keep it until the service has stopped"]
pub struct Recorder(Arc<Owner>);

/// What all clones of a recorder own together; the process-wide installation does not own it.
struct Owner {
    shared: Arc<Shared>,
    committer: Mutex<Option<JoinHandle<()>>>,
    control: Option<control::Control>,
}

/// What callers and the committer share.
pub(crate) struct Shared {
    queue: Queue,
    scopes: Arc<OpenScopes>,
    intents: Arc<Intents>,
    counters: Arc<Counters>,
    deadlines: Arc<Deadlines>,
    floods: floods::Floods,
    key: HashKey,
    redactor: Redactor,
    service: Vec<u8>,
    catalog: &'static str,
    /// The places in which the guard caught something.
    told: caught::Told,
    #[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
    routes: unaudited::Routes,
    commits: Arc<metrics::Commits>,
    pruning: Pruning,
    anchors: Shipping,
    /// The journal as it is seen from outside, and its name: for rows that wait in a database.
    #[cfg_attr(not(feature = "rusqlite"), allow(dead_code))]
    reader: Reader,
    #[cfg_attr(not(feature = "rusqlite"), allow(dead_code))]
    origin: String,
}

/// Opens the journal in the directory `path` and makes it the process's own.
///
/// The directory is made if it is missing; its parent must exist.
///
/// # Errors
/// Fails when the journal cannot be opened (another writer, wrong modes, damage), its key cannot
/// be read or made, or the process has a recorder already.
pub fn open(path: impl AsRef<Path>) -> Result<Recorder, Error> {
    Recorder::builder(path).install()
}

/// Records `event` with the running task's recorder.
///
/// Who acts, from where and in which request is filled in from the task's [`Context`] where the
/// event does not say it. The receipt need not be awaited: the event is recorded all the same.
///
/// [`Context`]: crate::Context
///
/// ```no_run
/// # async fn example() -> Result<(), audit_runtime::Unrecorded> {
/// use audit_runtime::{Actor, Event};
///
/// let login = Event::authentication("password").actor(Actor::user("42")).succeeded();
/// audit_runtime::record(login).await?;
/// # Ok(())
/// # }
/// ```
pub fn record(event: Event) -> Receipt {
    match current() {
        Some(shared) => shared.record_here(event),
        None => {
            count_unrecorded(None, &event.action, &Unrecorded::NoRecorder);
            Receipt::settled(Err(Unrecorded::NoRecorder))
        }
    }
}

/// The health of the running task's recorder.
pub fn health() -> Health {
    match current() {
        Some(shared) => shared.health(),
        None => health::without_recorder(WITHOUT_RECORDER.load(Relaxed)),
    }
}

impl Recorder {
    /// Settings for a recorder whose journal lies in the directory `path`.
    pub fn builder(path: impl AsRef<Path>) -> RecorderBuilder {
        RecorderBuilder::directory(path.as_ref())
    }

    /// Settings for a recorder whose journal lies in memory, for tests. Its keys live as long as it
    /// does, unless others are given.
    pub fn in_memory(storage: MemoryStorage) -> RecorderBuilder {
        RecorderBuilder::in_memory(storage)
    }

    /// Settings for a recorder whose journal lies in `storage`.
    pub fn over(storage: Arc<dyn Storage>) -> RecorderBuilder {
        RecorderBuilder::over(storage)
    }

    /// Records `event` here, whatever recorder the running task has.
    pub fn record(&self, event: Event) -> Receipt {
        self.0.shared.record_here(event)
    }

    /// Runs `future` with this recorder instead of the process's own.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        InRecorder { recorder: Arc::clone(&self.0.shared), future }
    }

    /// Calls `work` with this recorder instead of the process's own.
    pub fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        enter(Some(&self.0.shared), work)
    }

    /// Makes this recorder the process's own, which every audited action finds.
    ///
    /// # Errors
    /// Fails when the process has a recorder already: there is one for its whole life.
    pub fn install(&self) -> Result<(), Error> {
        let installed = INSTALLED.set(Arc::clone(&self.0.shared));
        installed.map_err(|_| Error::AlreadyInstalled)
    }

    /// How the recorder fares.
    pub fn health(&self) -> Health {
        self.0.shared.health()
    }

    /// Records what is still running as `unknown`, writes what is queued, closes the journal and
    /// releases its lock.
    ///
    /// Later events are refused, and an action that goes on leaves no second record. Blocks this thread, so call it after the server has stopped.
    ///
    /// # Errors
    /// Fails when the deadline passes first (the committer then goes on by itself), or when the
    /// journal failed, now or earlier. A second call finds nothing to do and succeeds.
    pub fn shutdown(&self, deadline: Duration) -> Result<(), Error> {
        self.0.shutdown(deadline)
    }

    /// What recording needs; it does not keep the journal open.
    #[cfg(any(feature = "actix", feature = "rusqlite", feature = "tower"))]
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.0.shared)
    }

    fn new(
        shared: Arc<Shared>,
        committer: JoinHandle<()>,
        control: Option<control::Control>,
    ) -> Self {
        withheld::watch();
        Self(Arc::new(Owner { shared, committer: Mutex::new(Some(committer)), control }))
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("health", &self.health()).finish_non_exhaustive()
    }
}

impl Owner {
    fn shutdown(&self, deadline: Duration) -> Result<(), Error> {
        // A deadline beyond what the clock can count is none.
        let due = Instant::now().checked_add(deadline);
        self.shared.complete_open(due);
        if let Some(control) = &self.control {
            control.close();
        }
        self.shared.counters.stopped.store(true, Relaxed);
        self.shared.queue.close();
        // A thread cannot be joined with a deadline, so it is looked at in small steps. Answers are given
        // before this returns, since the process may end then.
        while self.committer().as_ref().is_some_and(|thread| !thread.is_finished())
            || self.control.as_ref().is_some_and(|control| !control.has_ended())
        {
            if due.is_some_and(|due| Instant::now() >= due) {
                return Err(Error::ShutdownDeadline(deadline));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let Some(thread) = self.committer().take() else {
            return Ok(());
        };
        // How it ended is known from the counters, also when it panicked.
        let _ = thread.join();
        self.finish_anchors(due);
        match self.shared.counters.failure() {
            Some(reason) => Err(Error::Failed(reason)),
            None => Ok(()),
        }
    }

    fn committer(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.committer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Err(error) = self.shutdown(DROP_DEADLINE) {
            say::error(format_args!("the recorder was not closed cleanly: {error}"));
        }
    }
}

impl Shared {
    /// Completes `event` from the running task's context and records it.
    fn record_here(&self, mut event: Event) -> Receipt {
        complete(&mut event);
        self.record(&event)
    }

    /// Encodes `event` and hands it to the committer; in a flood it is counted.
    pub(crate) fn record(&self, event: &Event) -> Receipt {
        if self.count_in_flood(event) {
            return Receipt::settled(Ok(Recorded::Counted));
        }
        let durability = event.durability();
        match self.hand_over(event, durability) {
            Ok(receipt) => receipt,
            Err(unrecorded) => {
                // What the queue had no room for is counted there, and by the committer.
                if unrecorded != Unrecorded::QueueFull {
                    self.count_lost(1);
                }
                if matches!(unrecorded, Unrecorded::JournalFull(_)) {
                    self.counters.interruptions.count_lost(1);
                }
                Receipt::failed(unrecorded, self.alarm(event))
            }
        }
    }

    /// What captured values are redacted with.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Counts an action that has no record, and says so.
    pub(crate) fn count_unrecorded(&self, action: &str, why: &Unrecorded) {
        alarm::raise(&self.counters, action, why);
    }

    fn count_lost(&self, events: u64) {
        self.counters.lost.fetch_add(events, Relaxed);
    }

    fn alarm(&self, event: &Event) -> Alarm {
        Alarm { counters: Arc::clone(&self.counters), action: event.action.clone() }
    }

    fn hand_over(&self, event: &Event, durability: Durability) -> Result<Receipt, Unrecorded> {
        let side = Side::of(event);
        match self.obstacle() {
            // The end of an intent is kept until the disk has room.
            Some(Unrecorded::JournalFull(_)) if matches!(side, Side::End(_)) => {}
            Some(unrecorded) => return Err(unrecorded),
            None => {}
        }
        let cell = (durability != Durability::Queued).then(|| Arc::new(Cell::default()));
        let mut caught = Scrubber::default();
        let mut encode_and_push = |body: &mut Vec<u8>| {
            body.clear();
            caught = self.encode(event, body);
            let may_flood = self.floods.concern(event);
            self.queue.push(body, cell.as_ref().map(Ticket::new), side, may_flood)
        };
        let pushed = BODY.try_with(|body| encode_and_push(&mut body.borrow_mut()));
        // A thread that is ending may drop an audited call when its own memory is gone already.
        let pushed = pushed.unwrap_or_else(|_| encode_and_push(&mut Vec::new()));
        // Behind the event itself, and no more while its bytes are borrowed.
        self.tell_caught(event, caught.places());
        match (pushed, cell) {
            (Ok(()), Some(cell)) => {
                Ok(Receipt::pending(cell, Arc::clone(&self.deadlines), self.alarm(event)))
            }
            (Ok(()), None) => Ok(Receipt::settled(Ok(Recorded::Queued))),
            (Err(Rejected::Full), _) => Err(Unrecorded::QueueFull),
            (Err(Rejected::Closed), _) => Err(Unrecorded::Stopped),
        }
    }

    fn encode(&self, event: &Event, body: &mut Vec<u8>) -> Scrubber {
        let stamp = Stamp { key: &self.key, service: &self.service, catalog: self.catalog };
        event.write(body, &stamp)
    }
}

/// Fills in what the running task knows and `event` does not say.
fn complete(event: &mut Event) {
    event.causation_id = event.causation_id.or_else(context::cause);
    let context = Context::here();
    context.complete(event);
    context.note_event(event);
}

thread_local! {
    /// The bytes of the event being recorded; kept, so that recording allocates nothing.
    static BODY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}
