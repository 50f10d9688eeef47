//! The tree as the tiles have it, where the records cannot tell: some are other ones, damaged, or pruned.

use audit_tlog::{Frontier, Hash};

use super::Kind;
use super::item::Place;
use super::notes::Noted;
use super::tree::Tree;
use crate::signed::{CHECKPOINT, HISTORY};
use crate::tiles::{self, TileFile};

/// How many places, and notes of the journal's own, are remembered.
const PLACES_MAX: usize = 1000;

const OTHER: &str = "the tree that was signed has another record here";

/// What the tiles say, which counts for nothing before it leads to what was signed.
pub(super) struct Aside {
    /// Unknown where a hash is missing.
    tree: Option<Frontier>,
    /// The first record of each run that has another hash in the tiles.
    others: Vec<(u64, Place)>,
    is_other: bool,
    /// Those kept elsewhere that it agrees with.
    borne_out: Vec<Noted>,
}

impl Default for Aside {
    fn default() -> Self {
        Self::of(Some(Frontier::default()))
    }
}

impl Aside {
    pub(super) fn of(tree: Option<Frontier>) -> Self {
        Self { tree, others: Vec::new(), is_other: false, borne_out: Vec::new() }
    }

    /// Goes on behind the record `seq`, which is there.
    pub(super) fn push(&mut self, leaves: &mut TileFile, seq: u64, leaf: Hash, place: &Place) {
        let known = leaves.hash(seq);
        let was_other = std::mem::replace(&mut self.is_other, known != Some(leaf));
        if self.is_other && !was_other && self.others.len() < PLACES_MAX {
            self.others.push((seq, place.clone()));
        }
        self.reach(leaves, seq.saturating_add(1));
    }

    /// Goes on to so many records.
    fn reach(&mut self, leaves: &mut TileFile, size: u64) {
        while let Some(tree) = self.tree.as_mut().filter(|tree| tree.size() < size) {
            match leaves.hash(tree.size()) {
                Some(leaf) => tree.push(leaf),
                None => self.tree = None,
            }
        }
    }

    fn root(&self, size: u64) -> Option<Hash> {
        self.tree.as_ref().filter(|tree| tree.size() == size).map(Frontier::root)
    }
}

impl Tree {
    /// The root of so many records as the tiles have it.
    pub(super) fn root_aside(&mut self, size: u64) -> Option<Hash> {
        let aside = self.aside.as_mut()?;
        aside.reach(&mut self.tiles[0], size);
        aside.root(size)
    }

    /// Compares notes of `size` records by the tiles, where the records do not tell.
    pub(super) fn compare_aside(&mut self, size: u64, trusted: &[&Noted]) {
        let root = self.root_aside(size);
        let (same, others): (Vec<&Noted>, _) =
            trusted.iter().partition(|noted| Some(noted.checkpoint.root) == root);
        for noted in others {
            if noted.is_anchor || self.unmatched.len() < PLACES_MAX {
                self.unmatched.push(noted.clone());
            }
        }
        if !same.is_empty() {
            self.tell_others(same[0]);
            self.bear_out(size, &same);
            self.tell_unmatched();
            let anchors = same.into_iter().filter(|noted| noted.is_anchor).cloned();
            self.aside.iter_mut().for_each(|aside| aside.borne_out.extend(anchors.clone()));
        }
    }

    /// The tiles do not lead to what is signed behind them, so they bear nothing out.
    pub(super) fn withdraw(&mut self) {
        let anchors = self.aside.take().map(|aside| aside.borne_out);
        self.unmatched.extend(anchors.into_iter().flatten());
    }

    /// Notes of records that are gone from the end may lead to the tiles as well. Returns from where on nothing tells
    /// whether the records that are there stood before those.
    pub(super) fn miss_end(&mut self, noted: &Noted) -> u64 {
        if self.root_aside(noted.checkpoint.size) != Some(noted.checkpoint.root) {
            return self.agreed_before(noted);
        }
        self.tell_others(noted);
        self.tell_unmatched();
        u64::MAX
    }

    /// The tiles are those that this was signed over: tells of the records that are not, but for damage that is
    /// known by itself.
    fn tell_others(&mut self, noted: &Noted) {
        let others = self.aside.as_mut().map(|aside| std::mem::take(&mut aside.others));
        for (seq, place) in others.into_iter().flatten() {
            self.tell(noted, None, seq, &place, OTHER);
        }
    }

    /// The tiles are right, so that these notes are of other records.
    pub(super) fn tell_unmatched(&mut self) {
        for noted in std::mem::take(&mut self.unmatched) {
            self.tell_range(&noted, None);
        }
    }

    /// No tree is known that could bear out, or refute, what is unmatched.
    pub(super) fn give_up(&mut self) {
        for noted in std::mem::take(&mut self.unmatched).into_iter().filter(|noted| noted.is_anchor)
        {
            let size = noted.checkpoint.size;
            // It is not known to be as this one has it.
            (self.anchored_size, self.seen) = (None, None);
            (self.anchors.is_by_anchor, self.anchors.is_by_witness) = (false, false);
            let what =
                "records that it speaks of are damaged or pruned, and `tiles/` is missing or wrong";
            self.leave_out(&noted, what);
            let place = Place { segment: tiles::name(0), line: 1, offset: 0 };
            let reason = format!(
                "the note in {}, line {}, cannot be compared: records below {size} are damaged or pruned, and the \
                 hashes here do not lead to what it says",
                noted.place.segment, noted.place.line
            );
            self.report(Kind::Tiles, noted.last(), &place, [None, None], &reason);
        }
    }

    /// The newest checkpoint is written before the history is.
    pub(super) fn check_newest(&mut self) {
        let [Some(past), Some(newest)] = self.newest.each_ref() else { return };
        let sizes = [past, newest].map(|noted| noted.checkpoint.size);
        if sizes[0] <= sizes[1] {
            return;
        }
        let (seq, place) = (sizes[1], newest.place.clone());
        let reason = format!("it is older than the one in {HISTORY}, line {}", past.place.line);
        let sizes = sizes.map(|size| Some(format!("{size} records")));
        self.report(Kind::Truncated, seq, &place, sizes, &reason);
    }

    /// Remembers how far the history and the newest checkpoint go.
    pub(super) fn follow_newest(&mut self, noted: &Noted) {
        let at = [HISTORY, CHECKPOINT].iter().position(|name| *name == noted.place.segment);
        if let Some(newest) = at.map(|at| &mut self.newest[at]) {
            *newest = Some(noted.clone());
        }
    }
}
