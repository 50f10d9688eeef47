//! A text that is sealed where it is recorded, without a type of its own.

use std::fmt;

use serde::Serializer;

use crate::{Element, HiddenPaths, REDACTED, Redact, Redaction};

/// What such a text is sealed as: it stands in no field of a type.
const FIELD: &str = "sealed";

/// A text that only the holder of the key may read; see [`sealed`].
#[derive(Clone, Copy)]
pub struct SealedText<T>(T);

/// Has `text` sealed in a record, so that only the holder of the key can read it.
///
/// A recorder seals it with AES-256-GCM under its current key, as it does a field marked
/// `#[sensitive(encrypt)]`; `audited reveal` reads it, and leaves a record of that. Without a key it
/// is `[redacted]`: no start can find these places, so make the key first (`audited keys new`).
///
/// ```
/// use audit_runtime::redact::{Keys, Redactor};
/// use audit_runtime::{Redact, Redaction, sealed};
///
/// let note = sealed("the customer asked for 12 Long Lane");
/// assert_eq!(serde_json::to_string(&note.redacted())?, r#""[redacted]""#);
///
/// let redactor = Redactor::new("shop").with_keys(Keys::ephemeral()?);
/// let text = serde_json::to_value(note.redacted_with(Redaction::with(&redactor)))?;
/// let text = text.as_str().unwrap_or_default();
/// assert!(text.starts_with("enc:") && !text.contains("Lane"));
/// assert_eq!(redactor.open(text)?, b"the customer asked for 12 Long Lane");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sealed<T: AsRef<str>>(text: T) -> SealedText<T> {
    SealedText(text)
}

impl<T: AsRef<str>> Redact for SealedText<T> {
    fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        let value = self.0.as_ref().as_bytes();
        let sealed = how.redactor().and_then(|redactor| redactor.seal(FIELD, None, value));
        serializer.serialize_str(sealed.as_deref().unwrap_or(REDACTED))
    }

    fn hidden(report: &mut HiddenPaths) {
        report.hide("");
    }
}

impl<T: AsRef<str>> Element for SealedText<T> {}

impl<T> fmt::Debug for SealedText<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
