//! Where a consumer goes on in a journal.

use std::io;
use std::path::Path;

use audit_runtime::journal::Line;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::saved::Saved;

/// The place behind the last record that a consumer has taken.
///
/// Its hash stands beside its number, so that a journal that has been put in another's place is
/// noticed instead of being read from the middle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The number of the record that comes next.
    pub next_seq: u64,
    /// The hash of the one before it, as it stands in the journal; `None` at the very start.
    pub last_hash: Option<String>,
}

impl Position {
    /// The place behind `line`.
    pub fn after(line: &Line) -> Self {
        Self { next_seq: line.seq() + 1, last_hash: Some(line.hash().to_string()) }
    }

    /// The place that was saved in the file at `path`; `None` if there is no such file.
    ///
    /// # Errors
    /// Fails when it cannot be read, or holds something else.
    pub fn load(path: impl AsRef<Path>) -> Result<Option<Self>, Error> {
        let saved = Saved::at(path.as_ref());
        let Some(text) = saved.load()? else { return Ok(None) };
        let position = serde_json::from_slice(&text);
        // What stands there instead is not repeated.
        let other =
            |_| io::Error::new(io::ErrorKind::InvalidData, "it holds no place in a journal");
        position.map(Some).map_err(other).map_err(Error::state("read", saved.path()))
    }

    /// Saves the place in the file at `path`, durably, in place of what was saved there before.
    ///
    /// # Errors
    /// Fails when the file cannot be written; what was saved before is there then.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let text = serde_json::to_vec(self).map_err(io::Error::from);
        let text = text.map_err(Error::state("write", path.as_ref()))?;
        Saved::at(path.as_ref()).replace(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_saved_and_another_file_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("place");
        assert_eq!(Position::load(&path).unwrap(), None);
        let place = Position { next_seq: 7, last_hash: Some("x".to_owned()) };
        place.save(&path).unwrap();
        assert_eq!(Position::load(&path).unwrap(), Some(place));
        std::fs::write(&path, "password=hunter2").unwrap();
        let refused = Position::load(&path).unwrap_err().to_string();
        assert!(refused.contains("no place in a journal") && !refused.contains("hunter2"));
    }
}
