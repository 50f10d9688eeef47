//! How far the journal is durable, and how old its newest record is.

use std::thread;
use std::time::{Duration, Instant};

use audit_runtime::journal::{Error, Line, Reader};
use audit_runtime::{Record, Timestamp};

use super::report::Report;

const WATERMARK: &str = "watermark";
const LAG: &str = "lag";

/// How long written bytes may wait to be durable before that is worth a word.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(50);

/// Checks the file that tells readers how much is durable.
pub(super) fn check_watermark(reader: &Reader, has_writer: bool, report: &mut Report) {
    match reader.watermark() {
        Ok(Some(durable)) => report.ok(WATERMARK, format!("{durable} records are durable")),
        Ok(None) if has_writer => report.failure(
            WATERMARK,
            "WATERMARK cannot be read, so readers see nothing new: find out who changed it; if it is \
             gone, its writer records nothing more: put it back or restart the service",
        ),
        Ok(None) => report.warning(
            WATERMARK,
            "WATERMARK cannot be read, as after a power cut; the next start writes it anew, but a \
             missing end would not be noticed: run `audited verify`",
        ),
        Err(error) => report.journal_error(WATERMARK, &error),
    }
}

/// The end of the journal, as far as it is durable.
#[derive(Default)]
struct End {
    newest: Option<(u64, Timestamp)>,
    /// That record is the one of an orderly end.
    is_closed: bool,
    /// What of the bytes that were there at first lies behind the newest durable record.
    bytes_behind: u64,
}

/// Checks that what was written is durable; returns the newest durable record's time.
pub(super) fn check(reader: &Reader, has_writer: bool, report: &mut Report) -> Option<Timestamp> {
    // What is being written becomes durable at once, unless the disk does not answer.
    let patience = if has_writer { PATIENCE } else { Duration::ZERO };
    match end(reader, patience) {
        Ok(end) => {
            tell(&end, has_writer, report);
            end.newest.map(|(_, time)| time)
        }
        Err(error) => {
            report.journal_error(LAG, &error);
            None
        }
    }
}

/// Reads the last segment up to the bytes that it has now, which checks its part of the chain.
fn end(reader: &Reader, patience: Duration) -> Result<End, Error> {
    let segments = reader.segments()?;
    let Some(last) = segments.last() else {
        return Ok(End::default());
    };
    let begun = Instant::now();
    let mut cursor = reader.cursor(last.first_seq)?;
    let mut end = End { bytes_behind: last.bytes, ..End::default() };
    while end.bytes_behind > 0 {
        match cursor.next()? {
            Some(line) => {
                end.newest = Some((line.seq(), line.observed()));
                end.is_closed = is_stop(&line);
                // The newline is not among the bytes of a line.
                let bytes = line.bytes().len() as u64 + 1;
                end.bytes_behind = end.bytes_behind.saturating_sub(bytes);
            }
            None if begun.elapsed() < patience => thread::sleep(PAUSE),
            None => break,
        }
    }
    Ok(end)
}

/// True of the record that a writer ends with; only the journal writes the member `journal`.
fn is_stop(line: &Line) -> bool {
    let is_stop = |record: Record| record.action == "JournalStop" && record.journal.is_some();
    Record::parse(line).is_ok_and(is_stop)
}

fn tell(end: &End, has_writer: bool, report: &mut Report) {
    let age = |time: Timestamp| Timestamp::now().unix_nanos().saturating_sub(time.unix_nanos());
    let newest = match end.newest {
        Some((seq, time)) => {
            let seconds = age(time).max(0) / 1_000_000_000;
            format!("the newest durable record is seq {seq}, {seconds} s old")
        }
        None => "the last segment has no durable record yet".to_owned(),
    };
    let bytes = end.bytes_behind;
    match (bytes, has_writer) {
        (0, false) if !end.is_closed => report.ok(
            LAG,
            format!(
                "{newest}; all that was written is durable, but its writer was killed or lost its \
                 power: the next start records that"
            ),
        ),
        (0, _) => report.ok(LAG, format!("{newest}; all that was written is durable")),
        (_, true) => report.warning(
            LAG,
            format!(
                "{newest}; {bytes} bytes behind it have not become durable within {} s: the disk is \
                 slow or hangs, look at it and at the kernel's log",
                PATIENCE.as_secs()
            ),
        ),
        (_, false) => report.warning(
            LAG,
            format!(
                "{newest}; a crash left {bytes} bytes behind it, none of them acknowledged: the \
                 next start of the service sets them aside"
            ),
        ),
    }
}
