//! The intents that an earlier writer left open, and the ends that the next one writes for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use audit_journal::{Cursor, Error, EventId, Line, Reader, Storage, Timestamp};
use serde::Deserialize;

use super::intents::Side;
use crate::event::unseen_end;
use crate::say;

/// An intent without an end.
pub(super) struct Unfinished {
    pub(super) id: EventId,
    pub(super) seq: u64,
    /// The end to write; `None` if the intent cannot be read, which leaves it open.
    pub(super) end: Option<Vec<u8>>,
}

/// The intents that are open, by id: the place of each, and its body where it has been read.
type Open = BTreeMap<EventId, (u64, Option<Vec<u8>>)>;

/// Finds the open intents of the journal in `storage`: those that the newest list names and those
/// that follow it, but for the ones whose ends follow it.
///
/// # Errors
/// Fails when the last segments cannot be read.
pub(super) fn find(storage: Arc<dyn Storage>) -> Result<Vec<Unfinished>, Error> {
    let reader = Reader::over(storage);
    let firsts = reader.first_seqs()?;
    let (from, mut open) = newest_list(&reader, &firsts)?;
    let mut cursor = reader.cursor(from)?;
    while let Some(line) = cursor.next()? {
        match side(&line) {
            Side::Neither => {}
            Side::Intent(id) => _ = open.insert(id, (line.seq(), Some(line.body().to_vec()))),
            Side::End(id) => _ = open.remove(&id),
        }
    }
    read_missing(&reader, &firsts, &mut open);
    let unfinished = open.into_iter().map(|(id, (seq, body))| {
        let end = body.and_then(|body| unseen_end(&body, EventId::new(Timestamp::now())));
        if end.is_none() {
            say::error(format_args!(
                "the intent in record {seq} has no end and cannot be read, so that none can be \
                 written; check the journal with `audited verify`"
            ));
        }
        Unfinished { id, seq, end }
    });
    Ok(unfinished.collect())
}

/// The newest segment whose header has a list, and what it names.
///
/// A header that was written after a crash has none: its writer had read nothing yet.
fn newest_list(reader: &Reader, firsts: &[u64]) -> Result<(u64, Open), Error> {
    for &first in firsts.iter().rev() {
        let Some(header) = reader.cursor(first)?.next()? else {
            continue;
        };
        let parsed: Option<Header> = parse(&header);
        if let Some(list) = parsed.and_then(|header| header.journal.open) {
            let named = list
                .iter()
                .filter_map(|entry| Some((EventId::parse(&entry.id)?, (entry.seq, None))));
            return Ok((first, named.collect()));
        }
    }
    Ok((firsts.first().copied().unwrap_or(0), Open::new()))
}

/// Reads the bodies that lie before the newest list, each segment once.
fn read_missing(reader: &Reader, firsts: &[u64], open: &mut Open) {
    let mut places: Vec<(u64, EventId)> =
        open.iter().filter_map(|(id, (seq, body))| body.is_none().then_some((*seq, *id))).collect();
    places.sort_unstable();
    let mut reading: Option<(usize, Cursor)> = None;
    for (seq, id) in places {
        let segment = firsts.partition_point(|first| *first <= seq);
        let same = reading.take().filter(|(last, _)| *last == segment);
        let cursor = same.map(|(_, cursor)| cursor).or_else(|| reader.cursor(seq).ok());
        let Some(mut cursor) = cursor else { continue };
        let body = body_at(&mut cursor, seq, id);
        reading = Some((segment, cursor));
        open.insert(id, (seq, body));
    }
}

fn body_at(cursor: &mut Cursor, seq: u64, id: EventId) -> Option<Vec<u8>> {
    loop {
        let line = cursor.next().ok()??;
        if line.seq() >= seq {
            let is_it = line.seq() == seq && side(&line) == Side::Intent(id);
            return is_it.then(|| line.body().to_vec());
        }
    }
}

/// What the record in `line` is to an intent.
fn side(line: &Line) -> Side {
    const PHASE: &[u8] = b"\"phase\":";
    // Most records have none, and need not be parsed.
    if !line.body().windows(PHASE.len()).any(|bytes| bytes == PHASE) {
        return Side::Neither;
    }
    let found = || {
        let Phased { id, phase, intent_id } = parse(line)?;
        match phase.as_str() {
            "intent" => Some(Side::Intent(EventId::parse(&id)?)),
            "end" => Some(Side::End(EventId::parse(&intent_id?)?)),
            _ => None,
        }
    };
    found().unwrap_or_default()
}

fn parse<T: for<'de> Deserialize<'de>>(line: &Line) -> Option<T> {
    serde_json::from_slice(&[b"{", line.body(), b"}"].concat()).ok()
}

#[derive(Deserialize)]
struct Header {
    journal: HeaderJournal,
}

#[derive(Deserialize)]
struct HeaderJournal {
    open: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    seq: u64,
}

#[derive(Deserialize)]
struct Phased {
    id: String,
    phase: String,
    intent_id: Option<String>,
}
