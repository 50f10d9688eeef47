//! Reads the hashes of complete subtrees from `tiles/`; they count for nothing before a signed root is met.

use audit_tlog::{Frontier, Hash};

use super::signed::TILES;
use super::storage::{Access, Storage, StorageFile, read_range};

/// How long a hash is.
pub(super) const HASH_BYTES: u64 = 32;
/// How many levels of the tree one level of tiles has.
const HEIGHT: u32 = 8;
/// How many levels of tiles the largest tree has.
pub(super) const LEVELS: u32 = 64 / HEIGHT;

/// The hashes of one level. What cannot be read is not there: it can be made again.
pub(super) struct TileFile {
    file: Option<Box<dyn StorageFile>>,
    /// The tile that was read last, and from which hash on it is.
    held: Option<(u64, Vec<u8>)>,
}

impl TileFile {
    pub(super) fn open(storage: &dyn Storage, level: u32) -> Self {
        let file = storage.open(&name(level), Access::Read).ok();
        Self { file, held: None }
    }

    /// The hash with this number, from 0.
    pub(super) fn hash(&mut self, index: u64) -> Option<Hash> {
        let file = self.file.as_deref()?;
        let tile = index - index % audit_tlog::TILE_WIDTH;
        if self.held.as_ref().is_none_or(|(held, _)| *held != tile) {
            let start = tile.checked_mul(HASH_BYTES)?;
            let read = read_range(file, start, start + audit_tlog::TILE_WIDTH * HASH_BYTES);
            self.held = Some((tile, read.unwrap_or_default()));
        }
        let (_, held) = self.held.as_ref()?;
        let at = usize::try_from((index - tile) * HASH_BYTES).ok()?;
        Some(Hash::from_bytes(*held.get(at..)?.first_chunk()?))
    }
}

/// Which hash of a level is over the leaf `seq`.
pub(super) fn index_of(seq: u64, level: u32) -> u64 {
    seq >> (HEIGHT * level)
}

/// The file of a level.
pub(super) fn name(level: u32) -> String {
    format!("{TILES}/{level}")
}

/// The hash of the complete subtree over the leaves from `index << level` on, as `tiles/` has it.
pub(super) fn subtree(storage: &dyn Storage, level: u32, index: u64) -> Option<Hash> {
    let (file, within) = (level / HEIGHT, level % HEIGHT);
    let mut hashes = TileFile::open(storage, file);
    let mut tree = Frontier::default();
    for index in (index << within)..((index + 1) << within) {
        tree.push(hashes.hash(index)?);
    }
    Some(tree.root())
}

/// The tree level by level of its tiles, so that each complete tile is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranks(Vec<Frontier>);

impl Ranks {
    pub(super) fn of(tree: &Frontier) -> Self {
        let mut peaks = tree.peaks().iter().copied();
        let digits = (0..LEVELS).rev().map(|level| (tree.size() >> (HEIGHT * level)) & 0xff);
        let rank = |digit: u64| {
            let peaks = peaks.by_ref().take(digit.count_ones() as usize).collect();
            Frontier::from_peaks(digit, peaks).unwrap_or_default()
        };
        let mut ranks: Vec<_> = digits.map(rank).collect();
        ranks.reverse();
        Self(ranks)
    }

    /// Appends a leaf, and tells of each tile that it completes: the level that its hash is in.
    pub(super) fn push(&mut self, leaf: Hash, mut complete: impl FnMut(u32, Hash)) {
        let (mut level, mut hash) = (0, leaf);
        loop {
            if self.0.len() <= level {
                self.0.push(Frontier::default());
            }
            let rank = &mut self.0[level];
            rank.push(hash);
            if rank.size() < audit_tlog::TILE_WIDTH {
                return;
            }
            hash = std::mem::take(rank).root();
            level += 1;
            complete(level as u32, hash);
        }
    }

    /// The tree of `size` leaves that this is.
    pub(super) fn tree(&self, size: u64) -> Option<Frontier> {
        let peaks = self.0.iter().rev().flat_map(|rank| rank.peaks().iter().copied());
        Frontier::from_peaks(size, peaks.collect())
    }
}

#[cfg(test)]
mod tests {
    use audit_tlog::leaf;

    use super::*;

    #[test]
    fn ranks_are_the_tree_and_know_its_complete_tiles() {
        let (mut tree, mut ranks, mut tiles) = (Frontier::default(), Ranks::default(), Vec::new());
        for seq in 0..70_000_u64 {
            let leaf = leaf(&seq.to_be_bytes());
            tree.push(leaf);
            ranks.push(leaf, |level, hash| tiles.push((level, index_of(seq, level), hash)));
            if seq % 997 == 0 {
                assert_eq!(ranks.tree(seq + 1).as_ref(), Some(&tree));
                assert_eq!(Ranks::of(&tree).tree(seq + 1).as_ref(), Some(&tree));
                ranks = Ranks::of(&tree);
            }
        }
        assert_eq!(tiles.len(), 70_000 / 256 + 1);
        let (level, index, hash) = tiles[256];
        assert_eq!((level, index), (2, 0));
        let first = tree.peaks()[0];
        assert_eq!(hash, first, "65,536 leaves are one complete tile of tiles");
    }
}
