//! Compares the tree over the records with the signed notes, and judges the notes themselves.

use audit_tlog::{Checkpoint, Frontier, Hash};

use super::Kind;
use super::item::Place;
use super::notes::{ANCHOR, Noted, Seen};
use super::tree::{Anchors, Section, Tree};
use crate::tiles;

/// Of how many of those that cannot be compared it is told why.
const REASONS_MAX: usize = 16;

impl Tree {
    /// Compares what was signed of the first `size` records, and lets go of what was of fewer.
    pub(super) fn settle(&mut self, size: u64) {
        while let Some(first) = self.queue.front().map(|entry| entry.size) {
            if first > size {
                return;
            }
            let group = self.take_group(first);
            let trusted = self.trusted(&group);
            match self.ranks.as_ref().filter(|_| first == self.next).map(|ranks| ranks.tree(first))
            {
                Some(tree) => self.compare(tree, &trusted),
                None => self.compare_aside(first, &trusted),
            }
        }
    }

    /// Those of notes of one size that trusted keys have signed. Two roots among them are a fork.
    pub(super) fn trusted<'n>(&mut self, group: &'n [Noted]) -> Vec<&'n Noted> {
        let mut trusted: Vec<&Noted> = Vec::new();
        for noted in group {
            match self.check(noted) {
                Ok(true) => trusted.push(noted),
                Ok(false) => self.pass_over(noted),
                Err(_) if self.is_of_former(noted) => self.former.take(noted),
                Err(reason) => {
                    self.report(Kind::Unsigned, noted.last(), &noted.place, [None, None], &reason);
                }
            }
        }
        self.has_anchor |= trusted.iter().any(|noted| noted.is_anchor);
        trusted.iter().for_each(|noted| self.follow_newest(noted));
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
        let is_own = self.is_own(noted);
        let signed = self.ring.check(&noted.note, noted.checkpoint.size);
        match signed {
            _ if noted.is_anchor => {
                let is_forged = Seen::of(&noted.note, &self.notes.witnesses).is_err();
                Ok(is_own && signed.is_ok() && !is_forged)
            }
            _ if !is_own => Err(format!("it is of another journal: `{origin}`")),
            signed => signed.map(|()| true),
        }
    }

    pub(super) fn is_own(&self, noted: &Noted) -> bool {
        self.origin.as_ref().is_none_or(|own| *own == noted.checkpoint.origin)
    }

    /// What was kept elsewhere and counts for nothing is told, if it is of this journal: somebody may have made it so.
    fn pass_over(&mut self, noted: &Noted) {
        let Checkpoint { origin, size, .. } = &noted.checkpoint;
        if !self.is_own(noted) {
            let is_known = self.ring.knows(&noted.note);
            self.anchors.passed_over.extend(is_known.then(|| origin.clone()));
            return;
        }
        let forged = "it has a signature in the name of a witness that the witness has not made";
        let reason = self.ring.check(&noted.note, *size).err();
        self.leave_out(noted, &reason.unwrap_or_else(|| forged.to_owned()));
    }

    /// What was kept elsewhere cannot be compared.
    pub(super) fn leave_out(&mut self, noted: &Noted, reason: &str) {
        let Anchors { uncompared, reasons, .. } = &mut self.anchors;
        *uncompared += 1;
        if reasons.len() < REASONS_MAX {
            let size = noted.checkpoint.size;
            reasons.push(format!("{} of {size} records: {reason}", told(&noted.place)));
        }
    }

    fn compare(&mut self, tree: Option<Frontier>, trusted: &[&Noted]) {
        let Some(tree) = tree else { return };
        let root = tree.root();
        let (same, others): (Vec<&Noted>, _) =
            trusted.iter().partition(|noted| noted.checkpoint.root == root);
        // A range that an anchor tells holds whoever has signed the others.
        let other = others.iter().find(|noted| noted.is_anchor).or(others.first());
        match (same.is_empty(), other) {
            (false, _) => {
                // Whoever signed anew has signed checkpoints of the same size, too.
                for noted in others.iter().filter(|noted| noted.is_anchor) {
                    self.tell_range(noted, Some(root));
                }
                self.bear_out(tree.size(), &same);
                self.agree();
            }
            (true, Some(noted)) => self.disagree(noted, root),
            (true, None) => {}
        }
    }

    /// The records up to here are those that these were signed over.
    pub(super) fn bear_out(&mut self, size: u64, same: &[&Noted]) {
        for noted in same {
            match noted.is_anchor {
                true => self.bear_out_anchor(noted),
                false => self.signed_size = Some(size),
            }
        }
        let anchors = same.iter().filter(|noted| noted.is_anchor);
        if self.anchored_size == Some(size) {
            let seen = anchors.filter_map(|it| Seen::of(&it.note, &self.notes.witnesses).ok()?);
            self.seen = seen.min();
        }
        self.agreed = size;
    }

    fn bear_out_anchor(&mut self, noted: &Noted) {
        let Anchors { uncompared, reasons, is_by_anchor, is_by_witness, .. } = &mut self.anchors;
        (*uncompared, self.anchored_size) = (0, Some(noted.checkpoint.size));
        reasons.clear();
        *is_by_anchor |= noted.place.segment == ANCHOR;
        *is_by_witness |= matches!(Seen::of(&noted.note, &self.notes.witnesses), Ok(Some(_)));
    }

    fn agree(&mut self) {
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
        self.aside = None;
    }

    /// The chain is whole, and the records are not those that were signed. If the tiles are, they tell which.
    fn disagree(&mut self, noted: &Noted, root: Hash) {
        let found = self.findings.len();
        self.miss_end(noted);
        if self.findings.len() == found {
            self.tell_range(noted, Some(root));
        }
        self.lose();
    }

    /// Between the last note that agrees and this one the first other record stands.
    pub(super) fn tell_range(&mut self, noted: &Noted, root: Option<Hash>) {
        let first = self.agreed_before(noted);
        let place = self.agreed_at.clone().filter(|_| first == self.agreed);
        let place = place.unwrap_or_else(|| noted.place.clone());
        let what = format!("the first other one stands between seq {first} and {}", noted.last());
        self.tell(noted, root, first, &place, &what);
    }

    /// The first record behind the last note that agrees, of those before this one.
    pub(super) fn agreed_before(&self, noted: &Noted) -> u64 {
        // What somebody with the key has signed anew agrees with itself: of an anchor, anchors alone tell.
        let first = match noted.is_anchor {
            true => self.anchored_size.unwrap_or(0),
            false => self.agreed,
        };
        first.min(noted.last())
    }

    pub(super) fn tell(
        &mut self,
        noted: &Noted,
        root: Option<Hash>,
        seq: u64,
        place: &Place,
        what: &str,
    ) {
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
        let Some((noted, seal)) = self.seals.get(&first).cloned() else { return };
        let tree = self.ranks.as_ref().and_then(|ranks| ranks.tree(self.next));
        let Some(tree) = tree.filter(|tree| tree.size() == seal.next_seq()) else { return };
        if self.check(&noted) != Ok(true) {
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
