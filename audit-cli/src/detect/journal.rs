//! What the rules find in a journal; the reading leaves its record there.

use std::io::Write;
use std::path::Path;

use audit_consumers::detect::{Detector, Observed};
use audit_runtime::Record;

use super::print::{Looked, Printer};
use crate::config;
use crate::failure::{Exit, Failure};
use crate::reading::Reading;

pub(super) fn look(
    journal: &Path,
    filter: &str,
    detector: &mut impl Detector,
    printer: &mut Printer<'_, impl Write>,
) -> Result<Exit, Failure> {
    let mut reading = Reading::of(journal, "detect", Some(filter.to_owned()));
    let looked = follow(journal, &mut reading, detector, printer);
    let flushed = printer.finish(looked.as_ref().ok());
    reading.leave_record();
    let unreadable = looked?.passed_over;
    flushed?;
    if unreadable == 0 {
        return Ok(Exit::Ok);
    }
    Err(Failure::Undecided(format!(
        "{unreadable} records are no audit events that this version can read, and were passed over: what they \
         would have shown is not known; `audited stats` counts them"
    )))
}

/// Looks at every record, and counts those that can be read and those that cannot.
fn follow(
    journal: &Path,
    reading: &mut Reading,
    detector: &mut impl Detector,
    printer: &mut Printer<'_, impl Write>,
) -> Result<Looked, Failure> {
    let mut cursor = config::reader(journal)?.cursor(0)?;
    let mut findings = Vec::new();
    let mut looked = Looked { at: 0, passed_over: 0, what: "record" };
    while let Some(line) = cursor.next()? {
        reading.count(&line);
        let Ok(record) = Record::parse(&line) else {
            looked.passed_over += 1;
            continue;
        };
        looked.at += 1;
        if let Some(event) = Observed::of(&record) {
            detector.observe(&event, &mut findings);
        }
        for finding in findings.drain(..) {
            printer.of_journal(&finding)?;
        }
    }
    Ok(looked)
}
