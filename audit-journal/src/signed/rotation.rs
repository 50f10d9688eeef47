//! The change of the key that signs: it is recorded before the new key signs anything.

use std::slice;
use std::sync::Arc;

use audit_tlog::{Signature, Signer, VerifierKey};

use super::files::sign_note;
use super::found::read_note;
use crate::epoch;
use crate::error::Error;
use crate::options::Options;
use crate::storage::Storage;

/// The first line of what both keys sign.
pub(crate) const ROTATION: &str = "audited key rotation";

/// A change of the key that signs a journal, which this writer has recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRotation {
    /// The public key that has signed before; its name and its id where no more is known of it.
    pub former: String,
    /// The public key that signs now.
    pub key: String,
    /// True if that key vouches for the new one, so that who trusts it can trust that one, too.
    pub is_vouched_for: bool,
}

/// A change of the key that no durable record tells of yet.
pub(super) struct Change {
    pub(super) rotation: KeyRotation,
    text: String,
    /// The one before, as far as it is there, and the new one.
    signers: Vec<Arc<dyn Signer>>,
    /// Its record is on its way.
    pub(super) is_staged: bool,
}

impl Change {
    /// What is to be recorded: nothing, unless another key has signed the newest checkpoint, of this epoch or
    /// else of the one before it.
    pub(super) fn due(storage: &dyn Storage, options: &Options, origin: &str) -> Option<Self> {
        let newest = epoch::newest_checkpoint(storage)?;
        let newest = read_note(storage, &newest).ok().flatten()?;
        let signer = options.signer.as_ref()?;
        let new = signer.verifier();
        let is_of_new = |it: &Signature| (it.name.as_str(), it.id) == (new.name(), new.id());
        let first = newest.signatures.first()?;
        if newest.signatures.iter().any(is_of_new) {
            return None;
        }
        let has_signed = |key: &VerifierKey| newest.signers(slice::from_ref(key)).is_ok();
        let older = options.older_signers.iter().find(|older| has_signed(older.verifier()));
        let named = || format!("{}+{:08x}", first.name, first.id);
        let former = older.map_or_else(named, |older| older.verifier().to_string());
        let text = format!("{ROTATION}\n{origin}\n{former}\n{new}\n");
        let (key, is_vouched_for) = (new.to_string(), older.is_some());
        let rotation = KeyRotation { former, key, is_vouched_for };
        let signers = older.into_iter().chain([signer]).map(Arc::clone).collect();
        Some(Self { rotation, text, signers, is_staged: false })
    }

    /// What the record of it holds, signed by the keys that are there.
    pub(super) fn note(&self, storage: &dyn Storage) -> Result<String, Error> {
        sign_note(self.text.clone(), &self.signers).map_err(Error::io(storage, "sign", "a new key"))
    }
}
