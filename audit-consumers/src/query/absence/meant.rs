//! Which records are meant, and which tell of events that have none.

use audit_runtime::journal::Line;
use audit_runtime::{Category, Record, Timestamp};
use serde_json::Value;

use super::super::Query;
use super::super::condition::Test;
use super::super::field::Field;
use super::{Absence, Doubt};

impl Absence {
    /// Whether a record between the two is meant.
    pub(super) fn judge(&mut self, line: &Line, record: Option<&Record>, query: &Query) {
        self.between += 1;
        let is_meant = match record {
            _ if query.conditions.is_empty() => record.and_then(own).is_none(),
            Some(record) if query.holds(record) => true,
            Some(record) => {
                if let Some(field) = query.withheld(record) {
                    self.doubts.push(Doubt::Withheld { seq: line.seq(), field });
                }
                false
            }
            None => {
                self.doubts.push(Doubt::NoEvent { seq: line.seq() });
                false
            }
        };
        if is_meant {
            self.found.push(line.clone());
        }
    }

    /// Notes a record that tells of events without one, if they may be of the interval. It may come behind that.
    pub(super) fn count_lost(&mut self, record: &Record, query: &Query) {
        let number = |value: Option<&Value>| value.and_then(Value::as_u64).unwrap_or(0);
        let time = |value: Option<&Value>| value?.as_str().and_then(Timestamp::parse);
        let member = |name| record.journal.as_ref().and_then(|journal| journal.get(name));
        let argument = |name| record.arguments.get(name);
        let missed = number(member("lost")) + number(member("unrecorded"));
        let (events, since) = match own(record) {
            Some("JournalFull") => (0, Some(record.observed)),
            Some("JournalResumed" | "JournalStop") if missed > 0 => (missed, time(member("since"))),
            // It comes with the next batch, and a service that takes longer for one is silent.
            Some("JournalLost") => (number(argument("lost")), {
                let ago = i64::try_from(self.silence_ns_max).unwrap_or(i64::MAX);
                Some(Timestamp::from_unix_nanos(record.observed.unix_nanos().saturating_sub(ago)))
            }),
            None if query.may_mean_flood(record) => {
                let is_over = time(argument("last")).is_some_and(|last| last < self.from);
                (
                    number(argument("count")),
                    time(argument("first")).filter(|_| !is_over).or(is_over.then_some(self.to)),
                )
            }
            _ => return,
        };
        if since.is_none_or(|since| since < self.to) {
            let (seq, action) = (record.seq, record.action.clone());
            self.doubts.push(Doubt::Lost { seq, action, events });
        }
    }
}

/// Records of what strangers did beyond a measure, of which events are only counted.
const FLOODS: [&str; 3] = ["AccessFlood", "LoginFlood", "DenialFlood"];

impl Query {
    /// True if floods of any kind count events that may be meant.
    pub(super) fn may_mean_floods(&self) -> bool {
        FLOODS.iter().any(|flood| self.may_mean(flood))
    }

    /// True if the record is of a flood, and the events that it counts may be meant.
    fn may_mean_flood(&self, record: &Record) -> bool {
        self.may_mean(&record.action)
            && record.category == Category::Security
            && record.actor.is_none()
    }

    /// Floods are requests of strangers, actions that were denied before they began, or logins that failed.
    fn may_mean(&self, flood: &str) -> bool {
        let excludes = |field, word| {
            let mut own = self.conditions.iter().filter(|it| it.field == field);
            own.any(|it| matches!(&it.test, Test::Words(words) if words.contains(&word) == it.is_negated))
        };
        match flood {
            "AccessFlood" => !excludes(Field::Category, "access"),
            "LoginFlood" => !excludes(Field::Category, "authentication"),
            "DenialFlood" => !excludes(Field::Outcome, "denied"),
            _ => false,
        }
    }
}

/// What the journal or its recorder calls a record of itself; no event can be one.
pub(super) fn own(record: &Record) -> Option<&str> {
    let is_own =
        record.journal.is_some() || (record.action == "JournalLost" && record.actor.is_none());
    (is_own && record.category == Category::Journal).then_some(record.action.as_str())
}

/// After how long without a record a heartbeat is due; how long there was none would be a hang's own word for itself.
pub(super) fn every_ns(line: &Line) -> Option<u64> {
    memchr::memmem::find(line.body(), b"\"JournalHeartbeat\"")?;
    Record::parse(line).ok()?.journal?.get("every_ns")?.as_u64()
}
