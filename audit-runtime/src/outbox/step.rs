//! One step of a relay: rows that are recorded already are removed, the next ones recorded.

use std::fmt;
use std::sync::Arc;

use audit_journal as journal;

use super::OutboxError;
use super::relay::Stop;
use super::table::{Row, Table};
use crate::event::{Event, Reason};
use crate::recorder::{Shared, Unrecorded};

/// How many rows are relayed at once.
const ROWS_MAX: u32 = 128;

/// Why a look at the table has relayed less than it found.
#[derive(Debug)]
pub(super) enum Failure {
    Outbox(OutboxError),
    Recorder(Unrecorded),
    Journal(journal::Error),
    /// The deadline of the shutdown has passed.
    Hurried,
    /// A durable record could not be read yet.
    Unread,
}

impl From<OutboxError> for Failure {
    fn from(error: OutboxError) -> Self {
        Self::Outbox(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outbox(error) => error.fmt(f),
            Self::Recorder(unrecorded) => unrecorded.fmt(f),
            Self::Journal(error) => error.fmt(f),
            Self::Hurried => f.write_str("the deadline passed"),
            Self::Unread => f.write_str("the journal could not be read to its end"),
        }
    }
}

/// Relays the first rows; false if there are none.
pub(super) fn relay(
    recorder: &Shared,
    table: &mut Table,
    doubt: &mut bool,
    stop: &Stop,
) -> Result<bool, Failure> {
    if stop.is_hurried() {
        return Err(Failure::Hurried);
    }
    if *doubt {
        remove_recorded(recorder, table, stop)?;
        *doubt = false;
    }
    let rows = table.oldest(ROWS_MAX)?;
    if rows.is_empty() {
        return Ok(false);
    }
    // Until the rows are removed, any failure leaves it open which of them are in the journal.
    *doubt = true;
    let answered = Answered::to(recorder, rows);
    table.remove(&answered.recorded)?;
    for (number, reason) in answered.refused {
        set_aside(recorder, table, number, &reason)?;
    }
    if let Some(unrecorded) = answered.failure {
        return Err(Failure::Recorder(unrecorded));
    }
    *doubt = false;
    Ok(true)
}

/// What became of rows that were offered to the recorder.
#[derive(Default)]
struct Answered {
    /// Their ids.
    recorded: Vec<String>,
    /// Their numbers, with the reasons.
    refused: Vec<(i64, Arc<str>)>,
    failure: Option<Unrecorded>,
}

impl Answered {
    /// Offers the rows together, so that they share a sync, and waits for every answer: what was
    /// offered and not answered could be recorded behind the back of the next search.
    fn to(recorder: &Shared, rows: Vec<Row>) -> Self {
        let mut answered = Self::default();
        let mut offered = Vec::with_capacity(rows.len());
        for row in rows {
            let number = row.number;
            match fitting(recorder, row) {
                Err(reason) => answered.refused.push((number, reason.into())),
                Ok((id, body)) => match recorder.offer(&body) {
                    Ok(waiting) => offered.push((number, id, waiting)),
                    // The rest comes with the next look, when there is room again.
                    Err(Unrecorded::QueueFull) if !offered.is_empty() => break,
                    Err(unrecorded) => {
                        answered.failure = Some(unrecorded);
                        break;
                    }
                },
            }
        }
        for (number, id, waiting) in offered {
            match waiting.wait() {
                Ok(_) => answered.recorded.push(id),
                Err(Unrecorded::Refused(reason)) => answered.refused.push((number, reason)),
                Err(unrecorded) => answered.failure = Some(unrecorded),
            }
        }
        answered
    }
}

/// Removes the rows whose events are in the journal already: an earlier process, or this one before
/// a failure, has recorded them and not come to remove them.
fn remove_recorded(recorder: &Shared, table: &mut Table, stop: &Stop) -> Result<(), Failure> {
    let Some(since) = table.since()? else {
        return Ok(());
    };
    // Nothing is offered meanwhile, so no event of a waiting row comes behind this place.
    let end = recorder.durable();
    // What is pruned is old, and what waits here was written since.
    let kept_from = recorder.reader().first_seq().map_err(Failure::Journal)?;
    let from = since.max(kept_from);
    let mut cursor = recorder.reader().cursor(from).map_err(Failure::Journal)?;
    let mut found = Vec::new();
    while cursor.next_seq() < end {
        if stop.is_hurried() {
            return Err(Failure::Hurried);
        }
        let Some(line) = cursor.next().map_err(Failure::Journal)? else {
            return Err(Failure::Unread);
        };
        if let Some(id) = id_of(line.body())
            && table.waits(id)?
        {
            found.push(id.to_owned());
        }
        if found.len() == ROWS_MAX as usize {
            table.remove(&std::mem::take(&mut found))?;
        }
    }
    table.remove(&found)?;
    Ok(table.searched(end)?)
}

/// The row's id and body, if they are what [`record_in`](super::record_in) has written; else why not.
fn fitting(recorder: &Shared, row: Row) -> Result<(String, Vec<u8>), &'static str> {
    let (Some(id), Some(seal), Some(body)) = (row.id, row.seal, row.body) else {
        return Err("a part of the row is missing or too long");
    };
    if seal != recorder.seal(&body) {
        return Err(
            "its seal does not fit: the row was changed by somebody else, or the key file \
                    was replaced",
        );
    }
    if id_of(&body) != Some(&id) {
        return Err("its id is not that of its body");
    }
    Ok((id, body))
}

/// The id that a body begins with.
fn id_of(body: &[u8]) -> Option<&str> {
    let (id, rest) = body.strip_prefix(b"\"id\":\"")?.split_at_checked(36)?;
    rest.starts_with(b"\",").then(|| std::str::from_utf8(id).ok())?
}

/// Keeps a row that cannot be recorded out of the way of those behind it: the journal tells of it,
/// the alarm is raised, and the row stays in the table as evidence.
fn set_aside(recorder: &Shared, table: &Table, number: i64, reason: &str) -> Result<(), Failure> {
    let event = Event::security("OutboxRowRefused")
        .field("row", &number)
        .failed(Reason::new("outbox_row").message(reason.to_owned()));
    let offered = recorder.offer(&recorder.body(event)).map_err(Failure::Recorder)?;
    offered.wait().map_err(Failure::Recorder)?;
    let refused = Unrecorded::Refused(reason.into());
    recorder.raise_unrecorded(&format!("outbox row {number}"), &refused);
    Ok(table.set_aside(number, reason)?)
}
