//! How an anchor fares, and when somebody must hear of it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// What is shown of an anchor's failure: it may be the words of another machine.
const FAILURE_CHARS_MAX: usize = 400;

/// How an anchor fares, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// What it is called.
    pub name: String,
    /// False if nobody answers that a checkpoint has arrived.
    pub confirms: bool,
    /// How many records the newest checkpoint has that it was given by this process; `None` if it has been given none.
    pub size: Option<u64>,
    /// For how many seconds there have been durable records that no checkpoint has which it keeps; 0 if there are none.
    pub age_s: u64,
    /// Why it did not keep the last checkpoint, if so.
    pub failure: Option<String>,
    /// True if it speaks against the journal, or has kept nothing for longer than it may.
    pub is_stale: bool,
    /// True if what it has speaks against the journal, as `failure` says.
    pub contradicts: bool,
}

/// A change that somebody must hear of, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It has kept nothing for longer than it may.
    Stale(Status),
    /// What it has speaks against the journal.
    Contradicts(Status),
    /// It keeps checkpoints again.
    Back(Status),
}

/// What an anchor's thread and everybody else share.
pub(crate) struct Lane {
    name: String,
    confirms: bool,
    age_max: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    size: Option<u64>,
    /// When it last had all that was durable.
    abreast: Instant,
    failure: Option<String>,
    /// Until it has kept a checkpoint again.
    contradicts: bool,
    /// What was told of it, and whether that was that it contradicts.
    told: Option<bool>,
    is_ending: bool,
}

impl Lane {
    pub(crate) fn new(name: &str, confirms: bool, age_max: Duration) -> Self {
        let state = State {
            size: None,
            abreast: Instant::now(),
            failure: None,
            contradicts: false,
            told: None,
            is_ending: false,
        };
        let (state, changed) = (Mutex::new(state), Condvar::new());
        Self { name: name.to_owned(), confirms, age_max, state, changed }
    }

    /// How it fares when so many records are durable.
    pub(crate) fn status(&self, durable: u64) -> Status {
        let state = self.state();
        let behind = state.size.unwrap_or(0) < durable;
        let age = if behind { state.abreast.elapsed() } else { Duration::ZERO };
        // Of what neither confirms nor fails nothing is known.
        let is_judged = self.confirms || state.failure.is_some();
        Status {
            name: self.name.clone(),
            confirms: self.confirms,
            size: state.size,
            age_s: age.as_secs(),
            failure: state.failure.clone(),
            contradicts: state.contradicts,
            is_stale: state.contradicts || (is_judged && age > self.age_max),
        }
    }

    /// What has turned since the last look, when so many records are durable.
    pub(crate) fn look(&self, durable: u64) -> Option<Turn> {
        let status = self.status(durable);
        let mut state = self.state();
        if state.size.unwrap_or(0) >= durable {
            state.abreast = Instant::now();
        }
        let found = status.is_stale.then_some(status.contradicts);
        if found == std::mem::replace(&mut state.told, found) {
            return None;
        }
        Some(match found {
            None => Turn::Back(status),
            Some(false) => Turn::Stale(status),
            Some(true) => Turn::Contradicts(status),
        })
    }

    /// The size that it has.
    pub(crate) fn size(&self) -> Option<u64> {
        self.state().size
    }

    /// It has the checkpoint of this size, which was the newest at that time.
    pub(crate) fn kept(&self, size: u64, taken: Instant) {
        let mut state = self.state();
        (state.size, state.abreast) = (Some(size), taken);
        (state.failure, state.contradicts) = (None, false);
    }

    pub(crate) fn failed(&self, why: &str, contradicts: bool) {
        let mut state = self.state();
        // That it cannot be reached now does not take back what it has said.
        if contradicts || !state.contradicts {
            state.failure = Some(why.escape_debug().take(FAILURE_CHARS_MAX).collect());
        }
        state.contradicts |= contradicts;
    }

    /// Sleeps so long, or until it is to end; true then.
    pub(crate) fn sleep(&self, pause: Duration) -> bool {
        let slept = self.changed.wait_timeout_while(self.state(), pause, |state| !state.is_ending);
        slept.unwrap_or_else(PoisonError::into_inner).0.is_ending
    }

    /// Has its thread make a last attempt, and end.
    pub(crate) fn end(&self) {
        self.state().is_ending = true;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_failure_does_not_take_the_place_of_what_speaks_against_the_journal() {
        let lane = Lane::new("witness", true, Duration::ZERO);
        lane.failed("it is away", false);
        lane.failed("it has 12 records", true);
        lane.failed("it is away", false);
        let status = lane.status(5);
        assert_eq!(
            (status.failure.as_deref(), status.contradicts),
            (Some("it has 12 records"), true)
        );
        lane.failed("it has 13 records", true);
        assert_eq!(lane.status(5).failure.as_deref(), Some("it has 13 records"));
        lane.kept(5, Instant::now());
        assert_eq!((lane.status(5).failure, lane.status(5).contradicts), (None, false));
    }
}
