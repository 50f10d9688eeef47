//! Tells the writer's segments from others that somebody has put between them, by the record that the writer vouches for.

use std::io;

use super::{Cursor, Position};
use crate::error::Error;
use crate::line::{Chain, Parsed};
use crate::lines::{Lines, Piece};
use crate::segment;
use crate::storage::Access;
use crate::watermark::{self, DISOWNED, Head};

/// What is wrong with such a segment.
pub(super) const NOT_THE_WRITERS: &str = "the journal has no such segment: the records that the writer vouches \
     for go on in the one before it";

/// How many segments back a cursor looks for the one that it should have stayed in.
const RETURN_MAX: usize = 8;

/// The segments that lead from a record to the one that the writer vouches for.
pub(super) struct Way {
    from: u64,
    until: u64,
    segments: Vec<u64>,
}

/// Where a way may go on: in a segment, from a byte on.
struct Fork {
    offset: u64,
    chain: Chain,
    /// The segments so far; the last one is that in which it goes on.
    segments: Vec<u64>,
}

impl Cursor {
    /// Takes the next line, unless the writer vouches for another one in its place.
    pub(super) fn follow<'a>(
        &self,
        chain: &mut Chain,
        line: &'a [u8],
    ) -> Result<Parsed<'a>, String> {
        let mut behind = *chain;
        let parsed = behind.follow(line)?;
        if self.head.is_some_and(|head| !head.agrees(&behind)) {
            return Err(DISOWNED.to_owned());
        }
        *chain = behind;
        Ok(parsed)
    }

    /// Reads which record the writer vouches for.
    pub(super) fn look_at_head(&mut self) -> Result<(), Error> {
        let storage = &*self.storage;
        let head = watermark::head(storage).map_err(Error::io(storage, "read", watermark::NAME))?;
        self.head = head.filter(|head| head.next > 0);
        Ok(())
    }

    /// True if the records go past the number of this segment in another one.
    pub(super) fn is_off_the_way(&self, segment: u64) -> bool {
        let Some(way) = &self.way else { return false };
        (way.from..way.until).contains(&segment) && !way.segments.contains(&segment)
    }

    /// True if the segment that should come next is not the writer's: the lines that stand here lead
    /// to the record that the writer vouches for. Then that segment is passed by.
    ///
    /// What a failed sync left here can have the same numbers, and leads nowhere.
    pub(super) fn passes_by(&mut self, place: &Position) -> Result<bool, Error> {
        let next = place.chain.next;
        let (offset, chain) = (place.lines.offset(), place.chain);
        let start = Fork { offset, chain, segments: vec![place.segment] };
        self.way = self.way_to_head(start, next)?;
        self.met = self.way.is_some().then_some(next);
        Ok(self.way.is_some())
    }

    /// The segment at `index`, or the one before it that goes past it to the record that the writer
    /// vouches for.
    pub(super) fn writers_segment(&mut self, index: usize) -> Result<u64, Error> {
        for index in (1..=index).rev() {
            let (segment, before) = (self.firsts[index], self.firsts[index - 1]);
            if !self.goes_past(before, segment)? || !self.leads_past(before, segment)? {
                return Ok(segment);
            }
        }
        Ok(self.firsts[0])
    }

    /// Fails if the records that were read are not those that the writer vouches for: it has not come
    /// so far, or elsewhere.
    pub(super) fn check_way(&mut self) -> Result<(), Error> {
        self.look_at_head()?;
        let Some(Position { segment, chain, .. }) = self.place else { return Ok(()) };
        let is_behind = self.head.is_some_and(|head| head.next < chain.next);
        let agrees = self.head.is_none_or(|head| head.agrees(&chain));
        if agrees && !(is_behind && self.astray_from(segment)?.is_some()) {
            return Ok(());
        }
        Err(self.damaged(segment, 1, 0, segment, NOT_THE_WRITERS))
    }

    /// Goes back to where the records part from those that the writer vouches for; false if they have
    /// not been seen to.
    pub(super) fn return_to_way(&mut self, place: &Position) -> Result<bool, Error> {
        let Some((before, segment)) = self.astray_from(place.segment)? else { return Ok(false) };
        self.from_seq = segment;
        self.enter_at(before).map(|()| true)
    }

    /// The segment before this one that leads past it to the record that the writer vouches for, and
    /// the segment that it leads past first.
    fn astray_from(&mut self, mut segment: u64) -> Result<Option<(u64, u64)>, Error> {
        let at = self.firsts.partition_point(|first| *first < segment);
        for index in (0..at).rev().take(RETURN_MAX) {
            let before = self.firsts[index];
            if self.goes_past(before, segment)? && self.leads_past(before, segment)? {
                return Ok(Some((before, segment)));
            }
            segment = before;
        }
        Ok(None)
    }

    fn enter_at(&mut self, first: u64) -> Result<(), Error> {
        let mut lines = segment::lines(&*self.storage, first)?;
        let header = segment::peek_header(&mut lines);
        if let Some(header) = header.map_err(|error| self.read_error(first, error))? {
            let chain = header.chain(first);
            self.place = Some(Position { segment: first, lines, chain, doubts: 0 });
        }
        Ok(())
    }

    /// True if the segment does not end right before the record `next`, which another one begins with.
    fn goes_past(&self, first: u64, next: u64) -> Result<bool, Error> {
        let Some(lines) = self.lines_of(first)? else { return Ok(false) };
        let tail = segment::tail(lines.file(), None);
        let tail = tail.map_err(|error| self.read_error(first, error))?;
        Ok(tail.is_none_or(|tail| tail.seq.checked_add(1) != Some(next)))
    }

    /// True if the segment leads past `other`, without it, to the record that the writer vouches for.
    fn leads_past(&mut self, first: u64, other: u64) -> Result<bool, Error> {
        let Some(mut lines) = self.lines_of(first)? else { return Ok(false) };
        let header = segment::peek_header(&mut lines);
        let Some(header) = header.map_err(|error| self.read_error(first, error))? else {
            return Ok(false);
        };
        let start = Fork { offset: 0, chain: header.chain(first), segments: vec![first] };
        let way = self.way_to_head(start, other)?;
        let leads = way.is_some();
        self.way = way.or(self.way.take());
        Ok(leads)
    }

    /// A way to the record that the writer vouches for, past the segment `other`; `None` if there is
    /// none or it vouches for no record from there on.
    fn way_to_head(&self, start: Fork, other: u64) -> Result<Option<Way>, Error> {
        let Some(head) = self.head.filter(|head| head.next > other) else { return Ok(None) };
        let (from, mut tried, mut forks) = (start.chain.next, vec![other], vec![start]);
        while let Some(fork) = forks.pop() {
            let segments = fork.segments.clone();
            if self.leads_to(&head, fork, &mut tried, &mut forks)? {
                return Ok(Some(Way { from, until: head.next, segments }));
            }
        }
        Ok(None)
    }

    /// Follows the lines of one segment as far as they go, and notes which others may come after them.
    fn leads_to(
        &self,
        head: &Head,
        fork: Fork,
        tried: &mut Vec<u64>,
        forks: &mut Vec<Fork>,
    ) -> Result<bool, Error> {
        let Some(&segment) = fork.segments.last() else { return Ok(false) };
        let Some(mut lines) = self.lines_of(segment)? else { return Ok(false) };
        lines.rewind(fork.offset, 0);
        let mut chain = fork.chain;
        while chain.next < head.next {
            let next = chain.next;
            if self.firsts.binary_search(&next).is_ok() && next != segment && !tried.contains(&next)
            {
                tried.push(next);
                let segments = [&fork.segments[..], &[next]].concat();
                forks.push(Fork { offset: 0, chain, segments });
            }
            let piece = lines.next().map_err(|error| self.read_error(segment, error))?;
            let Piece::Line(range) = piece else { return Ok(false) };
            if chain.follow(lines.bytes(&range)).is_err() {
                return Ok(false);
            }
        }
        Ok(head.next == chain.next && head.agrees(&chain))
    }

    /// The lines of a segment that was listed; `None` if it has been pruned since.
    fn lines_of(&self, first: u64) -> Result<Option<Lines>, Error> {
        match self.storage.open(&segment::name(first), Access::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.read_error(first, error)),
            Ok(file) => Ok(Some(Lines::of(file))),
        }
    }
}
