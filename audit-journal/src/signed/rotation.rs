//! The change of the key that signs: it is recorded before the new key signs anything.

use std::slice;
use std::sync::Arc;

use audit_tlog::{Note, Signature, Signer, VerifierKey};

use super::Signed;
use super::found::{Found, read_checkpoint};
use crate::error::Error;
use crate::options::Options;
use crate::storage::Storage;

/// The first line of what both keys sign.
pub(crate) const ROTATION: &str = "audited key rotation";

/// A change of the key that signs a journal, which a start has recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRotation {
    /// The public key that has signed before; its name and its id where no more is known of it.
    pub former: String,
    /// True if that key vouches for the new one, so that who trusts it can trust that one, too.
    pub is_vouched_for: bool,
    pub(crate) note: String,
}

/// The tree of a journal that is signed, or why it cannot be, and the change of the key that is to be
/// recorded before anything is signed.
pub(crate) fn open(
    storage: &dyn Storage,
    options: &Options,
    origin: &str,
    found: Option<Found>,
) -> (Option<Result<Signed, Error>>, Option<KeyRotation>) {
    let Some(signer) = options.signer.clone() else { return (None, None) };
    let rotation = match KeyRotation::due(storage, options, origin) {
        Ok(rotation) => rotation,
        Err(error) => return (Some(Err(error)), None),
    };
    let mut signed = Signed::open(storage, signer, origin, found);
    if let (Ok(signed), Some(_)) = (&mut signed, &rotation) {
        signed.pass_over_the_flaw();
    }
    (Some(signed), rotation)
}

impl KeyRotation {
    /// What a start has to record: nothing, unless another key has signed the newest checkpoint.
    ///
    /// # Errors
    /// Fails if a key cannot sign now.
    fn due(storage: &dyn Storage, options: &Options, origin: &str) -> Result<Option<Self>, Error> {
        let newest = read_checkpoint(storage).ok().flatten();
        let (Some(signer), Some(newest)) = (&options.signer, newest) else { return Ok(None) };
        let new = signer.verifier();
        let is_of_new = |it: &Signature| (it.name.as_str(), it.id) == (new.name(), new.id());
        let former = newest.signatures.first();
        let Some(first) = former.filter(|_| !newest.signatures.iter().any(is_of_new)) else {
            return Ok(None);
        };
        let has_signed = |key: &VerifierKey| newest.signers(slice::from_ref(key)).is_ok();
        let older = options.older_signers.iter().find(|older| has_signed(older.verifier()));
        let named = || format!("{}+{:08x}", first.name, first.id);
        let former = older.map_or_else(named, |older| older.verifier().to_string());
        let text = format!("{ROTATION}\n{origin}\n{former}\n{new}\n");
        let signers: Vec<&dyn Signer> =
            older.into_iter().chain([signer]).map(Arc::as_ref).collect();
        let note = Note::sign(text, &signers).map_err(Error::io(storage, "sign", "a new key"))?;
        let (is_vouched_for, note) = (older.is_some(), note.to_string());
        Ok(Some(Self { former, is_vouched_for, note }))
    }
}
