//! The segments of a journal: their file names, their headers and their ends.

use std::io;

use serde::Deserialize;

use super::control::{self, Previous};
use super::error::Error;
use super::line::{self, Chain, LINE_BYTES_MAX, Parsed};
use super::lines::{Lines, Piece};
use super::storage::{Access, Storage, StorageFile, read_range};
use crate::digest::Digest;
use crate::time::{TIMESTAMP_LEN, Timestamp};

/// Where the segments are.
pub(super) const DIR: &str = "seg";
const EXTENSION: &str = ".jsonl";
pub(super) const SEAL_EXTENSION: &str = ".seal";
const DIGITS: usize = 20;
/// What is read of a segment's end first.
const TAIL_BYTES: u64 = 4 * 1024;

/// What the first record of a segment says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) seq: u64,
    pub(super) origin: String,
    pub(super) previous: Option<Previous>,
}

/// The last line of a segment.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) seq: u64,
    pub(super) hash: Digest,
    pub(super) stopped: bool,
    pub(super) observed: Timestamp,
}

impl Header {
    /// The chain before the segment `first_seq`, which starts with this header.
    pub(super) fn chain(&self, first_seq: u64) -> Chain {
        match &self.previous {
            Some(previous) => Chain { next: first_seq, tip: previous.hash },
            None => Chain::of_origin(&self.origin),
        }
    }

    /// The byte of the segment before this one from which on a failed sync has left bytes that do
    /// not count.
    pub(super) fn supersedes_from(&self) -> Option<u64> {
        self.previous.as_ref()?.length
    }

    /// The first record of the segment before this one, whose last record must be the one before this.
    pub(super) fn previous_first(&self) -> Option<u64> {
        let previous = self.previous.as_ref()?;
        let is_joint = previous.last_seq.checked_add(1) == Some(self.seq);
        first_of(&previous.segment).filter(|_| is_joint)
    }
}

/// The first record of the segment in this file.
pub(super) fn first_of(name: &str) -> Option<u64> {
    first_seq(name.strip_prefix(DIR)?.strip_prefix('/')?)
}

/// The file of the segment whose first record has this sequence number.
pub(super) fn name(first_seq: u64) -> String {
    format!("{DIR}/{first_seq:0DIGITS$}{EXTENSION}")
}

/// The file of the seal of the segment whose first record has this sequence number.
pub(super) fn seal(first_seq: u64) -> String {
    format!("{DIR}/{first_seq:0DIGITS$}{SEAL_EXTENSION}")
}

/// The first sequence number of the segment whose seal is called so in its directory.
pub(super) fn sealed(name: &str) -> Option<u64> {
    numbered(name, SEAL_EXTENSION)
}

/// The first sequence numbers of all segments, ascending.
pub(super) fn list(storage: &dyn Storage) -> Result<Vec<u64>, Error> {
    let names = storage.list(DIR).map_err(Error::io(storage, "list", DIR))?;
    let mut firsts: Vec<u64> = names.iter().filter_map(|name| first_seq(name)).collect();
    firsts.sort_unstable();
    Ok(firsts)
}

/// True if there is a segment whose first record has this sequence number.
pub(super) fn exists(storage: &dyn Storage, first_seq: u64) -> Result<bool, Error> {
    let name = name(first_seq);
    match storage.open(&name, Access::Read) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        opened => opened.map(|_| true).map_err(Error::io(storage, "open", &name)),
    }
}

/// Opens a segment for reading line by line.
pub(super) fn lines(storage: &dyn Storage, first_seq: u64) -> Result<Lines, Error> {
    let name = name(first_seq);
    let file = storage.open(&name, Access::Read).map_err(Error::io(storage, "open", &name))?;
    Ok(Lines::of(file))
}

/// Reads the header from a segment's first line.
pub(super) fn header(line: &[u8], parsed: &Parsed<'_>) -> Option<Header> {
    let body = &line[parsed.body.clone()];
    if !control::is_segment(body) {
        return None;
    }
    let json = [b"{".as_slice(), body, b"}"].concat();
    let record: HeaderRecord = serde_json::from_slice(&json).ok()?;
    let previous = match record.journal.previous {
        None => None,
        Some(end) => Some(Previous {
            segment: end.segment,
            last_seq: end.last_seq,
            hash: Digest::parse(&end.h)?,
            length: end.length,
        }),
    };
    let (seq, origin) = (parsed.stamp.seq, record.journal.origin);
    let header = Header { seq, origin, previous };
    let supersedes = record.journal.reason == control::SYNC_FAILED;
    (supersedes == header.supersedes_from().is_some()).then_some(header)
}

/// Reads the header of the segment that `lines` stands at the start of, if it is there and whole.
pub(super) fn peek_header(lines: &mut Lines) -> io::Result<Option<Header>> {
    let piece = lines.next()?;
    let found = match &piece {
        Piece::Line(range) => {
            let line = lines.bytes(range);
            line::parse(line).ok().and_then(|parsed| header(line, &parsed))
        }
        _ => None,
    };
    lines.rewind(0, 0);
    Ok(found)
}

/// The earliest and the latest time in the lines of a segment; `None` if anything else is there.
pub(super) fn observed(lines: &mut Lines) -> io::Result<Option<(Timestamp, Timestamp)>> {
    let mut times: Option<([u8; TIMESTAMP_LEN], [u8; TIMESTAMP_LEN])> = None;
    loop {
        let time = match lines.next()? {
            Piece::Line(range) => line::observed(lines.bytes(&range)),
            Piece::End => break,
            Piece::Rest(_) | Piece::Overlong => None,
        };
        let Some(time) = time else {
            return Ok(None);
        };
        // As text they have one length, and so the order of the times.
        let (least, most) = times.get_or_insert((time, time));
        (*least, *most) = ((*least).min(time), (*most).max(time));
    }
    let parse = |text: &[u8]| Timestamp::parse(std::str::from_utf8(text).ok()?);
    Ok(times.and_then(|(least, most)| Some((parse(&least)?, parse(&most)?))))
}

/// The latest time in the lines from here on; what is no line of the journal has none.
pub(super) fn latest(lines: &mut Lines) -> io::Result<Option<Timestamp>> {
    let mut latest: Option<[u8; TIMESTAMP_LEN]> = None;
    loop {
        match lines.next()? {
            Piece::Line(range) => latest = latest.max(line::observed(lines.bytes(&range))),
            Piece::Overlong => {}
            Piece::Rest(_) | Piece::End => break,
        }
    }
    let text = latest.as_ref().and_then(|latest| std::str::from_utf8(latest).ok());
    Ok(text.and_then(Timestamp::parse))
}

/// Reads the last line of a segment, which ends at `length` if its successor says so and else with
/// the file; `None` if no line of the journal ends there.
pub(super) fn tail(file: &dyn StorageFile, length: Option<u64>) -> io::Result<Option<Tail>> {
    let file_length = file.len()?;
    let length = length.unwrap_or(file_length);
    if length > file_length {
        return Ok(None);
    }
    // Few lines are as long as they may be.
    for most in [TAIL_BYTES, LINE_BYTES_MAX as u64 + 2] {
        let start = length.saturating_sub(most);
        let bytes = read_range(file, start, length)?;
        let Some(text) = bytes.strip_suffix(b"\n") else { break };
        let before = text.iter().rposition(|byte| *byte == b'\n');
        if before.is_none() && start > 0 {
            continue;
        }
        let line = &text[before.map_or(0, |newline| newline + 1)..];
        return Ok(line::parse(line).ok().map(|parsed| Tail {
            seq: parsed.stamp.seq,
            hash: parsed.hash,
            stopped: control::is_stop(&line[parsed.body]),
            observed: parsed.stamp.observed,
        }));
    }
    Ok(None)
}

/// Other files, such as an editor's backup, are no segments.
fn first_seq(name: &str) -> Option<u64> {
    numbered(name, EXTENSION)
}

fn numbered(name: &str, extension: &str) -> Option<u64> {
    let digits = name.strip_suffix(extension)?;
    let whole = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    whole.then(|| digits.parse().ok())?
}

#[derive(Deserialize)]
struct HeaderRecord {
    journal: HeaderFields,
}

#[derive(Deserialize)]
struct HeaderFields {
    origin: String,
    reason: String,
    previous: Option<PreviousFields>,
}

#[derive(Deserialize)]
struct PreviousFields {
    segment: String,
    last_seq: u64,
    h: String,
    length: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStorage;
    use crate::control::{Envelope, Reason};
    use crate::id::EventId;
    use crate::line::Stamp;

    const TIME: Timestamp = Timestamp::from_unix_nanos(0);

    fn read_back(reason: Reason, previous: &Previous) -> Option<Header> {
        let envelope = Envelope { id: EventId::nil(), time: TIME };
        let written = control::Header { reason, previous: Some(previous.clone()), epoch: None };
        let body = control::segment(envelope, "o/1", &written, b"[]");
        let mut chain = Chain { next: 9, tip: previous.hash };
        let mut line = Vec::new();
        let stamp = Stamp { seq: 9, observed: TIME, boot: "0000000000000000", mono: 0 };
        chain.extend(&mut line, &stamp, &body);
        line.pop();
        header(&line, &line::parse(&line).unwrap())
    }

    #[test]
    fn a_header_reads_back_and_states_a_length_behind_a_failed_sync_only() {
        let hash = Digest::of(b"end");
        for (reason, length, is_header) in [
            (Reason::Size, None, true),
            (Reason::SyncFailed, Some(700), true),
            (Reason::SyncFailed, None, false),
            (Reason::Size, Some(700), false),
        ] {
            let previous = Previous { segment: name(0), last_seq: 8, hash, length };
            let found = read_back(reason, &previous);
            let expected = Header { seq: 9, origin: "o/1".into(), previous: Some(previous) };
            assert_eq!(found, is_header.then_some(expected), "{reason:?} {length:?}");
        }
    }

    #[test]
    fn only_segments_are_listed_and_in_order() {
        let storage = MemoryStorage::new();
        let strays = ["seg/1.jsonl", "seg/00000000000000000001.jsonl~", "seg/backup"];
        for stray in strays.map(str::to_owned).into_iter().chain([name(30), name(4)]) {
            storage.create(&stray).unwrap();
        }
        assert_eq!(list(&storage).unwrap(), [4, 30]);
    }
}
