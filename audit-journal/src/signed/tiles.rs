//! The tiles: the hashes of all complete subtrees of 1, 256, 65,536 … leaves, a file for each height.

use std::fmt;

use audit_tlog::{Frontier, Hash, TILE_WIDTH};

use super::found::Base;
use crate::error::Error;
use crate::storage::{Access, Storage, open_or_create, read_range};
use crate::tiles::{HASH_BYTES, Ranks, name};

/// How many hashes may wait for their file. One that cannot be written for so long is made again by the
/// next start.
const WAITING_MAX: usize = 1 << 20;

/// How many hashes are held while the tiles are made again.
const HELD_MAX: u64 = 1 << 16;

/// Why there are no tiles to go on with.
#[derive(Debug)]
pub(super) enum Untiled {
    /// No start can make them again.
    Lost(&'static str),
    /// This one could not.
    Failed(String),
}

/// The tiles of a tree that grows, as far as whoever writes them has to know them.
#[derive(Debug, Default)]
pub(super) struct Tiles {
    ranks: Ranks,
    levels: Vec<Level>,
    /// The files end where these do.
    is_cut: bool,
}

#[derive(Debug, Default)]
struct Level {
    /// How many hashes are in the file.
    written: u64,
    /// How many of them are durable.
    firm: u64,
    /// Those that are still to be written behind them.
    waiting: Vec<Hash>,
}

impl Tiles {
    /// Adds the next leaf.
    pub(super) fn push(&mut self, leaf: Hash) {
        let Self { ranks, levels, .. } = self;
        let mut wait = |number: u32, hash| {
            if levels.len() <= number as usize {
                levels.push(Level::default());
            }
            levels[number as usize].waiting.push(hash);
        };
        wait(0, leaf);
        ranks.push(leaf, wait);
    }

    /// True if too many hashes wait.
    pub(super) fn is_overdue(&self) -> bool {
        self.levels.first().is_some_and(|level| level.waiting.len() > WAITING_MAX)
    }

    /// How many leaves are durable.
    pub(super) fn firm(&self) -> u64 {
        self.levels.first().map_or(0, |level| level.firm)
    }

    /// Writes what waits.
    pub(super) fn write(&mut self, storage: &dyn Storage) -> Result<(), Error> {
        for (number, level) in (0..).zip(&mut self.levels) {
            if level.waiting.is_empty() && self.is_cut {
                continue;
            }
            let bytes: Vec<u8> = level.waiting.iter().flat_map(|hash| *hash.as_bytes()).collect();
            let (name, start) = (name(number), level.written * HASH_BYTES);
            let end = start + bytes.len() as u64;
            open_or_create(storage, &name)
                .and_then(|mut file| {
                    file.write_at(start, &bytes)?;
                    let is_longer = !self.is_cut && file.len()? > end;
                    if is_longer { file.truncate(end) } else { Ok(()) }
                })
                .map_err(Error::io(storage, "write", &name))?;
            level.written += level.waiting.len() as u64;
            level.waiting.clear();
        }
        self.is_cut = true;
        Ok(())
    }

    /// Makes what is written durable. It is written once more before: a disk that failed since may have left
    /// some of it in memory only.
    ///
    /// # Errors
    /// After a failure it is unknown what of it is on disk: it is cut off, so that the next start makes it again.
    pub(super) fn sync(&mut self, storage: &dyn Storage) -> Result<(), Error> {
        for (number, level) in (0..).zip(&mut self.levels) {
            let name = name(number);
            let opened = storage.open(&name, Access::Overwrite);
            let synced = opened.and_then(|mut file| {
                let (start, end) = (level.firm * HASH_BYTES, level.written * HASH_BYTES);
                let bytes = read_range(&*file, start, end)?;
                file.write_at(start, &bytes).and_then(|()| file.sync()).inspect_err(|_| {
                    let _ = file.truncate(start);
                })
            });
            synced.map_err(Error::io(storage, "sync", &name))?;
            level.firm = level.written;
        }
        Ok(())
    }

    /// Those on disk, if they end as the tiles of `tree` do, or go on behind that.
    fn ending_as(storage: &dyn Storage, tree: &Frontier) -> Result<Option<Self>, Error> {
        let (mut levels, mut count, mut peaks) = (Vec::new(), tree.size(), Vec::new());
        for number in 0.. {
            if count == 0 {
                break;
            }
            let last = hashes(storage, count - count % TILE_WIDTH, count, &name(number))?;
            let Some(last) = last else { return Ok(None) };
            let mut partial = Frontier::default();
            last.into_iter().for_each(|hash| partial.push(hash));
            peaks.splice(0..0, partial.peaks().iter().copied());
            levels.push(Level { written: count, firm: count, waiting: Vec::new() });
            count /= TILE_WIDTH;
        }
        let ranks = Ranks::of(tree);
        Ok((peaks == tree.peaks()).then_some(Self { ranks, levels, is_cut: false }))
    }
}

impl fmt::Display for Untiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(why) => f.write_str(why),
            Self::Failed(why) => f.write_str(why),
        }
    }
}

impl From<Error> for Untiled {
    fn from(error: Error) -> Self {
        Self::Failed(format!("{error}; the next start tries again"))
    }
}

/// The tiles that a writer goes on with, behind those of the tree before the last segment, whose leaves
/// are given. If they are not what they should be, they are made again from the segments.
///
/// # Errors
/// Fails with the reason for which that cannot be.
pub(super) fn again(
    storage: &dyn Storage,
    base: &Base,
    leaves: Vec<Hash>,
) -> Result<Tiles, Untiled> {
    let (mut tiles, mut tree) = match Tiles::ending_as(storage, &base.firm) {
        Ok(Some(tiles)) => (tiles, base.firm.clone()),
        Ok(None) | Err(_) => of_pruned(storage, base)?,
    };
    base.for_each_line(storage, tree.size(), |_, line| {
        let leaf = audit_tlog::leaf(line);
        tree.push(leaf);
        tiles.push(leaf);
        if tree.size().is_multiple_of(HELD_MAX) { tiles.write(storage) } else { Ok(()) }
    })?;
    if tree != base.tree {
        let why = "records are not those that were sealed; run `audited verify`";
        return Err(Untiled::Failed(why.to_owned()));
    }
    leaves.into_iter().for_each(|leaf| tiles.push(leaf));
    Ok(Tiles { is_cut: false, ..tiles })
}

/// The tiles of what was pruned, made again from the hashes of its lines, and their tree.
fn of_pruned(storage: &dyn Storage, base: &Base) -> Result<(Tiles, Frontier), Untiled> {
    // What is still to be read must not be cut.
    let mut tiles = Tiles { is_cut: true, ..Tiles::default() };
    let mut tree = Frontier::default();
    let pruned =
        base.pruned.as_ref().ok_or(Untiled::Lost("the seal of what was pruned is missing"))?;
    while tree.size() < pruned.size() {
        let end = pruned.size().min(tree.size() + HELD_MAX);
        let leaves = hashes(storage, tree.size(), end, &name(0))?;
        for leaf in leaves.ok_or(Untiled::Lost("the hashes of pruned records are missing"))? {
            tree.push(leaf);
            tiles.push(leaf);
        }
        tiles.write(storage)?;
    }
    if tree != *pruned {
        return Err(Untiled::Lost("the hashes of pruned records are not those that were sealed"));
    }
    Ok((tiles, tree))
}

/// So many hashes of a level; `None` if it has not all of them.
fn hashes(
    storage: &dyn Storage,
    start: u64,
    end: u64,
    name: &str,
) -> Result<Option<Vec<Hash>>, Error> {
    let bytes = match storage.open(name, Access::Read) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        opened => opened.and_then(|file| match file.len()? < end * HASH_BYTES {
            true => Ok(None),
            false => read_range(&*file, start * HASH_BYTES, end * HASH_BYTES).map(Some),
        }),
    };
    let Some(bytes) = bytes.map_err(Error::io(storage, "read", name))? else { return Ok(None) };
    let (hashes, _) = bytes.as_chunks::<32>();
    Ok(Some(hashes.iter().copied().map(Hash::from_bytes).collect()))
}
