//! What the records of a cell tell, and how the page says it.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use audit_runtime::journal::Reader;
use serde_json::Value;

use super::drive::Left;

/// What a journal has of one cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) intents: usize,
    /// The terminal records of the action.
    pub(super) ends: Vec<End>,
    /// The access records of the request.
    pub(super) accesses: Vec<End>,
}

/// A terminal record of an action, or the record of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) outcome: String,
    pub(super) writer: Writer,
}

/// Who wrote a terminal record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// The call itself, or the middleware.
    Call,
    /// `Recorder::shutdown`, which found it running.
    Shutdown,
    /// The start after the process was killed.
    NextStart,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let intents = std::iter::repeat_n("intent".to_owned(), self.intents);
        let actions: Vec<_> = intents.chain(self.ends.iter().map(End::to_string)).collect();
        let accesses: Vec<_> = self.accesses.iter().map(End::to_string).collect();
        let word = |words: Vec<String>| match words.is_empty() {
            true => "–".to_owned(),
            false => words.join(", "),
        };
        write!(f, "{} · {}", word(actions), word(accesses))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writer = match self.writer {
            Writer::Call => "",
            Writer::Shutdown => " by the shutdown",
            Writer::NextStart => " by the next start",
        };
        write!(f, "`{}`{writer}", self.outcome)
    }
}

/// All records of a journal.
pub(super) fn read(journal: &Path) -> Vec<Value> {
    let mut cursor = Reader::open(journal).unwrap().cursor(0).unwrap();
    let lines = std::iter::from_fn(|| cursor.next().unwrap());
    lines.map(|line| serde_json::from_slice(line.bytes()).unwrap()).collect()
}

/// What is there of each cell, by its name.
pub(super) fn by_cell(left: &Left) -> HashMap<String, Seen> {
    let mut cells: HashMap<String, Seen> = HashMap::new();
    let mut intents: HashMap<&str, &str> = HashMap::new();
    let records = left.records.iter().map(|record| (record, Writer::Shutdown));
    let added = left.added.iter().map(|record| (record, Writer::NextStart));
    for (record, recorder) in records.chain(added) {
        let Some(cell) = record["correlation_id"].as_str() else {
            assert_eq!(record["category"], "journal", "a record of no cell: {record:#}");
            continue;
        };
        let seen = cells.entry(cell.to_owned()).or_default();
        if record["phase"] == "intent" {
            intents.insert(record["id"].as_str().unwrap(), cell);
            seen.intents += 1;
            continue;
        }
        if let Some(intent) = record["intent_id"].as_str() {
            assert_eq!(intents.get(intent), Some(&cell), "the end of another's intent: {record:#}");
        }
        let writer = match record["completed_by"].as_str() {
            Some(_) => recorder,
            None => Writer::Call,
        };
        let end = End { outcome: record["outcome"].as_str().unwrap().to_owned(), writer };
        if record["category"] == "access" {
            let says_gone = record["http"]["client_gone"] == true;
            assert_eq!(says_gone, end.outcome == "cancelled", "{record:#}");
            seen.accesses.push(end);
        } else {
            seen.ends.push(end);
        }
    }
    cells
}

/// True if the last start found that the process before it had come to no orderly end.
pub(super) fn tells_an_unclean_stop(left: &Left) -> bool {
    let start = left.added.iter().find(|record| record["action"] == "JournalStart");
    start.unwrap()["journal"]["unclean"] == true
}
