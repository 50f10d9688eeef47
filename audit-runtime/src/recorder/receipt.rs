//! The receipt for a record: awaited or waited for, and settled exactly once.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use audit_journal::Digest;

use super::alarm::Alarm;
use super::deadline::Deadlines;
use super::intents::INTENTS_MAX;

/// What became of an event that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is a record on durable storage.
    Durable {
        /// The record's place in the journal.
        seq: u64,
        /// The journal's chain up to and including the record.
        hash: Digest,
    },
    /// It waits in the queue; if it is lost there, the journal says how many were.
    Queued,
}

/// Why an event was not recorded, or is not known to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unrecorded {
    /// No recorder is installed, and none is set for the running task.
    NoRecorder,
    /// The recorder was shut down.
    Stopped,
    /// As many scopes are open as may be at once.
    TooManyScopes,
    /// As many write-ahead actions are on their way as may be at once.
    TooManyIntents,
    /// The queue has no room; the disk is slower than the events come.
    QueueFull,
    /// The journal failed, for the reason given, and takes no more records.
    JournalFailed(Arc<str>),
    /// The disk is full, as the text says; the journal goes on by itself when it has room again.
    JournalFull(Arc<str>),
    /// The disk has not answered for so long; the journal goes on by itself when it does.
    Stalled(Duration),
    /// The journal refused this one event, for the reason given.
    Refused(Arc<str>),
    /// The deadline passed first. The event may be recorded all the same: this means unknown.
    DeadlineExpired(Duration),
}

impl fmt::Display for Unrecorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not recorded: ")?;
        match self {
            Self::NoRecorder => f.write_str(
                "no recorder is installed; call `audit_runtime::open(path)` before the first \
                 audited action",
            ),
            Self::Stopped => f.write_str("the recorder was shut down"),
            Self::TooManyScopes => f.write_str(
                "as many actions and requests are running as are kept account of; see `scopes_max`",
            ),
            Self::TooManyIntents => write!(
                f,
                "{INTENTS_MAX} actions with `durability = write_ahead` have begun and not ended, \
                 and there may not be more"
            ),
            Self::QueueFull => f.write_str(
                "the queue is full because the disk is slower than the events come; see \
                 `queue_bytes_max`",
            ),
            Self::JournalFailed(reason) => write!(f, "the journal failed: {reason}"),
            Self::JournalFull(reason) => f.write_str(reason),
            Self::Stalled(silent) => write!(
                f,
                "the disk has not answered for {} ms; look at it and at the kernel's log",
                silent.as_millis()
            ),
            Self::Refused(reason) => write!(f, "the journal refused the event: {reason}"),
            Self::DeadlineExpired(waited) => write!(
                f,
                "unknown, because the journal did not answer within {} ms (`wait_ms_max`)",
                waited.as_millis()
            ),
        }
    }
}

impl std::error::Error for Unrecorded {}

impl From<Unrecorded> for std::io::Error {
    fn from(unrecorded: Unrecorded) -> Self {
        Self::other(unrecorded)
    }
}

impl From<Unrecorded> for String {
    fn from(unrecorded: Unrecorded) -> Self {
        unrecorded.to_string()
    }
}

/// A promise that settles once the event is recorded, or is known not to be.
///
/// Await it, or [`wait`](Self::wait) for it where there is no executor to block. Dropping it is
/// fine: the event is recorded all the same, and if it turns out that it cannot be, the alarm is
/// raised: [`Health::unrecorded`](crate::Health::unrecorded) counts it, and `tracing` (target
/// `audit`), or standard error without a subscriber, hears of it.
#[derive(Debug)]
pub struct Receipt {
    state: State,
    /// For a failure that nobody has heard of when the receipt is dropped.
    alarm: Option<Alarm>,
}

#[derive(Debug)]
enum State {
    Settled(Result<Recorded, Unrecorded>),
    Pending(Pending),
}

#[derive(Debug)]
struct Pending {
    cell: Arc<Cell>,
    deadlines: Arc<Deadlines>,
    watched: bool,
}

impl Receipt {
    pub(super) fn settled(result: Result<Recorded, Unrecorded>) -> Self {
        Self { state: State::Settled(result), alarm: None }
    }

    pub(super) fn failed(unrecorded: Unrecorded, alarm: Alarm) -> Self {
        Self { state: State::Settled(Err(unrecorded)), alarm: Some(alarm) }
    }

    pub(super) fn pending(cell: Arc<Cell>, deadlines: Arc<Deadlines>, alarm: Alarm) -> Self {
        let pending = Pending { cell, deadlines, watched: false };
        Self { state: State::Pending(pending), alarm: Some(alarm) }
    }

    /// Blocks this thread until the receipt is settled or `wait_ms_max` has passed; not for code
    /// that an async executor runs.
    ///
    /// # Errors
    /// Says why the event was not recorded.
    pub fn wait(mut self) -> Result<Recorded, Unrecorded> {
        self.alarm = None;
        self.settle()
    }

    /// Like [`wait`](Self::wait), where nobody asks for the answer: a failure raises the alarm.
    pub(crate) fn wait_unheard(self) {
        let _ = self.settle();
    }

    /// Ready when the receipt is settled. The answer stays unheard: dropping the receipt raises the
    /// alarm if it is a failure.
    pub(crate) fn poll_unheard(&mut self, task: &Context<'_>) -> Poll<()> {
        self.look(task).map(|_| ())
    }

    /// A receipt for an action that is counted already: it raises no alarm any more.
    pub(crate) fn without_alarm(mut self) -> Self {
        self.alarm = None;
        self
    }

    /// True if it is known already that the event is not recorded.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.state, State::Settled(Err(_)))
    }

    fn settle(&self) -> Result<Recorded, Unrecorded> {
        match &self.state {
            State::Settled(result) => result.clone(),
            State::Pending(pending) => pending.cell.wait(pending.deadlines.limit()),
        }
    }

    fn look(&mut self, task: &Context<'_>) -> Poll<Result<Recorded, Unrecorded>> {
        match &mut self.state {
            State::Settled(result) => Poll::Ready(result.clone()),
            State::Pending(pending) => {
                let poll = pending.cell.poll(task.waker());
                if poll.is_pending() {
                    pending.watch();
                }
                poll
            }
        }
    }
}

impl Future for Receipt {
    type Output = Result<Recorded, Unrecorded>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let poll = self.look(task);
        if poll.is_ready() {
            self.alarm = None;
        }
        poll
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        let Some(alarm) = self.alarm.take() else {
            return;
        };
        match &mut self.state {
            State::Settled(Ok(_)) => {}
            State::Settled(Err(unrecorded)) => alarm.raise(unrecorded),
            State::Pending(pending) => {
                if pending.cell.leave(alarm).is_pending() {
                    pending.watch();
                }
            }
        }
    }
}

impl Pending {
    /// Lets the deadline begin, once.
    fn watch(&mut self) {
        if !std::mem::replace(&mut self.watched, true) {
            self.deadlines.watch(&self.cell);
        }
    }
}

/// The committer's end of a receipt. Dropping it unsettled, as a panicking committer does, settles
/// it as failed, so that no caller waits for nothing.
#[derive(Debug)]
pub(super) struct Ticket {
    cell: Option<Arc<Cell>>,
    comes_again: bool,
}

impl Ticket {
    pub(super) fn new(cell: &Arc<Cell>) -> Self {
        Self { cell: Some(Arc::clone(cell)), comes_again: false }
    }

    /// That of an event which is kept elsewhere and offered again until it is recorded.
    #[cfg_attr(not(feature = "rusqlite"), allow(dead_code))]
    pub(super) fn of_offered(cell: &Arc<Cell>) -> Self {
        let mut ticket = Self::new(cell);
        ticket.comes_again = true;
        ticket
    }

    /// True if the event is not lost when it is turned away.
    pub(super) fn comes_again(&self) -> bool {
        self.comes_again
    }

    /// Tells the caller what became of the event.
    pub(super) fn settle(mut self, result: Result<Recorded, Unrecorded>) {
        if let Some(cell) = self.cell.take() {
            cell.settle(result);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(cell) = self.cell.take() {
            let reason = "the recorder gave the event up";
            cell.settle(Err(Unrecorded::JournalFailed(reason.into())));
        }
    }
}

/// The place where the committer leaves a result and a caller finds it.
#[derive(Debug, Default)]
pub(super) struct Cell {
    content: Mutex<Content>,
    settled: Condvar,
}

#[derive(Debug, Default)]
struct Content {
    result: Option<Result<Recorded, Unrecorded>>,
    waker: Option<Waker>,
    /// There once the receipt is gone.
    alarm: Option<Alarm>,
}

impl Cell {
    /// Leaves the result, unless there is one already, and wakes whoever waits; where nobody does
    /// any more, a failure raises the alarm.
    pub(super) fn settle(&self, result: Result<Recorded, Unrecorded>) {
        let mut content = self.content();
        if content.result.is_some() {
            return;
        }
        content.result = Some(result.clone());
        let (waker, alarm) = (content.waker.take(), content.alarm.take());
        drop(content);
        self.settled.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
        if let (Some(alarm), Err(unrecorded)) = (alarm, result) {
            alarm.raise(&unrecorded);
        }
    }

    /// Leaves the alarm to whoever settles, or raises it if that has happened.
    fn leave(&self, alarm: Alarm) -> Poll<()> {
        let mut content = self.content();
        let Some(result) = content.result.clone() else {
            content.alarm = Some(alarm);
            return Poll::Pending;
        };
        drop(content);
        if let Err(unrecorded) = result {
            alarm.raise(&unrecorded);
        }
        Poll::Ready(())
    }

    pub(super) fn is_settled(&self) -> bool {
        self.content().result.is_some()
    }

    fn poll(&self, waker: &Waker) -> Poll<Result<Recorded, Unrecorded>> {
        let mut content = self.content();
        match &content.result {
            Some(result) => Poll::Ready(result.clone()),
            None => {
                content.waker = Some(waker.clone());
                Poll::Pending
            }
        }
    }

    pub(super) fn wait(&self, limit: Duration) -> Result<Recorded, Unrecorded> {
        let waiting = |content: &mut Content| content.result.is_none();
        let (mut content, _) = self
            .settled
            .wait_timeout_while(self.content(), limit, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        // What comes later comes too late: one action has one answer.
        content.result.get_or_insert(Err(Unrecorded::DeadlineExpired(limit))).clone()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
