//! A writer that signs: its key changes, its files are spoilt, and what is there is held against what was signed.

use std::sync::Arc;

use audit_runtime::journal::{Error, Journal, Trust, Verification, verify, verify_signed};
use audit_runtime::{Signer, SigningKey, VerifierKey};
use audit_tlog::Note;

use super::expect::is_serious;
use super::line;
use super::steps::{End, Spoilt};
use super::world::World;
use crate::disk::{Disk, Fault};

/// What is known of the signed files.
#[derive(Default)]
pub(super) struct Signing {
    /// The last one signs; nobody signs if there is none.
    keys: Vec<SigningKey>,
    /// Somebody has changed a file, and no writer has made that good yet.
    is_spoilt: bool,
    /// A checkpoint of this epoch is durable.
    is_signed: bool,
}

impl Signing {
    pub(super) fn of(is_on: bool) -> Self {
        let mut signing = Self::default();
        if is_on {
            signing.add_key();
        }
        signing
    }

    fn add_key(&mut self) {
        let seed = [u8::try_from(self.keys.len()).unwrap(); 32];
        self.keys.push(SigningKey::from_seed("model", seed).unwrap());
    }

    pub(super) fn is_on(&self) -> bool {
        !self.keys.is_empty()
    }

    /// What verifies; nothing as long as somebody has changed what was signed.
    pub(super) fn verifiers(&self) -> Vec<VerifierKey> {
        let keys = if self.is_spoilt { &[] } else { &*self.keys };
        keys.iter().map(|key| key.verifier().clone()).collect()
    }

    pub(super) fn begin_epoch(&mut self) {
        self.is_signed = false;
    }
}

/// Checks the lines, and with keys what was signed of them, if anything was.
pub(super) fn verify_with(storage: &Disk, keys: &[VerifierKey]) -> Result<Verification, Error> {
    if keys.is_empty() {
        return verify(storage);
    }
    let trust = Trust { keys: enough(storage, keys), ..Trust::default() };
    match verify_signed(storage, &trust) {
        Err(Error::Unsigned { .. }) => verify(storage),
        verified => verified,
    }
}

/// Of these keys the one that has signed the newest checkpoint: who trusts it learns of the others from the journal
/// itself, unless the records that tell of them were pruned, or a start has found nothing that names the one before.
fn enough(storage: &Disk, keys: &[VerifierKey]) -> Vec<VerifierKey> {
    let segments = storage.contents("seg/00000000000000000000.jsonl");
    let is_anew = |(_, bytes): &(String, Vec<u8>)| {
        String::from_utf8_lossy(bytes).contains("JournalSignedAnew")
    };
    let is_led = !segments.is_empty() && !storage.contents("seg/").iter().any(is_anew);
    let text = storage.file("checkpoint").and_then(|bytes| String::from_utf8(bytes).ok());
    let newest = text.and_then(|text| Note::parse(&text).ok()).filter(|_| is_led);
    let is_signer =
        |note: &Note, key: &&VerifierKey| note.signers(std::slice::from_ref(*key)).is_ok();
    let signer = newest.and_then(|note| keys.iter().find(|key| is_signer(&note, key)));
    signer.map_or_else(|| keys.to_vec(), |key| vec![key.clone()])
}

/// What a start finds of the signed files.
pub(super) struct Before {
    checkpoint: Option<Vec<u8>>,
    names: Vec<String>,
    is_spoilt: bool,
}

impl World {
    /// The next start signs with another key.
    pub(super) fn change_key(&mut self) {
        if self.signing.is_on() {
            self.signing.add_key();
            self.options.older_signers.extend(self.options.signer.take());
            self.sign_with_newest();
        }
    }

    pub(super) fn sign_with_newest(&mut self) {
        let newest = self.signing.keys.last().cloned();
        self.options.signer = newest.map(|key| Arc::new(key) as Arc<dyn Signer>);
        self.watched.trust(self.signing.verifiers());
    }

    /// Somebody changes a signed file or a tile while no writer lives.
    pub(super) fn spoil(&mut self, spoilt: Spoilt) -> Result<(), String> {
        if !self.signing.is_on() || self.is_lost || self.is_over {
            return Ok(());
        }
        self.end(End::Kill)?;
        let Some(name) = self.name_of(spoilt) else { return Ok(()) };
        let Some(mut bytes) = self.disk.file(&name).filter(|bytes| !bytes.is_empty()) else {
            return Ok(());
        };
        match spoilt {
            Spoilt::LastHash => _ = bytes.pop().map(|byte| bytes.push(!byte)),
            _ => bytes.truncate(bytes.len() / 2),
        }
        self.disk.put(&name, &bytes);
        self.oracle.count("spoilt");
        self.signing.is_spoilt = true;
        self.watched.trust(Vec::new());
        Ok(())
    }

    /// Nothing can make the hashes of what was pruned again, nor its last seal.
    fn name_of(&self, spoilt: Spoilt) -> Option<String> {
        // A pruning that a fault has ended may be recorded all the same.
        let there = self.read().map_or(0, |lines| line::kept_from(&lines));
        let kept_from = line::kept_from(&self.oracle.settled).max(there);
        let is_pruned = kept_from > 0;
        let names = self.disk.names();
        // The file of a pruned segment may still be there: its seal is the last one all the same.
        let is_kept = |seal: &&String| {
            let first = seal.trim_start_matches("seg/").trim_end_matches(".seal").parse();
            first.is_ok_and(|first: u64| first >= kept_from)
        };
        match spoilt {
            Spoilt::LastHash | Spoilt::Tiles if is_pruned => None,
            Spoilt::LastHash | Spoilt::Tiles => Some("tiles/0".to_owned()),
            Spoilt::Checkpoint => Some("checkpoint".to_owned()),
            Spoilt::History => Some("checkpoints".to_owned()),
            Spoilt::Seal => {
                let is_seal = |name: &&String| name.starts_with("seg/") && name.ends_with(".seal");
                let mut seals = names.iter().filter(is_seal);
                seals.rfind(is_kept).cloned()
            }
        }
    }

    /// Signs what is due once a batch is durable.
    pub(super) fn sign(&mut self) -> Result<(), String> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        journal.sign_due();
        self.note_signed();
        self.take_met();
        if self.disk.has_stopped() { self.end_process(self.end) } else { Ok(()) }
    }

    /// After a tick that has met nothing all that is durable is signed.
    pub(super) fn check_signed(&mut self, met: &[Fault]) -> Result<(), String> {
        self.note_signed();
        let Some(journal) = &self.journal else { return Ok(()) };
        let is_hindered = met.iter().any(is_serious) || self.disk.has_stopped();
        if !self.signing.is_on() || is_hindered {
            return Ok(());
        }
        let (signed, durable) = (journal.signed_size(), journal.watermark().durable());
        let unsigned = journal.unsigned().map(ToString::to_string);
        if signed != durable || !unsigned.as_ref().is_none_or(|told| told.contains("tiles")) {
            return Err(format!("{signed} of {durable} are signed after a tick: {unsigned:?}"));
        }
        self.oracle.count("signed");
        if unsigned.is_none() && self.signing.is_spoilt {
            self.oracle.count("made good");
            self.signing.is_spoilt = false;
            self.watched.trust(self.signing.verifiers());
        }
        Ok(())
    }

    fn note_signed(&mut self) {
        let size = self.journal.as_ref().map_or(0, Journal::signed_size);
        self.signing.is_signed |= size > 0;
    }

    /// True if tiles cannot be gone on with before the next start, so that nothing is pruned.
    pub(super) fn has_no_tiles(&self) -> bool {
        let unsigned = self.journal.as_ref().and_then(Journal::unsigned);
        unsigned.is_some_and(|told| told.to_string().contains("tiles"))
    }

    pub(super) fn before_start(&self) -> Before {
        let (checkpoint, names) = (self.disk.file("checkpoint"), self.disk.names());
        Before { checkpoint, names, is_spoilt: self.signing.is_spoilt }
    }

    /// A start has recorded what it signs that nothing has signed before, and a new key; and nothing else.
    pub(super) fn check_start(&mut self, before: &Before, journal: &Journal) -> Result<(), String> {
        self.signing.is_signed |= journal.signed_size() > 0;
        let Some(signer) = self.signing.keys.last() else { return Ok(()) };
        // A new epoch goes by the checkpoint of the one before, until it has one.
        let is_of_epoch = before.checkpoint.is_none() && self.epochs > 0;
        if before.is_spoilt || journal.set_aside().is_some() || is_of_epoch {
            return Ok(());
        }
        let is_first = journal.committed().first_seq == 0;
        let anew = journal.signed_anew().map(|anew| anew.reason);
        let note = before.checkpoint.as_ref().map(|bytes| {
            let note = std::str::from_utf8(bytes).ok().and_then(|text| Note::parse(text).ok());
            note.ok_or("a crash has left half a checkpoint")
        });
        let note = note.transpose()?;
        let is_due = match anew {
            None => is_first || (note.is_some() && self.owed(before) < 2),
            Some("behind") => note.is_some() && self.owed(before) > 1,
            Some("seals") => false,
            Some(_) => note.is_none() && !is_first,
        };
        if !is_due {
            let owed = self.owed(before);
            return Err(format!(
                "a start says {anew:?} of records that it signs; checkpoint: {}, owed seals: {owed}",
                note.is_some()
            ));
        }
        anew.into_iter().for_each(|reason| self.oracle.count(reason));
        let is_other = note.is_some_and(|it| it.signers(&[signer.verifier().clone()]).is_err());
        let rotation = journal.key_rotation().map(|rotation| rotation.is_vouched_for);
        if rotation != is_other.then_some(true) {
            return Err(format!("a start with another key ({is_other}) says {rotation:?}"));
        }
        Ok(())
    }

    /// How many segments that are kept had ended without a seal.
    fn owed(&self, before: &Before) -> usize {
        // A pruning that a fault has ended may be recorded all the same.
        let there = self.read().map_or(0, |lines| line::kept_from(&lines));
        let kept_from = line::kept_from(&self.oracle.settled).max(there);
        let firsts_of = |extension: &str| -> Vec<u64> {
            let stems = before.names.iter().filter_map(|name| {
                name.strip_prefix("seg/").and_then(|name| name.strip_suffix(extension))
            });
            let mut firsts: Vec<u64> = stems.filter_map(|stem| stem.parse().ok()).collect();
            firsts.retain(|first| *first >= kept_from);
            firsts.sort_unstable();
            firsts
        };
        let (mut segments, seals) = (firsts_of(".jsonl"), firsts_of(".seal"));
        segments.pop();
        segments.iter().filter(|first| !seals.contains(first)).count()
    }

    /// What was signed is there, and L2 is reached wherever anything was signed.
    pub(super) fn verify(&self) -> Result<Verification, Error> {
        verify_with(&self.disk.outside(), &self.signing.verifiers())
    }

    fn signed_end(&self) -> Option<u64> {
        let text = String::from_utf8(self.disk.file("checkpoint")?).ok()?;
        text.lines().nth(1)?.parse().ok()
    }

    pub(super) fn check_level(&self, verification: &Verification) -> Result<(), String> {
        let due = self.journal.as_ref().map(Journal::signed_size);
        let found = verification.signed_size;
        // Of records that are gone nothing can be shown.
        let is_kept = self.signed_end() > verification.first_seq;
        let is_due = is_kept && self.signing.is_signed && !self.signing.verifiers().is_empty();
        match (is_due, due) {
            (true, Some(due)) if found < Some(due) => {
                Err(format!("verify says that {found:?} are signed, where {due} are"))
            }
            (true, None) if found.is_none() => Err("nothing is signed any more".to_owned()),
            _ => Ok(()),
        }
    }
}
