//! The checkpoints that witnesses have cosigned: of each witness the newest, in `anchors/`.

use audit_tlog::{Note, WitnessKey};

use super::error::Error;
use super::signed::NOTE_BYTES_MAX;
use super::storage::{Storage, read_if_there};

pub(crate) const DIR: &str = "anchors";

/// Keeps a checkpoint that this witness has cosigned, in place of the one before it.
///
/// # Errors
/// Fails when the storage does.
pub fn keep_cosigned(
    storage: &dyn Storage,
    witness: &WitnessKey,
    note: &Note,
) -> Result<(), Error> {
    let name = name(witness);
    let replaced = storage.replace(&name, note.to_string().as_bytes());
    replaced.map_err(Error::io(storage, "write", &name))
}

/// What was kept last of this witness, if it can be read. Nothing of it is checked.
///
/// # Errors
/// Fails when the storage does.
pub fn cosigned(storage: &dyn Storage, witness: &WitnessKey) -> Result<Option<Note>, Error> {
    read(storage, &name(witness))
}

/// What was kept of all witnesses and is good, with the names of the files. What is no note is nobody's.
pub(crate) fn all(
    storage: &dyn Storage,
    is_good: impl Fn(&Note) -> bool,
) -> Result<Vec<(String, Note)>, Error> {
    let mut names = storage.list(DIR).map_err(Error::io(storage, "list", DIR))?;
    names.sort_unstable();
    let mut notes = Vec::new();
    for name in names.into_iter().map(|name| format!("{DIR}/{name}")) {
        if let Some(note) = read(storage, &name)?.filter(&is_good) {
            notes.push((name, note));
        }
    }
    Ok(notes)
}

fn name(witness: &WitnessKey) -> String {
    format!("{DIR}/{:08x}", witness.id())
}

fn read(storage: &dyn Storage, name: &str) -> Result<Option<Note>, Error> {
    let bytes = read_if_there(storage, name, NOTE_BYTES_MAX);
    let bytes = bytes.map_err(Error::io(storage, "read", name))?.unwrap_or_default();
    Ok(std::str::from_utf8(&bytes).ok().and_then(|text| Note::parse(text).ok()))
}
