//! The engine: applies rules to a stream of events, one event at a time, and can be stopped at any.

use std::sync::Arc;

use super::clock::Clock;
use super::detector::{Detector, Restored, SnapshotError};
use super::finding::Finding;
use super::found::Found;
use super::hash::StateKey;
use super::observed::Observed;
use super::rule::{Rule, Rules};
use super::seen::Seen;
use super::snapshot;
use super::state::State;

/// Applies rules to events; see the [module](super).
#[derive(Debug)]
pub struct Engine {
    key: StateKey,
    rules: Vec<Arc<Rule>>,
    state: State,
    /// Both are empty but while an event is looked at, and kept for their memory.
    order: Vec<usize>,
    held: Vec<(usize, u64)>,
}

impl Engine {
    /// An engine that has seen nothing yet. `key` is the key of the hashes in its state.
    pub fn new(rules: Rules, key: StateKey) -> Self {
        let rules: Vec<_> = rules.into_vec().into_iter().map(Arc::new).collect();
        let state = State::new(&rules, 0, Clock::default());
        Self { key, rules, state, order: Vec::new(), held: Vec::new() }
    }

    /// The number of the event that comes next; what is below it is ignored.
    pub fn next_seq(&self) -> u64 {
        self.state.next_seq
    }
}

impl Detector for Engine {
    fn name(&self) -> &str {
        "rules"
    }

    fn observe(&mut self, event: &Observed<'_>, findings: &mut Vec<Finding>) {
        let Self { state, held, order, .. } = self;
        // What is delivered again has been counted.
        if event.seq < state.next_seq {
            return;
        }
        state.next_seq = event.seq.saturating_add(1);
        let seen = Seen::new(event, state.clock.advance(event), self.key);
        let mut found = Found::behind(findings, order);
        state.groups.iter_mut().for_each(|group| group.observe(&seen, &mut found, held));
        state.sequels.iter_mut().for_each(|sequel| sequel.observe(&seen, &mut found));
        if !held.is_empty() {
            let mut found = Found::behind(findings, order);
            state.sequels.iter_mut().for_each(|sequel| sequel.begin(held, &seen, &mut found));
            held.clear();
        }
    }

    fn snapshot(&self) -> Vec<u8> {
        snapshot::write(&self.state, self.key)
    }

    fn restore(&mut self, snapshot: &[u8]) -> Result<Restored, SnapshotError> {
        let (state, is_kept) = snapshot::read(snapshot, &self.rules, self.key)?;
        let fresh = self.rules.iter().zip(is_kept).filter(|(_, is_kept)| !is_kept);
        let fresh = fresh.map(|(rule, _)| rule.id.to_string()).collect();
        self.state = state;
        Ok(Restored { next_seq: self.state.next_seq, fresh })
    }
}
