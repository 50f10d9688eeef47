//! One rule at work: whether it holds for a key, and what it says when it begins to.

use std::sync::Arc;

use audit_runtime::{Severity, Timestamp};

use super::clock::NANOS_PER_SECOND;
use super::finding::{self, Finding, SATURATED};
use super::found::Found;
use super::places::Place;
use super::rule::Rule;
use super::seen::Seen;
use super::window::{Hit, Window};

/// Stands for the time of a finding that was never emitted.
pub(super) const NEVER_NS: i64 = i64::MIN;

/// One rule, with its times in nanoseconds.
#[derive(Debug)]
pub(super) struct Trigger {
    pub(super) rule: Arc<Rule>,
    /// Its place among the rules.
    pub(super) index: usize,
    /// The first event that counts for it. What rules share may reach further back than one that is new.
    pub(super) since_seq: u64,
    /// When it last said that a key had to go.
    pub(super) saturated_ns: i64,
    n: usize,
    window_ns: i64,
    cooldown_ns: i64,
}

impl Trigger {
    /// The rule at `index`, for the events from `since_seq` on.
    pub(super) fn new(rule: &Arc<Rule>, index: usize, since_seq: u64) -> Self {
        let nanos = |seconds: u32| i64::from(seconds).saturating_mul(NANOS_PER_SECOND);
        Self {
            rule: rule.clone(),
            index,
            since_seq,
            saturated_ns: NEVER_NS,
            n: rule.n,
            window_ns: nanos(rule.window_s),
            cooldown_ns: nanos(rule.cooldown_s),
        }
    }

    /// The end of the rule's window, which is no part of it.
    pub(super) fn since_ns(&self, seen: &Seen<'_, '_>) -> i64 {
        seen.moment.now_ns.saturating_sub(self.window_ns)
    }

    /// True if the rule counts `n` events or values.
    #[inline]
    pub(super) fn holds(&self, window: &Window, seen: &Seen<'_, '_>) -> bool {
        self.counts(window.nth_latest(self.n), seen)
    }

    /// True if a rule that holds did so before the event that was just added, for which `gone` was
    /// forgotten.
    ///
    /// If `gone` still counted, either its value is that of the event, and there are as many as before, or
    /// it was the oldest of a full window, all of which counted. If it did not, there was one less.
    pub(super) fn held(&self, window: &Window, gone: Option<&Hit>, seen: &Seen<'_, '_>) -> bool {
        self.counts(gone, seen) || self.counts(window.nth_latest(self.n + 1), seen)
    }

    /// True if a finding that was emitted at that time no longer keeps the next one silent.
    pub(super) fn has_cooled(&self, emitted_ns: i64, seen: &Seen<'_, '_>) -> bool {
        emitted_ns <= seen.moment.now_ns.saturating_sub(self.cooldown_ns)
    }

    /// Says so if a key had to go which still counted: one with this newest event.
    pub(super) fn give_up(
        &mut self,
        newest: Option<&Hit>,
        emitted_ns: i64,
        seen: &Seen<'_, '_>,
        found: &mut Found<'_>,
    ) {
        let is_lost = self.counts(newest, seen) || !self.has_cooled(emitted_ns, seen);
        // As with events, what lies in the future happens now.
        self.saturated_ns = self.saturated_ns.min(seen.moment.now_ns);
        if is_lost && self.has_cooled(self.saturated_ns, seen) {
            self.saturated_ns = seen.moment.now_ns;
            found.add(self.index, self.saturated(seen));
        }
    }

    /// The finding of a rule whose count has just come to `n`.
    pub(super) fn crossed(
        &self,
        key: u64,
        window: &Window,
        places: Option<&[Place]>,
        seen: &Seen<'_, '_>,
    ) -> Finding {
        let rule = &self.rule;
        let mut finding = self.finding(key, seen);
        finding.count = self.n as u64;
        if let Some(first) = window.nth_latest(self.n) {
            finding.first = Timestamp::from_unix_nanos(first.stamp_ns);
        }
        let named = window.latest(self.n.min(rule.exemplars));
        finding.exemplars = named.map(|hit| hit.seq).collect();
        finding.addresses = match places {
            Some(places) => self.addresses(places, seen),
            None => Finding::address_of(seen.event),
        };
        finding
    }

    /// The finding of a rule that follows another, at the event that it looks for.
    pub(super) fn followed(&self, key: u64, window: &Window, seen: &Seen<'_, '_>) -> Finding {
        let mut finding = self.finding(key, seen);
        let held = window.count(self.since_ns(seen));
        if let Some(first) = window.nth_latest(held) {
            finding.first = Timestamp::from_unix_nanos(first.stamp_ns);
        }
        // The event itself is the last one.
        if let Some(others) = self.rule.exemplars.checked_sub(1) {
            let named = window.latest(held.min(others)).map(|hit| hit.seq);
            finding.exemplars = named.chain([seen.event.seq]).collect();
        }
        finding.addresses = Finding::address_of(seen.event);
        finding
    }

    /// True if an event of a key is in the rule's window.
    fn counts(&self, hit: Option<&Hit>, seen: &Seen<'_, '_>) -> bool {
        let since_ns = self.since_ns(seen);
        hit.is_some_and(|hit| hit.stamp_ns > since_ns && hit.seq >= self.since_seq)
    }

    /// The addresses that were seen in the rule's window.
    fn addresses(&self, places: &[Place], seen: &Seen<'_, '_>) -> Vec<String> {
        let since_ns = self.since_ns(seen);
        let counts = |place: &&Place| place.stamp_ns > since_ns && place.seq >= self.since_seq;
        let mut addresses = Vec::with_capacity(places.len());
        addresses.extend(places.iter().filter(counts).map(|place| place.text.to_string()));
        addresses
    }

    /// A finding for a key, without what has led to it.
    fn finding(&self, key: u64, seen: &Seen<'_, '_>) -> Finding {
        let (rule, event) = (&self.rule, seen.event);
        let said = (rule.title.clone(), rule.remediation.clone());
        let mut finding = self.blank(rule.id.clone(), key, seen, said);
        finding.key = Vec::with_capacity(rule.by.len());
        let parts = rule.by.iter().filter_map(|field| field.of(event));
        finding.key.extend(parts.map(finding::part));
        finding.severity = rule.severity_at(event);
        finding
    }

    fn saturated(&self, seen: &Seen<'_, '_>) -> Finding {
        let rule = &self.rule;
        let title = format!(
            "The rule {} has forgotten a key that still counted: it has more keys than it may.",
            rule.id
        );
        let remediation = [
            "Look whether somebody floods the service with made-up users or addresses.".to_owned(),
            "If all of them are real, set a larger max_keys for the rule.".to_owned(),
        ];
        let said = (title.into(), remediation.into());
        let mut finding = self.blank(SATURATED.into(), 0, seen, said);
        finding.key = vec![rule.id.to_string()];
        finding.count = rule.keys_max as u64;
        finding.severity = Severity::High;
        finding.exemplars = vec![seen.event.seq];
        finding.addresses = Finding::address_of(seen.event);
        finding
    }

    /// A finding with its times and what it says, and nothing else of its own.
    fn blank(
        &self,
        rule: Arc<str>,
        key: u64,
        seen: &Seen<'_, '_>,
        said: (Arc<str>, Arc<[String]>),
    ) -> Finding {
        let now = Timestamp::from_unix_nanos(seen.moment.now_ns);
        let mut finding = Finding::blank(rule, self.rule.hash, key, seen.event, said);
        (finding.ts, finding.first, finding.last) = (now, now, now);
        finding.window_s = self.rule.window_s.into();
        finding.simulated = self.rule.simulate;
        finding
    }
}
