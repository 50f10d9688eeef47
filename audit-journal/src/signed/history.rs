//! The history of checkpoints: a file of notes, each with an empty line behind it, that is only appended to.

use std::io;

use audit_tlog::{Checkpoint, Note};

use crate::storage::{Access, Storage, StorageFile, open_or_create, read_range};

/// The file.
pub(crate) const NAME: &str = "checkpoints";

/// After so long the next checkpoint goes there.
const PAUSE_NS: u64 = 60_000_000_000;

/// More than the last note of a history and a torn one behind it can have.
const END_BYTES: u64 = 16 * 1024;

/// The history, as far as whoever appends to it has to know it.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The size of the last checkpoint in it, and the monotonic clock then.
    last: Option<(u64, u64)>,
    /// How long it is for certain, and what stands behind that; unknown before this writer's first checkpoint.
    end: Option<(u64, Vec<u8>)>,
}

impl History {
    /// True if a checkpoint of this size is due there; of this writer, its first one is.
    pub(super) fn is_due(&self, size: u64, monotonic_ns: u64) -> bool {
        self.last.is_none_or(|(last, since)| {
            let is_late = monotonic_ns.saturating_sub(since) >= PAUSE_NS;
            size - last >= super::RECORDS_MAX || is_late
        })
    }

    /// True if the last checkpoint in it has this size.
    pub(super) fn ends_at(&self, size: u64) -> bool {
        self.last.is_some_and(|(last, _)| last == size)
    }

    /// Appends a note, and makes it durable. What an earlier try has left is written over.
    pub(super) fn append(
        &mut self,
        storage: &dyn Storage,
        note: &str,
        size: u64,
        monotonic_ns: u64,
    ) -> io::Result<()> {
        let mut file = open_or_create(storage, NAME)?;
        let length = file.len()?;
        let is_there = |(start, bytes): &(u64, Vec<u8>)| start + bytes.len() as u64 <= length;
        let (start, mut bytes) = match self.end.take().filter(is_there) {
            Some(end) => end,
            None => end_of(&*file, length)?,
        };
        self.end = Some((start, bytes.clone()));
        bytes.extend_from_slice(format!("{note}\n").as_bytes());
        let end = start + bytes.len() as u64;
        file.write_at(start, &bytes)?;
        if length > end {
            file.truncate(end)?;
        }
        file.sync()?;
        *self = Self { last: Some((size, monotonic_ns)), end: Some((end, Vec::new())) };
        Ok(())
    }
}

/// The last whole note, if one can be read.
pub(super) fn last(storage: &dyn Storage) -> Option<Note> {
    let file = storage.open(NAME, Access::Read).ok()?;
    let (_, bytes) = end_of(&*file, file.len().ok()?).ok()?;
    note_before(&bytes)
}

/// The last notes, and where they begin, without what is torn behind them. They are written again: a sync
/// that failed may have left them in memory only.
fn end_of(file: &dyn StorageFile, length: u64) -> io::Result<(u64, Vec<u8>)> {
    let start = length.saturating_sub(END_BYTES);
    let mut bytes = read_range(file, start, length)?;
    let Some(end) = end_of_last(&bytes).or((start == 0).then_some(0)) else {
        return Err(io::Error::other("its end holds no checkpoint; put it back or move it away"));
    };
    bytes.truncate(end);
    Ok((start, bytes))
}

/// Where the last whole note ends, with the empty line behind it.
fn end_of_last(bytes: &[u8]) -> Option<usize> {
    let ends = (0..bytes.len()).rev().filter(|end| bytes[..*end + 1].ends_with(b"\n\n"));
    ends.map(|end| end + 1).find(|end| note_before(&bytes[..*end]).is_some())
}

/// The whole note of a checkpoint that `bytes` end in, with an empty line.
fn note_before(bytes: &[u8]) -> Option<Note> {
    let note = bytes.strip_suffix(b"\n")?;
    // It begins behind the empty line that ends the note before, which has signatures in front of it.
    let begins = |at: &usize| *at == 0 || note[..*at].ends_with(b"\n\n");
    let texts = (0..note.len()).rev().filter(begins).take(2);
    let mut notes = texts.filter_map(|at| Note::parse(std::str::from_utf8(&note[at..]).ok()?).ok());
    notes.find(|note| Checkpoint::parse(&note.text).is_ok())
}
