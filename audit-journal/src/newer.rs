//! Tells what a later version has written from damage: nobody may cut, set aside or misread it.

use std::io;

use serde::Deserialize;

use super::error::Error;
use super::line::{self, LINE_BYTES_MAX};
use super::lines::{Lines, Piece};
use super::segment;
use super::storage::{Access, Storage, read_range};
use crate::digest::Digest;

/// What the first line of a segment says of the chain before it, in all versions.
#[derive(Deserialize)]
struct FirstLine {
    journal: FirstHeader,
}

#[derive(Deserialize)]
struct FirstHeader {
    origin: String,
    previous: Option<End>,
}

#[derive(Deserialize)]
struct End {
    h: String,
}

/// The version of a line, if that is a later one and the hash of the line follows from `tip`.
pub(super) fn version_behind(line: &[u8], tip: &Digest) -> Option<u64> {
    let version = line::later_version(line)?;
    (Some(line::link(tip, line::hashed(line))) == line::stated_hash(line)).then_some(version)
}

/// The same of the first line of a segment, which says itself what it goes on from.
pub(super) fn version_of_first(line: &[u8]) -> Option<u64> {
    line::later_version(line)?;
    let FirstHeader { origin, previous } = serde_json::from_slice::<FirstLine>(line).ok()?.journal;
    let tip = match previous {
        Some(end) => Digest::parse(&end.h)?,
        None => Digest::of(origin.as_bytes()),
    };
    version_behind(line, &tip)
}

/// `error`, or that a later version has written the line that it tells of.
pub(super) fn or_newer_here(storage: &dyn Storage, error: Error) -> Error {
    match &error {
        Error::Damaged { segment, offset, .. } => at(storage, segment, *offset).unwrap_or(error),
        _ => error,
    }
}

/// The refusal, if a line of a later version stands there.
pub(super) fn at(storage: &dyn Storage, segment: &str, offset: u64) -> Option<Error> {
    let file = storage.open(segment, Access::Read).ok()?;
    let start = offset.saturating_sub(LINE_BYTES_MAX as u64 + 2);
    let before = read_range(&*file, start, offset).ok()?;
    let mut lines = Lines::of(file);
    lines.rewind(offset, 0);
    let Piece::Line(range) = lines.next().ok()? else { return None };
    let line = lines.bytes(&range);
    let version = match before.strip_suffix(b"\n") {
        None => version_of_first(line).filter(|_| offset == 0),
        Some(before) => {
            let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            version_behind(line, &line::stated_hash(&before[begin..])?)
        }
    };
    version.map(|version| refusal(storage, segment, version))
}

/// `error`, or that a later version has written in the last segment: whatever it is that a start cannot read.
pub(super) fn or_newer(storage: &dyn Storage, error: Error) -> Error {
    if !matches!(error, Error::Damaged { .. } | Error::Lost { .. }) {
        return error;
    }
    let Ok(Some(last)) = segment::list(storage).map(|mut firsts| firsts.pop()) else {
        return error;
    };
    let found = segment::lines(storage, last).map(|mut lines| version_in(&mut lines));
    match found {
        Ok(Ok(Some(version))) => refusal(storage, &segment::name(last), version),
        _ => error,
    }
}

/// The later version of the first line that has one.
fn version_in(lines: &mut Lines) -> io::Result<Option<u64>> {
    let mut tip = None;
    loop {
        let is_first = lines.offset() == 0;
        let line = match lines.next()? {
            Piece::Line(range) => lines.bytes(&range),
            Piece::Overlong => &[],
            Piece::Rest(_) | Piece::End => return Ok(None),
        };
        let found = match &tip {
            Some(tip) => version_behind(line, tip),
            None => version_of_first(line).filter(|_| is_first),
        };
        if found.is_some() {
            return Ok(found);
        }
        tip = line::stated_hash(line);
    }
}

/// Why a file of a later version is left alone.
pub(super) fn refusal(storage: &dyn Storage, name: &str, version: u64) -> Error {
    Error::Newer { journal: storage.describe(), name: name.to_owned(), version }
}
