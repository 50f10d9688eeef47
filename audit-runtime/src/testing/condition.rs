//! One thing that a record must have: whether it has it, and how it is told what it has instead.

use serde_json::{Map, Value};

use super::shown;
use crate::event::{Category, Operation, Outcome, Phase, Severity};
use crate::record::{Actor, Record, Target};

/// One thing that a record must have.
pub(super) enum Condition {
    /// The name of the option, where its text stands in a record, and the text.
    Text(&'static str, fn(&Record) -> Option<&str>, String),
    Action(String),
    Actor(String),
    Outcome(Outcome),
    Category(Category),
    Operation(Operation),
    Phase(Phase),
    Severity(Severity),
    Status(u16),
    Target {
        kind: &'static str,
        id: Option<String>,
        name: Option<String>,
    },
    /// A captured field, or a part of one, by its path.
    Field {
        path: &'static str,
        value: Value,
    },
}

impl Condition {
    pub(super) fn holds(&self, record: &Record) -> bool {
        match self {
            Self::Text(_, text, wanted) => text(record) == Some(wanted),
            Self::Action(wanted) => record.action == *wanted || record.name == *wanted,
            Self::Actor(wanted) => record.actor.as_ref().is_some_and(|it| is_actor(it, wanted)),
            Self::Outcome(wanted) => record.outcome == *wanted,
            Self::Category(wanted) => record.category == *wanted,
            Self::Operation(wanted) => record.operation.as_ref().is_some_and(|it| it == wanted),
            Self::Phase(wanted) => record.phase.as_ref().is_some_and(|it| it == wanted),
            Self::Severity(wanted) => record.severity == wanted.as_number(),
            Self::Status(wanted) => status(record) == Some(*wanted),
            Self::Target { kind, id, name } => {
                record.targets.iter().any(|it| is_target(it, kind, id.as_ref(), name.as_ref()))
            }
            Self::Field { path, value } => field(&record.arguments, path) == Some(value),
        }
    }

    /// True if the record names this as something that it withholds.
    pub(super) fn is_withheld_by(&self, record: &Record) -> bool {
        let Self::Field { path, .. } = self else {
            return false;
        };
        let hidden = record.redaction.iter().flat_map(|redaction| &redaction.fields);
        let mut hidden = hidden.filter_map(|hidden| hidden.strip_prefix("args."));
        hidden.any(|hidden| are_related(hidden, path))
    }

    /// As the macro has it, such as `outcome = success`. What records withhold is not shown here either.
    pub(super) fn wanted(&self, is_withheld: bool) -> String {
        match self {
            Self::Target { .. } => self.option(),
            Self::Field { path, .. } => format!("fields({path} = {})", self.value(is_withheld)),
            _ => format!("{} = {}", self.option(), self.value(is_withheld)),
        }
    }

    /// What the record has instead: `outcome is denied, not success`.
    pub(super) fn difference(&self, record: &Record) -> String {
        let (option, found) = (self.option(), self.found(record));
        match self {
            Self::Target { .. } => format!("{option}: {found}"),
            _ => format!("{option} is {found}, not {}", self.value(self.is_withheld_by(record))),
        }
    }

    fn option(&self) -> String {
        match self {
            Self::Text(option, ..) => (*option).to_owned(),
            Self::Action(_) => "action".to_owned(),
            Self::Actor(_) => "actor".to_owned(),
            Self::Outcome(_) => "outcome".to_owned(),
            Self::Category(_) => "category".to_owned(),
            Self::Operation(_) => "op".to_owned(),
            Self::Phase(_) => "phase".to_owned(),
            Self::Severity(_) => "severity".to_owned(),
            Self::Status(_) => "status".to_owned(),
            Self::Field { path, .. } => format!("fields({path})"),
            Self::Target { kind, id, name } => {
                let part = |option: &str, text: &Option<String>| {
                    text.as_ref().map(|text| format!(", {option} = {}", shown::wanted(text)))
                };
                let (id, name) = (part("id", id), part("name", name));
                format!("target({kind}{}{})", id.unwrap_or_default(), name.unwrap_or_default())
            }
        }
    }

    fn value(&self, is_withheld: bool) -> String {
        match self {
            Self::Text(_, _, text) | Self::Action(text) | Self::Actor(text) => shown::wanted(text),
            Self::Outcome(word) => word.to_string(),
            Self::Category(word) => word.to_string(),
            Self::Operation(word) => word.to_string(),
            Self::Phase(word) => word.to_string(),
            Self::Severity(word) => word.as_str().to_owned(),
            Self::Status(number) => number.to_string(),
            Self::Target { .. } => self.option(),
            Self::Field { .. } if is_withheld => {
                "the value looked for (not shown, since a record withholds this field)".to_owned()
            }
            Self::Field { value, .. } => shown::wanted_json(value),
        }
    }

    fn found(&self, record: &Record) -> String {
        let found = match self {
            Self::Text(_, text, _) => text(record).map(shown::quoted),
            Self::Action(_) => Some(shown::quoted(&record.action)),
            Self::Actor(_) => record.actor.as_ref().map(shown::actor),
            Self::Outcome(_) => Some(shown::escape(&record.outcome.to_string())),
            Self::Category(_) => Some(shown::escape(&record.category.to_string())),
            Self::Operation(_) => {
                record.operation.as_ref().map(|it| shown::escape(&it.to_string()))
            }
            Self::Phase(_) => record.phase.as_ref().map(|it| shown::escape(&it.to_string())),
            Self::Severity(_) => Some(Severity::from_number(record.severity).map_or_else(
                || record.severity.to_string(),
                |severity| severity.as_str().to_owned(),
            )),
            Self::Status(_) => status(record).map(|status| status.to_string()),
            Self::Target { .. } if record.targets.is_empty() => {
                Some("the record has no target".to_owned())
            }
            Self::Target { .. } => Some(format!("the record has {}", target_names(record))),
            Self::Field { path, .. } => field(&record.arguments, path).map(shown::json),
        };
        found.unwrap_or_else(|| "absent".to_owned())
    }
}

/// By type and id, type and name, id, name, or, of one that has neither, by type alone, as in queries.
fn is_actor(actor: &Actor, wanted: &str) -> bool {
    let kind = actor.kind.to_string();
    let is_named = |name: &str| {
        wanted == name
            || wanted.strip_prefix(&kind).and_then(|it| it.strip_prefix(':')) == Some(name)
    };
    let is_nameless = actor.id.is_none() && actor.name.is_none();
    actor.id.iter().chain(&actor.name).any(|name| is_named(name))
        || (is_nameless && wanted == kind)
        || (actor.known == Some(false) && is_named("(unknown)"))
}

fn is_target(target: &Target, kind: &str, id: Option<&String>, name: Option<&String>) -> bool {
    let has_id = id.is_none_or(|id| target.id == *id);
    target.kind == kind && has_id && (name.is_none() || target.name.as_ref() == name)
}

/// The targets of a record, with their names.
fn target_names(record: &Record) -> String {
    let named = record.targets.iter().map(|target| {
        let name = target.name.as_deref().map(|name| format!(" ({})", shown::quoted(name)));
        shown::target(target) + &name.unwrap_or_default()
    });
    named.collect::<Vec<_>>().join(", ")
}

fn status(record: &Record) -> Option<u16> {
    record.http.as_ref()?.status
}

/// The field at a path such as `change.lines.0.price`.
fn field<'a>(fields: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let first = fields.get(parts.next()?)?;
    parts.try_fold(first, |value, part| match value {
        Value::Object(members) => members.get(part),
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        _ => None,
    })
}

/// True if one path is that of the other or lies inside it, whichever item of a list is meant.
pub(super) fn are_related(one: &str, other: &str) -> bool {
    let is_name = |part: &&str| part.bytes().any(|byte| !byte.is_ascii_digit());
    let names = |path: &'_ str| -> Vec<String> {
        path.split(['.', '[', ']']).filter(is_name).map(str::to_owned).collect()
    };
    names(one).iter().zip(&names(other)).all(|(one, other)| one == other)
}
