//! The definitions of detection, recounted from the whole history at every event.

use std::collections::BTreeMap;

/// Events of one second: whole seconds meet the ends of windows often.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) seq: u64,
    pub(crate) time: i64,
    pub(crate) observed: Option<i64>,
    pub(crate) outcome: &'static str,
    /// Of `user`, `ip` and `target`, those that the event has.
    pub(crate) fields: BTreeMap<&'static str, String>,
    pub(crate) drill: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) by: Vec<&'static str>,
    pub(crate) outcome: Option<&'static str>,
    pub(crate) window: i64,
    pub(crate) cooldown: Option<i64>,
    pub(crate) lateness: Option<i64>,
    pub(crate) keys_max: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Events { n: usize },
    Values { n: usize, field: &'static str },
    Ordered { first: String },
}

/// What is compared of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) rule: String,
    pub(crate) key: Vec<String>,
    pub(crate) seq: u64,
    pub(crate) count: u64,
    pub(crate) at: i64,
    pub(crate) first: i64,
    pub(crate) addresses: Vec<String>,
    pub(crate) exemplars: Vec<u64>,
    pub(crate) drill: Option<String>,
}

type Key = (Option<&'static str>, Vec<String>);

/// Everything that ever happened to a key.
#[derive(Clone, Debug, Default)]
struct History {
    /// Time, number, value and address of each event that a rule counts.
    events: Vec<(i64, u64, String, Option<String>)>,
    /// When the first rule held, and at which event.
    held: Vec<(i64, u64)>,
    emitted: Vec<i64>,
}

#[derive(Default)]
pub(crate) struct Oracle {
    latest: Option<i64>,
    next_seq: u64,
    /// For each rule its keys, the one that was touched longest ago first.
    keys: BTreeMap<String, Vec<(Key, History)>>,
    saturated: BTreeMap<String, Vec<i64>>,
}

impl Oracle {
    pub(crate) fn observe(&mut self, rules: &[Rule], event: &Event) -> Vec<Found> {
        let mut found = Vec::new();
        if event.seq < self.next_seq {
            return found;
        }
        self.next_seq = event.seq + 1;
        let limit = event.observed.unwrap_or(event.time) + 5;
        let latest = self.latest.unwrap_or(i64::MIN).min(limit);
        let now = event.time.min(limit).max(latest);
        self.latest = Some(now);
        let mut holding = Vec::new();
        for rule in rules {
            let is_late = rule.lateness.is_some_and(|lateness| now - event.time > lateness);
            let outcome = match rule.kind {
                Kind::Ordered { .. } => Some("success"),
                _ => rule.outcome,
            };
            let parts: Option<Vec<String>> =
                rule.by.iter().map(|field| event.fields.get(field).cloned()).collect();
            let (Some(parts), false) = (parts, is_late) else { continue };
            if outcome.is_some_and(|outcome| outcome != event.outcome) {
                continue;
            }
            let key = (event.drill, parts);
            let value = match &rule.kind {
                Kind::Values { field, .. } => event.fields.get(field).cloned(),
                _ => Some(event.seq.to_string()),
            };
            let Some(value) = value else {
                // The key was seen, but there is nothing to count.
                self.touch(rule, &key, event, now, &mut found);
                continue;
            };
            match &rule.kind {
                Kind::Events { n } | Kind::Values { n, .. } => {
                    if self.count(rule, &key, *n, value, event, now, &mut found) {
                        holding.push((rule.id.clone(), key));
                    }
                }
                Kind::Ordered { .. } => self.follow(rule, &key, event, now, &mut found),
            }
        }
        for rule in rules {
            let Kind::Ordered { first } = &rule.kind else { continue };
            for (_, key) in holding.iter().filter(|(id, _)| id == first) {
                let history = self.touch(rule, key, event, now, &mut found);
                history.held.push((now, event.seq));
            }
        }
        found
    }

    /// Counts before and after the event, and returns whether the condition holds.
    #[expect(clippy::too_many_arguments, reason = "one definition in one piece")]
    fn count(
        &mut self,
        rule: &Rule,
        key: &Key,
        n: usize,
        value: String,
        event: &Event,
        now: i64,
        found: &mut Vec<Found>,
    ) -> bool {
        let history = self.touch(rule, key, event, now, found);
        let before = latest_of_each(history, now, rule.window).len();
        history.events.push((now, event.seq, value, event.fields.get("ip").cloned()));
        let counted = latest_of_each(history, now, rule.window);
        let after = counted.len();
        if before < n && after >= n && !is_cooling(&history.emitted, rule, now) {
            history.emitted.push(now);
            let told = told(rule, key, event, now, &counted, after as u64);
            let is_key = rule.by.contains(&"ip");
            let addresses =
                if is_key { told.addresses } else { addresses(history, now, rule.window) };
            found.push(Found { addresses, ..told });
        }
        after >= n
    }

    fn follow(&mut self, rule: &Rule, key: &Key, event: &Event, now: i64, found: &mut Vec<Found>) {
        let keys = self.keys.entry(rule.id.clone()).or_default();
        let Some((_, history)) = keys.iter_mut().find(|(known, _)| known == key) else { return };
        settle(history, now);
        let mut held: Vec<_> =
            history.held.iter().copied().filter(|(at, _)| *at > now - rule.window).collect();
        if held.is_empty() || is_cooling(&history.emitted, rule, now) {
            return;
        }
        history.emitted.push(now);
        // Eight are kept of the first rule, and the success comes last.
        held.drain(..held.len().saturating_sub(8));
        let first = held[0].0;
        held.push((now, event.seq));
        let told = told(rule, key, event, now, &held, 1);
        found.push(Found { first, ..told });
    }

    /// The history of a key, for which the one that was touched longest ago may have to go.
    fn touch(
        &mut self,
        rule: &Rule,
        key: &Key,
        event: &Event,
        now: i64,
        found: &mut Vec<Found>,
    ) -> &mut History {
        let keys = self.keys.entry(rule.id.clone()).or_default();
        let history = match keys.iter().position(|(known, _)| known == key) {
            Some(place) => keys.remove(place).1,
            None => History::default(),
        };
        if keys.len() >= rule.keys_max {
            let saturated = self.saturated.entry(rule.id.clone()).or_default();
            saturated.iter_mut().for_each(|at| *at = (*at).min(now));
            let (_, gone) = keys.remove(0);
            let newest = gone.events.iter().map(|(at, ..)| *at);
            let newest = newest.chain(gone.held.iter().map(|(at, _)| *at)).max();
            let counts = newest.is_some_and(|newest| newest > now - rule.window);
            let lost = counts || is_cooling(&gone.emitted, rule, now);
            if lost && !is_cooling(saturated, rule, now) {
                saturated.push(now);
                found.push(Found {
                    rule: "detector_saturated".into(),
                    key: vec![rule.id.clone()],
                    seq: event.seq,
                    count: rule.keys_max as u64,
                    at: now,
                    first: now,
                    addresses: event.fields.get("ip").cloned().into_iter().collect(),
                    exemplars: vec![event.seq],
                    drill: event.drill.map(str::to_owned),
                });
            }
        }
        keys.push((key.clone(), history));
        let history = &mut keys.last_mut().unwrap().1;
        settle(history, now);
        history
    }
}

/// What lies in the future happens now.
fn settle(history: &mut History, now: i64) {
    history.events.iter_mut().for_each(|(at, ..)| *at = (*at).min(now));
    history.held.iter_mut().for_each(|(at, _)| *at = (*at).min(now));
    history.emitted.iter_mut().for_each(|at| *at = (*at).min(now));
}

/// Of each value in (now - window, now] the last event, in order.
fn latest_of_each(history: &History, now: i64, window: i64) -> Vec<(i64, u64)> {
    let inside: Vec<_> = history.events.iter().filter(|(at, ..)| *at > now - window).collect();
    let is_last = |index: usize, value: &String| {
        inside[index + 1..].iter().all(|(_, _, later, _)| later != value)
    };
    let last = inside.iter().enumerate().filter(|(index, (_, _, value, _))| is_last(*index, value));
    last.map(|(_, (at, seq, ..))| (*at, *seq)).collect()
}

/// The 16 addresses that were seen last in (now - window, now], the latest last.
fn addresses(history: &History, now: i64, window: i64) -> Vec<String> {
    let mut latest = Vec::new();
    for (at, .., address) in history.events.iter().rev() {
        if let Some(address) = address
            && *at > now - window
            && !latest.contains(address)
            && latest.len() < 16
        {
            latest.insert(0, address.clone());
        }
    }
    latest
}

/// True if a finding was emitted in (now - cooldown, now].
fn is_cooling(emitted: &[i64], rule: &Rule, now: i64) -> bool {
    emitted.iter().any(|at| *at > now - rule.cooldown.unwrap_or(rule.window))
}

fn told(
    rule: &Rule,
    key: &Key,
    event: &Event,
    now: i64,
    counted: &[(i64, u64)],
    count: u64,
) -> Found {
    let seqs: Vec<u64> = counted.iter().map(|(_, seq)| *seq).collect();
    Found {
        rule: rule.id.clone(),
        key: key.1.clone(),
        seq: event.seq,
        count,
        at: now,
        first: counted[0].0,
        addresses: event.fields.get("ip").cloned().into_iter().collect(),
        exemplars: seqs[seqs.len().saturating_sub(8)..].to_vec(),
        drill: event.drill.map(str::to_owned),
    }
}
