//! Texts of a report: whatever a value holds, it stands there as one line and moves no cursor.

use audit_guard::scrub;
use serde_json::Value;

use crate::record::{Actor, Record, Target};

/// Text without what could move a cursor, end a line or hide; a backslash is shown as two.
pub(super) fn escape(text: &str) -> String {
    escape_but(text, &['"', '\''])
}

/// A text between quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", escape_but(text, &['\'']))
}

/// JSON, which has its own backslashes.
pub(super) fn json(value: &Value) -> String {
    escape_but(&value.to_string(), &['"', '\'', '\\'])
}

fn escape_but(text: &str, plain: &[char]) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if plain.contains(&character) {
            shown.push(character);
        } else {
            shown.extend(character.escape_debug());
        }
    }
    shown
}

/// A text that the test names. Records have been through the guard, and what it would catch there is not shown here.
pub(super) fn wanted(text: &str) -> String {
    quoted(&scrub(text).text)
}

/// A value that the test names.
pub(super) fn wanted_json(value: &Value) -> String {
    json(&scrubbed(value))
}

fn scrubbed(value: &Value) -> Value {
    match value {
        Value::String(text) => scrub(text).text.into(),
        Value::Array(items) => items.iter().map(scrubbed).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), scrubbed(value))).collect()
        }
        plain => plain.clone(),
    }
}

/// `user:42`, as queries have it.
pub(super) fn actor(actor: &Actor) -> String {
    let name = match (actor.known, &actor.id, &actor.name) {
        (Some(false), ..) => "(unknown)",
        (_, Some(name), _) | (_, None, Some(name)) => name,
        (_, None, None) => return escape(&actor.kind.to_string()),
    };
    escape(&format!("{}:{name}", actor.kind))
}

/// `Account:7`, as queries have it.
pub(super) fn target(target: &Target) -> String {
    escape(&format!("{}:{}", target.kind, target.id))
}

/// All targets of a record.
pub(super) fn targets(record: &Record) -> String {
    let all: Vec<_> = record.targets.iter().map(target).collect();
    all.join(", ")
}
