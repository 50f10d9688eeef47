//! `audited health`: how the service that writes the journal fares, as it says itself.

use std::io::Write;
use std::path::Path;

use audit_runtime::control::{Client, Error};
use serde_json::Value;

use crate::arguments::Health;
use crate::config;
use crate::failure::{Exit, Failure};
use crate::reading::DEADLINE;
use crate::terminal;

pub(crate) fn run(arguments: &Health, out: &mut impl Write) -> Result<Exit, Failure> {
    let journal = config::journal(arguments.journal.as_deref())?;
    config::demand(&journal)?;
    let json = ask(&journal).map_err(|error| undecided(&error))?;
    let health: Value = serde_json::from_str(&json).map_err(|_| senseless())?;
    let members = health.as_object().ok_or_else(senseless)?;
    if arguments.json {
        writeln!(out, "{json}")?;
    } else {
        let width = members.keys().map(String::len).max().unwrap_or_default();
        for (name, value) in members {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            writeln!(out, "{:width$} {}", terminal::escape(name), terminal::escape(&value))?;
        }
    }
    // Yellow means that recording goes on, like the warnings of `doctor`.
    let is_well = matches!(health["status"].as_str(), Some("green" | "yellow"));
    Ok(if is_well { Exit::Ok } else { Exit::Undecided })
}

/// What the living writer of the journal says, as one line of JSON.
pub(crate) fn ask(journal: &Path) -> Result<String, Error> {
    Client::connect(journal, DEADLINE)?.health()
}

fn undecided(error: &Error) -> Failure {
    Failure::Undecided(error.to_string())
}

fn senseless() -> Failure {
    Failure::Undecided("the writer's answer is no health that this version knows".to_owned())
}
