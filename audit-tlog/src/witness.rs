//! Cosignatures: when a witness has seen a checkpoint as the newest one (`c2sp.org/tlog-cosignature`).

use std::fmt;
use std::str::FromStr;

use crate::key::VerifierKey;
use crate::malformed::Malformed;
use crate::note::{Note, Untrusted};

/// The public key of a witness, written as a C2SP vkey: `name+id+key`. It cosigns, and signs no notes.
#[derive(Clone, PartialEq, Eq)]
pub struct WitnessKey(VerifierKey);

impl WitnessKey {
    /// The name that its cosignatures carry.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The number that tells it from others of its name.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// When the witness has cosigned `note`, in seconds since 1970; of several times the first. What says no time
    /// is no cosignature of a checkpoint.
    ///
    /// # Errors
    /// Fails if it has not, and if a cosignature that claims to be its own is not.
    pub fn cosigned(&self, note: &Note) -> Result<u64, Untrusted> {
        let claims = note.signatures.iter();
        let claims = claims.filter(|it| it.name == self.name() && it.id == self.id());
        let mut first = None;
        for claim in claims {
            let time = self.time(&note.text, &claim.bytes);
            let time = time.ok_or_else(|| Untrusted::Forged { name: self.name().to_owned() })?;
            if time > 0 && i64::try_from(time).is_ok() {
                first = Some(first.map_or(time, |first: u64| first.min(time)));
            }
        }
        first.ok_or(Untrusted::Unknown)
    }

    /// The time of one cosignature, which is a part of what was signed; `None` if it is another's.
    fn time(&self, text: &str, cosignature: &[u8]) -> Option<u64> {
        let (time, signature) = cosignature.split_first_chunk()?;
        let time = u64::from_be_bytes(*time);
        let signed = format!("cosignature/v1\ntime {time}\n{text}");
        self.0.verifies(&signed, signature).then_some(time)
    }
}

impl FromStr for WitnessKey {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        VerifierKey::of_witness(text).map(Self)
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
