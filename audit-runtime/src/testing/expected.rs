//! What the assertions look for: conditions, each added by a call, and how many records have all of them.

use std::fmt::Display;

use serde::Serialize;

use super::condition::Condition;
use super::{Trail, coverage, fail, report};
use crate::event::{Category, Operation, Outcome, Phase, Severity};
use crate::record::Record;

/// What macro output builds from the options of an assertion; not meant to be called by hand.
#[must_use = "nothing is looked for yet"]
pub struct Expected {
    conditions: Vec<Condition>,
    count: Option<usize>,
    /// Why nothing can be looked for.
    flaw: Option<String>,
}

#[doc(hidden)]
impl Expected {
    #[allow(clippy::new_without_default, reason = "macro output says what it means")]
    pub fn new() -> Self {
        Self { conditions: Vec::new(), count: None, flaw: None }
    }

    pub fn action(self, name: impl AsRef<str>) -> Self {
        self.with(Condition::Action(name.as_ref().to_owned()))
    }

    pub fn actor(self, actor: impl AsRef<str>) -> Self {
        self.with(Condition::Actor(actor.as_ref().to_owned()))
    }

    pub fn reason(self, code: impl AsRef<str>) -> Self {
        self.text("reason", |record| Some(&record.reason.as_ref()?.code), code)
    }

    pub fn error(self, error_type: impl AsRef<str>) -> Self {
        self.text("error", |record| record.error_type.as_deref(), error_type)
    }

    pub fn description(self, sentence: impl AsRef<str>) -> Self {
        self.text("description", |record| record.description.as_deref(), sentence)
    }

    pub fn route(self, template: impl AsRef<str>) -> Self {
        self.text("route", |record| record.http.as_ref()?.route.as_deref(), template)
    }

    pub fn correlation(self, id: impl AsRef<str>) -> Self {
        self.text("correlation", |record| record.correlation_id.as_deref(), id)
    }

    pub fn status(self, status: u16) -> Self {
        self.with(Condition::Status(status))
    }

    pub fn outcome(self, outcome: Outcome) -> Self {
        self.with(Condition::Outcome(outcome))
    }

    pub fn category(self, category: Category) -> Self {
        self.with(Condition::Category(category))
    }

    pub fn op(self, operation: Operation) -> Self {
        self.with(Condition::Operation(operation))
    }

    pub fn severity(self, severity: Severity) -> Self {
        self.with(Condition::Severity(severity))
    }

    pub fn phase(self, phase: Phase) -> Self {
        self.with(Condition::Phase(phase))
    }

    pub fn target(
        self,
        kind: &'static str,
        id: Option<&dyn Display>,
        name: Option<&dyn Display>,
    ) -> Self {
        let text = |value: Option<&dyn Display>| value.map(ToString::to_string);
        self.with(Condition::Target { kind, id: text(id), name: text(name) })
    }

    pub fn field<T: Serialize + ?Sized>(mut self, path: &'static str, value: &T) -> Self {
        // By way of text, as the record's own values came: what JSON cannot hold exactly is the same on both sides.
        let read = serde_json::to_vec(value).and_then(|json| serde_json::from_slice(&json));
        match read {
            Ok(value) => self.with(Condition::Field { path, value }),
            Err(_) => {
                self.flaw = Some(format!("the value of fields({path}) cannot be written as JSON"));
                self
            }
        }
    }

    pub fn count(self, count: usize) -> Self {
        Self { count: Some(count), ..self }
    }

    /// Panics unless the records are there.
    #[track_caller]
    pub fn require(self, trail: &Trail) {
        let records = self.looked_at(trail);
        let found = self.found(&records);
        let is_there = self.count.map_or(!found.is_empty(), |count| found.len() == count);
        if !is_there {
            fail(&report::missing(&self.conditions, self.count, &records, &found));
        }
        coverage::note(found.iter().map(|place| &records[*place]));
    }

    /// Panics if such a record is there.
    #[track_caller]
    pub fn refuse(self, trail: &Trail) {
        let records = self.looked_at(trail);
        let found = self.found(&records);
        if !found.is_empty() {
            fail(&report::unwanted(&self.conditions, &records, &found));
        }
    }

    fn with(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    fn text(
        self,
        option: &'static str,
        of: fn(&Record) -> Option<&str>,
        wanted: impl AsRef<str>,
    ) -> Self {
        self.with(Condition::Text(option, of, wanted.as_ref().to_owned()))
    }

    /// The records of the trail; those about the journal only where the category asks for them.
    #[track_caller]
    fn looked_at(&self, trail: &Trail) -> Vec<Record> {
        if let Some(flaw) = &self.flaw {
            fail(flaw);
        }
        let is_journal = |it: &Condition| matches!(it, Condition::Category(Category::Journal));
        if self.conditions.iter().any(is_journal) { trail.everything() } else { trail.records() }
    }

    /// The places of the records that have all of it.
    fn found(&self, records: &[Record]) -> Vec<usize> {
        let has_all = |record: &Record| self.conditions.iter().all(|it| it.holds(record));
        let found = records.iter().enumerate().filter(|(_, record)| has_all(record));
        found.map(|(place, _)| place).collect()
    }
}
