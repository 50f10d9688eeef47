//! `audited show`: every field of one record, in the order of its line.

use std::fmt;
use std::io::Write;
use std::path::Path;

use audit_runtime::journal::Line;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::arguments::Show;
use crate::config;
use crate::failure::{Exit, Failure};
use crate::reading::Reading;
use crate::terminal;

/// Names up to this length have their values in one column, which longer ones push aside.
const NAME_WIDTH_MAX: usize = 40;

/// What is nested deeper is shown as JSON: nobody reads such paths, and the stack is not endless.
const DEPTH_MAX: usize = 16;

pub(crate) fn run(arguments: &Show, out: &mut impl Write) -> Result<Exit, Failure> {
    let journal = config::journal(arguments.journal.as_deref())?;
    let mut reading = Reading::of(&journal, "show", None);
    let shown = show(arguments, &journal, &mut reading, out);
    reading.end(shown, out)
}

fn show(
    arguments: &Show,
    journal: &Path,
    reading: &mut Reading,
    out: &mut impl Write,
) -> Result<Exit, Failure> {
    let seq = arguments.seq;
    let line = config::reader(journal)?.cursor(seq)?.next()?.ok_or_else(|| absent(seq))?;
    if arguments.json {
        reading.count(&line);
        out.write_all(line.bytes())?;
        out.write_all(b"\n")?;
        return Ok(Exit::Ok);
    }
    let fields = fields(&line).ok_or_else(|| opaque(seq))?;
    reading.count(&line);
    let lengths = fields.iter().map(|(name, _)| name.chars().count());
    let width = lengths.filter(|length| *length <= NAME_WIDTH_MAX).max();
    let width = width.unwrap_or_default();
    for (name, value) in &fields {
        writeln!(out, "{name:width$} {value}")?;
    }
    Ok(Exit::Ok)
}

/// The fields of a line by their paths, as `actor.name`, ready for a terminal.
///
/// They are taken from the line itself, so that fields are shown which this version does not know,
/// and numbers digit by digit.
fn fields(line: &Line) -> Option<Vec<(String, String)>> {
    let json: &RawValue = serde_json::from_slice(line.bytes()).ok()?;
    let mut fields = Vec::new();
    collect(&mut fields, "", json.get(), DEPTH_MAX)?;
    Some(fields)
}

fn collect(fields: &mut Vec<(String, String)>, path: &str, json: &str, depth: usize) -> Option<()> {
    if depth > 0 && json.starts_with('{') {
        let Members(members) = serde_json::from_str(json).ok()?;
        for (name, value) in members {
            let dot = if path.is_empty() { "" } else { "." };
            collect(fields, &format!("{path}{dot}{name}"), value.get(), depth - 1)?;
        }
    } else if let Some(changes) = changes(path, json) {
        let places = changes.iter().enumerate();
        fields.extend(places.map(|(index, change)| (format!("{path}[{index}]"), told(change))));
    } else if depth > 0 && json.starts_with("[{") {
        let elements: Vec<&RawValue> = serde_json::from_str(json).ok()?;
        for (index, element) in elements.iter().enumerate() {
            collect(fields, &format!("{path}[{index}]"), element.get(), depth - 1)?;
        }
    } else {
        fields.push((terminal::escape(path).into_owned(), value(json)));
    }
    Some(())
}

/// What an action changed, if that is what the field tells.
fn changes<'a>(path: &str, json: &'a str) -> Option<Vec<Change<'a>>> {
    (path == "changes").then(|| serde_json::from_str(json).ok()).flatten()
}

/// One difference, its values digit by digit.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Change<'a> {
    path: String,
    #[serde(default, borrow, deserialize_with = "present")]
    old: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "present")]
    new: Option<&'a RawValue>,
    #[serde(default)]
    masked: bool,
}

/// What is null is there, too.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(value).map(Some)
}

/// A difference as a person says it: `status: draft → paid`.
fn told(change: &Change<'_>) -> String {
    let shown = |json: &RawValue| value(json.get());
    let what = match (change.old, change.new) {
        _ if change.masked => "changed, value withheld".to_owned(),
        (Some(old), Some(new)) => format!("{} → {}", shown(old), shown(new)),
        (None, Some(new)) => format!("added {}", shown(new)),
        (Some(old), None) => format!("removed {}", shown(old)),
        (None, None) => "changed".to_owned(),
    };
    let path = if change.path.is_empty() { "all of it" } else { &change.path };
    format!("{}: {what}", terminal::escape(path))
}

/// A text or a list of texts without quotes and brackets, or whatever else as JSON.
fn value(json: &str) -> String {
    if let Ok(text) = serde_json::from_str::<String>(json) {
        return terminal::escape(&text).into_owned();
    }
    match serde_json::from_str::<Vec<String>>(json) {
        Ok(texts) => texts.iter().map(|text| terminal::escape(text)).collect::<Vec<_>>().join(", "),
        Err(_) => terminal::escape(json).into_owned(),
    }
}

pub(crate) fn absent(seq: u64) -> Failure {
    Failure::Undecided(format!(
        "there is no record {seq} yet: the journal ends before it; `audited stats` prints its range"
    ))
}

pub(crate) fn opaque(seq: u64) -> Failure {
    Failure::Undecided(format!(
        "record {seq} is not one JSON object: something else was appended to the journal; \
         `audited show {seq} --json` prints the line as it is"
    ))
}

/// The members of an object in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
