//! `audited catalog`: what a program records, shows and waives, from the file that its test keeps.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use audit_runtime::{Timestamp, catalog};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::arguments::Catalog;
use crate::failure::{Exit, Failure};
use crate::terminal;

/// The lists of the file, as far as this command shows them.
#[derive(Deserialize)]
struct File {
    actions: Vec<Map<String, Value>>,
    types: Vec<Map<String, Value>>,
    exceptions: Vec<Map<String, Value>>,
    #[serde(default)]
    waivers: Vec<Map<String, Value>>,
}

pub(crate) fn run(arguments: &Catalog, out: &mut impl Write) -> Result<Exit, Failure> {
    let Catalog { file, against, tested } = arguments;
    if let Some(before) = against {
        let changes = catalog::compare(before, file);
        let changes = changes.map_err(|error| Failure::Undecided(error.to_string()))?;
        for line in changes.as_deref().unwrap_or("nothing has changed").trim_start().lines() {
            writeln!(out, "{}", terminal::escape(line))?;
        }
        return Ok(Exit::Ok);
    }
    let text = fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
    let listed: File = serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = format!("line {line}, column {column} is not what a catalogue has");
        unreadable(file, &io::Error::other(what))
    })?;
    if let Some(directory) = tested {
        let asserted = asserted(directory).map_err(|error| unreadable(directory, &error))?;
        return untested(&listed, &asserted, out);
    }
    print(&listed, &Timestamp::now().to_string()[..10], out)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::Undecided(format!("{}: {error}", path.display()))
}

/// Prints the whole of it; the day, `2031-01-31`, decides which waivers have expired.
fn print(listed: &File, today: &str, out: &mut impl Write) -> Result<Exit, Failure> {
    let File { actions, types, exceptions, waivers } = listed;
    writeln!(out, "# Audit catalogue\n\n## Actions: {}\n", actions.len())?;
    let columns = [
        "action",
        "version",
        "category",
        "op",
        "severity",
        "durability",
        "on_unrecorded",
        "retention",
        "targets",
        "fields",
        "routes",
    ];
    table(actions, &columns, out)?;
    writeln!(out, "\n## Types: {}\n", types.len())?;
    table(types, &["type", "fields"], out)?;
    writeln!(out, "\n## Exceptions: {}\n", exceptions.len())?;
    table(exceptions, &["kind", "what", "reason"], out)?;
    let is_over =
        |waiver: &&Map<String, Value>| waiver.get("until").and_then(Value::as_str) < Some(today);
    let over = waivers.iter().filter(is_over).count();
    writeln!(out, "\n## Waivers: {}, of which {over} have expired\n", waivers.len())?;
    table(waivers, &["route", "waived", "until", "reason"], out)?;
    Ok(if over == 0 { Exit::Ok } else { Exit::Undecided })
}

fn table(rows: &[Map<String, Value>], columns: &[&str], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "| {} |\n|{}", columns.join(" | "), "---|".repeat(columns.len()))?;
    for row in rows {
        let cells = columns.iter().map(|column| match (row.get(*column), *column) {
            (Some(value), _) => cell(value),
            // The file leaves out what every action has at first.
            (None, "version") => "1".to_owned(),
            (None, _) => String::new(),
        });
        writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "))?;
    }
    Ok(())
}

/// One value in a cell: no text of the file ends the cell, the line, or what is seen of it.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{name}: {}", cell(value)));
            members.collect::<Vec<_>>().join(", ")
        }
        Value::Null => String::new(),
        plain => plain.to_string(),
    };
    match value {
        Value::Array(_) | Value::Object(_) => text,
        _ => terminal::escape(&text).replace('|', "\\|").replace('<', "&lt;"),
    }
}

/// Every action that the tests have told of.
fn asserted(directory: &Path) -> io::Result<BTreeSet<String>> {
    let mut actions = BTreeSet::new();
    for entry in fs::read_dir(directory)? {
        actions.extend(fs::read_to_string(entry?.path())?.lines().map(str::to_owned));
    }
    Ok(actions)
}

fn untested(
    listed: &File,
    asserted: &BTreeSet<String>,
    out: &mut impl Write,
) -> Result<Exit, Failure> {
    let names = listed.actions.iter().filter_map(|action| action.get("action")?.as_str());
    let names: BTreeSet<_> = names.collect();
    let missing: Vec<_> = names.iter().filter(|name| !asserted.contains(**name)).collect();
    writeln!(out, "no test asserts a record of {} of {} actions", missing.len(), names.len())?;
    for name in &missing {
        writeln!(out, "    {}", terminal::escape(name))?;
    }
    Ok(if missing.is_empty() { Exit::Ok } else { Exit::Undecided })
}
