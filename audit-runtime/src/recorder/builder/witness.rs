//! The witness that the settings name.

#[cfg(not(feature = "witness"))]
mod disabled;
#[cfg(feature = "witness")]
mod enabled;

use std::fmt;
use std::path::PathBuf;

use audit_anchor::Anchor;

#[cfg(not(feature = "witness"))]
use disabled::made;
#[cfg(feature = "witness")]
use enabled::made;

use super::RecorderBuilder;
use crate::recorder::Error;

/// What is set of it.
#[derive(Default)]
pub(super) struct Witness {
    url: Option<String>,
    key: Option<String>,
    ca_file: Option<PathBuf>,
}

impl RecorderBuilder {
    /// Has the journal's checkpoints cosigned by the witness at this address, which `/add-checkpoint` is put behind
    /// (`c2sp.org/tlog-witness`). It needs `https://` unless it names this very machine, a [`witness_key`](Self::witness_key),
    /// and the feature `witness`.
    pub fn witness_url(mut self, url: impl Into<String>) -> Self {
        self.anchors.witness.url = Some(url.into());
        self
    }

    /// The public key of that witness, as its operator publishes it: `name+id+key`.
    pub fn witness_key(mut self, key: impl Into<String>) -> Self {
        self.anchors.witness.key = Some(key.into());
        self
    }

    /// A file of certificates in PEM, one of which must have signed that of the witness; else those that Mozilla trusts.
    pub fn witness_ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.anchors.witness.ca_file = Some(path.into());
        self
    }
}

/// Shows nothing of the address, as the witness itself does not.
impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness")
            .field("url", &self.url.as_ref().map(|_| format_args!("..")))
            .field("key", &self.key)
            .field("ca_file", &self.ca_file)
            .finish()
    }
}

impl Witness {
    /// The anchor, if one is set.
    pub(super) fn anchor(self) -> Result<Option<Box<dyn Anchor>>, Error> {
        let Self { url, key, ca_file } = self;
        let incomplete = |name| {
            let reason = "`witness_url` and `witness_key` are needed together";
            Err(Error::Setting { name, reason })
        };
        match (url, key) {
            (Some(url), Some(key)) => made(&url, &key, ca_file.as_deref()).map(Some),
            (Some(_), None) => incomplete("witness_url"),
            (None, Some(_)) => incomplete("witness_key"),
            (None, None) if ca_file.is_some() => incomplete("witness_ca_file"),
            (None, None) => Ok(None),
        }
    }
}
