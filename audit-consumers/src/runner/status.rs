//! How a consumer fares, as others see it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use audit_runtime::journal::Reader;

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
pub(super) struct Shared {
    journal: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    stopped: bool,
    next_seq: u64,
    /// When it last had taken all, or began.
    abreast: Instant,
    failure: Option<String>,
    failures: u64,
    damage: u64,
}

impl Shared {
    pub(super) fn of(journal: &Path) -> Self {
        let state = State {
            stopped: false,
            next_seq: 0,
            abreast: Instant::now(),
            failure: None,
            failures: 0,
            damage: 0,
        };
        Self { journal: journal.to_owned(), state: Mutex::new(state) }
    }

    /// How far behind it is, as seen now: a consumer that hangs would not say so itself.
    pub(super) fn status(&self) -> Status {
        let durable = self.durable();
        let state = self.state();
        let lag = durable.map(|durable| durable.saturating_sub(state.next_seq));
        let is_abreast = lag == Some(0) && state.failure.is_none();
        Status {
            next_seq: state.next_seq,
            lag,
            behind_for: if is_abreast { Duration::ZERO } else { state.abreast.elapsed() },
            failure: state.failure.clone(),
            failures: state.failures,
            damage: state.damage,
        }
    }

    pub(super) fn went_on(&self, follower: &Follower) {
        let durable = self.durable();
        let mut state = self.state();
        (state.next_seq, state.damage) = (follower.position().next_seq, follower.damage());
        (state.failure, state.failures) = (None, 0);
        if durable.is_some_and(|durable| durable <= state.next_seq) {
            state.abreast = Instant::now();
        }
    }

    /// How many records there are to take; `None` while that cannot be read.
    fn durable(&self) -> Option<u64> {
        Reader::open(&self.journal).ok()?.watermark().ok()?
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
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
