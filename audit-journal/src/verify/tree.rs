//! Follows the Merkle tree over the records of a walk, and compares it with what was signed.

use std::collections::VecDeque;

use audit_tlog::{Frontier, VerifierKey};

use super::item::{Place, Record};
use super::notes::{Noted, Notes, Unreadable};
use super::{Finding, Kind};
use crate::digest::Digest;
use crate::error::Error;
use crate::segment;
use crate::signed::{CHECKPOINT, Content};
use crate::storage::Storage;
use crate::tiles::{self, Ranks, TileFile};

/// The signed notes, and how far the walk has borne them out.
pub(super) struct Tree {
    pub(super) keys: Vec<VerifierKey>,
    pub(super) origin: Option<String>,
    pub(super) notes: Notes,
    /// What is still to come, by size.
    pub(super) queue: VecDeque<Noted>,
    /// The tree so far; `None` behind damage, until a seal tells it again.
    pub(super) ranks: Option<Ranks>,
    /// How many records have been passed.
    pub(super) next: u64,
    /// The hash of the last of them.
    pub(super) tip: Option<Digest>,
    /// From here on nothing has been borne out, and where that record stands.
    pub(super) agreed: u64,
    pub(super) agreed_at: Option<Place>,
    pub(super) tiles: Vec<TileFile>,
    /// How many records the tiles must have.
    pub(super) tiled: u64,
    /// The first record since then for which `tiles/0` has another hash, and the tree that it gives.
    pub(super) differing: Option<Differing>,
    /// Places in the tiles that have another hash, unless the records have.
    pub(super) suspects: Vec<(u32, u64)>,
    pub(super) segments: Vec<u64>,
    /// The file that the walk is in.
    pub(super) segment: Option<String>,
    pub(super) section: Option<Section>,
    /// Records from here on are a living writer's business.
    pub(super) limit: u64,
    pub(super) is_live: bool,
    pub(super) signed_size: Option<u64>,
    pub(super) anchored_size: Option<u64>,
    pub(super) has_anchor: bool,
    pub(super) findings: Vec<Finding>,
}

/// What a walk has shown of the signatures.
pub(super) struct Outcome {
    pub(super) findings: Vec<Finding>,
    /// How many records must be there.
    pub(super) due: u64,
    pub(super) signed_size: Option<u64>,
    pub(super) anchored_size: Option<u64>,
}

pub(super) struct Differing {
    pub(super) seq: u64,
    pub(super) place: Place,
    pub(super) tree: Option<Frontier>,
}

/// The segment that is walked over.
pub(super) struct Section {
    pub(super) first: u64,
    pub(super) before: Option<Digest>,
    pub(super) content: Content,
}

impl Tree {
    pub(super) fn new(
        storage: &dyn Storage,
        trusted: &[VerifierKey],
        notes: Notes,
        segments: Vec<u64>,
        limit: u64,
        is_live: bool,
    ) -> Self {
        let local = notes.noted.iter().filter(|noted| !noted.is_anchor);
        let tiled = local.map(|noted| noted.checkpoint.size).max().unwrap_or(0);
        let unreadable = notes.unreadable.iter();
        Self {
            keys: trusted.to_vec(),
            origin: None,
            queue: notes.noted.iter().cloned().collect(),
            ranks: Some(Ranks::default()),
            next: 0,
            tip: None,
            agreed: 0,
            agreed_at: None,
            tiles: (0..tiles::LEVELS).map(|level| TileFile::open(storage, level)).collect(),
            tiled,
            differing: None,
            suspects: Vec::new(),
            segments,
            segment: None,
            section: None,
            limit,
            is_live,
            signed_size: None,
            anchored_size: None,
            has_anchor: false,
            findings: unreadable.map(Unreadable::finding).collect(),
            notes,
        }
    }

    /// Begins behind what was pruned.
    pub(super) fn start_behind(&mut self, seq: u64) {
        (self.next, self.agreed, self.ranks) = (seq, seq, None);
    }

    /// Looks again for the seal of a segment: beside a writer it may have come since the others were read.
    pub(super) fn find_seal(&mut self, storage: &dyn Storage, first: u64) -> Result<(), Error> {
        if self.notes.seals.contains_key(&first) || !self.is_over(first) {
            return Ok(());
        }
        self.notes.read_seal(storage, first)?;
        if let Some((noted, _)) = self.notes.seals.get(&first) {
            let size = noted.checkpoint.size;
            let at = self.queue.partition_point(|earlier| earlier.checkpoint.size <= size);
            self.queue.insert(at, noted.clone());
        }
        Ok(())
    }

    /// True if records behind the segment `first` are looked at.
    fn is_over(&self, first: u64) -> bool {
        let next = self.segments.iter().find(|later| **later > first);
        next.is_some_and(|next| *next < self.limit)
    }

    /// Comes to what stands in this file.
    pub(super) fn reach(&mut self, segment: &str) {
        if self.segment.as_deref() == Some(segment) {
            return;
        }
        self.segment = Some(segment.to_owned());
        self.leave();
        let Some(at) = self.segments.iter().position(|first| segment::name(*first) == segment)
        else {
            return;
        };
        let first = self.segments[at];
        let is_first = at == 0 || self.tip.is_none() && self.ranks.is_none();
        if self.ranks.is_none() || self.next != first {
            self.lose();
            self.resume(first);
        }
        if self.ranks.is_none() && is_first && self.next == first {
            let place = Place { segment: segment.to_owned(), line: 1, offset: 0 };
            let reason = "there is no seal of the segment before it, which was pruned: nothing signed \
                          says what it goes on from";
            self.report(Kind::Unsigned, first, &place, [None, None], reason);
        }
        let is_whole = self.ranks.is_some() && self.next == first;
        let section = Section { first, before: self.tip, content: Content::default() };
        self.section = is_whole.then_some(section);
        if self.is_over(first) && !self.is_sealed(first) {
            self.miss_seal(at, first);
        }
    }

    /// True if there is something in place of a seal.
    fn is_sealed(&self, first: u64) -> bool {
        let name = segment::seal(first);
        let mut unreadable = self.notes.unreadable.iter();
        self.notes.seals.contains_key(&first) || unreadable.any(|it| it.place.segment == name)
    }

    /// The segment `at` has no seal. While nothing behind it is signed, the key may be away; beside a writer
    /// the moment may be between the first record behind it and its seal.
    fn miss_seal(&mut self, at: usize, first: u64) {
        let next = self.segments[at + 1];
        let is_last_but_one = at + 2 == self.segments.len();
        let may_lack_it = !self.is_signed_behind(next) || (is_last_but_one && self.is_live);
        if may_lack_it || self.notes.is_unsigned() {
            return;
        }
        let place = Place { segment: segment::seal(first), line: 1, offset: 0 };
        let reason = "the seal is missing, and its segment is not the last one";
        self.report(Kind::Unsigned, first, &place, [None, None], reason);
    }

    fn is_signed_behind(&self, size: u64) -> bool {
        self.queue.iter().any(|noted| !noted.is_anchor && noted.checkpoint.size > size)
    }

    /// Takes the tree up from the seal before the segment `first`.
    fn resume(&mut self, first: u64) {
        let mut seals = self.notes.seals.values();
        let before =
            seals.find(|(noted, seal)| seal.next_seq() == first && self.check(noted) == Ok(true));
        let Some((_, before)) = before else { return };
        self.ranks = Some(Ranks::of(&before.tree));
        (self.next, self.tip) = (first, Some(before.last));
        (self.agreed, self.differing) = (first, None);
        self.suspects.clear();
    }

    /// Takes a record that stands where it should.
    pub(super) fn follow(&mut self, record: &Record) {
        if let Some(header) = record.opens.as_ref().and_then(|opening| opening.header.as_ref()) {
            self.origin.get_or_insert_with(|| header.origin.clone());
            if record.seq == 0 {
                self.tip = Some(Digest::of(header.origin.as_bytes()));
                if let Some(section) = &mut self.section {
                    section.before = self.tip;
                }
            }
        }
        if record.seq != self.next {
            self.lose();
        }
        if self.ranks.is_some() {
            self.push(record);
        }
        self.next = record.seq.saturating_add(1);
        self.tip = Some(record.stated);
        if let Some(section) = &mut self.section {
            section.content.push(&record.bytes);
        }
        self.learn(record);
        self.settle(self.next);
    }

    fn push(&mut self, record: &Record) {
        let (seq, leaf) = (record.seq, record.leaf());
        if seq == self.agreed {
            self.agreed_at = Some(record.place.clone());
        }
        let is_tiled = seq < self.tiled;
        let known = is_tiled.then(|| self.tiles[0].hash(seq)).flatten();
        if self.differing.is_none() && is_tiled && known != Some(leaf) {
            let tree = self.ranks.as_ref().and_then(|ranks| ranks.tree(seq));
            self.differing = Some(Differing { seq, place: record.place.clone(), tree });
            self.suspects.push((0, seq));
        }
        if let Some(differing) = &mut self.differing {
            differing.tree = differing.tree.take().zip(known).map(|(mut tree, leaf)| {
                tree.push(leaf);
                tree
            });
        }
        let Self { ranks: Some(ranks), tiles, suspects, tiled, .. } = self else { return };
        ranks.push(leaf, |level, hash| {
            let index = tiles::index_of(seq, level);
            let file = tiles.get_mut(level as usize);
            if seq < *tiled && file.and_then(|file| file.hash(index)) != Some(hash) {
                suspects.push((level, index));
            }
        });
    }

    /// Nothing can be compared from here on, until a seal tells the tree again.
    pub(super) fn lose(&mut self) {
        (self.ranks, self.section, self.differing) = (None, None, None);
        self.suspects.clear();
    }

    /// Ends the walk behind so many records.
    pub(super) fn finish(mut self, end: u64) -> Outcome {
        self.leave();
        self.settle(end);
        let rest: Vec<_> = std::mem::take(&mut self.queue).into();
        let mut due = 0;
        for group in rest.chunk_by(|one, other| one.checkpoint.size == other.checkpoint.size) {
            if let Some(noted) = self.trusted(group).first() {
                due = noted.checkpoint.size;
                self.miss_end(noted);
            }
        }
        // A segment is sealed once there are records behind it.
        let sealed = self.notes.seals.values().filter(|(noted, _)| self.check(noted) == Ok(true));
        let sealed = sealed.map(|(_, seal)| seal.next_seq().saturating_add(1)).max();
        // Beside a writer that has published nothing, no record is looked at.
        due = if self.limit > 0 { due.max(sealed.unwrap_or(0)) } else { 0 };
        if !self.notes.has_newest && !self.is_live && (self.has_anchor || !self.notes.is_unsigned())
        {
            let place = Place { segment: CHECKPOINT.to_owned(), line: 1, offset: 0 };
            let reason =
                "the newest checkpoint is gone, and other signatures show that there was one";
            self.report(Kind::Unsigned, end.saturating_sub(1), &place, [None, None], reason);
        }
        let Self { findings, signed_size, anchored_size, .. } = self;
        Outcome { findings, due, signed_size, anchored_size }
    }

    pub(super) fn report(
        &mut self,
        kind: Kind,
        seq: u64,
        place: &Place,
        hashes: [Option<String>; 2],
        reason: &str,
    ) {
        self.findings.push(Finding::at(kind, seq, place, hashes, reason));
    }
}

impl Unreadable {
    fn finding(&self) -> Finding {
        Finding::at(Kind::Unsigned, self.seq, &self.place, [None, None], &self.reason)
    }
}
