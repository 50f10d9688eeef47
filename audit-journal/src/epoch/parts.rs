//! What belongs to an epoch, and where it lies once the epoch is set aside.

use super::manifest::{self, DIR, NAME};
use crate::cosigned;
use crate::error::Error;
use crate::quarantine;
use crate::redo;
use crate::segment;
use crate::signed;
use crate::storage::Storage;
use crate::watermark;

/// What is an epoch's own, in the order in which it goes. The watermark goes first: damaged segments
/// without it look like what they are, and no segments below a watermark would look like a loss.
///
/// Whatever else comes to lie in the journal's directory belongs here, too, unless it serves the
/// epoch that is current, as the lock does.
pub(super) const PARTS: [(&str, Part); 8] = [
    (watermark::NAME, Part::File),
    (signed::CHECKPOINT, Part::File),
    (signed::HISTORY, Part::File),
    (signed::TILES, Part::Directory),
    (cosigned::DIR, Part::Directory),
    (redo::NAME, Part::File),
    (quarantine::DIR, Part::Directory),
    (segment::DIR, Part::Directory),
];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    File,
    /// Of files only.
    Directory,
}

/// The last epoch that was set aside, and whether all of it has been moved.
pub(super) fn newest(storage: &dyn Storage) -> Result<Option<(u64, bool)>, Error> {
    for number in numbers(storage)?.into_iter().rev() {
        let names = names(storage, number)?;
        let is_whole = names.iter().any(|name| name == NAME);
        if is_whole || names.iter().any(is_part) {
            return Ok(Some((number, is_whole)));
        }
    }
    Ok(None)
}

/// The numbers of the older epochs, ascending, that of an unfinished change included.
pub(super) fn numbers(storage: &dyn Storage) -> Result<Vec<u64>, Error> {
    let names = storage.list(DIR).map_err(Error::io(storage, "list", DIR))?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| name.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// The numbers of the epochs of which all has been moved, ascending.
pub(super) fn set_aside_numbers(storage: &dyn Storage) -> Result<Vec<u64>, Error> {
    let mut whole = Vec::new();
    for number in numbers(storage)? {
        if names(storage, number)?.iter().any(|name| name == NAME) {
            whole.push(number);
        }
    }
    Ok(whole)
}

/// What lies in the directory of an epoch.
pub(super) fn names(storage: &dyn Storage, number: u64) -> Result<Vec<String>, Error> {
    let directory = manifest::directory(number);
    storage.list(&directory).map_err(Error::io(storage, "list", &directory))
}

pub(super) fn is_part(name: &String) -> bool {
    PARTS.iter().any(|(part, _)| part == name)
}

/// The files of an epoch whose directory starts with `prefix`, in order.
pub(super) fn files(storage: &dyn Storage, prefix: &str) -> Result<Vec<String>, Error> {
    let list = |dir: &str| {
        let place = format!("{prefix}{dir}");
        let place = place.trim_end_matches('/');
        storage.list(place).map_err(Error::io(storage, "list", place))
    };
    let mut files = list("")?;
    files.retain(|name| PARTS.contains(&(name, Part::File)));
    for (dir, _) in PARTS.into_iter().filter(|(_, part)| *part == Part::Directory) {
        files.extend(list(dir)?.into_iter().map(|name| format!("{dir}/{name}")));
    }
    files.sort_unstable();
    Ok(files)
}
