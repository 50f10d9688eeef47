//! Pruning that another process asks for, one at a time: the committer does it between two batches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use audit_journal as journal;

use super::Unrecorded;
use super::control::{Prune, Pruned};

/// What the committer is asked for, until it has time for it.
#[derive(Default)]
pub(super) struct Pruning(Mutex<Slot>);

#[derive(Default)]
struct Slot {
    asked: Option<Asked>,
    is_taken: bool,
}

/// One request. Dropped without an answer, it is answered that the recorder has ended.
pub(super) struct Asked {
    pub(super) prune: Prune,
    /// Who asks, as the system says it.
    pub(super) by: String,
    answer: Arc<Answer>,
}

/// Where the answer comes.
pub(super) struct Answer(Mutex<Told>);

#[derive(Default)]
struct Told {
    result: Option<Result<Pruned, Unpruned>>,
    waker: Option<Waker>,
}

/// Why nothing was pruned.
#[derive(Debug)]
pub(super) enum Unpruned {
    /// A segment must stay.
    Kept(String),
    Failed(Unrecorded),
}

impl Pruning {
    /// Leaves a request for the committer; `None` if it is not done with another one.
    pub(super) fn ask(&self, prune: Prune, by: String) -> Option<Arc<Answer>> {
        let mut slot = self.slot();
        if slot.is_taken {
            return None;
        }
        let answer = Arc::new(Answer(Mutex::default()));
        slot.asked = Some(Asked { prune, by, answer: Arc::clone(&answer) });
        slot.is_taken = true;
        Some(answer)
    }

    /// Takes the request, if there is one.
    pub(super) fn take(&self) -> Option<Asked> {
        self.slot().asked.take()
    }

    /// Lets the next one ask.
    pub(super) fn finish(&self) {
        self.slot().is_taken = false;
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asked {
    pub(super) fn settle(self, result: Result<Pruned, journal::Error>) {
        self.answer.settle(result.map_err(|error| match error {
            journal::Error::Kept { .. } => Unpruned::Kept(error.to_string()),
            journal::Error::Full { .. } => {
                Unpruned::Failed(Unrecorded::JournalFull(error.to_string().into()))
            }
            _ => Unpruned::Failed(Unrecorded::JournalFailed(error.to_string().into())),
        }));
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.answer.settle(Err(Unpruned::Failed(Unrecorded::Stopped)));
    }
}

impl Answer {
    /// The answer, once it is there; until then `waker` is woken when it comes.
    pub(super) fn poll(&self, waker: &Waker) -> Poll<Result<Pruned, Unpruned>> {
        let mut told = self.told();
        match told.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                told.waker = Some(waker.clone());
                Poll::Pending
            }
        }
    }

    /// Leaves the answer, unless there was one.
    fn settle(&self, result: Result<Pruned, Unpruned>) {
        let mut told = self.told();
        if told.result.is_some() {
            return;
        }
        told.result = Some(result);
        let waker = told.waker.take();
        drop(told);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
