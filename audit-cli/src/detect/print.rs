//! Findings as lines of JSON, or as a table for people.

use std::io::{self, Write};

use audit_consumers::detect::Finding;
use serde::Serialize;

use crate::terminal;

/// Prints findings as they come.
pub(super) struct Printer<'o, W> {
    json: bool,
    printed: u64,
    out: &'o mut W,
}

/// A finding as `--json` prints it.
#[derive(Serialize)]
struct Printed<'f> {
    rule: &'f str,
    key: &'f [String],
    ts: &'f str,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drill: Option<&'f str>,
    #[serde(skip_serializing_if = "is_not")]
    simulated: bool,
    #[serde(flatten)]
    of_journal: Option<OfJournal<'f>>,
}

/// What is known of a finding in a journal besides.
#[derive(Serialize)]
struct OfJournal<'f> {
    seq: u64,
    severity: &'static str,
    first: String,
    last: String,
    addresses: &'f [String],
    exemplars: &'f [u64],
    title: &'f str,
    remediation: &'f [String],
}

/// What was looked at, to its end.
pub(super) struct Looked {
    /// How many events the rules have seen.
    pub(super) at: u64,
    /// How many places could not be read as one.
    pub(super) passed_over: u64,
    /// What one is called.
    pub(super) what: &'static str,
}

impl<'o, W: Write> Printer<'o, W> {
    pub(super) fn new(json: bool, out: &'o mut W) -> Self {
        Self { json, printed: 0, out }
    }

    /// Prints what was found at a record.
    pub(super) fn of_journal(&mut self, finding: &Finding) -> io::Result<()> {
        let time = finding.ts.to_string();
        let of_journal = OfJournal {
            seq: finding.seq,
            severity: finding.severity.as_str(),
            first: finding.first.to_string(),
            last: finding.last.to_string(),
            addresses: &finding.addresses,
            exemplars: &finding.exemplars,
            title: &finding.title,
            remediation: &finding.remediation,
        };
        let place = format!("seq {}", finding.seq);
        self.print(
            Printed { of_journal: Some(of_journal), ..printed(finding, &time) },
            finding,
            &place,
        )
    }

    /// Prints what was found at an attempt, with the time as it stands there.
    pub(super) fn of_attempt(
        &mut self,
        finding: &Finding,
        time: &str,
        line: Option<u64>,
    ) -> io::Result<()> {
        let place = format!("line {}", line.unwrap_or(finding.seq));
        self.print(Printed { line, ..printed(finding, time) }, finding, &place)
    }

    /// Writes out what is printed; that nothing was found is said of what was looked at, and of that alone.
    pub(super) fn finish(&mut self, looked: Option<&Looked>) -> io::Result<()> {
        let looked = looked.filter(|_| !self.json && self.printed == 0);
        if let Some(Looked { at, passed_over, what }) = looked {
            let plural = if *at == 1 { "" } else { "s" };
            match (at, passed_over) {
                (0, 0) => writeln!(self.out, "nothing was looked at: there is no {what}")?,
                (0, _) => {}
                (at, 0) => writeln!(self.out, "nothing was found in {at} {what}{plural}")?,
                (at, _) => writeln!(
                    self.out,
                    "nothing was found in the {at} {what}{plural} that could be read"
                )?,
            }
        }
        self.out.flush()
    }

    fn print(&mut self, printed: Printed<'_>, finding: &Finding, place: &str) -> io::Result<()> {
        self.printed += 1;
        if self.json {
            serde_json::to_writer(&mut *self.out, &printed)?;
            return writeln!(self.out);
        }
        if self.printed == 1 {
            writeln!(self.out, "{}", row("time", "severity", "rule", "count", "where", "key"))?;
        }
        let count = printed.count.to_string();
        let (severity, key) = (finding.severity.as_str(), key(&printed));
        writeln!(self.out, "{}", row(printed.ts, severity, printed.rule, &count, place, &key))
    }
}

fn printed<'f>(finding: &'f Finding, ts: &'f str) -> Printed<'f> {
    Printed {
        rule: &finding.rule,
        key: &finding.key,
        ts,
        count: finding.count,
        line: None,
        drill: finding.drill.as_deref(),
        simulated: finding.simulated,
        of_journal: None,
    }
}

/// The parts of a key, and what keeps the finding from being an alert.
fn key(printed: &Printed<'_>) -> String {
    let mut shown = printed.key.join(" ");
    if let Some(drill) = printed.drill {
        shown.push_str(&format!(" (drill {drill})"));
    }
    if printed.simulated {
        shown.push_str(" (simulated)");
    }
    shown
}

fn row(time: &str, severity: &str, rule: &str, count: &str, place: &str, key: &str) -> String {
    let (time, rule) = (terminal::cell(time, 30), terminal::cell(rule, 20));
    let (severity, place) = (terminal::cell(severity, 13), terminal::cell(place, 12));
    let row = format!("{time} {severity} {rule} {count:>6} {place} {}", terminal::cell(key, 80));
    row.trim_end().to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_not(flag: &bool) -> bool {
    !*flag
}
