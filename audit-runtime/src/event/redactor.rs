//! How events that are made by hand are redacted: with the keys of the running task's recorder.

use std::sync::OnceLock;

use audit_redact::Redaction;

/// Calls its argument with what the running task's recorder redacts with.
pub(crate) type Lookup = fn(&mut dyn FnMut(Redaction<'_>));

/// The recorder stands above events, so it says here how it is found.
static LOOKUP: OnceLock<Lookup> = OnceLock::new();

/// Has `lookup` asked from now on; all recorders say the same.
pub(crate) fn redact_by(lookup: Lookup) {
    LOOKUP.get_or_init(|| lookup);
}

/// Calls `work` with what the running task's recorder redacts with; without one, all is hidden.
pub(super) fn redacting(work: &mut dyn FnMut(Redaction<'_>)) {
    match LOOKUP.get() {
        Some(lookup) => lookup(work),
        None => work(Redaction::full()),
    }
}
