//! The place between the committer and a caller: settled once, with or without somebody who waits.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use super::alarm::Alarm;
use super::answer::{Recorded, Unrecorded};

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
    pub(super) fn leave(&self, alarm: Alarm) -> Poll<()> {
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

    pub(super) fn poll(&self, waker: &Waker) -> Poll<Result<Recorded, Unrecorded>> {
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
