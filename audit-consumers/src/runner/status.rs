//! How a consumer fares, as others see it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::follower::Follower;

/// How a consumer fares, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The number of the record that it takes next.
    pub next_seq: u64,
    /// How many durable records it has not taken yet; `None` while that is not known.
    pub lag: Option<u64>,
    /// For how long there have been some; zero when it has taken all.
    pub behind_for: Duration,
    /// Why it does not go on, if its last attempt failed.
    pub failure: Option<String>,
    /// How many attempts have failed since it last went on.
    pub failures: u64,
    /// How many damaged places of the journal it has passed over since it last began to read.
    pub damage: u64,
}

/// What the consumer's thread and its watchers share.
#[derive(Debug)]
pub(super) struct Shared(Mutex<State>);

#[derive(Debug)]
struct State {
    stopped: bool,
    next_seq: u64,
    lag: Option<u64>,
    /// When it last had taken all, or began.
    abreast: Instant,
    failure: Option<String>,
    failures: u64,
    damage: u64,
}

impl Default for Shared {
    fn default() -> Self {
        Self(Mutex::new(State {
            stopped: false,
            next_seq: 0,
            lag: None,
            abreast: Instant::now(),
            failure: None,
            failures: 0,
            damage: 0,
        }))
    }
}

impl Shared {
    pub(super) fn status(&self) -> Status {
        let state = self.state();
        let is_abreast = state.lag == Some(0) && state.failure.is_none();
        Status {
            next_seq: state.next_seq,
            lag: state.lag,
            behind_for: if is_abreast { Duration::ZERO } else { state.abreast.elapsed() },
            failure: state.failure.clone(),
            failures: state.failures,
            damage: state.damage,
        }
    }

    pub(super) fn went_on(&self, follower: &Follower, durable: Option<u64>) {
        let next_seq = follower.position().next_seq;
        let mut state = self.state();
        state.damage = follower.damage();
        state.next_seq = next_seq;
        // A journal without a watermark has no writer yet that could be ahead.
        state.lag = durable.map(|durable| durable.saturating_sub(next_seq));
        (state.failure, state.failures) = (None, 0);
        if state.lag == Some(0) {
            state.abreast = Instant::now();
        }
    }

    pub(super) fn fail(&self, failure: String) {
        let mut state = self.state();
        state.failure = Some(failure);
        state.failures += 1;
    }

    pub(super) fn stop(&self) {
        self.state().stopped = true;
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
