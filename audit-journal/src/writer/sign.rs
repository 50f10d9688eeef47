//! When a journal is signed: at each tick, when many records have come, behind each segment and at the end.

use super::Journal;
use crate::error::Error;
use crate::signed::{KeyRotation, Signed};

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
        self.signed.as_ref().and_then(|signed| signed.as_ref().ok()).map_or(0, Signed::size)
    }

    /// The change of the key that signs, if this start has recorded one.
    pub fn key_rotation(&self) -> Option<&KeyRotation> {
        self.key_rotation.as_ref()
    }

    /// Signs what cannot wait for the next tick.
    pub(super) fn sign_if_pressing(&mut self) {
        let is_pressing = |signed: &Signed| signed.is_pressing(self.stopped);
        if self.signed.as_ref().and_then(|signed| signed.as_ref().ok()).is_some_and(is_pressing) {
            self.sign();
        }
    }

    /// Signs all that is durable.
    pub(super) fn sign(&mut self) {
        let monotonic_ns = self.options.clock.monotonic_ns();
        if let Some(Ok(signed)) = &mut self.signed {
            signed.sign(&*self.storage, monotonic_ns, self.stopped);
        }
    }

    /// Writes the seals of all segments that are over, if the journal has a tree that could be sealed.
    pub(super) fn seal_all(&mut self) -> Result<(), Error> {
        match &mut self.signed {
            Some(Ok(signed)) => signed.write_seals(&*self.storage),
            _ => Ok(()),
        }
    }
}
