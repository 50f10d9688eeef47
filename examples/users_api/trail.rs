//! The trail as a person reads it: one row for each record, in columns.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use audit_runtime::journal::Reader;
use audit_runtime::record::{Actor, Http, Origin};
use audit_runtime::{Category, Record};

const COLUMNS: usize = 9;
const HEADINGS: [&str; COLUMNS] =
    ["seq", "time", "actor", "action", "target", "outcome", "status", "origin", "reason"];

/// Reads all records from `first` on; reading takes no lock and changes nothing.
///
/// # Errors
/// Fails when the journal cannot be read or is damaged.
pub(crate) fn read(journal: &Path, first: u64) -> Result<Vec<Record>, Box<dyn Error>> {
    let mut cursor = Reader::open(journal)?.cursor(first)?;
    let mut records = Vec::new();
    while let Some(line) = cursor.next()? {
        records.push(Record::parse(&line)?);
    }
    Ok(records)
}

/// The seq that the next record will get.
///
/// # Errors
/// Fails when the journal cannot be read or is damaged.
pub(crate) fn next_seq(journal: &Path) -> Result<u64, Box<dyn Error>> {
    if !journal.join("seg").exists() {
        return Ok(0);
    }
    Ok(read(journal, 0)?.last().map_or(0, |record| record.seq + 1))
}

/// Prints the records in columns.
///
/// # Errors
/// Fails when `out` does.
pub(crate) fn print(records: &[Record], out: &mut impl Write) -> io::Result<()> {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(records.iter().map(cells));
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        let lengths = rows.iter().map(|row| row[column].chars().count());
        lengths.max().unwrap_or_default()
    });
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

fn cells(record: &Record) -> [String; COLUMNS] {
    let origin = record.origin.as_ref().and_then(Origin::place).map(str::to_owned);
    let status = record.http.as_ref().and_then(|http| http.status);
    let cells = [
        record.seq.to_string(),
        record.time.to_string().get(11..23).unwrap_or_default().to_owned(),
        record.actor.as_ref().map(actor).unwrap_or_default(),
        action(record),
        target(record),
        record.outcome.to_string(),
        status.map(|status| status.to_string()).unwrap_or_default(),
        origin.unwrap_or_default(),
        reason(record),
    ];
    cells.map(|cell| printable(&cell))
}

fn actor(actor: &Actor) -> String {
    match (&actor.name, &actor.id) {
        (Some(name), _) => name.clone(),
        // The keyed hash of an unknown name is long; its beginning tells such names apart.
        (None, Some(id)) if actor.known == Some(false) => {
            format!("unknown {}..", id.get(..12).unwrap_or(id))
        }
        (None, Some(id)) => id.clone(),
        (None, None) => actor.kind.to_string(),
    }
}

fn action(record: &Record) -> String {
    match access(record) {
        Some(http) => http.method.clone(),
        None if record.category == Category::Authorization => {
            format!("{} (decision)", record.action)
        }
        None => record.action.clone(),
    }
}

fn target(record: &Record) -> String {
    match (access(record), record.targets.first()) {
        (Some(http), _) => match (&http.route, http.path_length) {
            (Some(route), _) => route.clone(),
            (None, length) => format!("(no route, {} bytes)", length.unwrap_or_default()),
        },
        (None, Some(target)) => format!("{} {}", target.kind, target.id),
        (None, None) => String::new(),
    }
}

/// The request, of an access record; an action that was blocked tells its request as well.
fn access(record: &Record) -> Option<&Http> {
    record.http.as_ref().filter(|_| record.category == Category::Access)
}

fn reason(record: &Record) -> String {
    match (&record.http, &record.reason) {
        (Some(http), _) if http.client_gone => "client gone".to_owned(),
        (_, Some(reason)) => reason.code.clone(),
        (_, None) => String::new(),
    }
}

/// A terminal obeys control characters, and records may hold what a client sent.
fn printable(text: &str) -> String {
    let plain = |character: char| character == ' ' || character.is_ascii_graphic();
    let shown = |character| if plain(character) { character } else { '?' };
    text.chars().map(shown).collect()
}
