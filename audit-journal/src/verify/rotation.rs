//! Trusts the keys to which trusted ones hand their duty.

use audit_tlog::{Note, VerifierKey};
use serde::Deserialize;

use super::Kind;
use super::item::Record;
use super::tree::Tree;
use crate::{control, signed};

/// The record of that.
#[derive(Deserialize)]
struct Rotated {
    journal: Members,
}

#[derive(Deserialize)]
struct Members {
    rotation: String,
}

impl Tree {
    /// Trusts the key that a trusted one names as its successor.
    pub(super) fn learn(&mut self, record: &Record) {
        if !control::is(record.body(), control::KEY_ROTATED) {
            return;
        }
        let rotated = serde_json::from_slice(&record.bytes);
        let note = rotated.ok().and_then(|it: Rotated| Note::parse(&it.journal.rotation).ok());
        let Some(new) = note.as_ref().and_then(|note| self.successor(note)) else {
            if note.is_some_and(|note| self.vouches_for_itself(&note)) {
                return;
            }
            let reason = "it names a new key, and no trusted key has signed that";
            self.report(Kind::Unsigned, record.seq, &record.place, [None, None], reason);
            return;
        };
        if !self.keys.contains(&new) {
            self.keys.push(new);
        }
    }

    /// True if a trusted key says itself that it is the new one: the one before it was lost.
    fn vouches_for_itself(&self, note: &Note) -> bool {
        let new = note.text.lines().nth(3).and_then(|key| key.parse::<VerifierKey>().ok());
        new.is_some_and(|new| self.keys.contains(&new) && note.signers(&[new]).is_ok())
    }

    fn successor(&self, note: &Note) -> Option<VerifierKey> {
        let mut lines = note.text.strip_suffix('\n')?.split('\n');
        let is_rotation = lines.next()? == signed::ROTATION;
        let is_own = Some(lines.next()?) == self.origin.as_deref();
        let keys: [VerifierKey; 2] = [lines.next()?.parse().ok()?, lines.next()?.parse().ok()?];
        let is_whole = is_rotation && is_own && lines.next().is_none();
        let are_both = note.signers(&keys).is_ok_and(|signers| signers.len() == 2);
        let [old, new] = keys;
        (is_whole && are_both && self.keys.contains(&old)).then_some(new)
    }
}
