//! Passes over damage, for those who must see what comes after it.

use super::{Cursor, Position};
use crate::error::Error;
use crate::line::{self, Chain};
use crate::lines::Piece;

impl Cursor {
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
        self.look()?;
        let Some(mut place) = self.place.take() else {
            return self.pass_segment(self.from_seq);
        };
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
fn behind(line: &[u8], chain: Chain, durable: u64) -> Chain {
    let stated = line::parse(line).map(|parsed| parsed.stamp.seq);
    // A number that no record has yet would have the cursor wait for it.
    let seq = stated
        .ok()
        .filter(|seq| *seq < durable.max(chain.next.saturating_add(1)))
        .unwrap_or(chain.next);
    Chain { next: seq.saturating_add(1), tip: line::stated_hash(line).unwrap_or(chain.tip) }
}
