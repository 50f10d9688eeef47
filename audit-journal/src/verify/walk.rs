//! Walks over all lines of a journal and puts each before the judge with what follows it.

use std::io;
use std::mem;
use std::sync::Arc;

use super::ahead::{self, Ahead, Facts, Shared};
use super::effort::{Effort, Meter};
use super::front::Front;
use super::item::{Garbage, Item, Place, Record};
use super::judge::{Judge, Later};
use super::look::Signed;
use super::superseded::Claim;
use super::tree::Tree;
use super::{Kind, Unfinished, Verification};
use crate::error::Error;
use crate::lines::{Lines, Piece};
use crate::newer;
use crate::segment;
use crate::storage::{Access, Storage};
use crate::torn;
use crate::watermark::{self, Head};

/// How many records of what was pruned are tried before the front is taken for whole.
const FRONTS_MAX: usize = 3;

/// What there is to be walked over.
pub(super) struct Extent<'a> {
    pub(super) segments: Vec<u64>,
    pub(super) durable: u64,
    /// Records from here on are a live writer's business.
    pub(super) limit: u64,
    /// What the writer vouches for.
    pub(super) head: Option<Head>,
    pub(super) torn_in: Option<String>,
    pub(super) signed: Option<Signed>,
    pub(super) effort: Effort<'a>,
}

impl Extent<'_> {
    /// Walks from where the journal says that it begins, and from its very start if the record that
    /// says so turns out to be none of its own.
    pub(super) fn verify(&self, storage: &dyn Storage) -> Result<Verification, Error> {
        let mut below = self.limit;
        for _ in 0..FRONTS_MAX {
            let front = Front::read(storage, &self.segments, below)?;
            let Some(statement) = front.statement() else { break };
            let mut verification = self.walk(storage, &front)?;
            if verification.pruned.is_some() {
                if let Front::Misstated(_, finding) = front {
                    verification.pruned = None;
                    verification.findings.push(*finding);
                }
                return Ok(verification);
            }
            // One that was not acknowledged had no file removed, so another one counts.
            below = match self.durable {
                0 => statement.segment,
                durable => statement.segment.min(durable),
            };
        }
        self.walk(storage, &Front::Whole)
    }

    fn walk(&self, storage: &dyn Storage, front: &Front) -> Result<Verification, Error> {
        ahead::with(self.effort.threads, |ahead| self.walk_behind(ahead, storage, front))
    }

    fn walk_behind(
        &self,
        ahead: Option<&Arc<Ahead>>,
        storage: &dyn Storage,
        front: &Front,
    ) -> Result<Verification, Error> {
        let mut walk = Walk {
            ahead: ahead.cloned(),
            limit: self.limit,
            head: self.head,
            durable: self.durable,
            is_started: true,
            torn_in: self.torn_in.clone(),
            ..Walk::of_stream()
        };
        let signed = self.signed.as_ref();
        walk.judge.with_tree(
            signed.map(|signed| Tree::new(storage, signed, self.segments.clone(), self.limit)),
        );
        let mut segments = &self.segments[..];
        if let Some(statement) = front.statement() {
            walk.judge.await_statement(statement, self.durable);
        }
        if let Front::Pruned(statement) = front {
            let kept = statement.kept_from();
            segments = &segments[segments.partition_point(|first| *first < kept)..];
            walk.judge.start_behind(kept, statement.hash);
        }
        walk.meter = Meter::of(&self.effort, self.bytes(storage, segments)?);
        let mut end = Place { segment: segment::name(0), line: 1, offset: 0 };
        for (index, &first_seq) in segments.iter().enumerate() {
            if walk.is_done() {
                break;
            }
            let claim = match segments.get(index + 1) {
                Some(&next) => {
                    let may_be_torn = index + 2 == segments.len() && next >= self.durable;
                    let torn = may_be_torn.then_some(walk.torn_in.is_some());
                    Claim::read(storage, first_seq, next, torn)?
                }
                None => None,
            };
            if let Some(tree) = walk.judge.tree() {
                tree.find_seal(storage, first_seq)?;
            }
            let next = segments.get(index + 1).copied();
            end = walk.segment(storage, first_seq, next, claim.as_ref())?;
        }
        walk.finish(end).map_err(|later| newer::refusal(storage, &later.segment, later.version))
    }

    /// How long the segments are, if anybody asks.
    fn bytes(&self, storage: &dyn Storage, firsts: &[u64]) -> Result<u64, Error> {
        let length = |first: &u64| {
            let name = segment::name(*first);
            let length = storage.open(&name, Access::Read).and_then(|file| file.len());
            length.map_err(Error::io(storage, "read", &name))
        };
        let asked = self.effort.progress.map_or(&[][..], |_| firsts);
        asked.iter().map(length).sum()
    }
}

pub(super) struct Walk<'a> {
    pub(super) judge: Judge,
    /// What is judged once it is known what follows.
    pub(super) pending: Option<Item>,
    /// Records from here on are a live writer's business.
    limit: u64,
    /// What the writer vouches for, until that has been met.
    head: Option<Head>,
    durable: u64,
    /// False until the first record has said where a stream starts.
    is_started: bool,
    /// The segment before ends where the header of this one says.
    pub(super) is_joined: bool,
    /// The segment that a power cut may have torn before records.
    torn_in: Option<String>,
    /// Where it has.
    torn_at: Option<Place>,
    /// The record before the last one: most take as much memory as another.
    pub(super) room: Option<Box<Record>>,
    meter: Meter<'a>,
    /// The threads that hash ahead, what they have found out of this segment, and the next one.
    pub(super) ahead: Option<Arc<Ahead>>,
    pub(super) facts: Option<Facts>,
    pub(super) planned: Option<(u64, Shared)>,
}

impl Walk<'_> {
    pub(super) fn is_done(&self) -> bool {
        self.judge.next() >= self.limit || self.judge.later().is_some()
    }

    /// Starts at whatever record comes first.
    pub(super) fn of_stream() -> Self {
        Self {
            judge: Judge::new(),
            pending: None,
            limit: u64::MAX,
            head: None,
            durable: 0,
            is_started: false,
            is_joined: true,
            torn_in: None,
            torn_at: None,
            room: None,
            meter: Meter::default(),
            ahead: None,
            facts: None,
            planned: None,
        }
    }

    /// Walks over one segment and returns its end.
    fn segment(
        &mut self,
        storage: &dyn Storage,
        first_seq: u64,
        next: Option<u64>,
        claim: Option<&Claim>,
    ) -> Result<Place, Error> {
        let name = segment::name(first_seq);
        let read_error = || Error::io(storage, "read", &name);
        let mut lines = self.lines(storage, first_seq, next)?;
        match claim {
            Some(claim) => {
                self.claimed(&mut lines, &name, first_seq, claim).map_err(read_error())?;
            }
            None => while self.step(&mut lines, &name, Some(first_seq)).map_err(read_error())? {},
        }
        let end = end_of(&lines, &name).map_err(read_error())?;
        self.meter.leave(end.offset);
        Ok(end)
    }

    /// Takes one line and returns true if there may be more. `first_seq` is what the name of the
    /// file says, if it has one.
    pub(super) fn step(
        &mut self,
        lines: &mut Lines,
        name: &str,
        first_seq: Option<u64>,
    ) -> io::Result<bool> {
        let room = self.room.as_mut();
        let mut segment = room.map(|room| mem::take(&mut room.place.segment)).unwrap_or_default();
        name.clone_into(&mut segment);
        let place = Place { segment, line: lines.number() + 1, offset: lines.offset() };
        let piece = lines.next()?;
        if let Some(mut item) = self.item(lines, &piece, place, first_seq) {
            if let Item::Garbage(Garbage { place, .. }) = &item
                && self.is_torn(lines, place)?
            {
                self.torn_at = Some(place.clone());
                return Ok(false);
            }
            if let Item::Record(record) = &mut item
                && let Some(opening) = &mut record.opens
            {
                opening.is_joined = mem::replace(&mut self.is_joined, true);
            }
            self.push(item);
        }
        let is_end = matches!(piece, Piece::End | Piece::Rest(_));
        if !is_end {
            self.meter.pass(lines.offset());
        }
        Ok(!is_end && !self.is_done())
    }

    /// True if sectors are gone here and all that was acknowledged stands before them.
    fn is_torn(&mut self, lines: &Lines, place: &Place) -> io::Result<bool> {
        let may_be = self.torn_in.as_ref() == Some(&place.segment);
        if !may_be || !torn::is_hole(lines.file(), place.offset)? {
            return Ok(false);
        }
        let pending = self.pending.take();
        self.judge_pending(pending, None);
        Ok(self.judge.next() >= self.durable)
    }

    fn push(&mut self, item: Item) {
        let following = match &item {
            Item::Record(record) => Some(record.seq),
            Item::Garbage(_) => None,
        };
        if let (false, Some(first)) = (self.is_started, following) {
            self.judge.start_at(first);
            self.is_started = true;
        }
        match (self.pending.take(), item) {
            (Some(Item::Garbage(before)), Item::Garbage(after))
                if before.place.segment == after.place.segment && after.later.is_none() =>
            {
                self.pending = Some(Item::Garbage(Garbage {
                    stated: after.stated,
                    is_whole_line: before.is_whole_line || after.is_whole_line,
                    ..before
                }));
            }
            (pending, item) => {
                self.judge_pending(pending, following);
                self.pending = Some(item);
            }
        }
    }

    pub(super) fn judge_pending(&mut self, pending: Option<Item>, following: Option<u64>) {
        if let Some(item) = pending
            && !self.is_done()
        {
            self.judge.judge(&item, following);
            self.compare_with_head(&item);
            if let Item::Record(record) = item {
                self.room = Some(record);
            }
        }
    }

    /// Compares the record that the writer vouches for, where this is it.
    fn compare_with_head(&mut self, item: &Item) {
        let next = self.judge.next();
        let Some(head) = self.head.take_if(|head| head.next == next) else { return };
        if self.judge.ends_at(next, Some(head.hash)) {
            return;
        }
        let (place, stated) = match item {
            Item::Record(record) => (&record.place, Some(record.stated)),
            Item::Garbage(garbage) => (&garbage.place, garbage.stated),
        };
        let hashes = [Some(head.hash), stated].map(|hash| Some(hash?.to_string()));
        let seq = next.saturating_sub(1);
        self.judge.report(Kind::Edited, seq, place, hashes, watermark::DISOWNED);
    }

    /// Fails where a later version has written: nothing can be said of that, nor of what it may have meant before.
    pub(super) fn finish(mut self, end: Place) -> Result<Verification, Later> {
        if let Some(Item::Garbage(last)) = self.pending.as_ref().filter(|_| !self.is_done()) {
            self.judge.meets_later(last);
        }
        if let Some(later) = self.judge.later() {
            return Err(later.clone());
        }
        let left = |place: Place| {
            let (segment, offset) = (place.segment, place.offset);
            Unfinished { segment, offset, bytes: end.offset.saturating_sub(offset) }
        };
        let mut unfinished = self.torn_at.take().map(left);
        match self.pending.take() {
            Some(Item::Garbage(garbage))
                if self.judge.next() >= self.durable
                    && garbage.is_whole_line
                    && self.limit == u64::MAX =>
            {
                self.judge.judge_foreign(&garbage);
            }
            // Behind the last record, and never acknowledged: what a crash leaves.
            Some(Item::Garbage(garbage))
                if self.judge.next() >= self.durable && garbage.place.segment == end.segment =>
            {
                unfinished = Some(left(garbage.place));
            }
            // The records that were acknowledged say what should follow the last line.
            pending => self.judge_pending(pending, (self.durable > 0).then_some(self.durable)),
        }
        let unfinished = unfinished.filter(|_| self.limit == u64::MAX);
        Ok(Verification { unfinished, ..self.judge.finish(self.durable, &end) })
    }
}

/// The place behind the last byte.
pub(super) fn end_of(lines: &Lines, name: &str) -> io::Result<Place> {
    Ok(Place { segment: name.to_owned(), line: lines.number() + 1, offset: lines.file_len()? })
}
