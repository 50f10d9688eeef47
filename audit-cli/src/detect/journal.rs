//! What the rules find in a journal; the reading leaves its record there.

use std::io::Write;
use std::path::Path;

use audit_consumers::detect::{Detector, Observed};
use audit_runtime::Record;

use super::print::Printer;
use crate::config;
use crate::failure::{self, Exit, Failure};
use crate::reading::Reading;

pub(super) fn look(
    journal: &Path,
    filter: &str,
    detector: &mut impl Detector,
    printer: &mut Printer<'_, impl Write>,
) -> Result<Exit, Failure> {
    let mut reading = Reading::of(journal, "detect", Some(filter.to_owned()));
    let looked = follow(journal, &mut reading, detector, printer);
    let flushed = printer.finish();
    reading.leave_record();
    let unreadable = looked?;
    flushed?;
    if unreadable > 0 {
        failure::warn(&format!(
            "{unreadable} records are no audit events that this version can read, and were passed \
             over; `audited stats` counts them"
        ));
    }
    Ok(Exit::Ok)
}

/// Looks at every record, and counts those that cannot be read.
fn follow(
    journal: &Path,
    reading: &mut Reading,
    detector: &mut impl Detector,
    printer: &mut Printer<'_, impl Write>,
) -> Result<u64, Failure> {
    let mut cursor = config::reader(journal)?.cursor(0)?;
    let (mut findings, mut unreadable) = (Vec::new(), 0);
    while let Some(line) = cursor.next()? {
        reading.count(&line);
        let Ok(record) = Record::parse(&line) else {
            unreadable += 1;
            continue;
        };
        if let Some(event) = Observed::of(&record) {
            detector.observe(&event, &mut findings);
        }
        for finding in findings.drain(..) {
            printer.of_journal(&finding)?;
        }
    }
    Ok(unreadable)
}
