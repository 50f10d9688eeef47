//! How far the journal is signed, and what people have to know of that.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

use audit_journal::{Journal, KeyRotation, SignedAnew};

use crate::say;

#[derive(Debug, Default)]
pub(in crate::recorder) struct Signing {
    size: AtomicU64,
    /// Why no checkpoint can be signed or written now.
    unsigned: Mutex<Option<String>>,
    /// That another key signs now was said.
    rotated: OnceLock<()>,
    /// Why there is no key.
    keyless: OnceLock<String>,
    /// What the start has signed that nothing vouched for.
    anew: OnceLock<String>,
}

impl Signing {
    /// Shows how the journal stands, and says when it begins to go unsigned, when that ends, and that another key
    /// signs.
    pub(in crate::recorder) fn show(&self, journal: &Journal) {
        let cause = journal.unsigned();
        self.size.store(journal.signed_size(), Relaxed);
        if let Some(rotation) = journal.key_rotation() {
            self.rotated.get_or_init(|| say_rotated(rotation));
        }
        let mut unsigned = self.unsigned.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*unsigned, cause) {
            (None, Some(cause)) => say::error(format_args!(
                "the journal is not signed any more, and recording goes on: {cause}"
            )),
            (Some(_), None) => say::warning(format_args!("the journal is signed again")),
            _ => {}
        }
        *unsigned = cause.map(ToString::to_string);
    }

    /// Remembers that nothing is signed as long as this recorder lives, and says so.
    pub(in crate::recorder) fn report_keyless(&self, flaw: String) {
        say::error(format_args!("the journal is not signed, and recording goes on: {flaw}"));
        self.keyless.get_or_init(|| flaw);
    }

    /// Remembers what was signed that nothing vouched for, and says so: somebody must look at it.
    pub(in crate::recorder) fn report_anew(&self, anew: &SignedAnew) {
        let SignedAnew { first_seq, last_seq, .. } = anew;
        let said = self.anew.get_or_init(|| {
            format!(
                "the records {first_seq} to {last_seq} were signed by this start as it found them: {}; compare \
                 them with what is kept elsewhere (`audited verify --anchor`)",
                anew.because()
            )
        });
        say::warning(format_args!("{said}"));
    }

    /// How many records the newest checkpoint vouches for.
    pub(super) fn size(&self) -> u64 {
        self.size.load(Relaxed)
    }

    /// Why nothing is signed now.
    pub(super) fn unsigned(&self) -> Option<String> {
        let now = || self.unsigned.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.keyless.get().cloned().or_else(now)
    }

    /// What is not as it should be.
    pub(super) fn shortcoming(&self) -> Option<String> {
        let unsigned = self.unsigned();
        let told = unsigned
            .map(|cause| format!("only the first {} records are signed: {cause}", self.size()));
        told.or_else(|| self.anew.get().cloned())
    }
}

fn say_rotated(KeyRotation { former, key, is_vouched_for, .. }: &KeyRotation) {
    let (by, advice) = match is_vouched_for {
        true => ("both keys", "keep the new public key beside the old one"),
        false => ("the new one alone", "verifiers need the public keys of both"),
    };
    say::warning(format_args!(
        "the journal is signed with another key than before, {key} in place of {former}; a record tells of it, \
         signed by {by}: {advice}"
    ));
}
