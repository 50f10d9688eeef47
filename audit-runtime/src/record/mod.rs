//! The typed view of one line of the journal: what everything that reads it works with.

mod part;
mod word;

use std::fmt;

use audit_journal::{Digest, EventId, Line, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::event::{BLOCKED, Category, Operation, Outcome, Phase};

pub use part::{
    Actor, Authentication, Bulk, Change, Code, Decision, Http, Origin, Reason, Redaction, Service,
    Target,
};
pub use word::Word;

/// One record: an event with its place in the journal.
///
/// A newer writer does not break an older reader. Fields that this version does not know are kept
/// in [`other`](Self::other), new words as [`Word::Other`]; new members of a part are left out, and
/// the [`Line`] itself always has all of them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// Its place in the journal, from 0.
    pub seq: u64,
    /// When the journal took it in.
    pub observed: Timestamp,
    /// Names the start of the writer that wrote it.
    pub boot: String,
    /// The writer's monotonic clock in nanoseconds, comparable within one boot.
    pub mono_ns: u64,
    /// Its hash, which stands for it and for all records before it.
    pub hash: Digest,
    /// What identifies the event for ever.
    pub id: EventId,
    /// When it happened.
    pub time: Timestamp,
    /// How long it took, in nanoseconds.
    pub duration_ns: Option<u64>,
    /// What kind of question the record answers.
    pub category: Word<Category>,
    /// What was done: `UpdateUser`.
    pub action: String,
    /// The same as a dotted name: `user.update`.
    pub name: String,
    /// What the action does to its target.
    pub operation: Option<Word<Operation>>,
    /// Which side of an action it stands for, if that has a record for each.
    pub phase: Option<Word<Phase>>,
    /// The id of the intent that it is the end of.
    pub intent_id: Option<EventId>,
    /// `recorder` if nobody saw the end of the action, and the recorder wrote this one.
    pub completed_by: Option<String>,
    /// How it ended.
    pub outcome: Word<Outcome>,
    /// A sentence for people.
    pub description: Option<String>,
    /// Why it ended as it did.
    pub reason: Option<Reason>,
    /// The type of the error it ended with.
    pub error_type: Option<String>,
    /// From 1, informational, to 6, fatal.
    pub severity: u8,
    /// The class that decides how long it is kept, if that is not its category.
    pub retention: Option<String>,
    /// Who did it.
    pub actor: Option<Actor>,
    /// The keyed hash of the session.
    pub session: Option<String>,
    /// What an authorization decided.
    pub decision: Option<Decision>,
    /// What it was done to.
    pub targets: Vec<Target>,
    /// What it changed, in redacted form.
    pub changes: Vec<Change>,
    /// How many changes there were, where not all of them are told.
    pub changes_total: Option<u64>,
    /// What it did to many things at once.
    pub bulk: Vec<Bulk>,
    /// The inputs of the action in their redacted form.
    pub arguments: Map<String, Value>,
    /// Extras under names with a namespace, in their redacted form.
    pub extras: Map<String, Value>,
    /// From where it came.
    pub origin: Option<Origin>,
    /// The request it came with.
    pub http: Option<Http>,
    /// The service that recorded it.
    pub service: Option<Service>,
    /// Where in the source it was recorded.
    pub code: Option<Code>,
    /// The trace it belongs to (W3C Trace Context).
    pub trace_id: Option<String>,
    /// The span it belongs to.
    pub span_id: Option<String>,
    /// Joins the records of one request. It may come from a client.
    pub correlation_id: Option<String>,
    /// The event that led to this one.
    pub causation_id: Option<EventId>,
    /// What the record withholds.
    pub redaction: Option<Redaction>,
    /// The fields that were cut to their cap.
    pub truncated: Vec<String>,
    /// The hash of the catalogue of actions of the build that recorded it.
    pub catalog: Option<String>,
    /// What the journal says about itself, in a record of its own.
    pub journal: Option<Map<String, Value>>,
    /// Fields that this version does not know.
    pub other: Map<String, Value>,
}

impl Record {
    /// True if the action was denied before it began, by middleware or an extractor: nobody has tried to do it.
    pub fn is_blocked(&self) -> bool {
        self.outcome == Outcome::Denied
            && self.reason.as_ref().is_some_and(|reason| reason.code == BLOCKED)
    }

    /// Reads the record in a line.
    ///
    /// # Errors
    /// Fails when the line holds no audit event, but whatever else was appended to the journal.
    pub fn parse(line: &Line) -> Result<Self, RecordError> {
        let mut fields = Fields::of(line)?;
        Ok(Self {
            seq: line.seq(),
            observed: line.observed(),
            boot: line.boot().to_owned(),
            mono_ns: line.mono_ns(),
            hash: line.hash(),
            id: fields.parsed("id", EventId::parse)?,
            time: fields.parsed("time", Timestamp::parse)?,
            duration_ns: fields.optional("duration_ns")?,
            category: fields.required("category")?,
            action: fields.required("action")?,
            name: fields.required("name")?,
            operation: fields.optional("op")?,
            phase: fields.optional("phase")?,
            intent_id: fields.optional_parsed("intent_id", EventId::parse)?,
            completed_by: fields.optional("completed_by")?,
            outcome: fields.required("outcome")?,
            description: fields.optional("description")?,
            reason: fields.optional("reason")?,
            error_type: fields.optional("error")?.map(|error: Failure| error.kind),
            severity: fields.required("severity")?,
            retention: fields.retention()?,
            actor: fields.optional("actor")?,
            session: fields.optional("session")?,
            decision: fields.optional("authz")?,
            targets: fields.optional("targets")?.unwrap_or_default(),
            changes: fields.optional("changes")?.unwrap_or_default(),
            changes_total: fields.optional("changes_total")?,
            bulk: fields.optional("bulk")?.unwrap_or_default(),
            arguments: fields.optional("args")?.unwrap_or_default(),
            extras: fields.optional("ext")?.unwrap_or_default(),
            origin: fields.optional("origin")?,
            http: fields.optional("http")?,
            service: fields.optional("service")?,
            code: fields.optional("code")?,
            trace_id: fields.optional("trace_id")?,
            span_id: fields.optional("span_id")?,
            correlation_id: fields.optional("correlation_id")?,
            causation_id: fields.optional_parsed("causation_id", EventId::parse)?,
            redaction: fields.optional("redaction")?,
            truncated: fields.optional("truncated")?.unwrap_or_default(),
            catalog: fields.optional("catalog")?,
            journal: fields.optional("journal")?,
            other: fields.members,
        })
    }
}

/// A line that holds no audit event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    seq: u64,
    /// The field that is missing or of another form; `None` if the line is no JSON object.
    field: Option<&'static str>,
}

impl RecordError {
    /// The place of the line in the journal.
    pub fn seq(&self) -> u64 {
        self.seq
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What stands there instead is not quoted: it is not ours to judge whether it may be shown.
        write!(f, "record {} is no audit event that this version can read: ", self.seq)?;
        match self.field {
            None => f.write_str("it is not one JSON object"),
            Some(field) => write!(f, "its field `{field}` is missing or has another form"),
        }?;
        f.write_str("; read the line as it is (`audited show --json`), or use a newer version")
    }
}

impl std::error::Error for RecordError {}

#[derive(Deserialize)]
struct Failure {
    #[serde(rename = "type")]
    kind: String,
}

/// The members of a line that have not been read yet.
struct Fields {
    seq: u64,
    members: Map<String, Value>,
}

impl Fields {
    fn of(line: &Line) -> Result<Self, RecordError> {
        let seq = line.seq();
        let json = [b"{".as_slice(), line.body(), b"}"].concat();
        match serde_json::from_slice(&json) {
            Ok(members) => Ok(Self { seq, members }),
            Err(_) => Err(RecordError { seq, field: None }),
        }
    }

    fn required<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<T, RecordError> {
        self.optional(name)?.ok_or(self.flawed(name))
    }

    fn optional<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, RecordError> {
        let Some(value) = self.members.remove(name) else {
            return Ok(None);
        };
        serde_json::from_value(value).map_err(|_| self.flawed(name))
    }

    /// The class that a record is kept by; what else `class` has is left where it is.
    fn retention(&mut self) -> Result<Option<String>, RecordError> {
        let Some(Value::Object(class)) = self.members.get_mut("class") else {
            return Ok(None);
        };
        let stated = class.remove("retention");
        if class.is_empty() {
            self.members.remove("class");
        }
        match stated {
            None => Ok(None),
            Some(Value::String(stated)) => Ok(Some(stated)),
            Some(_) => Err(self.flawed("class")),
        }
    }

    fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Result<T, RecordError> {
        self.optional_parsed(name, parse)?.ok_or(self.flawed(name))
    }

    fn optional_parsed<T>(
        &mut self,
        name: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, RecordError> {
        let text: Option<String> = self.optional(name)?;
        text.map(|text| parse(&text).ok_or(self.flawed(name))).transpose()
    }

    fn flawed(&self, field: &'static str) -> RecordError {
        RecordError { seq: self.seq, field: Some(field) }
    }
}

#[cfg(test)]
mod tests;
