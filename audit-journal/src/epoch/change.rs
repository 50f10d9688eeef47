//! Sets the journal's files aside as an older epoch, one step at a time, so that a crash between two steps is mended.

use super::manifest::{self, Cause, DRAFT, Earlier, Epoch, FileState, Manifest, NAME};
use super::parts::{PARTS, files, is_part, names, numbers, set_aside_numbers};
use super::{base, check, check_origin};
use crate::control;
use crate::error::Error;
use crate::line;
use crate::lines::Piece;
use crate::options::Options;
use crate::redo;
use crate::segment;
use crate::signed;
use crate::storage::{Access, Storage};
use crate::verify::{self, Verification};
use crate::watermark;

/// How many damaged places are written down one by one.
const PLACES_MAX: usize = 1000;

/// The longest reason in bytes.
const REASON_BYTES_MAX: usize = 1024;

/// Moves the journal's files to `epochs/<number>/`, byte for byte as they are.
///
/// To repair it is refused without damage: [`Error::Intact`].
pub(super) fn set_aside(
    storage: &dyn Storage,
    options: &Options,
    cause: Cause,
    reason: &str,
) -> Result<(), Error> {
    // Acknowledged records may be in its copy alone.
    if let Some(last) = segment::list(storage)?.last() {
        redo::finish(storage, &segment::name(*last))?;
    }
    let manifest = describe(storage, options, cause, reason)?;
    manifest::write_draft(storage, &manifest)?;
    move_parts(storage, manifest.epoch.epoch)
}

/// Finishes what a crash has interrupted; true if there was something.
///
/// A draft alone binds nobody: the journal may have been mended or written to since.
pub(super) fn finish(storage: &dyn Storage) -> Result<bool, Error> {
    for number in numbers(storage)? {
        let is_begun = names(storage, number)?.iter().any(is_part);
        if is_begun && manifest::has_draft(storage, number)? {
            move_parts(storage, number)?;
            return Ok(true);
        }
    }
    Ok(false)
}

fn move_parts(storage: &dyn Storage, number: u64) -> Result<(), Error> {
    let present = storage.list("").map_err(Error::io(storage, "list", "the directory"))?;
    for (part, _) in PARTS.into_iter().filter(|(part, _)| present.iter().any(|name| name == part)) {
        rename(storage, part, &manifest::path(number, part))?;
    }
    rename(storage, &manifest::path(number, DRAFT), &manifest::path(number, NAME))
}

fn rename(storage: &dyn Storage, from: &str, to: &str) -> Result<(), Error> {
    storage.rename(from, to).map_err(Error::io(storage, "set aside", from))
}

fn describe(
    storage: &dyn Storage,
    options: &Options,
    cause: Cause,
    reason: &str,
) -> Result<Manifest, Error> {
    let (checked, is_gone) = match verify::verify_alone(storage) {
        // No segment is left, and a checkpoint says that there were some.
        Err(Error::NoJournal { .. }) if signed::read_checkpoint(storage)?.is_some() => {
            (Verification::default(), true)
        }
        checked => (checked?, false),
    };
    if cause == Cause::Repaired && checked.is_intact() && !is_gone {
        return Err(Error::Intact { journal: storage.describe() });
    }
    let origin = origin(storage)?;
    if let (Some(found), Some(configured)) = (&origin, &options.origin) {
        check_origin(storage, found, configured)?;
    }
    let earlier = earlier(storage)?;
    let number = earlier.as_ref().map_or(0, |earlier| earlier.epoch.saturating_add(1));
    let last = last_line(storage)?;
    let damage = checked.findings.iter().filter(|finding| !finding.kind.is_warning());
    let acknowledged =
        watermark::read(storage).map_err(Error::io(storage, "read", watermark::NAME))?.unwrap_or(0);
    let files = files(storage, "")?.into_iter().map(|name| settled(storage, name));
    let files: Vec<FileState> = files.collect::<Result<_, _>>()?;
    let epoch = Epoch {
        epoch: number,
        directory: manifest::directory(number),
        origin,
        cause,
        reason: cut(reason),
        time: options.clock.now().to_string(),
        acknowledged,
        records: checked.records,
        last_seq: last.as_ref().map(|(seq, _)| *seq),
        h: last.map(|(_, hash)| hash),
        damage: damage.clone().count() as u64,
        places: damage.take(PLACES_MAX).cloned().collect(),
    };
    Ok(Manifest { v: 1, epoch, earlier, files })
}

/// The epoch before the one that is set aside now, whatever has become of it since.
///
/// It may have been put elsewhere, so the journal's own first record counts, too; and what that says
/// counts more than what lies there, which may have been exchanged.
fn earlier(storage: &dyn Storage) -> Result<Option<Earlier>, Error> {
    let stated = check::read_link(storage, check::published(storage)?)?.map(|link| link.earlier());
    let Some(present) = set_aside_numbers(storage)?.pop() else {
        return Ok(stated);
    };
    if stated.as_ref().is_some_and(|stated| stated.epoch >= present) {
        return Ok(stated);
    }
    Ok(Some(Earlier { epoch: present, sha256: manifest::digest(storage, present)? }))
}

/// The state of one file, made durable, or a power cut could leave another one than is written down.
fn settled(storage: &dyn Storage, name: String) -> Result<FileState, Error> {
    storage
        .open(&name, Access::Append)
        .and_then(|mut file| file.sync())
        .and_then(|()| manifest::state_of(storage, &name, name.clone()))
        .map_err(Error::io(storage, "read and sync", &name))
}

/// The journal's name, from the first of its headers that can be read and has a usable one.
fn origin(storage: &dyn Storage) -> Result<Option<String>, Error> {
    for first in segment::list(storage)? {
        let header = segment::lines(storage, first).and_then(|mut lines| {
            segment::peek_header(&mut lines).map_err(Error::io(
                storage,
                "read",
                &segment::name(first),
            ))
        })?;
        if let Some(header) = header
            && control::origin_flaw(base(&header.origin)).is_none()
        {
            return Ok(Some(header.origin));
        }
    }
    Ok(None)
}

/// The last line that has the form of a record: its number and the hash that it states.
fn last_line(storage: &dyn Storage) -> Result<Option<(u64, String)>, Error> {
    for first in segment::list(storage)?.into_iter().rev() {
        let name = segment::name(first);
        let mut lines = segment::lines(storage, first)?;
        let mut last = None;
        loop {
            match lines.next().map_err(Error::io(storage, "read", &name))? {
                Piece::Line(range) => {
                    if let Ok(parsed) = line::parse(lines.bytes(&range)) {
                        last = Some((parsed.stamp.seq, parsed.hash.to_string()));
                    }
                }
                Piece::Overlong => {}
                Piece::Rest(_) | Piece::End => break,
            }
        }
        if last.is_some() {
            return Ok(last);
        }
    }
    Ok(None)
}

/// A reason of a length that a record can carry.
fn cut(reason: &str) -> String {
    let mut end = reason.len().min(REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason[..end].to_owned()
}
