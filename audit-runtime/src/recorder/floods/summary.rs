//! What is kept of the events of a flood, and the record that tells it.

use std::collections::BTreeMap;
use std::sync::Arc;

use audit_journal::Timestamp;
use audit_redact::{Public, public};

use crate::event::{CorrelationId, Durability, Event, Flood, Origin, Outcome, Severity, Source};

/// How many different requests, and how many users, are named; all others are counted as one.
const NAMES_MAX: usize = 8;
const OTHERS: &str = "(others)";
/// The longest of these names, in characters.
const NAME_CHARS_MAX: usize = 128;
/// How many correlation ids are named.
const IDS_MAX: usize = 4;

/// The classes of status, from none to 5.
const CLASSES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];

/// What one source has sent in one window, beyond what was written.
pub(super) struct Summary {
    count: u64,
    first: Timestamp,
    last: Timestamp,
    outcomes: [u64; Outcome::ALL.len()],
    statuses: [u64; CLASSES.len()],
    requests: Names,
    users: Names,
    correlation_ids: Vec<CorrelationId>,
    origin: Option<Arc<Origin>>,
}

/// The first names that came, cut, each with how often it did; and how often all others did.
#[derive(Default)]
struct Names {
    first: Vec<(String, u64)>,
    others: u64,
}

/// What an event is like: method, route and the class of the answer's status.
pub(super) fn kind(event: &Event) -> (&str, &str, usize) {
    match &event.http {
        Some(http) => {
            let (method, route) = http.request_line();
            (method, route, http.status_class())
        }
        None => ("", &event.action, 0),
    }
}

impl Summary {
    /// Nothing yet, of the source of `event`.
    pub(super) fn of(event: &Event) -> Self {
        Self {
            count: 0,
            first: event.time,
            last: event.time,
            outcomes: Default::default(),
            statuses: Default::default(),
            requests: Names::default(),
            users: Names::default(),
            correlation_ids: Vec::new(),
            origin: event.origin.clone(),
        }
    }

    #[cfg(test)]
    pub(super) fn users(&self) -> impl Iterator<Item = &str> {
        self.users.first.iter().map(|(name, _)| name.as_str())
    }

    pub(super) fn count(&mut self, event: &Event) {
        self.count += 1;
        self.first = self.first.min(event.time);
        self.last = self.last.max(event.time);
        self.outcomes[event.outcome as usize] += 1;
        match &event.http {
            Some(http) => {
                self.statuses[http.status_class().min(CLASSES.len() - 1)] += 1;
                let (method, route) = http.request_line();
                self.requests.count(&[method, " ", route]);
            }
            None => self.requests.count(&[&event.action]),
        }
        if let Some(id) = event.actor.as_ref().and_then(|actor| actor.known_id()) {
            self.users.count(&[id]);
        }
        if self.correlation_ids.len() < IDS_MAX {
            self.correlation_ids.extend(event.correlation_id.clone());
        }
    }
}

impl Names {
    /// Counts the name that these parts make: names that are the same when they are cut are one.
    fn count(&mut self, parts: &[&str]) {
        let cut = || parts.iter().flat_map(|part| part.chars()).take(NAME_CHARS_MAX);
        if let Some((_, count)) = self.first.iter_mut().find(|(name, _)| cut().eq(name.chars())) {
            *count += 1;
        } else if self.first.len() < NAMES_MAX {
            self.first.push((cut().collect(), 1));
        } else {
            self.others += 1;
        }
    }

    fn written(self) -> BTreeMap<Public<String>, u64> {
        let mut written = BTreeMap::new();
        let others = (self.others > 0).then(|| (OTHERS.to_owned(), self.others));
        for (name, count) in self.first.into_iter().chain(others) {
            // Somebody may be named like the others.
            *written.entry(public(name)).or_default() += count;
        }
        written
    }
}

/// A record that tells of a flood, and of how many events.
pub(in super::super) struct Told {
    pub(in super::super) event: Event,
    pub(in super::super) count: u64,
}

impl Told {
    pub(super) fn new(flood: Flood, source: Source, summary: Summary) -> Self {
        let Summary { count, first, last, outcomes, statuses, .. } = summary;
        let (action, name, what, description) = match flood {
            Flood::Access => (
                "AccessFlood",
                "access.flood",
                "requests",
                "So many requests of a stranger are only counted, here, behind those in records of their own.",
            ),
            Flood::Denials => (
                "DenialFlood",
                "denial.flood",
                "requests",
                "So many denials of actions that never began are only counted, here, behind those in records of their own.",
            ),
            Flood::Logins => (
                "LoginFlood",
                "login.flood",
                "actions",
                "So many failed logins are only counted, here, behind those in records of their own.",
            ),
        };
        let outcomes = Outcome::ALL.iter().map(|outcome| outcome.as_str()).zip(outcomes);
        let ids = summary.correlation_ids.iter().map(|id| public(id.as_str().to_owned()));
        let mut draft = Event::security(action)
            .name(name)
            .description(description)
            .severity(Severity::Medium)
            .durability(Durability::Queued)
            .field("count", &count)
            .field("source", &public(source.to_string()))
            .field("first", &public(first.to_string()))
            .field("last", &public(last.to_string()))
            .field("outcomes", &counts(outcomes))
            .field(what, &summary.requests.written());
        if flood != Flood::Logins {
            draft = draft.field("statuses", &counts(CLASSES.into_iter().zip(statuses)));
        }
        if !summary.users.first.is_empty() {
            draft = draft.field("users", &summary.users.written());
        }
        draft = draft.field("correlation_ids", &ids.collect::<Vec<_>>());
        if let Some(origin) = summary.origin.filter(|_| source.width() == 0) {
            draft = draft.origin(origin.without_port());
        }
        let event = match flood {
            Flood::Access => draft.reason("flood").succeeded(),
            Flood::Denials => draft.denied("flood"),
            Flood::Logins => draft.failed("flood"),
        };
        Self { event, count }
    }
}

/// Those words that have a count.
fn counts(words: impl Iterator<Item = (&'static str, u64)>) -> BTreeMap<Public<&'static str>, u64> {
    let counted = words.filter(|(_, count)| *count > 0);
    counted.map(|(word, count)| (public(word), count)).collect()
}
