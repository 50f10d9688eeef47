//! The change of the key that signs: it is recorded before the new key signs anything.

use std::slice;
use std::sync::Arc;

use audit_tlog::{Checkpoint, Hash, Note, Signer, VerifierKey};
use serde::Deserialize;

use super::files::sign_note;
use super::found::Found;
use super::note::{CHECKPOINT, read_note};
use crate::control;
use crate::epoch;
use crate::error::Error;
use crate::line;
use crate::options::Options;
use crate::storage::Storage;

/// The first line of what both keys sign.
const ROTATION: &str = "audited key rotation";

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

/// What both keys have signed: the new one stands for the old one behind these records.
#[derive(Clone, Debug)]
pub(crate) struct Handover {
    /// How many records there are, and the root of the tree over them.
    pub(crate) size: u64,
    pub(crate) root: Hash,
    /// Unknown if it was lost: then the new one has signed alone.
    pub(crate) old: Option<VerifierKey>,
    pub(crate) new: VerifierKey,
}

/// The record of that.
#[derive(Deserialize)]
struct Rotated {
    journal: Members,
}

#[derive(Deserialize)]
struct Members {
    rotation: String,
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

impl Handover {
    /// Reads the record of one; `None` if those who must have not signed it.
    pub(crate) fn read(line: &[u8], origin: &str) -> Option<Self> {
        let rotated: Rotated = serde_json::from_slice(line).ok()?;
        let note = Note::parse(&rotated.journal.rotation).ok()?;
        let lines: Vec<&str> = note.text.strip_suffix('\n')?.split('\n').collect();
        let [ROTATION, of, size, root, old, new] = lines[..] else { return None };
        let place = Checkpoint::parse(&format!("{of}\n{size}\n{root}\n")).ok()?;
        let (old, new): (Option<VerifierKey>, VerifierKey) = (old.parse().ok(), new.parse().ok()?);
        let keys: Vec<VerifierKey> = old.iter().chain([&new]).cloned().collect();
        let is_signed = note.signers(&keys).is_ok_and(|signers| signers.len() == keys.len());
        let Checkpoint { size, root, .. } = place;
        (of == origin && is_signed).then_some(Self { size, root, old, new })
    }
}

impl Change {
    /// What is to be recorded behind what a start has `found`: nothing, unless another key has signed the newest
    /// checkpoint, of this epoch or else of the one before it, or was named since as the one that signs.
    pub(super) fn due(
        storage: &dyn Storage,
        options: &Options,
        origin: &str,
        found: &Found,
    ) -> Option<Self> {
        let tree = &found.tree;
        let newest = epoch::newest_checkpoint(storage)?;
        let note = read_note(storage, &newest).ok().flatten()?;
        let signer = options.signer.as_ref()?;
        let new = signer.verifier();
        let size = Checkpoint::parse(&note.text).map_or(0, |checkpoint| checkpoint.size);
        let behind = if newest == CHECKPOINT { size } else { 0 };
        let is_behind = behind < tree.size();
        let named = is_behind.then(|| last_named(storage, found, origin, behind)).flatten();
        let named = named.filter(|named| named != new);
        if named.is_none() && note.signatures.iter().any(|it| it.names(new)) {
            return None;
        }
        let is_former = |key: &VerifierKey| match &named {
            Some(named) => key == named,
            None => note.signers(slice::from_ref(key)).is_ok(),
        };
        let older = options.older_signers.iter().find(|older| is_former(older.verifier()));
        let first = note.signatures.first()?;
        let first = named.as_ref().map_or((&*first.name, first.id), |key| (key.name(), key.id()));
        let former = older.map(|older| older.verifier().to_string());
        let former = former.unwrap_or_else(|| format!("{}+{:08x}", first.0, first.1));
        let (size, root) = (tree.size(), tree.root());
        let text = format!("{ROTATION}\n{origin}\n{size}\n{root}\n{former}\n{new}\n");
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

/// The key that the last change names behind so many records: it may have ended before it signed anything.
fn last_named(
    storage: &dyn Storage,
    found: &Found,
    origin: &str,
    behind: u64,
) -> Option<VerifierKey> {
    let named = |line: &[u8]| Handover::read(line, origin).map(|it| it.new);
    let here = found.changes.iter().rev().filter(|(seq, _)| *seq >= behind);
    if let Some(key) = here.map(|(_, line)| line).find_map(|line| named(line)) {
        return Some(key);
    }
    let firsts = &found.base.firsts;
    let from = firsts.partition_point(|first| *first <= behind).saturating_sub(1);
    let mut last = None;
    // What an earlier segment cannot tell, for damage, is for a check to find.
    _ = found.base.for_each_line(storage, *firsts.get(from)?, |_, line| {
        let is_one = seq_of_change(line).is_some_and(|seq| seq >= behind);
        last = is_one.then(|| named(line)).flatten().or(last.take());
        Ok(())
    });
    last
}

/// The number of a record that tells of a change.
pub(super) fn seq_of_change(line: &[u8]) -> Option<u64> {
    let parsed = line::parse(line).ok()?;
    control::is(&line[parsed.body], control::KEY_ROTATED).then_some(parsed.stamp.seq)
}
