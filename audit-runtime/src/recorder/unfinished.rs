//! The intents that an earlier writer left open, and the ends that the next one writes for them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use audit_journal::{Cursor, Error, EventId, Line, Reader, Storage, Timestamp};
use serde::Deserialize;

use super::intents::Side;
use crate::event::{Event, unseen_end};
use crate::say;

/// What an earlier writer left open, as far as that can be read.
pub(super) struct LeftOpen {
    pub(super) intents: Vec<Unfinished>,
    pub(super) unread: Vec<Unread>,
}

/// An intent without an end.
pub(super) struct Unfinished {
    pub(super) id: EventId,
    pub(super) seq: u64,
    /// The end to write; `None` leaves it open: the intent cannot be read, or an end that there may
    /// be cannot.
    pub(super) end: Option<Vec<u8>>,
}

/// Damaged records, among which intents may have begun and ended.
pub(super) struct Unread(Range<u64>);

impl Unread {
    /// The record of it.
    pub(super) fn event(&self) -> Event {
        let Range { start, end } = self.0;
        let event = Event::journal("JournalUnread").name("journal.unread");
        event.field("from_seq", &start).field("to_seq", &(end - 1)).broke("damaged")
    }
}

/// The intents that are open, by id.
type Open = BTreeMap<EventId, Begun>;

/// An intent whose end has not been found.
#[derive(Default)]
struct Begun {
    seq: u64,
    /// Its body, where that has been read.
    body: Option<Vec<u8>>,
    /// An end may stand in what cannot be read.
    is_doubtful: bool,
}

/// Finds the open intents of the journal in `storage`: those that the newest list names and those
/// that follow it, but for the ones whose ends follow it.
///
/// Damage in a segment that is not the last keeps nobody from writing, so it is passed over, and
/// told of. An intent in there is not found; one that stands before it may have its end in there,
/// and two would contradict each other, so it is left open.
///
/// # Errors
/// Fails when the last segments cannot be read.
pub(super) fn find(storage: Arc<dyn Storage>) -> Result<LeftOpen, Error> {
    let reader = Reader::over(storage);
    let firsts = reader.first_seqs()?;
    let (mut from, mut open) = newest_list(&reader, &firsts)?;
    let mut unread = Vec::new();
    while let Err(error) = follow(&reader, from, &mut open) {
        let behind = |seq| firsts.iter().copied().find(|first| *first > from && *first >= seq);
        let Error::Damaged { seq, segment, line, reason, .. } = &error else { return Err(error) };
        let (seq, Some(next)) = (*seq, behind(*seq)) else { return Err(error) };
        say::error(format_args!(
            "write-ahead actions cannot be looked for between seq {seq} and seq {next}: those that \
             began there are not found, and earlier ones without an end get none, because {segment}, \
             line {line}, is damaged: {reason}; `audited verify` lists all damage"
        ));
        open.values_mut().for_each(|begun| begun.is_doubtful = true);
        unread.push(Unread(seq..next));
        from = next;
    }
    read_missing(&reader, &firsts, &mut open);
    let intents = open.into_iter().map(|(id, begun)| begun.unfinished(id)).collect();
    Ok(LeftOpen { intents, unread })
}

/// Takes note of all intents and ends from the record `from` on.
fn follow(reader: &Reader, from: u64, open: &mut Open) -> Result<(), Error> {
    let mut cursor = reader.cursor(from)?;
    while let Some(line) = cursor.next()? {
        match side(&line) {
            Side::Neither => {}
            Side::Intent(id) => {
                let (seq, body) = (line.seq(), Some(line.body().to_vec()));
                open.insert(id, Begun { seq, body, is_doubtful: false });
            }
            Side::End(id) => _ = open.remove(&id),
        }
    }
    Ok(())
}

impl Begun {
    fn unfinished(self, id: EventId) -> Unfinished {
        let Self { seq, body, is_doubtful } = self;
        let end = body.and_then(|body| unseen_end(&body, EventId::new(Timestamp::now())));
        if end.is_none() {
            say::error(format_args!(
                "the intent in record {seq} has no end and cannot be read, so that none can be \
                 written; check the journal with `audited verify`"
            ));
        }
        Unfinished { id, seq, end: end.filter(|_| !is_doubtful) }
    }
}

/// The newest segment whose header has a list, and what it names.
///
/// A header that was written after a crash has none: its writer had read nothing yet.
fn newest_list(reader: &Reader, firsts: &[u64]) -> Result<(u64, Open), Error> {
    for &first in firsts.iter().rev() {
        let header = match reader.cursor(first).and_then(|mut cursor| cursor.next()) {
            Ok(Some(header)) => header,
            // Whoever reads on from an older one meets the damage again.
            Ok(None) | Err(Error::Damaged { .. }) => continue,
            Err(error) => return Err(error),
        };
        let parsed: Option<Header> = parse(&header);
        if let Some(list) = parsed.and_then(|header| header.journal.open) {
            let begun = |seq| Begun { seq, ..Begun::default() };
            let named = list
                .iter()
                .filter_map(|entry| Some((EventId::parse(&entry.id)?, begun(entry.seq))));
            return Ok((first, named.collect()));
        }
    }
    Ok((firsts.first().copied().unwrap_or(0), Open::new()))
}

/// Reads the bodies that lie before the newest list, each segment once.
fn read_missing(reader: &Reader, firsts: &[u64], open: &mut Open) {
    let unread = open.iter_mut().filter(|(_, begun)| begun.body.is_none());
    let mut missing: Vec<_> = unread.map(|(id, begun)| (*id, begun)).collect();
    missing.sort_unstable_by_key(|(_, begun)| begun.seq);
    let mut reading: Option<(usize, Cursor)> = None;
    for (id, begun) in missing {
        let seq = begun.seq;
        let segment = firsts.partition_point(|first| *first <= seq);
        let same = reading.take().filter(|(last, _)| *last == segment);
        let cursor = same.map(|(_, cursor)| cursor).or_else(|| reader.cursor(seq).ok());
        let Some(mut cursor) = cursor else { continue };
        begun.body = body_at(&mut cursor, seq, id);
        reading = Some((segment, cursor));
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
