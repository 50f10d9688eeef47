//! Passes over damage, for those who must see what comes after it.

use std::sync::Arc;

use super::{Cursor, Position};
use crate::digest::Digest;
use crate::error::Error;
use crate::line::{self, Chain};
use crate::lines::Piece;
use crate::newer;
use crate::segment;
use crate::storage::Storage;

impl Cursor {
    /// Starts at the record `from_seq`, also behind a header that cannot be read.
    pub(crate) fn start_past_damage(
        storage: Arc<dyn Storage>,
        from_seq: u64,
    ) -> Result<Self, Error> {
        let mut cursor = Self::nowhere(storage, from_seq);
        let entered = cursor.enter();
        match entered.map_err(|error| newer::or_newer_here(&*cursor.storage, error)) {
            Err(Error::Damaged { .. }) => _ = cursor.pass_damage()?,
            Err(error) => return Err(cursor.or_pruned(error)),
            Ok(_) => {}
        }
        Ok(cursor)
    }

    /// Passes over the damage at which [`next`](Self::next) failed, so that it can go on.
    ///
    /// One line is passed, or the missing rest of a segment. What stands in its place is given to
    /// nobody; the line behind it must follow from the hash that the passed line states, or it is
    /// damaged as well. So where one record was edited one is passed, and where some were removed
    /// those and the one behind them. [`verify`](crate::verify) names what was damaged; this is for
    /// consumers that would else be blind from there on.
    ///
    /// Returns false if there is nothing behind the damage yet.
    ///
    /// # Errors
    /// Fails when the storage does.
    pub fn pass_damage(&mut self) -> Result<bool, Error> {
        let met = self.met.take();
        self.look()?;
        let Some(mut place) = self.place.take() else {
            return self.pass_header();
        };
        // What was met is passed by, and what stands here comes next.
        if met == Some(place.chain.next) || self.return_to_way(&place)? {
            self.place.get_or_insert(place);
            return Ok(true);
        }
        let (offset, number) = (place.lines.offset(), place.lines.number());
        let piece = place.lines.next().map_err(|error| self.read_error(place.segment, error))?;
        match piece {
            Piece::Line(range) => {
                place.chain = behind(place.lines.bytes(&range), place.chain, self.durable);
                self.place = Some(place);
                Ok(true)
            }
            Piece::Overlong => {
                place.chain.next = place.chain.next.saturating_add(1);
                self.place = Some(place);
                Ok(true)
            }
            Piece::End | Piece::Rest(_) => {
                let segment = place.segment;
                place.lines.rewind(offset, number);
                let Position { chain, .. } = &place;
                let from = chain.next.max(segment.saturating_add(1));
                self.place = Some(place);
                self.pass_segment(from)
            }
        }
    }

    /// The hash that the next record must follow from; `None` before the first look at a segment.
    pub fn tip(&self) -> Option<Digest> {
        self.place.as_ref().map(|place| place.chain.tip)
    }

    /// Passes over the first line of the segment that could not be entered.
    fn pass_header(&mut self) -> Result<bool, Error> {
        let later = self.firsts.partition_point(|first| *first <= self.from_seq);
        let Some(&segment) = self.firsts.get(later.wrapping_sub(1)) else {
            return self.pass_segment(self.from_seq);
        };
        if segment >= self.durable && self.is_locked()? {
            return Ok(false);
        }
        let mut lines = segment::lines(&*self.storage, segment)?;
        let piece = lines.next().map_err(|error| self.read_error(segment, error))?;
        let Piece::Line(range) = piece else {
            return self.pass_segment(segment.saturating_add(1));
        };
        let unknown = Chain { next: segment, tip: Digest::of(&[]) };
        let chain = behind(lines.bytes(&range), unknown, self.durable);
        self.place = Some(Position { segment, before: None, lines, chain, doubts: 0 });
        Ok(true)
    }

    /// Goes on with the first segment from the record `from` on; false if there is none.
    ///
    /// Beside a writer, one that begins past what is durable may not be the writer's, and so none to
    /// wait in.
    fn pass_segment(&mut self, from: u64) -> Result<bool, Error> {
        let at = self.firsts.partition_point(|first| *first < from);
        // The one that starts at `from` is the one that could not be entered, where there is no place.
        let at =
            if self.place.is_none() && self.firsts.get(at) == Some(&from) { at + 1 } else { at };
        let Some(&first) = self.firsts.get(at) else { return Ok(false) };
        if first >= self.durable && self.is_locked()? {
            return Ok(false);
        }
        (self.place, self.from_seq) = (None, first);
        Ok(true)
    }
}

/// The chain behind a damaged line, as far as the line itself can tell.
pub(super) fn behind(line: &[u8], chain: Chain, durable: u64) -> Chain {
    let stated = line::parse(line).map(|parsed| parsed.stamp.seq);
    // A number that no record has yet would have the cursor wait for it.
    let seq = stated
        .ok()
        .filter(|seq| *seq < durable.max(chain.next.saturating_add(1)))
        .unwrap_or(chain.next);
    Chain { next: seq.saturating_add(1), tip: line::stated_hash(line).unwrap_or(chain.tip) }
}
