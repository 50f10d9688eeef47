//! Compares the tree over the records with the signed notes, and judges the notes themselves.

use audit_tlog::Hash;

use super::Kind;
use super::item::Place;
use super::notes::{Noted, Seen};
use super::tree::{Differing, Section, Tree};
use crate::tiles;

const FIRST: &str = "this is the first other one";

impl Tree {
    /// Compares what was signed of the first `size` records, and lets go of what was of fewer.
    pub(super) fn settle(&mut self, size: u64) {
        while let Some(first) = self.queue.front().map(|noted| noted.checkpoint.size) {
            if first > size {
                return;
            }
            let count = self.queue.partition_point(|noted| noted.checkpoint.size == first);
            let group: Vec<_> = self.queue.drain(..count).collect();
            let trusted = self.trusted(&group);
            if first == self.next && self.ranks.is_some() {
                self.compare(first, &trusted);
            }
        }
    }

    /// Those of notes of one size that trusted keys have signed. Two roots among them are a fork.
    pub(super) fn trusted<'n>(&mut self, group: &'n [Noted]) -> Vec<&'n Noted> {
        let mut trusted: Vec<&Noted> = Vec::new();
        for noted in group {
            match self.check(noted) {
                Ok(true) => trusted.push(noted),
                Ok(false) => {}
                Err(reason) => {
                    self.report(Kind::Unsigned, noted.last(), &noted.place, [None, None], &reason);
                }
            }
        }
        self.has_anchor |= trusted.iter().any(|noted| noted.is_anchor);
        let Some((one, rest)) = trusted.split_first() else { return trusted };
        let (size, root) = (one.checkpoint.size, one.checkpoint.root);
        if let Some(other) = rest.iter().find(|other| other.checkpoint.root != root) {
            let roots = [root, other.checkpoint.root].map(|root| Some(root.to_string()));
            let reason = format!(
                "two histories were signed: {} and {} have different roots of {size} records",
                told(&one.place),
                told(&other.place)
            );
            self.report(Kind::Fork, one.last(), &one.place, roots, &reason);
        }
        trusted
    }

    /// True if a trusted key has signed the note of this journal; false for what was kept elsewhere and is of
    /// another journal, or of nobody who is trusted: anybody may have put that among the anchors.
    pub(super) fn check(&self, noted: &Noted) -> Result<bool, String> {
        let origin = &noted.checkpoint.origin;
        let is_own = self.origin.as_ref().is_none_or(|own| own == origin);
        let signed = noted.note.signers(&self.keys);
        match signed {
            _ if noted.is_anchor => {
                Ok(is_own && signed.is_ok() && Seen::of(&noted.note, &self.witnesses).is_ok())
            }
            _ if !is_own => Err(format!("it is of another journal: `{origin}`")),
            Ok(_) => Ok(true),
            Err(untrusted) => Err(untrusted.to_string()),
        }
    }

    fn compare(&mut self, size: u64, trusted: &[&Noted]) {
        let Some(tree) = self.ranks.as_ref().and_then(|ranks| ranks.tree(size)) else { return };
        let root = tree.root();
        let (same, others): (Vec<&Noted>, _) =
            trusted.iter().partition(|noted| noted.checkpoint.root == root);
        let (anchors, own): (Vec<&Noted>, _) = same.iter().partition(|noted| noted.is_anchor);
        if !own.is_empty() {
            self.signed_size = Some(size);
        }
        if !anchors.is_empty() {
            self.anchored_size = Some(size);
            let seen = anchors.iter().filter_map(|it| Seen::of(&it.note, &self.witnesses).ok()?);
            self.seen = seen.min();
        }
        match (same.is_empty(), others.first()) {
            (false, _) => self.agree(size),
            (true, Some(noted)) => self.disagree(noted, root),
            (true, None) => {}
        }
    }

    fn agree(&mut self, size: u64) {
        for (level, index) in std::mem::take(&mut self.suspects) {
            let segment = tiles::name(level);
            if self.findings.iter().any(|it| it.kind == Kind::Tiles && it.segment == segment) {
                continue;
            }
            let place = Place { segment, line: 1, offset: index.saturating_mul(32) };
            let reason = "the hash here is missing or wrong, the records are as they were signed; the \
                          next start of the service makes it again";
            self.report(Kind::Tiles, index << (8 * level), &place, [None, None], reason);
        }
        (self.agreed, self.differing) = (size, None);
    }

    /// The chain is whole, and the records are not those that were signed.
    fn disagree(&mut self, noted: &Noted, root: Hash) {
        let signed = noted.checkpoint.root;
        let is_signed = |it: &Differing| it.tree.as_ref().is_some_and(|tree| tree.root() == signed);
        match self.differing.take().filter(is_signed) {
            Some(Differing { seq, place, .. }) => self.tell(noted, Some(root), seq, &place, FIRST),
            None => {
                // What somebody with the key has signed anew agrees with itself: of an anchor, anchors alone tell.
                let (first, last) = match noted.is_anchor {
                    true => (self.anchored_size.unwrap_or(0), noted.last()),
                    false => (self.agreed, noted.last()),
                };
                let place = self.agreed_at.clone().filter(|_| first == self.agreed);
                let place = place.unwrap_or_else(|| noted.place.clone());
                let what = format!("the first other one stands between seq {first} and {last}");
                self.tell(noted, Some(root), first, &place, &what);
            }
        }
        self.lose();
    }

    /// Records of this note are gone from the end. If the tiles are those that were signed, they tell also
    /// whether one before that is another.
    pub(super) fn miss_end(&mut self, noted: &Noted) {
        let Some(Differing { seq, place, tree: Some(mut tree) }) = self.differing.take() else {
            return;
        };
        while tree.size() < noted.checkpoint.size {
            let Some(leaf) = self.tiles[0].hash(tree.size()) else { return };
            tree.push(leaf);
        }
        if tree.root() == noted.checkpoint.root {
            self.tell(noted, None, seq, &place, FIRST);
        }
    }

    fn tell(&mut self, noted: &Noted, root: Option<Hash>, seq: u64, place: &Place, what: &str) {
        let roots = [Some(noted.checkpoint.root), root].map(|root| Some(root?.to_string()));
        let (last, note) = (noted.last(), told(&noted.place));
        let reason = format!(
            "the records up to seq {last} are not those that {note} was signed over: {what}"
        );
        self.report(Kind::Edited, seq, place, roots, &reason);
    }

    /// Compares the segment that ends here with its seal.
    pub(super) fn leave(&mut self) {
        let Some(Section { first, before, content }) = self.section.take() else { return };
        let Some((noted, seal)) = self.notes.seals.get(&first) else { return };
        let tree = self.ranks.as_ref().and_then(|ranks| ranks.tree(self.next));
        let Some(tree) = tree.filter(|tree| tree.size() == seal.next_seq()) else { return };
        if self.check(noted) != Ok(true) {
            return;
        }
        let has_bytes = content.end() == (seal.bytes, seal.sha256);
        let begins_so = before.is_none_or(|before| before == seal.before);
        let has_chain = begins_so && self.tip == Some(seal.last);
        let has_tree = tree == seal.tree;
        let what = match () {
            () if !has_bytes => "the bytes of the segment",
            () if !has_chain => "the hashes that the segment begins and ends with",
            () if !has_tree => "the peaks of the tree",
            () => return,
        };
        let reason = format!("{what} are not those that the seal has");
        let place = noted.place.clone();
        self.report(Kind::Edited, first, &place, [None, None], &reason);
    }
}

/// A note by its place.
fn told(place: &Place) -> String {
    format!("the note in {}, line {},", place.segment, place.line)
}
