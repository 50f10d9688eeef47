//! What the detection keeps between two starts.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use audit_runtime::HashKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::saved::{self, Saved};
use crate::{Error, Position};

const VERSION: u32 = 1;
const KEY_BYTES: usize = 32;

/// What the detection keeps: the place, the detectors' snapshots behind it, and the key of their hashes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    v: u32,
    key: String,
    /// How many records older epochs have had: their numbers begin anew, and those of the detectors do not.
    pub(super) before: u64,
    pub(super) position: Option<Position>,
    snapshots: BTreeMap<String, String>,
}

/// The file of the state for the journal in the directory `journal`.
pub(super) fn beside(journal: &Path) -> PathBuf {
    saved::beside(journal, ".detect")
}

impl State {
    /// A state that nothing was kept in yet, with a key of its own.
    pub(super) fn new() -> io::Result<Self> {
        let mut key = [0; KEY_BYTES];
        getrandom::fill(&mut key).map_err(io::Error::from)?;
        let key = STANDARD.encode(key);
        Ok(Self { v: VERSION, key, before: 0, position: None, snapshots: BTreeMap::new() })
    }

    /// What is kept in the file; `None` if there is none.
    ///
    /// # Errors
    /// Fails when the file cannot be read, or is of another version or form.
    pub(super) fn load(file: &Saved) -> Result<Option<Self>, Error> {
        let Some(text) = file.load()? else { return Ok(None) };
        let state: Option<Self> = serde_json::from_slice(&text).ok();
        let state = state.filter(|state| state.v == VERSION && state.hash_key().is_some());
        let other = || {
            let text = "it is damaged or of another version; remove it, and the detection begins \
                        with the records of the last day";
            io::Error::new(io::ErrorKind::InvalidData, text)
        };
        state.ok_or_else(other).map(Some).map_err(Error::state("read", file.path()))
    }

    /// Keeps it in the file.
    ///
    /// # Errors
    /// Fails when the file cannot be written; what was kept before is there then.
    pub(super) fn save(&self, file: &Saved) -> Result<(), Error> {
        let text = serde_json::to_vec(self).map_err(io::Error::from);
        file.replace(&text.map_err(Error::state("write", file.path()))?)
    }

    /// The key of the hashes in the snapshots.
    pub(super) fn hash_key(&self) -> Option<HashKey> {
        let bytes = STANDARD.decode(&self.key).ok()?;
        Some(HashKey::from_bytes(<[u8; KEY_BYTES]>::try_from(bytes).ok()?))
    }

    pub(super) fn keep(&mut self, detector: &str, snapshot: &[u8]) {
        self.snapshots.insert(detector.to_owned(), STANDARD.encode(snapshot));
    }

    pub(super) fn snapshot(&self, detector: &str) -> Option<Vec<u8>> {
        STANDARD.decode(self.snapshots.get(detector)?).ok()
    }
}
