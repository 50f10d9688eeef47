//! What a record does not show: what is asked of it may hold all the same.

use std::net::IpAddr;

use audit_runtime::Record;
use audit_runtime::record::Actor;

use super::super::Query;
use super::super::condition::{Condition, Test};
use super::super::field::Field;
use super::super::pattern::Pattern;

impl Query {
    /// The first condition for which the record does not show what is asked, if all others hold or are such as well.
    pub(super) fn withheld(&self, record: &Record) -> Option<&'static str> {
        let mut failed = self.conditions.iter().filter(|it| !it.matches(record)).peekable();
        let first = failed.peek().map(|it| it.field.name());
        first.filter(|_| failed.all(|it| !it.is_negated && it.is_withheld(record)))
    }
}

impl Condition {
    fn is_withheld(&self, record: &Record) -> bool {
        match &self.test {
            Test::Words(_) => has_later_word(self.field, record),
            Test::Networks(_) => {
                let ip = record.origin.as_ref().and_then(|origin| origin.ip.as_deref());
                ip.is_some_and(|ip| ip.parse::<IpAddr>().is_err())
            }
            Test::Texts(patterns) => hides(self.field, record, patterns),
            Test::Flag(_) => is_cut(self.field, record),
            Test::Numbers(_) | Test::Bound(..) => false,
        }
    }
}

fn has_later_word(field: Field, record: &Record) -> bool {
    match field {
        Field::Outcome => record.outcome.known().is_none(),
        Field::Category => record.category.known().is_none(),
        Field::Operation => record.operation.as_ref().is_some_and(|word| word.known().is_none()),
        Field::Phase => record.phase.as_ref().is_some_and(|word| word.known().is_none()),
        _ => false,
    }
}

fn hides(field: Field, record: &Record, patterns: &[Pattern]) -> bool {
    let redaction = record.redaction.as_ref();
    let key = redaction.and_then(|redaction| redaction.key_id.as_deref());
    let is_by_hash = |it: &Pattern| key.is_some_and(|key| it.text().contains(key));
    let mut hidden = redaction.into_iter().flat_map(|redaction| &redaction.fields);
    let is_hidden = hidden.any(|path| paths(field).contains(&path.as_str()));
    // A hash by the record's own key can be compared; of another key nothing tells what it stands for.
    let is_other = (is_hidden || is_hashed(field, record)) && !patterns.iter().all(is_by_hash);
    is_other || is_cut(field, record)
}

fn is_hashed(field: Field, record: &Record) -> bool {
    let is_unknown = |actor: &Actor| actor.known == Some(false);
    match field {
        Field::Session => record.session.is_some(),
        Field::Actor => record.actor.as_ref().is_some_and(is_unknown),
        Field::OnBehalfOf => record.actor.iter().flat_map(|it| &it.on_behalf_of).any(is_unknown),
        _ => false,
    }
}

/// True if the field was cut to its cap, or too much was hidden for all of it to be named.
fn is_cut(field: Field, record: &Record) -> bool {
    record.truncated.iter().any(|cut| cut == "redaction" || paths(field).contains(&cut.as_str()))
}

/// What a record calls the values that are compared, where it says which of them it hides or has cut.
fn paths(field: Field) -> &'static [&'static str] {
    match field {
        Field::Actor | Field::OnBehalfOf => &["actor", "actor.id", "actor.name"],
        Field::Action => &["action", "name"],
        Field::Target => &["targets", "targets.type", "targets.id", "targets.name"],
        Field::Reason => &["reason", "reason.code"],
        Field::Correlation => &["correlation_id"],
        Field::Route => &["http", "http.route"],
        Field::Drill => &["ext"],
        _ => &[],
    }
}
