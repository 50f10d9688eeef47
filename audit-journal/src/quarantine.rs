//! Bytes that a crash left behind the last record: kept in files of their own, never thrown away.

use std::fmt::Write as _;
use std::io;

use sha2::{Digest as _, Sha256};

use super::error::Error;
use super::storage::{Access, Storage, StorageFile, open_or_create, read_range};

pub(super) const DIR: &str = "quarantine";
const CHUNK_BYTES: usize = 64 * 1024;

/// How many files of torn bytes one place of a segment may have.
const TORN_FILES_MAX: u32 = 1000;

/// Bytes that a crash left behind the last record, now in a file of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quarantined {
    pub(super) file: String,
    pub(super) segment: String,
    pub(super) offset: u64,
    pub(super) bytes: u64,
    /// In hexadecimal, as `sha256sum` prints it.
    pub(super) sha256: String,
}

/// Moves what stands behind the last good line to a file of its own.
///
/// A start that failed may have begun one, which is finished; a start on a full disk does so again and
/// again. What `reported` names is whole, and stays as it is.
pub(super) fn take_tail(
    storage: &dyn Storage,
    segment: &str,
    offset: u64,
    reported: &[Vec<u8>],
) -> Result<(), Error> {
    let mut file =
        storage.open(segment, Access::Overwrite).map_err(Error::io(storage, "open", segment))?;
    for attempt in 0..TORN_FILES_MAX {
        let name = torn_name(segment, offset, attempt);
        let mut copy = open_or_create(storage, &name).map_err(Error::io(storage, "open", &name))?;
        if is_reported(&name, reported)
            || !is_begun(&*copy, &*file, offset).map_err(Error::io(storage, "read", &name))?
        {
            continue;
        }
        write_from(&mut *copy, 0, &*file, offset)
            .and_then(|()| copy.sync())
            .map_err(Error::io(storage, "write", &name))?;
        // Only when the copy is durable may the bytes leave the segment.
        file.truncate(offset)
            .and_then(|()| file.sync())
            .map_err(Error::io(storage, "truncate", segment))?;
        return Ok(());
    }
    let full = io::Error::other(format!("there are {TORN_FILES_MAX} files for this place already"));
    Err(Error::io(storage, "quarantine the torn end of", segment)(full))
}

/// True if the copy holds no more than the start of what stands behind `offset`.
fn is_begun(copy: &dyn StorageFile, file: &dyn StorageFile, mut offset: u64) -> io::Result<bool> {
    let mut is_start = true;
    for_each_chunk(copy, 0, |chunk| {
        is_start = is_start && read_range(file, offset, offset + chunk.len() as u64)? == chunk;
        offset += chunk.len() as u64;
        Ok(())
    })?;
    Ok(is_start)
}

/// The files of torn bytes of this segment that no record of it names.
///
/// A crash between moving the bytes and recording it must not make them unmentioned for ever.
pub(super) fn unreported(
    storage: &dyn Storage,
    segment: &str,
    reported: &[Vec<u8>],
) -> Result<Vec<Quarantined>, Error> {
    let mut names = storage.list(DIR).map_err(Error::io(storage, "list", DIR))?;
    names.sort_unstable();
    let mut unreported = Vec::new();
    for name in names {
        let file = format!("{DIR}/{name}");
        if let Some(offset) = torn_offset(segment, &name)
            && !is_reported(&file, reported)
        {
            let (bytes, sha256) = measure_file(storage, &file)?;
            let segment = segment.to_owned();
            unreported.push(Quarantined { file, segment, offset, bytes, sha256 });
        }
    }
    Ok(unreported)
}

fn is_reported(file: &str, reported: &[Vec<u8>]) -> bool {
    let mention = format!("\"file\":\"{file}\"");
    let is_named = |body: &Vec<u8>| body.windows(mention.len()).any(|at| at == mention.as_bytes());
    reported.iter().any(is_named)
}

fn measure_file(storage: &dyn Storage, name: &str) -> Result<(u64, String), Error> {
    storage
        .open(name, Access::Read)
        .and_then(|file| measure(&*file, 0))
        .map_err(Error::io(storage, "read", name))
}

/// How many bytes a file has from `offset` on, and their SHA-256 in hexadecimal.
pub(super) fn measure(file: &dyn StorageFile, offset: u64) -> io::Result<(u64, String)> {
    let mut bytes = 0;
    let mut hasher = Sha256::new();
    for_each_chunk(file, offset, |chunk| {
        bytes += chunk.len() as u64;
        hasher.update(chunk);
        Ok(())
    })?;
    let mut hex = String::new();
    for byte in hasher.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Ok((bytes, hex))
}

/// Reads a file from `offset` to its end.
pub(super) fn for_each_chunk(
    file: &dyn StorageFile,
    mut offset: u64,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = file.read_at(offset, &mut chunk)?;
        if read == 0 {
            return Ok(());
        }
        each(&chunk[..read])?;
        offset += read as u64;
    }
}

/// Writes to `offset` of one file what stands in the other from `start` on.
pub(super) fn write_from(
    to: &mut dyn StorageFile,
    mut offset: u64,
    from: &dyn StorageFile,
    start: u64,
) -> io::Result<()> {
    for_each_chunk(from, start, |chunk| {
        to.write_at(offset, chunk)?;
        offset += chunk.len() as u64;
        Ok(())
    })
}

/// `quarantine/<segment>-<offset>.torn`, with a count if the place was torn before.
fn torn_name(segment: &str, offset: u64, attempt: u32) -> String {
    let stem = stem(segment);
    match attempt {
        0 => format!("{DIR}/{stem}-{offset}.torn"),
        again => format!("{DIR}/{stem}-{offset}.{again}.torn"),
    }
}

fn torn_offset(segment: &str, name: &str) -> Option<u64> {
    let rest = name.strip_prefix(stem(segment))?.strip_prefix('-')?;
    let (offset, _) =
        rest.strip_suffix(".torn").map(|place| place.split_once('.').unwrap_or((place, "")))?;
    offset.parse().ok()
}

fn stem(segment: &str) -> &str {
    let name = segment.rsplit('/').next().unwrap_or(segment);
    name.split('.').next().unwrap_or(name)
}
