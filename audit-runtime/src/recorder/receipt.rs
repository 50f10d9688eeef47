//! The receipt for a record: awaited or waited for, or dropped.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::alarm::Alarm;
use super::answer::{Recorded, Unrecorded};
use super::cell::Cell;
use super::deadline::Deadlines;

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

    pub(super) fn pending(
        cell: Arc<Cell>,
        deadlines: Arc<Deadlines>,
        alarm: impl Into<Option<Alarm>>,
    ) -> Self {
        let pending = Pending { cell, deadlines, watched: false };
        Self { state: State::Pending(pending), alarm: alarm.into() }
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

    /// Ready when the receipt is settled. The answer counts as unheard: dropping the receipt raises the
    /// alarm if it is a failure.
    pub(crate) fn poll_unheard(
        &mut self,
        task: &Context<'_>,
    ) -> Poll<Result<Recorded, Unrecorded>> {
        self.look(task)
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
