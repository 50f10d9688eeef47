//! Where a consumer begins that has no place yet: with what is not old.

use std::path::Path;
use std::time::Duration;

use audit_runtime::journal::Reader;
use audit_runtime::{Clock as _, SystemClock, Timestamp};

use crate::follower::{cursor, next_past_damage};
use crate::{Error, Position};

/// The place of the first record that the journal took in within the last `age`, or behind all of them.
///
/// Whoever begins to watch a journal of years wants to hear of today, and not of everything once more.
pub(super) fn position(journal: &Path, age: Duration) -> Result<Position, Error> {
    let reader = Reader::open(journal)?;
    let since = since(age);
    let mut position = Position::default();
    let mut cursor = cursor(&reader, start(&reader, since)?)?;
    while let Some(line) = next_past_damage(&mut cursor, &mut 0)? {
        if line.observed() >= since {
            break;
        }
        position = Position::after(&line);
    }
    Ok(position)
}

/// The record to look from: the first of the last segment that begins earlier than `since`.
fn start(reader: &Reader, since: Timestamp) -> Result<u64, Error> {
    for first in reader.first_seqs()?.into_iter().rev() {
        let line = next_past_damage(&mut cursor(reader, first)?, &mut 0)?;
        if line.is_some_and(|line| line.observed() < since) {
            return Ok(first);
        }
    }
    Ok(0)
}

fn since(age: Duration) -> Timestamp {
    let age = i64::try_from(age.as_nanos()).unwrap_or(i64::MAX);
    Timestamp::from_unix_nanos(SystemClock.now().unix_nanos().saturating_sub(age))
}
