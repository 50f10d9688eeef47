//! Trees and proofs of all sizes up to 3,000, against `tlog_tiles` and `ct-merkle`.

use std::convert::Infallible;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use tlog_tiles::HashReader;

use crate::{
    Frontier, Hash, consistency, inclusion, is_consistent, is_included, leaf, node, root_at,
};

const SIZES: u64 = 3_000;

/// All complete subtrees, by level.
struct Subtrees(Vec<Vec<Hash>>);

impl Subtrees {
    fn of(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let pairs = below.chunks_exact(2);
            levels.push(pairs.map(|pair| node(&pair[0], &pair[1])).collect());
        }
        Self(levels)
    }

    fn read(&self, level: u32, index: u64) -> Result<Hash, Infallible> {
        Ok(self.0[level as usize][index as usize])
    }
}

/// The same for the other implementation.
impl HashReader for Subtrees {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let read = |index: &u64| {
            let (level, n) = tlog_tiles::split_stored_hash_index(*index);
            other(&self.0[usize::from(level)][n as usize])
        };
        Ok(indexes.iter().map(read).collect())
    }
}

fn other(hash: &Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(*hash.as_bytes())
}

fn record(seq: u64) -> Vec<u8> {
    format!("record {seq}").into_bytes()
}

fn subtrees(size: u64) -> Subtrees {
    Subtrees::of((0..size).map(|seq| leaf(&record(seq))).collect())
}

/// Those that differ in their way, and some others.
fn some_below(size: u64) -> impl Iterator<Item = u64> {
    let half = size.next_power_of_two() / 2;
    let some = [0, 1, 2, size / 3, half + 1, half, size / 2, size - 1];
    let before = [half, size - 1].map(|index| index.saturating_sub(1));
    some.into_iter().chain(before).filter(move |index| *index < size)
}

#[test]
fn roots_of_all_sizes_are_those_of_two_others() {
    let subtrees = subtrees(SIZES);
    let mut frontier = Frontier::default();
    let mut theirs = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
    assert_eq!(frontier.root().as_bytes(), &tlog_tiles::EMPTY_HASH.0);
    for size in 1..=SIZES {
        frontier.push(leaf(&record(size - 1)));
        theirs.push(record(size - 1));
        let root = frontier.root();
        assert_eq!(frontier.size(), size);
        assert_eq!(root.as_bytes().as_slice(), theirs.root().as_bytes().as_slice(), "{size}");
        assert_eq!(other(&root), tlog_tiles::tree_hash(size, &subtrees).unwrap(), "{size}");
        let Ok(read) = root_at(size, &mut |level, index| subtrees.read(level, index));
        assert_eq!(read, root, "{size}");
        let again = Frontier::from_peaks(size, frontier.peaks().to_vec());
        assert_eq!(again, Some(frontier.clone()), "{size}");
    }
    assert_eq!(Frontier::from_peaks(SIZES + 1, frontier.peaks().to_vec()), None);
}

#[test]
fn proofs_of_inclusion_are_those_of_two_others_and_prove_nothing_else() {
    let subtrees = subtrees(SIZES);
    let mut theirs = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
    for size in 1..=SIZES {
        theirs.push(record(size - 1));
        let read = &mut |level, index| subtrees.read(level, index);
        let Ok(root) = root_at(size, read);
        for index in some_below(size) {
            let Ok(proof) = inclusion(size, index, read);
            let expected = tlog_tiles::prove_record(size, index, &subtrees).unwrap();
            assert!(proof.iter().map(other).eq(expected.iter().copied()), "{index} of {size}");
            let bytes = proof.iter().flat_map(|hash| *hash.as_bytes()).collect();
            let bytes = ct_merkle::InclusionProof::try_from_bytes(bytes).unwrap();
            theirs.root().verify_inclusion(&record(index), index, &bytes).unwrap();
            let own = leaf(&record(index));
            assert!(is_included(&root, size, index, &own, &proof), "{index} of {size}");
            assert!(!is_included(&root, size, index ^ 1, &own, &proof), "{index} of {size}");
            assert!(!is_included(&root, size, index, &leaf(b"other"), &proof));
            assert!(!is_included(&root, size, size, &own, &proof));
            assert!(!is_included(&root, size * 2, index, &own, &proof), "{index} of {size}");
            assert!(!is_included(&root, size, index, &own, &[&proof[..], &[own]].concat()));
            let cut = proof
                .split_last()
                .is_some_and(|(_, cut)| is_included(&root, size, index, &own, cut));
            assert!(!cut, "{index} of {size}");
        }
    }
}

#[test]
fn proofs_of_consistency_are_those_of_two_others_and_prove_nothing_else() {
    let subtrees = subtrees(SIZES);
    let mut roots = vec![Frontier::default().root()];
    let mut theirs = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
    let mut their_roots = vec![theirs.root()];
    for to in 1..=SIZES {
        theirs.push(record(to - 1));
        their_roots.push(theirs.root());
        let read = &mut |level, index| subtrees.read(level, index);
        let Ok(root) = root_at(to, read);
        roots.push(root);
        assert!(is_consistent((0, &roots[0]), (to, &root), &[]));
        assert!(is_consistent((to, &root), (to, &root), &[]));
        assert!(!is_consistent((to, &roots[to as usize - 1]), (to, &root), &[]));
        for from in some_below(to).filter(|from| *from > 0) {
            let Ok(proof) = consistency(from, to, read);
            let expected = tlog_tiles::prove_tree(to, from, &subtrees).unwrap();
            assert!(proof.iter().map(other).eq(expected.iter().copied()), "{from} to {to}");
            let bytes = proof.iter().flat_map(|hash| *hash.as_bytes()).collect();
            let bytes = ct_merkle::ConsistencyProof::try_from_bytes(bytes).unwrap();
            let earlier = &their_roots[from as usize];
            theirs.root().verify_consistency(earlier, &bytes).unwrap();
            let from_root = &roots[from as usize];
            assert!(is_consistent((from, from_root), (to, &root), &proof), "{from} to {to}");
            assert!(!is_consistent((from, &root), (to, &root), &proof), "{from} to {to}");
            assert!(!is_consistent((from, from_root), (to, from_root), &proof));
            assert!(!is_consistent((from + 1, from_root), (to, &root), &proof));
            assert!(!is_consistent((to, &root), (from, from_root), &proof));
            assert!(!is_consistent((from, from_root), (to, &root), &proof[1..]));
        }
    }
}
