//! What is shown: every byte goes to standard output and is kept, so that it can be searched.

use std::io::{self, Write};

use audit_consumers::alert::{Alert, severity_word};
use audit_runtime::Record;
use serde_json::Value;

/// Standard output, and what was written to it.
#[derive(Default)]
pub(crate) struct Screen {
    pub(crate) shown: Vec<u8>,
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = io::stdout().write(bytes)?;
        self.shown.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

impl Screen {
    /// The records of findings in columns.
    pub(crate) fn findings(&mut self, findings: &[Record]) -> io::Result<()> {
        let rows = findings.iter().map(|record| {
            let said = ["rule", "key", "count", "window_s"].map(|name| said(record, name));
            let [rule, key, count, window_s] = said;
            [record.seq.to_string(), rule, key, count, window_s]
        });
        self.table(["seq", "rule", "for", "count", "within s"], rows)
    }

    /// Any records in columns, each with its depth below the one that led to it.
    pub(crate) fn records<'a>(
        &mut self,
        records: impl Iterator<Item = (&'a Record, usize)>,
    ) -> io::Result<()> {
        let rows = records.map(|(record, depth)| {
            let target = record.targets.first().map(|it| format!("{} {}", it.kind, it.id));
            let route = record.http.as_ref().and_then(|http| http.route.clone());
            let actor = record.actor.as_ref().and_then(|actor| actor.id.clone());
            [
                record.seq.to_string(),
                format!("{}{}", "  ".repeat(depth), record.action),
                target.or(route).unwrap_or_default(),
                record.outcome.to_string(),
                actor.unwrap_or_default(),
                record.origin.as_ref().map_or_else(String::new, |origin| origin.ip.clone()),
            ]
        });
        self.table(["seq", "action", "target", "outcome", "actor", "origin"], rows)
    }

    /// An alert as the people on duty read it.
    pub(crate) fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        let (severity, title) = (severity_word(alert.severity), printable(&alert.title));
        let key = printable(alert.key.as_deref().unwrap_or_default());
        writeln!(self, "  [{severity}] {title} ({key})")?;
        alert.remediation.iter().try_for_each(|step| writeln!(self, "    - {}", printable(step)))
    }

    fn table<const N: usize>(
        &mut self,
        headings: [&str; N],
        rows: impl Iterator<Item = [String; N]>,
    ) -> io::Result<()> {
        let rows = rows.map(|row| row.map(|cell| printable(&cell)));
        let rows: Vec<_> = std::iter::once(headings.map(str::to_owned)).chain(rows).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
        let widths: [usize; N] = std::array::from_fn(width);
        rows.iter().try_for_each(|row| {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            writeln!(self, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end())
        })
    }
}

/// What a finding says under this name.
pub(crate) fn said(finding: &Record, name: &str) -> String {
    match finding.arguments.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// A terminal obeys control characters, and what an attacker sent may hold some.
fn printable(text: &str) -> String {
    let is_plain = |character: char| character == ' ' || character.is_ascii_graphic();
    text.chars().map(|character| if is_plain(character) { character } else { '?' }).collect()
}
