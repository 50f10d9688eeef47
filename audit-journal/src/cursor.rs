//! Follows a journal record by record, up to what is durable and no further.

mod line;
mod pass;
mod way;

use std::sync::Arc;

use super::epoch::{self, Age};
use super::error::Error;
use super::line::Chain;
use super::lines::{Lines, Piece};
use super::newer;
use super::pruned;
use super::segment;
use super::storage::Storage;
use super::torn;
use super::watermark::{self, Head};

pub use line::Line;
use way::Way;

/// Once for what has been made durable since, and once for a writer that has ended since.
const DOUBTS_MAX: u8 = 2;

/// A place in a journal, which moves forward one record at a time.
///
/// While a writer lives, the cursor stops where the journal is durable. Without one it goes to the
/// last whole record. Each line is checked against the chain on the way.
pub struct Cursor {
    storage: Arc<dyn Storage>,
    from_seq: u64,
    /// How many epochs had been set aside before the one that is read.
    age: Age,
    /// How many records are known to be durable.
    durable: u64,
    /// The record that the writer vouches for, as far as it is known.
    head: Option<Head>,
    /// Which segments lead to it, where others stand between them.
    way: Way,
    /// The record at which a segment was met that is not the writer's, until it is passed.
    met: Option<u64>,
    /// The same, which is not told again.
    told: Option<u64>,
    /// The first records of all segments, as they were listed after `durable` was read.
    firsts: Vec<u64>,
    place: Option<Position>,
}

/// The next line in an open segment.
struct Position {
    segment: u64,
    /// The segment that it was come to from, if the cursor has read one before.
    before: Option<u64>,
    lines: Lines,
    chain: Chain,
    /// How often the bytes have been read afresh since the last good line.
    doubts: u8,
}

/// What one look at the journal gave.
enum Step {
    Line(Line),
    /// Look again: something has moved.
    Again,
    /// Nothing more is durable.
    Wait,
}

impl Cursor {
    pub(super) fn start(storage: Arc<dyn Storage>, from_seq: u64) -> Result<Self, Error> {
        let mut cursor = Self::nowhere(storage, from_seq);
        // Without a segment to enter yet, the next look finds one.
        match cursor.enter() {
            Ok(_) => Ok(cursor),
            Err(error) => Err(cursor.or_pruned(error)),
        }
    }

    /// A cursor that has not looked at anything yet.
    fn nowhere(storage: Arc<dyn Storage>, from_seq: u64) -> Self {
        let firsts = Vec::new();
        let (age, head, met, told, place) = (None, None, None, None, None);
        let way = Way::default();
        Self { storage, from_seq, age, durable: 0, head, way, met, told, firsts, place }
    }

    /// The next record, or `None` if none is durable yet: call again later.
    ///
    /// # Errors
    /// [`Error::Damaged`] if what should stand here is not what was written. [`Error::SetAside`] if
    /// the journal has begun a new epoch since the cursor was made, [`Error::Pruned`] if the record
    /// that is due was pruned.
    #[expect(
        clippy::should_implement_trait,
        reason = "here `None` means not yet, in an iterator it means never again"
    )]
    pub fn next(&mut self) -> Result<Option<Line>, Error> {
        loop {
            let step = match self.place.take() {
                None => self.enter(),
                Some(mut place) => {
                    let step = self.step(&mut place);
                    // The place is kept also when looking failed, so that a caller may try again.
                    self.place = Some(place);
                    step
                }
            };
            match step {
                Ok(Step::Line(line)) => return Ok(Some(line)),
                Ok(Step::Again) => {}
                // Neither is an answer if the files have been set aside.
                waits_or_fails => {
                    self.check_epoch()?;
                    if waits_or_fails.is_ok() {
                        self.check_way()?;
                    }
                    return waits_or_fails.map(|_| None).map_err(|error| self.or_pruned(error));
                }
            }
        }
    }

    /// The sequence number of the record that [`next`](Self::next) gives next.
    pub fn next_seq(&self) -> u64 {
        self.place.as_ref().map_or(0, |place| place.chain.next).max(self.from_seq)
    }

    /// What was pruned looks as if it was lost, and what a later version has written as if it was damaged.
    fn or_pruned(&self, error: Error) -> Error {
        let error = newer::or_newer_here(&*self.storage, error);
        pruned::or_pruned(&*self.storage, self.next_seq(), error)
    }

    fn check_epoch(&self) -> Result<(), Error> {
        // Older epochs that somebody has put elsewhere since are no new one.
        if self.place.is_none() || epoch::age(&*self.storage)? <= self.age {
            return Ok(());
        }
        let directory = epoch::directory_of(self.age);
        let (journal, next_seq) = (self.storage.describe(), self.next_seq());
        Err(Error::SetAside { journal, directory, next_seq })
    }

    /// Enters the epoch that is current.
    fn enter(&mut self) -> Result<Step, Error> {
        (self.age, self.told) = (epoch::age(&*self.storage)?, None);
        let step = self.enter_segment();
        if epoch::age(&*self.storage)? == self.age {
            return step;
        }
        // The first look fell between two epochs, and tells nothing.
        (self.place, self.durable, self.head, self.way) = (None, 0, None, Way::default());
        Ok(Step::Wait)
    }

    /// Goes to the start of the segment that holds the first wanted record.
    fn enter_segment(&mut self) -> Result<Step, Error> {
        self.look()?;
        let later = self.firsts.partition_point(|first| *first <= self.from_seq);
        let Some(&first) = self.firsts.get(later.saturating_sub(1)) else {
            return if self.durable == 0 { Ok(Step::Wait) } else { Err(self.no_header(0)) };
        };
        if later == 0 {
            let reason = "the segments before it are missing";
            return Err(self.damaged(first, 1, 0, self.from_seq, reason));
        }
        let first = self.writers_segment(later - 1)?;
        let mut lines = segment::lines(&*self.storage, first)?;
        let read_error = |error| self.read_error(first, error);
        let Some(header) = segment::peek_header(&mut lines).map_err(read_error)? else {
            return self.absent(first, &mut lines);
        };
        let chain = header.chain(first);
        self.place = Some(Position { segment: first, before: None, lines, chain, doubts: 0 });
        Ok(Step::Again)
    }

    /// There is no segment header where one is due: it is not written yet, or it is damaged.
    fn absent(&self, first: u64, lines: &mut Lines) -> Result<Step, Error> {
        if first >= self.durable && (self.is_locked()? || self.is_torn(first, lines)?) {
            return Ok(Step::Wait);
        }
        // A writer may have written it, and ended, since it was looked for.
        let again = segment::peek_header(&mut segment::lines(&*self.storage, first)?);
        let is_there = again.map_err(|error| self.read_error(first, error))?.is_some();
        is_there.then_some(Step::Again).ok_or_else(|| self.no_header(first))
    }

    fn no_header(&self, first: u64) -> Error {
        self.damaged(first, 1, 0, first, "its first line is no header")
    }

    fn step(&mut self, place: &mut Position) -> Result<Step, Error> {
        if self.is_later(place) {
            return self.go_on(place);
        }
        let (offset, number) = (place.lines.offset(), place.lines.number());
        let known = self.durable;
        let piece = place.lines.next().map_err(|error| self.read_error(place.segment, error))?;
        let reason = match piece {
            Piece::Line(_) if !self.may_pass(place.chain.next)? => {
                place.lines.rewind(offset, number);
                return Ok(Step::Wait);
            }
            // What was read before it was durable may have been cut off since, and written anew.
            Piece::Line(_) if self.durable != known || self.is_later(place) => {
                place.lines.rewind(offset, number);
                return Ok(Step::Again);
            }
            Piece::Line(range) => match self.follow(&mut place.chain, place.lines.bytes(&range)) {
                Ok(parsed) => {
                    place.doubts = 0;
                    let wanted = parsed.stamp.seq >= self.from_seq;
                    let line = wanted.then(|| Line::of(&parsed, place.lines.bytes(&range)));
                    return Ok(line.map_or(Step::Again, Step::Line));
                }
                Err(reason) => reason,
            },
            Piece::End => return self.cross(place),
            Piece::Rest(_) => "it has no end".to_owned(),
            Piece::Overlong => "it is longer than a line may be".to_owned(),
        };
        place.lines.rewind(offset, number);
        self.doubt(place, &reason)
    }

    /// True if the record `seq`, whose line has been read already, may be given out.
    ///
    /// The order matters: a line that was read before no writer was found is none that a writer is
    /// still about to make durable. Nor is it one that a writer has left behind, if there is no
    /// segment then that starts with it.
    fn may_pass(&mut self, seq: u64) -> Result<bool, Error> {
        if self.is_durable(seq)? {
            return Ok(true);
        }
        if self.is_locked()? {
            return Ok(false);
        }
        if segment::exists(&*self.storage, seq)? {
            self.look()?;
        }
        Ok(true)
    }

    fn is_durable(&mut self, seq: u64) -> Result<bool, Error> {
        if seq >= self.durable && published(&*self.storage)? > self.durable {
            self.look()?;
        }
        Ok(seq < self.durable)
    }

    /// Reads how far the journal is durable, and only then which segments there are: those that hold
    /// what is durable were there before.
    fn look(&mut self) -> Result<(), Error> {
        self.look_at_head()?;
        self.durable = self.durable.max(published(&*self.storage)?);
        self.firsts = segment::list(&*self.storage)?;
        Ok(())
    }

    /// True if the next record lies in a later segment, whatever stands in this one.
    fn is_later(&self, place: &Position) -> bool {
        let next = place.chain.next;
        let is_there = next != place.segment && self.firsts.binary_search(&next).is_ok();
        is_there && self.told != Some(next)
    }

    /// Goes on in the next segment. What stands before it here must be what its header calls
    /// superseded.
    fn go_on(&mut self, place: &mut Position) -> Result<Step, Error> {
        // A header is there before what is read here to be durable.
        self.look()?;
        let (next, offset) = (place.chain.next, place.lines.offset());
        if next >= self.durable && self.is_locked()? {
            return Ok(Step::Wait);
        }
        if self.passes_by(place)? {
            // Who wants none of the records before it was not led there.
            if next <= self.from_seq {
                return Ok(Step::Again);
            }
            self.met = Some(next);
            return Err(self.damaged(next, 1, 0, next, way::NOT_THE_WRITERS));
        }
        let mut lines = segment::lines(&*self.storage, next)?;
        let header =
            segment::peek_header(&mut lines).map_err(|error| self.read_error(next, error))?;
        let Some(header) = header else {
            return self.absent(next, &mut lines);
        };
        let length = place.lines.file_len().map_err(|error| self.read_error(place.segment, error));
        if header.supersedes_from().map_or(length, Ok)? != offset {
            let reason = "the next segment's header does not say that this one ends here";
            let line = place.lines.number() + 1;
            return Err(self.damaged(place.segment, line, offset, next, reason));
        }
        let (before, chain) = (Some(place.segment), place.chain);
        *place = Position { segment: next, before, lines, chain, doubts: 0 };
        Ok(Step::Again)
    }

    fn is_locked(&self) -> Result<bool, Error> {
        self.storage.is_locked().map_err(Error::io(&*self.storage, "look at", "LOCK"))
    }

    /// At the end of a segment: goes on in the next one, if there is one.
    fn cross(&mut self, place: &mut Position) -> Result<Step, Error> {
        let next = place.chain.next;
        let was_due = next < self.durable;
        if !was_due && self.is_durable(next)? {
            return Ok(Step::Again);
        }
        if !was_due && self.is_locked()? {
            return Ok(Step::Wait);
        }
        self.look()?;
        if self.is_later(place) {
            return Ok(Step::Again);
        }
        if !was_due && self.firsts.last() == Some(&place.segment) {
            return Ok(Step::Wait);
        }
        if place.doubts < DOUBTS_MAX {
            place.doubts += 1;
            return Ok(Step::Again);
        }
        let (line, offset) = (place.lines.number() + 1, place.lines.offset());
        Err(self.damaged(place.segment, line, offset, next, "the record is missing"))
    }

    /// There is no good line here: a writer is at work, a crash has torn it, or it is damage.
    fn doubt(&mut self, place: &mut Position, reason: &str) -> Result<Step, Error> {
        let (next, doubts) = (place.chain.next, place.doubts);
        let (offset, number) = (place.lines.offset(), place.lines.number());
        let may_wait = doubts > 0 && next >= self.durable;
        let waits = may_wait && (self.is_torn_end(place)? || self.is_locked()?);
        if waits || doubts < DOUBTS_MAX {
            place.doubts = if waits { 0 } else { doubts + 1 };
            place.lines.rewind(offset, number);
            self.look()?;
            return Ok(if waits { Step::Wait } else { Step::Again });
        }
        place.doubts = 0;
        Err(self.damaged(place.segment, number + 1, offset, next, reason))
    }

    fn is_torn_end(&self, place: &mut Position) -> Result<bool, Error> {
        let is_last = self.firsts.last() == Some(&place.segment);
        Ok(is_last && self.is_torn(place.segment, &mut place.lines)?)
    }

    fn is_torn(&self, first: u64, lines: &mut Lines) -> Result<bool, Error> {
        let published = watermark::read(&*self.storage);
        let published = published.map_err(Error::io(&*self.storage, "read", watermark::NAME))?;
        let is_known = published.is_ok() && self.firsts.last() == Some(&first);
        torn::is_torn(lines, is_known).map_err(|error| self.read_error(first, error))
    }

    fn read_error(&self, segment: u64, error: std::io::Error) -> Error {
        Error::io(&*self.storage, "read", &segment::name(segment))(error)
    }

    fn damaged(&self, segment: u64, line: u64, offset: u64, seq: u64, reason: &str) -> Error {
        Error::Damaged {
            journal: self.storage.describe(),
            segment: segment::name(segment),
            line,
            offset,
            seq,
            reason: reason.to_owned(),
        }
    }
}

impl std::fmt::Debug for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cursor")
            .field("storage", &self.storage.describe())
            .field("next_seq", &self.next_seq())
            .finish_non_exhaustive()
    }
}

fn published(storage: &dyn Storage) -> Result<u64, Error> {
    let durable = watermark::read(storage).map_err(Error::io(storage, "read", watermark::NAME))?;
    Ok(durable.unwrap_or(0))
}
