//! Tells what a power cut leaves at the end of the last segment from damage.

use std::io;

use super::line;
use super::lines::{Lines, Piece};
use super::storage::StorageFile;

/// What a disk loses is whole sectors; those of 4,096 bytes start and end at the same places.
const SECTOR_BYTES: u64 = 512;

/// True if what stands at the current place of `lines`, where no record does, is what a power cut leaves.
///
/// With no whole line there, it is. With some, it is only where sectors are gone, and `is_known`: all
/// records that WATERMARK tells of stand before it. A disk may write the sectors of one batch in any
/// order, and everything before that batch was synced.
pub(super) fn is_torn(lines: &mut Lines, is_known: bool) -> io::Result<bool> {
    let offset = lines.offset();
    loop {
        match lines.next()? {
            Piece::Line(range) if line::is_whole(lines.bytes(&range)) => {
                return Ok(is_known && is_hole(lines.file(), offset)?);
            }
            Piece::Line(_) | Piece::Overlong => {}
            Piece::Rest(_) | Piece::End => return Ok(true),
        }
    }
}

/// True if the line at `offset` has zeros in it as sectors leave them that were not written: from its
/// start, where the file ended, or a sector's on, to a sector's end.
pub(super) fn is_hole(file: &dyn StorageFile, offset: u64) -> io::Result<bool> {
    let begins = |place: u64| place == offset || place.is_multiple_of(SECTOR_BYTES);
    let is_of_interest = |byte: u8| byte == 0 || byte == b'\n';
    let Some((first, 0)) = find(file, offset, is_of_interest)? else {
        return Ok(false);
    };
    let end = find(file, first, |byte| byte != 0)?;
    Ok(begins(first) && end.is_some_and(|(end, _)| end.is_multiple_of(SECTOR_BYTES)))
}

/// The first byte of its kind from `offset` on, and its place.
fn find(
    file: &dyn StorageFile,
    mut offset: u64,
    is_of_kind: impl Fn(u8) -> bool,
) -> io::Result<Option<(u64, u8)>> {
    let mut chunk = [0; SECTOR_BYTES as usize];
    loop {
        let read = file.read_at(offset, &mut chunk)?;
        if let Some(index) = chunk[..read].iter().position(|byte| is_of_kind(*byte)) {
            return Ok(Some((offset + index as u64, chunk[index])));
        }
        if read == 0 {
            return Ok(None);
        }
        offset += read as u64;
    }
}
