//! Questions to a journal: a typed query, its text, and a scan that tells what it has read.

mod absence;
mod asking;
mod condition;
mod field;
mod held;
mod network;
mod page;
mod pattern;
mod prefilter;
mod scan;
mod search;
mod story;
#[cfg(test)]
mod tests;
mod text;
mod token;
mod walk;
mod when;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use audit_runtime::journal::Line;
use audit_runtime::{Category, EventId, Outcome, Record, Severity, Timestamp};

use condition::{Bound, Condition, Test};
use field::Field;
use network::Network;
use when::{Start, Window};

pub use crate::drill::is_drill;
pub use absence::{Absence, Doubt, Several, Silence};
pub use asking::{Order, SearchError, Skip};
pub use held::RuleHeld;
pub use page::{Match, Page};
pub use pattern::Pattern;
pub use scan::{Damage, OlderEpoch, Passed, Scan};
pub use search::{LIMIT_MAX, Search};
pub use story::{Story, StoryOf, Told};
pub use text::{HELP, QueryError};
pub use token::{InvalidToken, PageToken};

/// Which records are meant: those for which all of its conditions hold.
///
/// Each call adds a condition; [`parse`](Self::parse) reads the same from text, and a query prints
/// itself in that language ([`HELP`]).
///
/// ```
/// use std::time::Duration;
///
/// use audit_consumers::query::{Pattern, Query};
/// use audit_runtime::Outcome;
///
/// let query = Query::new()
///     .actor("user:42")
///     .action(Pattern::prefix("Update"))
///     .outcomes([Outcome::Denied, Outcome::Failure])
///     .origin("10.0.0.0/8")?
///     .last(Duration::from_secs(24 * 60 * 60));
/// let text = "actor=user:42 action=Update* outcome=denied,failure origin=10.0.0.0/8 last 24h";
/// assert_eq!(Query::parse(text)?, query);
/// assert_eq!(Query::parse(&query.to_string())?, query);
/// # Ok::<(), audit_consumers::query::QueryError>(())
/// ```
///
/// A range of time means the journal's own time, `observed`: when it took the record in. An event
/// that waited in an outbox may have happened before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    conditions: Vec<Condition>,
    start: Option<Start>,
    end: Option<Timestamp>,
}

impl Query {
    /// All records.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the text of a query.
    ///
    /// # Errors
    /// Fails with what is wrong, where, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        text::parse(text)
    }

    /// Who did it: `TYPE:ID`, `TYPE:NAME`, an id or a name. One that nobody knew is named by the keyed
    /// hash that its record has.
    pub fn actor(self, actor: impl Into<Pattern>) -> Self {
        self.texts(Field::Actor, actor)
    }

    /// For whom the actor did it.
    pub fn on_behalf_of(self, actor: impl Into<Pattern>) -> Self {
        self.texts(Field::OnBehalfOf, actor)
    }

    /// What was done, as `UpdateUser` or `user.update`.
    pub fn action(self, action: impl Into<Pattern>) -> Self {
        self.texts(Field::Action, action)
    }

    /// What it was done to, by type and id or name.
    pub fn target(self, kind: &str, id: impl fmt::Display) -> Self {
        self.texts(Field::Target, format!("{kind}:{id}"))
    }

    /// How it ended.
    pub fn outcome(self, outcome: Outcome) -> Self {
        self.outcomes([outcome])
    }

    /// How it ended: in one of these ways; in any, if none is named.
    pub fn outcomes(self, outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let words: Vec<_> = outcomes.into_iter().map(Outcome::as_str).collect();
        if words.is_empty() { self } else { self.test(Field::Outcome, Test::Words(words)) }
    }

    /// What kind of question the records answer.
    pub fn category(self, category: Category) -> Self {
        self.test(Field::Category, Test::Words(vec![category.as_str()]))
    }

    /// From where it came: an address, or a network as `10.0.0.0/8`.
    ///
    /// # Errors
    /// Fails if the text is neither.
    pub fn origin(self, network: &str) -> Result<Self, QueryError> {
        match Network::parse(network) {
            Some(network) => Ok(self.test(Field::Origin, Test::Networks(vec![network]))),
            // The same mistake in text has the words for it.
            None => Self::parse(&format!("origin={}", Pattern::exact(network))).map(|_| self),
        }
    }

    /// What the detector's rule `rule` has found.
    pub fn rule(self, rule: impl Into<Pattern>) -> Self {
        self.texts(Field::Rule, rule)
    }

    /// The id that joins the records of one request.
    pub fn correlation(self, id: impl Into<Pattern>) -> Self {
        self.texts(Field::Correlation, id)
    }

    /// The event's own id.
    pub fn id(self, id: EventId) -> Self {
        self.texts(Field::Id, id.to_string())
    }

    /// How much it matters at least.
    pub fn severity_at_least(self, severity: Severity) -> Self {
        let limit = severity.as_number().into();
        self.test(Field::Severity, Test::Bound(Bound::AtLeast, limit))
    }

    /// Whether it was an exercise.
    pub fn drill(self, is_drill: bool) -> Self {
        self.test(Field::Drill, Test::Flag(is_drill))
    }

    /// Observed at `time` or later, in place of what was said of that before.
    pub fn since(mut self, time: Timestamp) -> Self {
        self.start = Some(Start::At(time));
        self
    }

    /// Observed before `time`.
    pub fn until(mut self, time: Timestamp) -> Self {
        self.end = Some(time);
        self
    }

    /// Observed in the last while before the query is asked, in place of [`since`](Self::since).
    pub fn last(mut self, span: Duration) -> Self {
        let longest = Duration::from_nanos(i64::MAX.unsigned_abs());
        self.start = Some(Start::Last(span.clamp(Duration::from_nanos(1), longest)));
        self
    }

    /// With all conditions of `other` as well; its times replace those said before.
    pub fn and(mut self, other: Self) -> Self {
        self.conditions.extend(other.conditions);
        self.start = other.start.or(self.start);
        self.end = other.end.or(self.end);
        self
    }

    /// True if the record of `line` is meant by who asks at `now`.
    pub fn matches(&self, line: &Line, record: &Record, now: Timestamp) -> bool {
        self.window(now).contains(line.observed()) && self.holds(record)
    }

    /// True if all conditions hold; the time is not looked at.
    fn holds(&self, record: &Record) -> bool {
        self.conditions.iter().all(|condition| condition.matches(record))
    }

    fn window(&self, now: Timestamp) -> Window {
        Window { from: self.start.map(|start| start.at(now)), to: self.end }
    }

    /// The numbers that a record can have: the first, and the first that none has.
    fn seqs(&self) -> (u64, u64) {
        let mut range = (0, u64::MAX);
        let own = self.conditions.iter().filter(|it| it.field == Field::Seq && !it.is_negated);
        for condition in own {
            let (from, to) = match &condition.test {
                Test::Bound(Bound::Above, limit) => (limit.saturating_add(1), u64::MAX),
                Test::Bound(Bound::AtLeast, limit) => (*limit, u64::MAX),
                Test::Bound(Bound::Below, limit) => (0, *limit),
                Test::Bound(Bound::AtMost, limit) => (0, limit.saturating_add(1)),
                Test::Numbers(numbers) => (
                    numbers.iter().copied().min().unwrap_or(0),
                    numbers.iter().copied().max().map_or(0, |most| most.saturating_add(1)),
                ),
                _ => continue,
            };
            range = (range.0.max(from), range.1.min(to));
        }
        range
    }

    fn texts(self, field: Field, pattern: impl Into<Pattern>) -> Self {
        self.test(field, Test::Texts(vec![pattern.into()]))
    }

    fn test(mut self, field: Field, test: Test) -> Self {
        self.conditions.push(Condition::new(field, test));
        self
    }
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        Self::parse(text)
    }
}

/// In the language that [`Query::parse`] reads.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let conditions = self.conditions.iter().map(ToString::to_string);
        let start = self.start.map(|start| match start {
            Start::At(time) => format!("since {}", when::time_text(time)),
            Start::Last(span) => format!("last {}", when::span_text(span)),
        });
        let end = self.end.map(|end| format!("until {}", when::time_text(end)));
        let terms: Vec<String> = conditions.chain(start).chain(end).collect();
        f.write_str(&terms.join(" "))
    }
}
