//! Which events a rule looks at, and by which key: what rules that share their keys have in common.

use super::clock::NANOS_PER_SECOND;
use super::rule::{Events, Field, Rule, Selection};
use super::seen::Seen;

/// Rules with the same scope touch the same keys at the same events, and the same key makes room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    events: Events,
    lateness_ns: i64,
    allow: Selection,
    by: Vec<Field>,
    pub(super) keys_max: usize,
}

impl Scope {
    pub(super) fn of(rule: &Rule) -> Self {
        let nanos = |seconds: u32| i64::from(seconds).saturating_mul(NANOS_PER_SECOND);
        Self {
            events: rule.events.clone(),
            lateness_ns: rule.lateness_s.map_or(i64::MAX, nanos),
            allow: rule.allow.clone(),
            by: rule.by.clone(),
            keys_max: rule.keys_max,
        }
    }

    /// The hash of an event's key; `None` if the rules do not look at the event, or if it lacks a part
    /// of the key.
    #[inline]
    pub(super) fn key(&self, seen: &Seen<'_, '_>) -> Option<u64> {
        if !self.includes(seen) {
            return None;
        }
        let mut parts = self.by.iter().map(|field| seen.hash(*field));
        let first = parts.next()??;
        // Hashes that nobody can choose are joined without hashing them again.
        parts.try_fold(first, |key, part| {
            Some(key.rotate_left(25).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ part?)
        })
    }

    /// True if a part of the key tells where an event came from.
    pub(super) fn is_by_address(&self) -> bool {
        self.by.contains(&Field::Address)
    }

    #[inline]
    fn includes(&self, seen: &Seen<'_, '_>) -> bool {
        self.events.include(seen.category, seen.outcome, &seen.event.action)
            && seen.moment.late_ns <= self.lateness_ns
            && (self.allow.is_empty() || !self.allow.covers(seen.event))
    }
}
