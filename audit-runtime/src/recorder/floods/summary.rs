//! What is kept of the events of a flood, and the record that tells it.

use std::collections::BTreeMap;
use std::sync::Arc;

use audit_journal::Timestamp;
use audit_redact::{Public, public};

use crate::event::{CorrelationId, Durability, Event, Flood, Origin, Outcome, Severity, Source};

/// How many different requests, and how many users, are named; the count has all of them.
const NAMES_MAX: usize = 8;
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

/// The first names that came, each with how often it did.
#[derive(Default)]
struct Names(Vec<(String, u64)>);

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
    /// Counts the name that these parts make, if it is one of the first.
    fn count(&mut self, parts: &[&str]) {
        let is_it = |name: &str| {
            let rest = parts.iter().try_fold(name, |rest, part| rest.strip_prefix(part));
            rest.is_some_and(str::is_empty)
        };
        if let Some((_, count)) = self.0.iter_mut().find(|(name, _)| is_it(name)) {
            *count += 1;
        } else if self.0.len() < NAMES_MAX {
            self.0.push((parts.concat(), 1));
        }
    }

    fn written(self) -> BTreeMap<Public<String>, u64> {
        let cut = |name: String| public(name.chars().take(NAME_CHARS_MAX).collect());
        self.0.into_iter().map(|(name, count)| (cut(name), count)).collect()
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
        if !summary.users.0.is_empty() {
            draft = draft.field("users", &summary.users.written());
        }
        draft = draft.field("correlation_ids", &ids.collect::<Vec<_>>());
        if let Some(origin) = summary.origin.filter(|_| source != Source::Others) {
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
