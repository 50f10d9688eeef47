//! Follows the Merkle tree over the records of a walk, and compares it with what was signed.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::aside::Aside;
use super::former::Former;
use super::item::{Place, Record};
use super::look::Signed;
use super::notes::{self, Entry, Noted, Notes, Seals, Seen, Unreadable};
use super::rotation::Ring;
use super::{Finding, Kind};
use crate::digest::Digest;
use crate::error::Error;
use crate::segment;
use crate::signed::{CHECKPOINT, Content, HISTORY};
use crate::storage::{Access, Storage, StorageFile};
use crate::tiles::{self, Ranks, TileFile};

/// The signed notes, and how far the walk has borne them out.
pub(super) struct Tree {
    pub(super) ring: Ring,
    pub(super) origin: Option<String>,
    pub(super) notes: Arc<Notes>,
    /// Those of the notes, and those that have come since.
    pub(super) seals: Seals,
    history: Option<Box<dyn StorageFile>>,
    /// What is still to come, by size.
    pub(super) queue: VecDeque<Entry>,
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
    tiled: u64,
    /// The tree as the tiles have it, from the first record on that is another in them, or is not there.
    pub(super) aside: Option<Aside>,
    /// Places in the tiles that have another hash, unless the records have.
    pub(super) suspects: Vec<(u32, u64)>,
    /// Notes that the tiles do not lead to, where there is no other tree.
    pub(super) unmatched: Vec<Noted>,
    /// Records that name a new key, and that nothing vouches for so far.
    pub(super) unvouched: Vec<(u64, Place)>,
    /// What is signed of records that were pruned, by keys that are not known.
    pub(super) former: Former,
    pub(super) segments: Vec<u64>,
    /// The file that the walk is in.
    segment: Option<String>,
    pub(super) section: Option<Section>,
    /// Records from here on are a living writer's business.
    limit: u64,
    is_live: bool,
    pub(super) signed_size: Option<u64>,
    pub(super) anchored_size: Option<u64>,
    /// Who has cosigned that.
    pub(super) seen: Option<Seen>,
    pub(super) anchors: Anchors,
    pub(super) has_anchor: bool,
    /// The greatest trusted note of the history, and that of the newest checkpoint.
    pub(super) newest: [Option<Noted>; 2],
    pub(super) findings: Vec<Finding>,
}

/// What a walk has shown of the signatures.
pub(super) struct Outcome {
    pub(super) findings: Vec<Finding>,
    /// How many records must be there.
    pub(super) due: u64,
    /// Of the records from here on nothing tells whether they are those before the ones that are gone.
    pub(super) unsure_from: u64,
    pub(super) signed_size: Option<u64>,
    pub(super) anchored_size: Option<u64>,
    pub(super) seen: Option<Seen>,
    pub(super) anchors: Anchors,
}

/// What is known of those that were kept elsewhere, beside how far they agree.
#[derive(Default)]
pub(super) struct Anchors {
    pub(super) uncompared: u64,
    pub(super) reasons: Vec<String>,
    pub(super) passed_over: BTreeSet<String>,
    pub(super) is_by_anchor: bool,
    pub(super) is_by_witness: bool,
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
        Signed { ring, notes, origin, live }: &Signed,
        segments: Vec<u64>,
        limit: u64,
    ) -> Self {
        Self {
            ring: ring.clone(),
            origin: origin.clone(),
            seals: notes.seals.clone(),
            history: storage.open(HISTORY, Access::Read).ok(),
            queue: notes.entries.iter().cloned().collect(),
            ranks: Some(Ranks::default()),
            next: 0,
            tip: None,
            agreed: 0,
            agreed_at: None,
            tiles: (0..tiles::LEVELS).map(|level| TileFile::open(storage, level)).collect(),
            tiled: notes.own_end(),
            aside: None,
            suspects: Vec::new(),
            unmatched: Vec::new(),
            unvouched: Vec::new(),
            former: Former::default(),
            segments,
            segment: None,
            section: None,
            limit,
            is_live: *live,
            signed_size: None,
            anchored_size: None,
            seen: None,
            anchors: Anchors::default(),
            has_anchor: false,
            newest: [None, None],
            findings: notes.unreadable.iter().map(Unreadable::finding).collect(),
            notes: Arc::clone(notes),
        }
    }

    /// Looks again for the seal of a segment: beside a writer it may have come since the others were read.
    pub(super) fn find_seal(&mut self, storage: &dyn Storage, first: u64) -> Result<(), Error> {
        if self.seals.contains_key(&first) || !self.is_over(first) {
            return Ok(());
        }
        match notes::read_seal(storage, first)? {
            Some(Ok((noted, seal))) => {
                let entry = Entry::of_seal(first, &noted);
                let at = self.queue.partition_point(|earlier| earlier.size <= entry.size);
                self.queue.insert(at, entry);
                self.seals.insert(first, (noted, seal));
            }
            // One that was there before has been told of.
            Some(Err(flaw)) if !self.is_sealed(first) => self.findings.push(flaw.finding()),
            _ => {}
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
        let Some(at) =
            segment::first_of(segment).and_then(|first| self.segments.binary_search(&first).ok())
        else {
            return;
        };
        let first = self.segments[at];
        let is_first = at == 0 || self.tip.is_none() && self.ranks.is_none();
        if self.ranks.is_none() || self.next != first {
            self.lose();
            self.settle(first.saturating_sub(1));
            self.resume(first);
        }
        if self.ranks.is_none() && is_first && self.next == first && !self.notes.is_unsigned() {
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
        self.seals.contains_key(&first) || unreadable.any(|it| it.place.segment == name)
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
        let later = self.queue.iter().rev().take_while(|entry| entry.size > size);
        later.into_iter().any(|entry| !self.notes.is_anchor(entry))
    }

    /// Takes the tree up from the seal before the segment `first`.
    fn resume(&mut self, first: u64) {
        // Where a pruned journal begins, a former key's will do: what is signed behind it bears it out, or does not.
        let is_good = |noted: &Noted| self.check(noted) == Ok(true) || self.is_of_former(noted);
        let mut seals = self.seals.values();
        let before = seals.find(|(noted, seal)| seal.next_seq() == first && is_good(noted));
        let Some((_, before)) = before else { return };
        let (tree, tip) = (before.tree.clone(), before.last);
        match self.root_aside(first) == Some(tree.root()) {
            true => self.tell_unmatched(),
            false => self.withdraw(),
        }
        self.give_up();
        self.ranks = Some(Ranks::of(&tree));
        (self.next, self.tip) = (first, Some(tip));
        (self.agreed, self.aside) = (first, None);
        self.suspects.clear();
        self.settle(first);
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
            self.settle(record.seq);
        }
        self.check_rotation(record);
        if self.ranks.is_some() || self.aside.is_some() {
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
        let Self { ranks, aside, tiles, suspects, .. } = self;
        if let Some(aside) = aside {
            aside.push(&mut tiles[0], seq, leaf, &record.place);
        } else if is_tiled && tiles[0].hash(seq) != Some(leaf) {
            let tree = ranks.as_ref().and_then(|ranks| ranks.tree(seq));
            let mut begun = Aside::of(tree);
            begun.push(&mut tiles[0], seq, leaf, &record.place);
            *aside = Some(begun);
            suspects.push((0, seq));
        }
        let Some(ranks) = ranks else { return };
        ranks.push(leaf, |level, hash| {
            let index = tiles::index_of(seq, level);
            let file = tiles.get_mut(level as usize);
            if is_tiled && file.and_then(|file| file.hash(index)) != Some(hash) {
                suspects.push((level, index));
            }
        });
    }

    /// Nothing but the tiles can be compared from here on, until a seal tells the tree again.
    pub(super) fn lose(&mut self) {
        let tree = self.ranks.take().and_then(|ranks| ranks.tree(self.next));
        self.aside = self.aside.take().or_else(|| tree.map(|tree| Aside::of(Some(tree))));
        self.section = None;
        self.suspects.clear();
    }

    /// The next notes, all those of so many records. One that cannot be read any more is told of.
    pub(super) fn take_group(&mut self, size: u64) -> Vec<Noted> {
        let count = self.queue.partition_point(|entry| entry.size == size);
        let mut group = Vec::new();
        for entry in self.queue.drain(..count) {
            match self.notes.noted(&entry, &self.seals, self.history.as_deref()) {
                Some(Ok(noted)) => group.push(noted),
                Some(Err(flaw)) => self.findings.push(flaw.finding()),
                None => {}
            }
        }
        group
    }

    /// Ends the walk behind so many records.
    pub(super) fn finish(mut self, end: u64) -> Outcome {
        self.leave();
        if self.next != end {
            self.lose();
        }
        self.settle(end);
        // Of what is gone from the end the tiles may tell.
        self.lose();
        let (mut due, mut unsure_from) = (0, end);
        while let Some(first) = self.queue.front().map(|entry| entry.size) {
            let group = self.take_group(first);
            for noted in self.trusted(&group) {
                due = noted.checkpoint.size;
                unsure_from = unsure_from.min(self.miss_end(noted));
            }
        }
        self.give_up();
        self.tell_unvouched();
        self.tell_former();
        self.check_newest();
        // A segment is sealed once there are records behind it.
        let sealed = self.seals.values().filter(|(noted, _)| self.check(noted) == Ok(true));
        let sealed = sealed.map(|(_, seal)| seal.next_seq().saturating_add(1)).max();
        // Beside a writer that has published nothing, no record is looked at.
        due = if self.limit > 0 { due.max(sealed.unwrap_or(0)) } else { 0 };
        let was_there = self.has_anchor || !self.notes.is_begun();
        if !self.notes.has_newest && !self.is_live && was_there {
            let place = Place { segment: CHECKPOINT.to_owned(), line: 1, offset: 0 };
            let reason =
                "the newest checkpoint is gone, and other signatures show that there was one";
            self.report(Kind::Unsigned, end.saturating_sub(1), &place, [None, None], reason);
        }
        let Self { findings, signed_size, anchored_size, seen, anchors, .. } = self;
        Outcome { findings, due, unsure_from, signed_size, anchored_size, seen, anchors }
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
