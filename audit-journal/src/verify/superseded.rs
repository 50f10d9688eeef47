//! What the next segment says of the end of one whose sync failed: what stands behind it is no record.

use std::io;

use super::item::{Garbage, Item, Place};
use super::walk::Walk;
use crate::digest::Digest;
use crate::error::Error;
use crate::line;
use crate::lines::{Lines, Piece};
use crate::segment::{self, Header};
use crate::storage::Storage;
use crate::torn;

/// The end of a segment as the next one tells it.
pub(super) struct Claim {
    /// The first record of the next segment.
    next: u64,
    /// The byte and the hash that it ends with, from a header that is as it was written.
    end: Option<(u64, Digest)>,
}

impl Claim {
    /// Reads what the segment `next` says of the segment `first_seq` before it; `None` if that is
    /// to be taken as it is.
    ///
    /// Where the header is damaged or torn, there remains the name of its file to tell which is the
    /// last record before it. `torn` is what a power cut may have left of the file, if it may have:
    /// whether WATERMARK vouches that none of its records was acknowledged.
    pub(super) fn read(
        storage: &dyn Storage,
        first_seq: u64,
        next: u64,
        torn: Option<bool>,
    ) -> Result<Option<Self>, Error> {
        let name = segment::name(next);
        let read_error = || Error::io(storage, "read", &name);
        let mut lines = segment::lines(storage, next)?;
        let header = match lines.next().map_err(read_error())? {
            Piece::Line(range) => sound_header(lines.bytes(&range)),
            _ => None,
        };
        let Some(header) = header else {
            lines.rewind(0, 0);
            let found = first_number(&mut lines).map_err(read_error())?;
            let is_near = |seq: u64| seq.checked_sub(next).is_some_and(|behind| behind <= 2);
            let is_here = match torn {
                _ if found.is_some_and(is_near) => true,
                Some(is_known) => {
                    lines.rewind(0, 0);
                    torn::is_torn(&mut lines, is_known).map_err(read_error())?
                }
                None => false,
            };
            return Ok(is_here.then_some(Self { next, end: None }));
        };
        let previous = header
            .previous
            .filter(|previous| header.seq == next && previous.segment == segment::name(first_seq));
        let end = previous.and_then(|previous| Some((previous.length?, previous.hash)));
        Ok(end.map(|end| Self { next, end: Some(end) }))
    }
}

/// A header whose own hash fits what it says of the record before it.
fn sound_header(line: &[u8]) -> Option<Header> {
    let parsed = line::parse(line).ok()?;
    let header = segment::header(line, &parsed)?;
    let tip = header.chain(parsed.stamp.seq).tip;
    (line::link(&tip, line::hashed(line)) == parsed.hash).then_some(header)
}

/// The number of the first line that has the form of a record.
fn first_number(lines: &mut Lines) -> io::Result<Option<u64>> {
    loop {
        match lines.next()? {
            Piece::Line(range) => {
                if let Ok(parsed) = line::parse(lines.bytes(&range)) {
                    return Ok(Some(parsed.stamp.seq));
                }
            }
            Piece::Overlong => {}
            Piece::Rest(_) | Piece::End => return Ok(None),
        }
    }
}

/// The number and the hash of the record that stands next, if one does.
fn peek(lines: &mut Lines) -> io::Result<Option<(u64, Digest)>> {
    let (offset, number) = (lines.offset(), lines.number());
    let found = match lines.next()? {
        Piece::Line(range) => line::parse(lines.bytes(&range)).ok(),
        _ => None,
    };
    let found = found.map(|parsed| (parsed.stamp.seq, parsed.hash));
    lines.rewind(offset, number);
    Ok(found)
}

impl Walk<'_> {
    /// Walks over one segment to the end that is claimed for it, and past what is left over behind
    /// that. If nothing ends there, all of the segment is taken as it is.
    pub(super) fn claimed(
        &mut self,
        lines: &mut Lines,
        name: &str,
        first_seq: u64,
        claim: &Claim,
    ) -> io::Result<()> {
        let found_before = self.judge.found();
        let is_there = self.is_at_end(lines, name, first_seq, claim)?;
        if !is_there && !self.is_done() {
            while !self.is_last(claim) && self.step(lines, name, Some(first_seq))? {}
        }
        let is_elsewhere = !is_there && self.is_last(claim);
        if is_elsewhere {
            let last = self.pending.take();
            self.judge_pending(last, Some(claim.next));
        }
        let place =
            Place { segment: name.to_owned(), line: lines.number() + 1, offset: lines.offset() };
        let bytes = lines.file_len()?.saturating_sub(place.offset);
        if (is_there || is_elsewhere) && bytes > 0 && !self.is_done() {
            self.judge.judge_superseded(claim.next, &place, bytes);
        }
        let fits = is_there && claim.end.is_none_or(|(stated, _)| stated == place.offset);
        // Damage in the segment may have moved its end, and is told of by itself.
        self.is_joined = fits || self.judge.found() > found_before;
        Ok(())
    }

    /// Judges the lines up to the claimed end, and says whether the segment ends there.
    fn is_at_end(
        &mut self,
        lines: &mut Lines,
        name: &str,
        first_seq: u64,
        claim: &Claim,
    ) -> io::Result<bool> {
        let Some((stated, hash)) = claim.end else {
            while !self.is_last(claim) && self.step(lines, name, Some(first_seq))? {}
            let last = self.pending.take();
            self.judge_pending(last, Some(claim.next));
            return Ok(self.judge.ends_at(claim.next, None));
        };
        lines.limit(stated);
        while !self.is_last(claim) && self.step(lines, name, Some(first_seq))? {}
        let (offset, number) = (lines.offset(), lines.number());
        let cut = self.pending.take_if(|item| {
            let Item::Garbage(Garbage { place, .. }) = item else { return false };
            place.offset == offset && place.segment == name
        });
        let last = self.pending.take();
        self.judge_pending(last, cut.is_none().then_some(claim.next));
        lines.limit(u64::MAX);
        let found = peek(lines)?;
        let is_next_to_last = self.judge.next().checked_add(1) == Some(claim.next);
        match cut {
            // The last line has lost its end.
            Some(cut) if is_next_to_last && found.is_none_or(|found| found.1 != hash) => {
                self.judge_pending(Some(cut), Some(claim.next));
                lines.rewind(stated, number + 1);
            }
            // Some other line is cut, so the claim is false, or the end has moved.
            Some(_) => return Ok(false),
            None => {}
        }
        // Without the last records, what comes must at least be none of them.
        let are_missing = self.judge.next() < claim.next;
        let may_end = are_missing && found.is_none_or(|found| found.0 >= claim.next);
        Ok(may_end || self.judge.ends_at(claim.next, Some(hash)))
    }

    /// True if the last line so far is the last record before the next segment.
    fn is_last(&self, claim: &Claim) -> bool {
        let Some(Item::Record(record)) = &self.pending else {
            return false;
        };
        let is_due = record.seq == self.judge.next();
        is_due
            && record.seq.checked_add(1) == Some(claim.next)
            && claim.end.is_none_or(|(_, hash)| hash == record.stated)
    }
}
