//! One rule at work: what it makes of an event and of what it has kept of the event's key.

use audit_runtime::{Severity, Timestamp};

use super::clock::{Moment, NANOS_PER_SECOND};
use super::finding::{self, Finding, SATURATED};
use super::observed::Observed;
use super::rule::{Field, Kind, Rule};
use super::window::{Entry, Hit};

/// What rules have found at one event, each with the place of its rule.
pub(super) type Found = Vec<(usize, Finding)>;

/// An event with all that is worked out once for every rule.
pub(super) struct Seen<'e, 'a> {
    pub(super) event: &'e Observed<'a>,
    pub(super) moment: Moment,
    pub(super) category: u8,
    pub(super) outcome: u16,
    /// The keyed hashes of user, address and target.
    pub(super) hashes: [Option<u64>; 3],
}

/// One rule, with its times in nanoseconds.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) rule: Rule,
    /// Its place among the rules.
    index: usize,
    /// The place of the rule that has to hold before.
    pub(super) first: Option<usize>,
    /// True if another rule asks whether this one held.
    pub(super) is_followed: bool,
    /// When it last said that a key had to go.
    pub(super) saturated_ns: Option<i64>,
    window_ns: i64,
    cooldown_ns: i64,
    lateness_ns: i64,
    /// The rule's addresses need no place of their own if they are its key.
    keeps_places: bool,
}

impl Watch {
    /// The rule at `index`, whose `first` is at that place.
    pub(super) fn new(rule: Rule, index: usize, first: Option<usize>, is_followed: bool) -> Self {
        let nanos = |seconds: u32| i64::from(seconds).saturating_mul(NANOS_PER_SECOND);
        Self {
            index,
            first,
            is_followed,
            saturated_ns: None,
            window_ns: nanos(rule.window_s),
            cooldown_ns: nanos(rule.cooldown_s),
            lateness_ns: rule.lateness_s.map_or(i64::MAX, nanos),
            keeps_places: !rule.by.contains(&Field::Address),
            rule,
        }
    }

    /// The same rule, which has seen nothing yet.
    pub(super) fn afresh(&self) -> Self {
        Self::new(self.rule.clone(), self.index, self.first, self.is_followed)
    }

    /// True if the rule looks at an event.
    pub(super) fn concerns(&self, seen: &Seen<'_, '_>) -> bool {
        let (rule, event) = (&self.rule, seen.event);
        rule.events.include(seen.category, seen.outcome, &event.action)
            && seen.moment.late_ns <= self.lateness_ns
            && (rule.allow.is_empty() || !rule.allow.covers(event))
    }

    /// The hash of the event's key; `None` if the event lacks a part of it.
    pub(super) fn key(&self, seen: &Seen<'_, '_>) -> Option<u64> {
        let mut parts = self.rule.by.iter().map(|field| seen.hashes[*field as usize]);
        let first = parts.next()??;
        // Hashes that nobody can choose are joined without hashing them again.
        parts.try_fold(first, |key, part| {
            Some(key.rotate_left(25).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ part?)
        })
    }

    /// Counts an event, and returns whether the window has `n` or more.
    pub(super) fn count(
        &self,
        entry: &mut Entry,
        key: u64,
        seen: &Seen<'_, '_>,
        found: &mut Found,
    ) -> bool {
        let (n, now_ns) = (self.rule.n, seen.moment.now_ns);
        let since_ns = now_ns.saturating_sub(self.window_ns);
        let held = entry.holds(n, since_ns);
        match self.rule.kind {
            Kind::ValueCount(field) => match seen.hashes[field as usize] {
                Some(value) => entry.push_value(seen.hit(value), n),
                // Without a value the event does not count.
                None => return false,
            },
            Kind::EventCount | Kind::TemporalOrdered { .. } => entry.push(seen.hit(0), n),
        }
        if let (true, Some(hash), Some(address)) =
            (self.keeps_places, seen.hashes[Field::Address as usize], &seen.event.address)
        {
            entry.place(hash, now_ns, &address.text);
        }
        let holds = entry.holds(n, since_ns);
        if holds && !held && is_over(entry.emitted_ns, self.cooldown_ns, now_ns) {
            entry.emitted_ns = Some(now_ns);
            let count = entry.count(since_ns) as u64;
            found.push((self.index, self.finding(entry, key, count, seen)));
        }
        holds
    }

    /// Looks whether the first rule has held for the key.
    pub(super) fn follow(
        &self,
        entry: &mut Entry,
        key: u64,
        seen: &Seen<'_, '_>,
        found: &mut Found,
    ) {
        let now_ns = seen.moment.now_ns;
        entry.settle(now_ns);
        let since_ns = now_ns.saturating_sub(self.window_ns);
        let has_begun = entry.newest_ns().is_some_and(|held_ns| held_ns > since_ns);
        if has_begun && is_over(entry.emitted_ns, self.cooldown_ns, now_ns) {
            entry.emitted_ns = Some(now_ns);
            found.push((self.index, self.finding(entry, key, 1, seen)));
        }
    }

    /// Notes that the first rule holds.
    pub(super) fn begin(&self, entry: &mut Entry, seen: &Seen<'_, '_>) {
        entry.push(seen.hit(0), self.rule.exemplars.max(1));
    }

    /// Clears an entry for another key, and says so if it still counted.
    pub(super) fn give_up(&mut self, entry: &mut Entry, seen: &Seen<'_, '_>, found: &mut Found) {
        let now_ns = seen.moment.now_ns;
        let since_ns = now_ns.saturating_sub(self.window_ns);
        let counts = entry.newest_ns().is_some_and(|newest_ns| newest_ns > since_ns);
        let is_lost = counts || !is_over(entry.emitted_ns, self.cooldown_ns, now_ns);
        entry.clear();
        // As with entries, what lies in the future happens now.
        self.saturated_ns = self.saturated_ns.map(|saturated_ns| saturated_ns.min(now_ns));
        if is_lost && is_over(self.saturated_ns, self.cooldown_ns, now_ns) {
            self.saturated_ns = Some(now_ns);
            found.push((self.index, self.saturated(seen)));
        }
    }

    fn finding(&self, entry: &Entry, key: u64, count: u64, seen: &Seen<'_, '_>) -> Finding {
        let (rule, event) = (&self.rule, seen.event);
        let mut finding = self.blank(&rule.id, key, seen);
        let parts = rule.by.iter().filter_map(|field| field.of(event));
        finding.key = parts.map(finding::part).collect();
        finding.count = count;
        finding.severity = rule.severity_at(event);
        finding.title = rule.title.clone();
        finding.remediation = rule.remediation.clone();
        let since_ns = seen.moment.now_ns.saturating_sub(self.window_ns);
        let inside = entry.hits.partition_point(|hit| hit.stamp_ns <= since_ns);
        let is_ordered = self.first.is_some();
        // Of a rule that follows another, the event itself is the last one and no hit.
        let kept = rule.exemplars.saturating_sub(usize::from(is_ordered));
        let named = inside.max(entry.hits.len().saturating_sub(kept));
        finding.exemplars = entry.hits.range(named..).map(|hit| hit.seq).collect();
        finding.exemplars.extend((is_ordered && rule.exemplars > 0).then_some(event.seq));
        if let Some(first) = entry.hits.get(inside) {
            finding.first = Timestamp::from_unix_nanos(first.stamp_ns);
        }
        if self.keeps_places && !is_ordered {
            let places = entry.places.iter().filter(|place| place.stamp_ns > since_ns);
            finding.addresses = places.map(|place| finding::part(&place.text)).collect();
        } else {
            finding.addresses = Finding::address_of(event);
        }
        finding
    }

    fn saturated(&self, seen: &Seen<'_, '_>) -> Finding {
        let rule = &self.rule;
        let mut finding = self.blank(&SATURATED.into(), 0, seen);
        finding.key = vec![rule.id.to_string()];
        finding.count = rule.keys_max as u64;
        finding.severity = Severity::High;
        finding.exemplars = vec![seen.event.seq];
        finding.addresses = Finding::address_of(seen.event);
        finding.title = format!(
            "The rule {} has forgotten a key that still counted: it has more keys than it may.",
            rule.id
        )
        .into();
        finding.remediation = [
            "Look whether somebody floods the service with made-up users or addresses.".to_owned(),
            "If all of them are real, set a larger max_keys for the rule.".to_owned(),
        ]
        .into();
        finding
    }

    /// A finding with its times and nothing else of its own.
    fn blank(&self, rule: &std::sync::Arc<str>, key: u64, seen: &Seen<'_, '_>) -> Finding {
        let now = Timestamp::from_unix_nanos(seen.moment.now_ns);
        let mut finding = Finding::blank(rule.clone(), self.rule.hash, key, seen.event);
        (finding.ts, finding.first, finding.last) = (now, now, now);
        finding.window_s = self.rule.window_s.into();
        finding.simulated = self.rule.simulate;
        finding
    }
}

impl Seen<'_, '_> {
    fn hit(&self, value: u64) -> Hit {
        Hit { stamp_ns: self.moment.now_ns, seq: self.event.seq, value }
    }
}

/// True if nothing was emitted in the last `cooldown_ns`.
fn is_over(emitted_ns: Option<i64>, cooldown_ns: i64, now_ns: i64) -> bool {
    emitted_ns.is_none_or(|emitted_ns| emitted_ns <= now_ns.saturating_sub(cooldown_ns))
}
