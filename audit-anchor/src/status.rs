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

impl Status {
    /// What somebody must hear of it, if so: that it speaks against the journal, or has kept nothing for too long.
    pub fn trouble(&self) -> Option<String> {
        let Self { name, age_s, failure, .. } = self;
        let why = failure.as_deref();
        match () {
            () if self.contradicts => {
                let why = why.unwrap_or_default();
                Some(format!("the anchor `{name}` speaks against the journal: {why}"))
            }
            () if self.is_stale => {
                let why = why.unwrap_or("it does not answer, or nothing new is signed");
                Some(format!("the anchor `{name}` has had no new checkpoint for {age_s} s: {why}"))
            }
            () => None,
        }
    }
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
    /// Since when it has been seen to have less than was durable.
    behind_since: Option<Instant>,
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
            behind_since: Some(Instant::now()),
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
        let since = state.behind_since.filter(|_| behind);
        let age = since.map_or(Duration::ZERO, |since| since.elapsed());
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
        if self.state().size.unwrap_or(0) < durable {
            // Nobody looks while the disk is full or does not answer: that time is no age.
            self.state().behind_since.get_or_insert_with(Instant::now);
        }
        let status = self.status(durable);
        let mut state = self.state();
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

    /// It has the checkpoint of this size, which was the newest at that time; now so many records are durable.
    pub(crate) fn kept(&self, size: u64, taken: Instant, durable: u64) {
        let mut state = self.state();
        (state.size, state.behind_since) = (Some(size), (size < durable).then_some(taken));
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
        lane.kept(5, Instant::now(), 5);
        assert_eq!((lane.status(5).failure, lane.status(5).contradicts), (None, false));
    }

    #[test]
    fn only_the_time_counts_in_which_there_are_records_that_it_has_not() {
        let age_max = Duration::from_millis(200);
        let lane = Lane::new("directory", true, age_max);
        lane.kept(5, Instant::now(), 5);
        // The disk is full: nothing is recorded, and nobody looks.
        std::thread::sleep(age_max * 2);
        assert_eq!(lane.look(6), None);
        std::thread::sleep(age_max * 2);
        assert!(matches!(lane.look(6), Some(Turn::Stale(_))));
        // What has come while it was given a checkpoint is as old as that.
        lane.kept(6, Instant::now(), 7);
        std::thread::sleep(age_max * 2);
        assert!(lane.status(7).is_stale && !lane.status(6).is_stale);
    }
}
