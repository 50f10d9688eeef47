//! The relay: takes committed rows out of a database, in order, and makes each one record.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::claim::Claim;
use super::step::{self, Failure};
use super::table::Table;
use super::{OutboxError, bell};
use crate::recorder::{Recorder, Shared, Unrecorded};
use crate::say;

/// How long after a ring or a row the table is looked at again, doubled with each look in vain.
const PAUSE_MIN: Duration = Duration::from_millis(1);
/// How long a committed row waits at the most for the next look.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// The same after a failure.
const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// How long a relay that is dropped without a shutdown may take.
const DROP_DEADLINE: Duration = Duration::from_secs(5);

/// Takes the events of committed transactions out of one database and records them, until it is
/// shut down or dropped. Keep it until the service has stopped, and the recorder until after that.
#[derive(Debug)]
#[must_use = "dropping the relay stops it: keep it until the service has stopped"]
pub struct Relay {
    stop: Arc<Stop>,
    thread: Option<JoinHandle<Result<(), String>>>,
}

/// What a relay was told about its end.
#[derive(Debug, Default)]
pub(super) struct Stop {
    /// It ends once everything committed is relayed.
    asked: AtomicBool,
    /// Nobody waits for that any more: it ends as soon as it can.
    hurried: AtomicBool,
}

impl Stop {
    pub(super) fn is_hurried(&self) -> bool {
        self.hurried.load(Relaxed)
    }
}

impl Recorder {
    /// Starts a relay from a database to this recorder's journal. One is needed for each database
    /// that [`record_in`](super::record_in) writes to.
    ///
    /// `open` opens the relay's own connection, now and again after a failure, always to the same
    /// file. The table `audit_outbox` is made if it is missing. Rows that an earlier process left
    /// are looked up in the journal first, so that none is recorded a second time.
    ///
    /// # Errors
    /// Fails when the database cannot be opened or written, has no file, or has a relay already.
    pub fn relay(
        &self,
        mut open: impl FnMut() -> rusqlite::Result<Connection> + Send + 'static,
    ) -> Result<Relay, OutboxError> {
        let recorder = self.shared();
        let connection = open().map_err(OutboxError::database(OPENING))?;
        let table = Table::over(connection, recorder.origin())?;
        let Some(database) = table.path().map(str::to_owned) else {
            return Err(OutboxError::InMemory);
        };
        let claim = Claim::of(database, recorder.origin())?;
        report_leftover(&table, &claim.database)?;
        recorder.begin_relaying();
        let stop = Arc::new(Stop::default());
        let mut relaying = Relaying {
            recorder,
            open: Box::new(open),
            table: Some(table),
            doubt: true,
            stop: Arc::clone(&stop),
            claim,
        };
        let thread = std::thread::Builder::new()
            .name("audit-relay".into())
            .spawn(move || relaying.run())
            .map_err(OutboxError::Thread)?;
        Ok(Relay { stop, thread: Some(thread) })
    }
}

impl Relay {
    /// Relays what is committed now, and stops. Blocks this thread.
    ///
    /// # Errors
    /// Fails when the deadline passes first (the relay then ends as soon as it can), or when
    /// rows could not be relayed. They wait in the database for the next start.
    pub fn shutdown(mut self, deadline: Duration) -> Result<(), OutboxError> {
        self.stop(deadline)
    }

    fn stop(&mut self, deadline: Duration) -> Result<(), OutboxError> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        self.stop.asked.store(true, Relaxed);
        bell::ring();
        let due = Instant::now().checked_add(deadline);
        // A thread cannot be joined with a deadline, so it is looked at in small steps.
        while !thread.is_finished() {
            if due.is_some_and(|due| Instant::now() >= due) {
                self.stop.hurried.store(true, Relaxed);
                return Err(OutboxError::ShutdownDeadline(deadline));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let ended = thread.join().unwrap_or_else(|_| Err(PANICKED.to_owned()));
        ended.map_err(|reason| OutboxError::Unfinished { reason })
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Err(error) = self.stop(DROP_DEADLINE) {
            say::error(format_args!("the relay was not stopped cleanly: {error}"));
        }
    }
}

const OPENING: &str = "open the database of the outbox";
const PANICKED: &str = "the relay panicked; restart the service";

/// The thread's own state.
struct Relaying {
    recorder: Arc<Shared>,
    open: Box<dyn FnMut() -> rusqlite::Result<Connection> + Send>,
    table: Option<Table>,
    /// Rows may be waiting whose events are in the journal already.
    doubt: bool,
    stop: Arc<Stop>,
    claim: Claim,
}

impl Drop for Relaying {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.report(Some(PANICKED.to_owned()));
        }
    }
}

impl Relaying {
    fn run(&mut self) -> Result<(), String> {
        let mut heard = bell::rings();
        let mut pause = PAUSE_MIN;
        let mut backoff = BACKOFF_MIN;
        loop {
            // Before the look, so that it finds what was committed before the relay was stopped.
            let stopping = self.stop.asked.load(Relaxed);
            match self.relay_some() {
                Ok(relayed) => {
                    self.report(None);
                    backoff = BACKOFF_MIN;
                    if relayed {
                        pause = PAUSE_MIN;
                        continue;
                    }
                    if stopping {
                        return Ok(());
                    }
                    pause = Self::rest(&mut heard, pause);
                }
                Err(failure) => {
                    let reason = failure.to_string();
                    let stopped = matches!(failure, Failure::Recorder(Unrecorded::Stopped));
                    if stopped || stopping {
                        return Err(reason);
                    }
                    self.report(Some(reason));
                    self.wait_to_retry(&mut heard, backoff);
                    backoff = (backoff * 2).min(BACKOFF_MAX);
                }
            }
        }
    }

    /// Waits for a ring, or for the next look; the pause after that.
    ///
    /// The bell is rung before its transaction is committed, so one ring is good for many looks: a
    /// transaction that stays open twice as long is looked for half as often.
    fn rest(heard: &mut u64, pause: Duration) -> Duration {
        if bell::wait(heard, pause) {
            std::thread::sleep(PAUSE_MIN);
            return PAUSE_MIN;
        }
        (pause * 2).min(PAUSE_MAX)
    }

    fn wait_to_retry(&self, heard: &mut u64, backoff: Duration) {
        let due = Instant::now() + backoff;
        while !self.stop.asked.load(Relaxed) && Instant::now() < due {
            bell::wait(heard, due.saturating_duration_since(Instant::now()));
        }
    }

    /// Says that the relaying fails, and why, or that it does not.
    fn report(&self, reason: Option<String>) {
        let database = &self.claim.database;
        if let Some(reason) = &reason {
            say::warning(format_args!("events wait in the outbox of {database:?}: {reason}"));
        }
        self.recorder.set_unrelayed(database, reason);
    }

    /// Relays the first rows; false if there are none.
    fn relay_some(&mut self) -> Result<bool, Failure> {
        let table = match &mut self.table {
            Some(table) => table,
            None => {
                let connection = (self.open)().map_err(OutboxError::database(OPENING))?;
                self.table.insert(Table::over(connection, self.recorder.origin())?)
            }
        };
        let relayed = step::relay(&self.recorder, table, &mut self.doubt, &self.stop);
        if matches!(relayed, Err(Failure::Outbox(_))) {
            self.table = None;
        }
        relayed
    }
}

/// Says what lies in the table that no relay will take out.
fn report_leftover(table: &Table, database: &str) -> Result<(), OutboxError> {
    let leftover = table.leftover()?;
    if leftover.set_aside > 0 {
        let rows = leftover.set_aside;
        say::error(format_args!("{rows} rows of the outbox of {database:?} were set aside"));
    }
    if leftover.of_other_journals > 0 {
        let rows = leftover.of_other_journals;
        say::warning(format_args!(
            "{rows} rows of the outbox of {database:?} were written for other journals and wait for \
             theirs; an older epoch counts as another one: see docs/operations.md"
        ));
    }
    Ok(())
}
