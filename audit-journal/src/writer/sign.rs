//! When a journal is signed: at each tick, when many records have come, behind each segment and at the end.

use audit_tlog::VerifierKey;

use super::Journal;
use crate::batch::Author;
use crate::control;
use crate::error::Error;
use crate::signed::{KeyRotation, Signed, SignedAnew, is_sealed, is_signed};

impl Journal {
    /// Why the journal's checkpoints, seals or tiles are not what they should be: one of the files cannot be
    /// written, or the key cannot sign. Nothing else waits for that, and each [`tick`](Self::tick) tries
    /// again. `None` also without a key.
    pub fn unsigned(&self) -> Option<&Error> {
        match self.signed.as_ref()? {
            Ok(signed) => signed.trouble(),
            Err(lost) => Some(lost),
        }
    }

    /// How many records the newest checkpoint vouches for; 0 without one.
    pub fn signed_size(&self) -> u64 {
        self.tree().map_or(0, Signed::size)
    }

    /// The keys whose signatures count as the journal's own; none without a key.
    pub fn keys(&self) -> Vec<VerifierKey> {
        self.options.verifiers()
    }

    /// The change of the key that signs, if this writer has recorded one.
    pub fn key_rotation(&self) -> Option<&KeyRotation> {
        self.tree()?.rotation()
    }

    /// What this start has signed although nothing that it could trust had signed it before, if so.
    pub fn signed_anew(&self) -> Option<&SignedAnew> {
        self.tree()?.anew()
    }

    /// Signs what cannot wait for the next [`tick`](Self::tick): to be called after a commit, once all are told
    /// of it who wait for that. Returns true if what signs was asked and has not answered yet
    /// ([`Options::signer`](crate::Options::signer)).
    pub fn sign_due(&mut self) -> bool {
        let is_over = self.stopped;
        self.tree().is_some_and(|signed| signed.is_pressing(is_over)) && self.sign()
    }

    /// Signs all that is durable.
    pub(super) fn sign(&mut self) -> bool {
        let monotonic_ns = self.options.clock.monotonic_ns();
        match &mut self.signed {
            Some(Ok(signed)) => signed.sign(&*self.storage, monotonic_ns, self.stopped),
            _ => false,
        }
    }

    /// Stages the record of a change of the key, if none is durable or on its way.
    pub(super) fn stage_change(&mut self) {
        let Some(Ok(signed)) = self.signed.as_mut().filter(|_| self.full.is_none()) else { return };
        if let Some(note) = signed.change_to_stage(&*self.storage) {
            self.append_checked(&control::key_rotated(self.envelope(), &note), Author::Journal);
        }
    }

    /// Writes the seals of all segments that are over, if the journal has a tree that could be sealed.
    pub(super) fn seal_all(&mut self, first_pruned: u64) -> Result<(), Error> {
        let Some(Ok(signed)) = &mut self.signed else { return Ok(()) };
        let sealed = signed.seal_all(&*self.storage);
        sealed.map_err(|reason| {
            let what = "no seal vouches for it yet, and none can be written now";
            self.kept(first_pruned, &format!("{what}: {reason}"))
        })
    }

    /// Refuses to let a segment of a signed journal go that has no seal, nor is about to get one: no signature could
    /// vouch for what it was followed by, whoever signs later.
    pub(super) fn check_sealed(&self, firsts: &[u64]) -> Result<(), Error> {
        let storage = &*self.storage;
        let has_none = |first: &&u64| {
            !self.tree().is_some_and(|signed| signed.owes(**first)) && !is_sealed(storage, **first)
        };
        let Some(first) = firsts.iter().find(has_none) else { return Ok(()) };
        if !is_signed(storage)? {
            return Ok(());
        }
        let why = match &self.signed {
            None => "this writer has no key to make one: start the service with its key".to_owned(),
            Some(Err(lost)) => format!("none can be made: {lost}"),
            Some(Ok(_)) => "the next start makes one if its lines are whole: check them with \
                            `audited verify`, and restart the service"
                .to_owned(),
        };
        let what = "the journal is signed, no seal vouches for this segment, and";
        Err(self.kept(*first, &format!("{what} {why}; or prune only what lies before it")))
    }

    fn tree(&self) -> Option<&Signed> {
        self.signed.as_ref()?.as_ref().ok()
    }
}
