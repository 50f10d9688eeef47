//! Writes the end of a segment anew, so that it is on disk for certain, without a moment in which it is not.
//!
//! The bytes are first copied to a file of their own. It names their place and their digest in its
//! first line, so that a start after a crash knows whether the copy is whole, and finishes the work.

use std::io;

use super::error::Error;
use super::quarantine::{measure, write_from};
use super::storage::{Access, Storage, StorageFile, open_or_create};

/// The copy; empty when there is nothing to do.
pub(super) const NAME: &str = "REDO";

/// More than its first line can have.
const FIRST_LINE_BYTES_MAX: usize = 256;

/// Cuts the segment at `offset`, and writes and syncs what stood behind it.
///
/// Fresh blocks and dirty pages are what a sync cannot take for written. The records there may have
/// been acknowledged, if only the watermark is old, so they are never in one place alone.
pub(super) fn rewrite(storage: &dyn Storage, segment: &str, offset: u64) -> Result<(), Error> {
    let mut copy = open_or_create(storage, NAME).map_err(Error::io(storage, "open", NAME))?;
    let written = storage
        .open(segment, Access::Read)
        .and_then(|file| write_copy(&mut *copy, &*file, segment, offset));
    let start = match written {
        Ok(start) => start,
        Err(error) => {
            // A copy that may not be on disk must not be taken for one by the next start.
            let _ = copy.truncate(0);
            return Err(Error::io(storage, "write", NAME)(error));
        }
    };
    replay(storage, &mut *copy, segment, offset, start)
}

/// Finishes what a crash has interrupted, if it has, in the last segment.
pub(super) fn finish(storage: &dyn Storage, segment: &str) -> Result<(), Error> {
    let mut copy = match storage.open(NAME, Access::Overwrite) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.map_err(Error::io(storage, "open", NAME))?,
    };
    let found = whole(&*copy).map_err(Error::io(storage, "read", NAME))?;
    let Some(found) = found.filter(|found| found.segment == segment) else {
        return Ok(());
    };
    let length = storage
        .open(segment, Access::Read)
        .and_then(|file| file.len())
        .map_err(Error::io(storage, "read", segment))?;
    // A segment of another length has been written to since, as in a backup of a live journal.
    if !(found.offset..=found.offset.saturating_add(found.bytes)).contains(&length) {
        return Ok(());
    }
    copy.sync().map_err(Error::io(storage, "sync", NAME))?;
    replay(storage, &mut *copy, segment, found.offset, found.start)
}

/// A whole copy.
struct Found {
    segment: String,
    offset: u64,
    bytes: u64,
    /// Where they start in the copy.
    start: u64,
}

/// Copies what stands behind `offset`; returns where it starts in the copy.
fn write_copy(
    copy: &mut dyn StorageFile,
    file: &dyn StorageFile,
    segment: &str,
    offset: u64,
) -> io::Result<u64> {
    let (bytes, sha256) = measure(file, offset)?;
    let first_line = format!("{segment} {offset} {bytes} {sha256}\n");
    let start = first_line.len() as u64;
    copy.truncate(0)?;
    copy.write_at(0, first_line.as_bytes())?;
    write_from(copy, start, file, offset)?;
    copy.sync()?;
    Ok(start)
}

fn replay(
    storage: &dyn Storage,
    copy: &mut dyn StorageFile,
    segment: &str,
    offset: u64,
    start: u64,
) -> Result<(), Error> {
    storage
        .open(segment, Access::Overwrite)
        .and_then(|mut file| {
            file.truncate(offset)?;
            write_from(&mut *file, offset, copy, start)?;
            file.sync()
        })
        .map_err(Error::io(storage, "write again", segment))?;
    copy.truncate(0).and_then(|()| copy.sync()).map_err(Error::io(storage, "truncate", NAME))
}

/// Reads what the copy is of; `None` if it is empty or was never finished.
fn whole(copy: &dyn StorageFile) -> io::Result<Option<Found>> {
    let mut bytes = [0; FIRST_LINE_BYTES_MAX];
    let read = copy.read_at(0, &mut bytes)?;
    let Some((found, sha256)) = parse(&bytes[..read]) else {
        return Ok(None);
    };
    let is_whole = measure(copy, found.start)? == (found.bytes, sha256);
    Ok(is_whole.then_some(found))
}

fn parse(bytes: &[u8]) -> Option<(Found, String)> {
    let newline = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&bytes[..newline]).ok()?;
    let mut words = line.split(' ');
    let found = Found {
        segment: words.next()?.to_owned(),
        offset: words.next()?.parse().ok()?,
        bytes: words.next()?.parse().ok()?,
        start: newline as u64 + 1,
    };
    Some((found, words.next()?.to_owned()))
}
