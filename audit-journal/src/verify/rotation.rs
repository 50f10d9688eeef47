//! The keys that are trusted: those given, and those to which they hand their duty.

use audit_tlog::{Hash, Note, VerifierKey};

use super::Kind;
use super::item::Record;
use super::tree::Tree;
use crate::control;
use crate::error::Error;
use crate::line;
use crate::lines::Piece;
use crate::segment;
use crate::signed::Handover;
use crate::storage::Storage;

/// More changes of the key than a journal has: those behind them count for nothing.
const ROTATIONS_MAX: usize = 1000;

/// The trusted keys, and up to where.
#[derive(Clone)]
pub(super) struct Ring {
    given: Vec<VerifierKey>,
    keys: Vec<VerifierKey>,
    /// Of each key how many records there were when it has handed over its duty.
    ends: Vec<Option<u64>>,
    /// By record.
    rotations: Vec<Rotation>,
}

/// What a record says of a change of keys.
#[derive(Clone)]
struct Rotation {
    seq: u64,
    said: Handover,
    /// A key that was trusted there has signed it.
    is_good: bool,
}

impl Ring {
    pub(super) fn of(keys: &[VerifierKey]) -> Self {
        let (given, keys, ends) = (keys.to_vec(), keys.to_vec(), vec![None; keys.len()]);
        Self { given, keys, ends, rotations: Vec::new() }
    }

    /// Finds all changes of the key in the journal of this origin before the record `limit`: what the new one
    /// has signed can be of records before that, such as a seal that was made again.
    pub(super) fn find_rotations(
        &mut self,
        storage: &dyn Storage,
        origin: &str,
        firsts: &[u64],
        limit: u64,
    ) -> Result<(), Error> {
        for (at, &first) in firsts.iter().enumerate().filter(|(_, first)| **first < limit) {
            // What a failed sync left behind the last record of a segment is none of the journal's.
            let end = firsts.get(at + 1).map_or(limit, |next| limit.min(*next));
            let mut lines = segment::lines(storage, first)?;
            let mut before = None;
            loop {
                let piece =
                    lines.next().map_err(Error::io(storage, "read", &segment::name(first)))?;
                let line = match &piece {
                    Piece::Line(range) => lines.bytes(range),
                    Piece::Overlong => &[],
                    Piece::Rest(_) | Piece::End => break,
                };
                let tip = std::mem::replace(&mut before, line::stated_hash(line));
                let Ok(parsed) = line::parse(line) else { continue };
                let follows = |tip| line::link(&tip, line::hashed(line)) == parsed.hash;
                let seq = parsed.stamp.seq;
                let is_one = seq < end && is_rotation(&line[parsed.body]);
                if is_one && tip.is_some_and(follows) && self.rotations.len() < ROTATIONS_MAX {
                    self.rotations.extend(Rotation::read(seq, line, origin));
                }
            }
        }
        self.settle();
        Ok(())
    }

    /// True if a key that is trusted has signed it, of whatever journal it is.
    pub(super) fn knows(&self, note: &Note) -> bool {
        note.signers(&self.keys).is_ok()
    }

    /// Fails with the reason for which a note of so many records counts for nothing.
    pub(super) fn check(&self, note: &Note, size: u64) -> Result<(), String> {
        let signers = note.signers(&self.keys).map_err(|untrusted| untrusted.to_string())?;
        let ends = signers.iter().map(|signer| self.end_of(signer));
        match ends.max_by_key(|end| end.unwrap_or(u64::MAX)).flatten() {
            Some(end) if end < size => Err(format!(
                "it is signed by a key that another one has replaced from record {end} on"
            )),
            _ => Ok(()),
        }
    }

    /// Takes a change of keys.
    fn take(&mut self, rotation: Rotation) {
        let at = self.rotations.binary_search_by_key(&rotation.seq, |rotation| rotation.seq);
        if at.is_err() && self.rotations.len() < ROTATIONS_MAX {
            self.rotations.push(rotation);
            self.settle();
        }
    }

    /// True if a trusted key vouches for the change in this record, as far as is known.
    fn has(&self, seq: u64) -> bool {
        let at = self.rotations.binary_search_by_key(&seq, |rotation| rotation.seq);
        at.is_ok_and(|at| self.rotations[at].is_good)
    }

    /// The record of a change that was signed over so many records, and their root as it has it.
    fn over(&self, size: u64) -> Option<(u64, Hash)> {
        let mut good = self.rotations.iter().filter(|it| it.is_good && it.said.size == size);
        good.next().map(|it| (it.seq, it.said.root))
    }

    fn end_of(&self, key: &VerifierKey) -> Option<u64> {
        self.ends[self.keys.iter().position(|known| known == key)?]
    }

    /// Learns from all changes: a key that is trusted where it hands over trusts the new one, and the new one
    /// says who was before.
    fn settle(&mut self) {
        self.rotations.sort_by_key(|rotation| rotation.seq);
        self.hand_over(self.given.clone());
        let mut known = self.keys.clone();
        for Rotation { said: Handover { size, old, new, .. }, .. } in self.rotations.iter().rev() {
            let vouches = known.contains(new) && self.end_of(new).is_none_or(|end| end >= *size);
            if let Some(old) = old.as_ref().filter(|old| vouches && !known.contains(old)) {
                known.push(old.clone());
            }
        }
        self.hand_over(known);
    }

    fn hand_over(&mut self, known: Vec<VerifierKey>) {
        let Self { given, keys, ends, rotations } = self;
        (*ends, *keys) = (vec![None; known.len()], known);
        for Rotation { said: Handover { size, old, new, .. }, is_good, .. } in rotations {
            let at = |key: &VerifierKey| keys.iter().position(|known| known == key);
            let (old_at, new_at) = (old.as_ref().and_then(at), at(new));
            match old_at.filter(|at| ends[*at].is_none()) {
                Some(old_at) => {
                    ends[old_at] = Some(*size);
                    match new_at {
                        Some(new_at) => ends[new_at] = None,
                        None => (keys.push(new.clone()), ends.push(None)).1,
                    }
                    *is_good = true;
                }
                // It was lost: one that is trusted from outside needs nobody's word to come back.
                None if old.is_none() => {
                    *is_good = new_at.is_some();
                    if let Some(at) = new_at.filter(|_| given.contains(new)) {
                        ends[at] = None;
                    }
                }
                // The writer has died before the new one signed anything, and says so again.
                None => *is_good = new_at.is_some_and(|at| ends[at].is_none()),
            }
        }
    }
}

impl Rotation {
    /// A record that stands before those that it was signed over is another one's.
    fn read(seq: u64, line: &[u8], origin: &str) -> Option<Self> {
        let said = Handover::read(line, origin).filter(|said| said.size <= seq)?;
        Some(Self { seq, said, is_good: false })
    }
}

impl Tree {
    /// Holds what a change of the key was signed over against the records before this one.
    pub(super) fn check_rotation(&mut self, record: &Record) {
        let Some((seq, stated)) = self.ring.over(record.seq) else { return };
        let tree = self.ranks.as_ref().and_then(|ranks| ranks.tree(record.seq));
        let Some(root) = tree.map(|tree| tree.root()).filter(|root| *root != stated) else {
            return;
        };
        let roots = [stated, root].map(|root| Some(root.to_string()));
        let reason = format!(
            "the records before this one are not those that the change of the key in record {seq} was signed over"
        );
        self.report(Kind::Edited, record.seq, &record.place, roots, &reason);
    }

    /// Learns of a new key, if a trusted one names it as its successor.
    pub(super) fn learn(&mut self, record: &Record) {
        if !is_rotation(record.body()) {
            return;
        }
        let origin = self.origin.as_deref().unwrap_or_default();
        if let Some(rotation) = Rotation::read(record.seq, &record.bytes, origin) {
            self.ring.take(rotation);
        }
        if !self.ring.has(record.seq) {
            self.unvouched.push((record.seq, record.place.clone()));
        }
    }

    /// Tells of the changes of the key that no later one vouches for, either.
    pub(super) fn tell_unvouched(&mut self) {
        for (seq, place) in std::mem::take(&mut self.unvouched) {
            if !self.ring.has(seq) {
                let reason =
                    "it names a new key, and no key that was trusted there has signed that";
                self.report(Kind::Unsigned, seq, &place, [None, None], reason);
            }
        }
    }
}

fn is_rotation(body: &[u8]) -> bool {
    control::is(body, control::KEY_ROTATED)
}
