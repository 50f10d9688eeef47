//! One term of a query: a field, and which of its values are meant.

use std::fmt;

use audit_runtime::Record;
use audit_runtime::record::{Actor, Target};

use crate::drill::is_drill;

use super::field::Field;
use super::held::RuleHeld;
use super::network::Network;
use super::pattern::Pattern;

/// A field, and which of its values are meant, or which are not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) field: Field,
    pub(super) is_negated: bool,
    pub(super) test: Test,
}

/// Which values are meant: any of several.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Texts(Vec<Pattern>),
    Words(Vec<&'static str>),
    Networks(Vec<Network>),
    Numbers(Vec<u64>),
    Bound(Bound, u64),
    Flag(bool),
}

/// On which side of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Condition {
    pub(super) fn new(field: Field, test: Test) -> Self {
        Self { field, is_negated: false, test }
    }

    pub(super) fn matches(&self, record: &Record) -> bool {
        let is_meant = match &self.test {
            Test::Texts(patterns) => patterns.iter().any(|pattern| self.has_text(record, pattern)),
            Test::Words(words) => self.word(record).is_some_and(|word| words.contains(&word)),
            Test::Networks(networks) => address(record)
                .is_some_and(|ip| networks.iter().any(|network| network.contains(ip))),
            Test::Numbers(numbers) => self.number(record).is_some_and(|it| numbers.contains(&it)),
            Test::Bound(bound, limit) => {
                self.number(record).is_some_and(|it| bound.holds(it, *limit))
            }
            Test::Flag(wanted) => is_drill(record) == *wanted,
        };
        is_meant != self.is_negated
    }

    fn has_text(&self, record: &Record, pattern: &Pattern) -> bool {
        let one = |text: &Option<String>| text.as_ref().is_some_and(|text| pattern.matches(text));
        match self.field {
            Field::Actor => record.actor.as_ref().is_some_and(|actor| is_actor(actor, pattern)),
            Field::OnBehalfOf => {
                let principals = record.actor.iter().flat_map(|actor| &actor.on_behalf_of);
                principals.into_iter().any(|principal| is_actor(principal, pattern))
            }
            Field::Action => pattern.matches(&record.action) || pattern.matches(&record.name),
            Field::Target => record.targets.iter().any(|target| is_target(target, pattern)),
            Field::Reason => {
                record.reason.as_ref().is_some_and(|reason| pattern.matches(&reason.code))
            }
            Field::Correlation => one(&record.correlation_id),
            Field::Session => one(&record.session),
            Field::Route => record.http.as_ref().is_some_and(|http| one(&http.route)),
            Field::Rule => RuleHeld::of(record).is_some_and(|held| pattern.matches(held.rule)),
            Field::Id => pattern.matches(&record.id.to_string()),
            _ => false,
        }
    }

    fn word(&self, record: &Record) -> Option<&'static str> {
        match self.field {
            Field::Outcome => record.outcome.known().map(|word| word.as_str()),
            Field::Category => record.category.known().map(|word| word.as_str()),
            Field::Operation => record.operation.as_ref()?.known().map(|word| word.as_str()),
            Field::Phase => record.phase.as_ref()?.known().map(|word| word.as_str()),
            _ => None,
        }
    }

    fn number(&self, record: &Record) -> Option<u64> {
        match self.field {
            Field::Seq => Some(record.seq),
            Field::Severity => Some(record.severity.into()),
            Field::Status => record.http.as_ref()?.status.map(u64::from),
            _ => None,
        }
    }
}

/// By type and id, type and name, id, name, or, of one that has neither, by type alone.
fn is_actor(actor: &Actor, pattern: &Pattern) -> bool {
    let kind = actor.kind.to_string();
    let is_named = |name: &String| pattern.matches(name) || pattern.matches_pair(&kind, name);
    let is_nameless = actor.id.is_none() && actor.name.is_none();
    actor.id.iter().chain(&actor.name).any(is_named) || (is_nameless && pattern.matches(&kind))
}

fn address(record: &Record) -> Option<&str> {
    record.origin.as_ref()?.ip.as_deref()
}

fn is_target(target: &Target, pattern: &Pattern) -> bool {
    let mut names = std::iter::once(&target.id).chain(&target.name);
    names.any(|name| pattern.matches(name) || pattern.matches_pair(&target.kind, name))
}

impl Bound {
    fn holds(self, number: u64, limit: u64) -> bool {
        match self {
            Self::Above => number > limit,
            Self::AtLeast => number >= limit,
            Self::Below => number < limit,
            Self::AtMost => number <= limit,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
        }
    }
}

/// As the language of queries has it.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field.name())?;
        if let Test::Bound(bound, limit) = &self.test {
            return write!(f, "{}{limit}", bound.as_str());
        }
        f.write_str(if self.is_negated { "!=" } else { "=" })?;
        match &self.test {
            Test::Texts(patterns) => list(f, patterns),
            Test::Words(words) => list(f, words),
            Test::Networks(networks) => list(f, networks),
            Test::Numbers(numbers) => list(f, numbers),
            Test::Flag(wanted) => f.write_str(if *wanted { "yes" } else { "no" }),
            Test::Bound(..) => Ok(()),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, values: &[impl fmt::Display]) -> fmt::Result {
    for (index, value) in values.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { "," })?;
        value.fmt(f)?;
    }
    Ok(())
}
