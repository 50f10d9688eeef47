//! Checks that each segment starts where the one before it ends.

use std::io;

use super::control::{self, Previous};
use super::error::Error;
use super::lines::Piece;
use super::pruned::{self, Statement};
use super::segment::{self, Header};
use super::storage::{Access, Storage};

/// The end of the segments before the last one.
pub(super) struct EarlierEnd {
    pub(super) origin: String,
    pub(super) previous: Previous,
    /// The last record says that the writer closed the journal.
    pub(super) stopped: bool,
}

/// Checks all joints but the last segment's own; returns the end before `last`.
///
/// The first segment of all is number 0, or the one behind what is `pruned`.
/// Without `last_header`, because a crash tore it, only the name of the last segment tells where the
/// one before it ends.
pub(super) fn check_all(
    storage: &dyn Storage,
    pruned: Option<&Statement>,
    earlier: &[u64],
    last: u64,
    last_header: Option<&Header>,
) -> Result<Option<EarlierEnd>, Error> {
    let pruned_to = |first, header| pruned::end(pruned?, first, header);
    let Some((&(mut first), later)) = earlier.split_first() else {
        return Ok(last_header.and_then(|header| pruned_to(last, header)));
    };
    let mut header = header_of(storage, first)?;
    let mut end = pruned_to(first, &header);
    for &next in later {
        check_one(storage, first, Some(&header), end.as_ref())?;
        let next_header = header_of(storage, next)?;
        end = Some(end_of(storage, first, header, next, &next_header)?);
        (first, header) = (next, next_header);
    }
    check_one(storage, first, Some(&header), end.as_ref())?;
    match last_header {
        Some(last_header) => end_of(storage, first, header, last, last_header).map(Some),
        None => end_by_number(storage, first, header, last).map(Some),
    }
}

/// Checks that what is still there of pruned segments ends before the first one that is kept: a start
/// removes it.
pub(super) fn check_left_over(
    storage: &dyn Storage,
    pruned: Option<&Statement>,
    firsts: &[u64],
) -> Result<(), Error> {
    let Some(pruned) = pruned else { return Ok(()) };
    if pruned.joins_left_over(storage, firsts)? {
        return Ok(());
    }
    let (journal, segment) = (storage.describe(), segment::name(pruned.segment));
    let (offset, seq) = (pruned.offset, pruned.pruned.seq);
    let reason = format!(
        "it says that the records up to seq {} were pruned, but what is left of them ends elsewhere",
        pruned.pruned.last_seq
    );
    Err(Error::Damaged { journal, segment, line: 2, offset, seq, reason })
}

/// Checks that the segment `first` starts where the one before it ends.
pub(super) fn check_one(
    storage: &dyn Storage,
    first: u64,
    header: Option<&Header>,
    end: Option<&EarlierEnd>,
) -> Result<(), Error> {
    if end.is_none() && first > 0 {
        return Err(damaged(storage, first, 0, "the segments before it are missing"));
    }
    let stated = header.and_then(|header| header.previous.as_ref());
    if header.is_some_and(|header| header.seq == first) && stated == end.map(|end| &end.previous) {
        return Ok(());
    }
    let reason = "its header does not name the end of the segment before it";
    Err(damaged(storage, first, first, reason))
}

fn header_of(storage: &dyn Storage, first: u64) -> Result<Header, Error> {
    segment::peek_header(&mut segment::lines(storage, first)?)
        .map_err(Error::io(storage, "read", &segment::name(first)))?
        .ok_or_else(|| damaged(storage, first, first, "its first line is no header"))
}

/// Reads the last record of a segment, which is where the header of the next one says so.
fn end_of(
    storage: &dyn Storage,
    first: u64,
    header: Header,
    next: u64,
    next_header: &Header,
) -> Result<EarlierEnd, Error> {
    let (name, length) = (segment::name(first), next_header.supersedes_from());
    let file = storage.open(&name, Access::Read).map_err(Error::io(storage, "open", &name))?;
    let tail = segment::tail(&*file, length)
        .map_err(Error::io(storage, "read", &name))?
        .ok_or_else(|| damaged(storage, first, first, "its last line is not whole"))?;
    if tail.seq.checked_add(1) != Some(next) {
        let reason = format!("the segment before it ends with seq {}", tail.seq);
        return Err(damaged(storage, next, tail.seq.saturating_add(1), &reason));
    }
    let previous = Previous { segment: name, last_seq: tail.seq, hash: tail.hash, length };
    Ok(EarlierEnd { origin: header.origin, previous, stopped: tail.stopped })
}

/// Follows a segment to the record before `next`. What stands behind it was left by a failed sync:
/// nothing else can have kept the writer from going on there.
fn end_by_number(
    storage: &dyn Storage,
    first: u64,
    header: Header,
    next: u64,
) -> Result<EarlierEnd, Error> {
    let name = segment::name(first);
    let read_error = |error: io::Error| Error::io(storage, "read", &name)(error);
    let mut lines = segment::lines(storage, first)?;
    let mut chain = header.chain(first);
    let mut stopped = false;
    while chain.next < next {
        let (line, offset, seq) = (lines.number() + 1, lines.offset(), chain.next);
        let followed = match lines.next().map_err(read_error)? {
            Piece::Line(range) => {
                let bytes = lines.bytes(&range);
                chain.follow(bytes).map(|parsed| stopped = control::is_stop(&bytes[parsed.body]))
            }
            _ => Err("the record is missing".to_owned()),
        };
        followed.map_err(|reason| {
            let (journal, segment) = (storage.describe(), name.clone());
            Error::Damaged { journal, segment, line, offset, seq, reason }
        })?;
    }
    let end = lines.offset();
    let length = (lines.file_len().map_err(read_error)? > end).then_some(end);
    let previous = Previous { segment: name, last_seq: next - 1, hash: chain.tip, length };
    Ok(EarlierEnd { origin: header.origin, previous, stopped })
}

/// Damage at the first line of a segment.
fn damaged(storage: &dyn Storage, first: u64, seq: u64, reason: &str) -> Error {
    Error::Damaged {
        journal: storage.describe(),
        segment: segment::name(first),
        line: 1,
        offset: 0,
        seq,
        reason: reason.to_owned(),
    }
}
