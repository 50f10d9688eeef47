//! Tells the writer's segments from others that somebody has put between them, by the record that the writer vouches for.

use std::io;

use super::pass::behind;
use super::{Cursor, Position, published};
use crate::digest::Digest;
use crate::error::Error;
use crate::line::{self, Chain, Parsed};
use crate::lines::{Lines, Piece};
use crate::segment::{self, Header};
use crate::storage::Access;
use crate::watermark::{self, DISOWNED, Head};

/// What is wrong with such a segment.
pub(super) const NOT_THE_WRITERS: &str = "the journal has no such segment: the records that the writer vouches \
     for go on in the one before it";

/// The segments of the writer, from the one that holds the record it vouches for back to the first.
#[derive(Default)]
pub(super) struct Way {
    /// What it was found from: with anything else there it is looked for anew.
    head: Option<Head>,
    firsts: Vec<u64>,
    /// Up to this segment it was looked whether there are others at all.
    looked_to: u64,
    /// Ascending. Empty if no other was found, or nothing tells which are the writer's.
    segments: Vec<u64>,
}

impl Way {
    fn holds(&self, segment: u64) -> bool {
        self.segments.binary_search(&segment).is_ok()
    }

    /// True if the segment is not the writer's. Of one before all that are known nothing is said, nor
    /// of one behind the record that the writer vouches for.
    fn rules_out(&self, segment: u64) -> bool {
        let is_known = self.segments.first().is_some_and(|first| *first <= segment);
        is_known && self.head.is_some_and(|head| segment < head.next) && !self.holds(segment)
    }

    /// The last segment of the writer that begins with this record or before it.
    fn last_up_to(&self, seq: u64) -> Option<u64> {
        let later = self.segments.partition_point(|first| *first <= seq);
        self.segments[..later].last().copied()
    }
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

    /// True if the segment that should come next is not the writer's: then it is passed by.
    ///
    /// What a failed sync left here can have the same numbers, and leads nowhere.
    pub(super) fn passes_by(&mut self, place: &Position) -> Result<bool, Error> {
        let next = place.chain.next;
        if !self.may_go_past(place.segment, next)? {
            return Ok(false);
        }
        let passes = self.way_to(next)?.rules_out(next);
        if passes {
            self.told = Some(next);
        }
        Ok(passes)
    }

    /// The segment at `index`, or the last one of the writer before it if that one is not the writer's.
    pub(super) fn writers_segment(&mut self, index: usize) -> Result<u64, Error> {
        let segment = self.firsts[index];
        self.way_to(segment)?;
        if !self.way.rules_out(segment) && self.parting(segment)?.is_none() {
            return Ok(segment);
        }
        Ok(self.way.last_up_to(segment).unwrap_or(segment))
    }

    /// Fails if the records that were read are not those that the writer vouches for: it has not come
    /// so far, or elsewhere.
    pub(super) fn check_way(&mut self) -> Result<(), Error> {
        self.look_at_head()?;
        let Some(Position { segment, before, chain, .. }) = self.place else { return Ok(()) };
        let is_behind = self.head.is_some_and(|head| head.next < chain.next);
        if is_behind {
            self.look()?;
        }
        let agrees = self.head.is_none_or(|head| head.agrees(&chain));
        if agrees && !(is_behind && self.astray_from(segment, before)?.is_some()) {
            return Ok(());
        }
        Err(self.damaged(segment, 1, 0, segment, NOT_THE_WRITERS))
    }

    /// Goes back to where the records part from those that the writer vouches for; false if they have
    /// not been seen to.
    pub(super) fn return_to_way(&mut self, place: &Position) -> Result<bool, Error> {
        let Some(segment) = self.astray_from(place.segment, place.before)? else {
            return Ok(false);
        };
        let Some(writers) = self.way.last_up_to(segment) else { return Ok(false) };
        (self.from_seq, self.told) = (self.from_seq.max(segment), None);
        // What was said to be durable there is not.
        self.durable = published(&*self.storage)?;
        self.enter_at(writers).map(|()| true)
    }

    /// The first segment that is not the writer's among those that lead to this one, which was come to
    /// from `before`.
    fn astray_from(&mut self, segment: u64, before: Option<u64>) -> Result<Option<u64>, Error> {
        self.way_to(segment)?;
        // Whoever was led astray may have met the writer's next segment there.
        let from = before.filter(|_| self.way.holds(segment)).unwrap_or(segment);
        self.parting(from)
    }

    /// Goes back from a segment, by what the headers say, to the first that is not the writer's.
    fn parting(&self, mut segment: u64) -> Result<Option<u64>, Error> {
        let Some(&known_from) = self.way.segments.first() else { return Ok(None) };
        while segment > known_from && !self.way.holds(segment) {
            let Some(before) = self.before(segment)? else { return Ok(None) };
            if self.way.holds(before) {
                return Ok(self.way.rules_out(segment).then_some(segment));
            }
            segment = before;
        }
        Ok(None)
    }

    /// The segment that the header of this one names, or the last one before it if it names none.
    fn before(&self, segment: u64) -> Result<Option<u64>, Error> {
        let named = self.header_of(segment)?.and_then(|header| header.previous_first());
        let is_there = |named: &u64| *named < segment && self.firsts.binary_search(named).is_ok();
        let earlier = self.firsts.partition_point(|first| *first < segment);
        Ok(named.filter(is_there).or(self.firsts[..earlier].last().copied()))
    }

    fn enter_at(&mut self, first: u64) -> Result<(), Error> {
        let mut lines = segment::lines(&*self.storage, first)?;
        let header = segment::peek_header(&mut lines);
        if let Some(header) = header.map_err(|error| self.read_error(first, error))? {
            let chain = header.chain(first);
            self.place = Some(Position { segment: first, before: None, lines, chain, doubts: 0 });
        }
        Ok(())
    }

    /// Finds out which segments up to this one are the writer's, if some may not be.
    fn way_to(&mut self, segment: u64) -> Result<&Way, Error> {
        let is_same = self.way.head == self.head && self.way.firsts == self.firsts;
        if !is_same || (self.way.looked_to < segment && self.way.segments.is_empty()) {
            let segments = match self.head {
                Some(head) if self.is_in_doubt(segment)? => self.writers_segments(&head)?,
                _ => Vec::new(),
            };
            let (head, firsts) = (self.head, self.firsts.clone());
            self.way = Way { head, firsts, looked_to: segment, segments };
        }
        Ok(&self.way)
    }

    /// True if a segment before this one may go past the number of the one behind it.
    ///
    /// Where the writer's segments end right before the next ones, all of them are the writer's: a
    /// first one that is not would begin at a number that the writer's before it has as well.
    fn is_in_doubt(&self, segment: u64) -> Result<bool, Error> {
        let earlier = self.firsts.partition_point(|first| *first < segment);
        let mut next = segment;
        for &first in self.firsts[..earlier].iter().rev() {
            if self.may_go_past(first, next)? {
                return Ok(true);
            }
            next = first;
        }
        Ok(false)
    }

    /// True if the segment has more than what stands before the record `next`, with which another one
    /// begins, and that may not have been left there by a failed sync.
    ///
    /// The writer's records end with the one that it vouches for, or where a segment begins. If neither
    /// is there, it can only have gone on with `next`.
    fn may_go_past(&self, first: u64, next: u64) -> Result<bool, Error> {
        let Some(head) = self.head.filter(|head| head.next > next) else { return Ok(false) };
        let Some(lines) = self.lines_of(first)? else { return Ok(false) };
        let tail = segment::tail(lines.file(), None);
        let Some(tail) = tail.map_err(|error| self.read_error(first, error))? else {
            return Ok(true);
        };
        let end = tail.seq.saturating_add(1);
        let begins = |first: &u64| (next.saturating_add(1)..=end).contains(first);
        Ok(end > next && (end >= head.next || self.firsts.iter().any(begins)))
    }

    /// The segments of the writer, as far back as their headers can be read.
    fn writers_segments(&self, head: &Head) -> Result<Vec<u64>, Error> {
        let mut segments: Vec<u64> = self.holder(head)?.into_iter().collect();
        while let Some(&segment) = segments.last() {
            let header = self.header_of(segment)?;
            let before = header.and_then(|header| header.previous_first());
            let is_there =
                |first: &u64| *first < segment && self.firsts.binary_search(first).is_ok();
            // What is not there any more was pruned.
            let Some(before) = before.filter(is_there) else { break };
            segments.push(before);
        }
        segments.reverse();
        Ok(segments)
    }

    /// The segment that holds the record which the writer vouches for. Somebody may have copied the end
    /// of it: the writer's own leads there from its header, or, if it is damaged, from furthest back.
    fn holder(&self, head: &Head) -> Result<Option<u64>, Error> {
        let later = self.firsts.partition_point(|first| *first < head.next);
        let mut found: Option<(u64, u64)> = None;
        for &first in self.firsts[..later].iter().rev() {
            let Some(since) = self.leads_since(first, head)? else { continue };
            if found.is_none_or(|(earliest, _)| since < earliest) {
                found = Some((since, first));
            }
            if since == first {
                break;
            }
        }
        Ok(found.map(|(_, first)| first))
    }

    /// The record from which on the lines of a segment lead to the one that the writer vouches for.
    fn leads_since(&self, first: u64, head: &Head) -> Result<Option<u64>, Error> {
        let Some(mut lines) = self.lines_of(first)? else { return Ok(None) };
        let read_error = |error| self.read_error(first, error);
        let tail = segment::tail(lines.file(), None).map_err(read_error)?;
        if tail.is_some_and(|tail| tail.seq.saturating_add(1) < head.next) {
            return Ok(None);
        }
        let header = segment::peek_header(&mut lines).map_err(read_error)?;
        let unknown = Chain { next: first, tip: Digest::of(&[]) };
        let mut chain = header.map_or(unknown, |header| header.chain(first));
        let mut since = first;
        loop {
            match lines.next().map_err(read_error)? {
                Piece::Line(range) => {
                    let line = lines.bytes(&range);
                    if chain.follow(line).is_err() {
                        chain = behind(line, chain, head.next);
                        since = chain.next;
                    }
                }
                Piece::Overlong => {}
                Piece::Rest(_) | Piece::End => return Ok(None),
            }
            if chain.next == head.next && head.agrees(&chain) && since < head.next {
                return Ok(Some(since));
            }
        }
    }

    /// The header of a segment, if it is one and has the hash that it says.
    fn header_of(&self, first: u64) -> Result<Option<Header>, Error> {
        let Some(mut lines) = self.lines_of(first)? else { return Ok(None) };
        let piece = lines.next().map_err(|error| self.read_error(first, error))?;
        let Piece::Line(range) = piece else { return Ok(None) };
        let bytes = lines.bytes(&range);
        let header = line::parse(bytes).ok().and_then(|parsed| segment::header(bytes, &parsed));
        Ok(header.filter(|header| header.chain(first).follow(bytes).is_ok()))
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
