//! One rule at work: its keys, and what it makes of an event.

use audit_runtime::Timestamp;

use super::clock::{Moment, NANOS_PER_SECOND};
use super::finding::{self, Finding, SATURATED};
use super::observed::Observed;
use super::rule::{Field, Kind, Rule};
use super::table::Table;
use super::window::{Entry, Hit};

/// An event with all that is worked out once for every rule.
pub(super) struct Seen<'e, 'a> {
    pub(super) event: &'e Observed<'a>,
    pub(super) moment: Moment,
    pub(super) category: u8,
    pub(super) outcome: u16,
    /// The keyed hashes of user, address and target.
    pub(super) hashes: [Option<u64>; 3],
}

/// One rule with its keys.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) rule: Rule,
    /// The place of the rule that has to hold before.
    pub(super) first: Option<usize>,
    pub(super) table: Table,
    pub(super) saturated_ns: Option<i64>,
    window_ns: i64,
    cooldown_ns: i64,
    lateness_ns: i64,
    /// The rule's addresses need no place of their own if they are its key.
    keeps_places: bool,
}

impl Watch {
    pub(super) fn new(rule: Rule, first: Option<usize>) -> Self {
        let nanos = |seconds: u32| i64::from(seconds).saturating_mul(NANOS_PER_SECOND);
        Self {
            first,
            table: Table::new(rule.keys_max),
            saturated_ns: None,
            window_ns: nanos(rule.window_s),
            cooldown_ns: nanos(rule.cooldown_s),
            lateness_ns: rule.lateness_s.map_or(i64::MAX, nanos),
            keeps_places: !rule.by.contains(&Field::Address),
            rule,
        }
    }

    /// The key for which the rule holds at this event: its window has `n` or more.
    pub(super) fn observe(
        &mut self,
        seen: &Seen<'_, '_>,
        findings: &mut Vec<Finding>,
    ) -> Option<u64> {
        if !self.concerns(seen) {
            return None;
        }
        let key = self.key(seen)?;
        match self.rule.kind {
            Kind::EventCount => self.count(key, None, seen, findings),
            Kind::ValueCount(field) => {
                let value = seen.hashes[field as usize]?;
                self.count(key, Some(value), seen, findings)
            }
            Kind::TemporalOrdered { .. } => {
                self.follow(key, seen, findings);
                None
            }
        }
    }

    /// Notes that the first rule holds for a key.
    pub(super) fn begin(&mut self, key: u64, seen: &Seen<'_, '_>, findings: &mut Vec<Finding>) {
        let hits_max = self.rule.exemplars.max(1);
        let entry = self.touch(key, seen, findings);
        entry.push(seen.hit(), hits_max);
    }

    fn concerns(&self, seen: &Seen<'_, '_>) -> bool {
        let (rule, event) = (&self.rule, seen.event);
        rule.events.include(seen.category, seen.outcome, &event.action)
            && seen.moment.late_ns <= self.lateness_ns
            && (rule.allow.is_empty() || !rule.allow.covers(event))
    }

    /// The hash of the event's key; `None` if the event lacks a part of it.
    fn key(&self, seen: &Seen<'_, '_>) -> Option<u64> {
        let mut parts = self.rule.by.iter().map(|field| seen.hashes[*field as usize]);
        let first = parts.next()??;
        // Hashes that nobody can choose are joined without hashing them again.
        parts.try_fold(first, |key, part| {
            Some(key.rotate_left(25).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ part?)
        })
    }

    fn count(
        &mut self,
        key: u64,
        value: Option<u64>,
        seen: &Seen<'_, '_>,
        findings: &mut Vec<Finding>,
    ) -> Option<u64> {
        let (n, now_ns) = (self.rule.n, seen.moment.now_ns);
        let since_ns = now_ns.saturating_sub(self.window_ns);
        let (keeps_places, cooldown_ns) = (self.keeps_places, self.cooldown_ns);
        let entry = self.touch(key, seen, findings);
        let held = entry.holds(n, since_ns);
        match value {
            None => entry.push(seen.hit(), n),
            Some(value) => entry.push_value(seen.hit(), value, n),
        }
        if let (true, Some(hash), Some(address)) =
            (keeps_places, seen.hashes[Field::Address as usize], &seen.event.address)
        {
            entry.place(hash, now_ns, &address.text);
        }
        if !entry.holds(n, since_ns) {
            return None;
        }
        if !held && is_over(entry.emitted_ns, cooldown_ns, now_ns) {
            entry.emitted_ns = Some(now_ns);
            let count = entry.count(since_ns);
            self.find(key, count, since_ns, seen, findings);
        }
        Some(key)
    }

    /// Looks whether the first rule has held for the key.
    fn follow(&mut self, key: u64, seen: &Seen<'_, '_>, findings: &mut Vec<Finding>) {
        let now_ns = seen.moment.now_ns;
        let since_ns = now_ns.saturating_sub(self.window_ns);
        let Some(entry) = self.table.find(key) else {
            return;
        };
        entry.settle(now_ns);
        let has_begun = entry.newest_ns().is_some_and(|held_ns| held_ns > since_ns);
        if has_begun && is_over(entry.emitted_ns, self.cooldown_ns, now_ns) {
            entry.emitted_ns = Some(now_ns);
            self.find(key, 1, since_ns, seen, findings);
        }
    }

    /// The entry of a key, as it is now; says so if another that still counted had to go for it.
    fn touch(&mut self, key: u64, seen: &Seen<'_, '_>, findings: &mut Vec<Finding>) -> &mut Entry {
        let now_ns = seen.moment.now_ns;
        let since_ns = now_ns.saturating_sub(self.window_ns);
        let is_live = |entry: &Entry| {
            entry.newest_ns().is_some_and(|newest_ns| newest_ns > since_ns)
                || !is_over(entry.emitted_ns, self.cooldown_ns, now_ns)
        };
        let (entry, lost) = self.table.touch(key, is_live);
        // As with entries, what lies in the future happens now.
        self.saturated_ns = self.saturated_ns.map(|saturated_ns| saturated_ns.min(now_ns));
        if lost && is_over(self.saturated_ns, self.cooldown_ns, now_ns) {
            self.saturated_ns = Some(now_ns);
            findings.push(saturated(&self.rule, seen));
        }
        entry.settle(now_ns);
        entry
    }

    fn find(
        &mut self,
        key: u64,
        count: usize,
        since_ns: i64,
        seen: &Seen<'_, '_>,
        findings: &mut Vec<Finding>,
    ) {
        let (rule, event) = (&self.rule, seen.event);
        let mut finding = Finding::new(&rule.id, rule.hash, key, event);
        let parts = rule.by.iter().filter_map(|field| field.of(event));
        finding.key = parts.map(finding::part).collect();
        finding.count = count as u64;
        finding.window_s = rule.window_s.into();
        finding.severity = rule.severity_at(event);
        finding.title.clone_from(&rule.title);
        finding.remediation.clone_from(&rule.remediation);
        finding.simulated = rule.simulate;
        let now = Timestamp::from_unix_nanos(seen.moment.now_ns);
        (finding.ts, finding.first, finding.last) = (now, now, now);
        if let Some(entry) = self.table.find(key) {
            let is_ordered = self.first.is_some();
            let hits = entry.hits.iter().filter(|hit| hit.stamp_ns > since_ns);
            if let Some(first) = hits.clone().next() {
                finding.first = Timestamp::from_unix_nanos(first.stamp_ns);
            }
            let mut seqs: Vec<u64> = hits.map(|hit| hit.seq).collect();
            if is_ordered {
                seqs.push(event.seq);
            }
            finding.exemplars = seqs.split_off(seqs.len().saturating_sub(rule.exemplars));
            if self.keeps_places && !is_ordered {
                let places = entry.places.iter().filter(|place| place.stamp_ns > since_ns);
                finding.addresses = places.map(|place| finding::part(&place.text)).collect();
            }
        }
        findings.push(finding);
    }
}

impl Seen<'_, '_> {
    fn hit(&self) -> Hit {
        Hit { stamp_ns: self.moment.now_ns, seq: self.event.seq }
    }
}

/// True if nothing was emitted in the last `cooldown_ns`.
fn is_over(emitted_ns: Option<i64>, cooldown_ns: i64, now_ns: i64) -> bool {
    emitted_ns.is_none_or(|emitted_ns| emitted_ns <= now_ns.saturating_sub(cooldown_ns))
}

fn saturated(rule: &Rule, seen: &Seen<'_, '_>) -> Finding {
    let mut finding = Finding::new(SATURATED, rule.hash, 0, seen.event);
    finding.ts = Timestamp::from_unix_nanos(seen.moment.now_ns);
    (finding.first, finding.last) = (finding.ts, finding.ts);
    finding.key = vec![rule.id.clone()];
    finding.count = rule.keys_max as u64;
    finding.window_s = rule.window_s.into();
    finding.severity = audit_runtime::Severity::High;
    finding.simulated = rule.simulate;
    finding.title = format!(
        "The rule {} has forgotten a key that still counted: it has more keys than it may.",
        rule.id
    );
    finding.remediation = vec![
        "Look whether somebody floods the service with made-up users or addresses.".to_owned(),
        "If all of them are real, set a larger max_keys for the rule.".to_owned(),
    ];
    finding
}
