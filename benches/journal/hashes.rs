//! The hashes that a signed journal cannot do without, over lines in memory, and nothing else.

use std::hint::black_box;

use audit_runtime::Digest;
use audit_tlog::{Frontier, leaf};
use sha2::{Digest as _, Sha256};

const SUFFIX_BYTES: usize = 51;
const LINK_DOMAIN: u8 = 2;

/// The chain, the tree and the digest of a segment.
pub(crate) struct Hashes {
    tip: Digest,
    tree: Frontier,
    segment: Sha256,
}

impl Hashes {
    pub(crate) fn new() -> Self {
        Self { tip: Digest::of(b"origin"), tree: Frontier::default(), segment: Sha256::new() }
    }

    /// Takes whole lines: for each its hash in the chain, its leaf and the nodes above that.
    pub(crate) fn take(&mut self, lines: &[u8]) {
        let mut rest = lines;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end + 1);
            let hashed = &line[..end - SUFFIX_BYTES];
            self.tip = Digest::of_parts(&[&[LINK_DOMAIN], self.tip.as_bytes(), hashed]);
            self.tree.push(leaf(&line[..end]));
            self.segment.update(line);
            rest = after;
        }
    }

    fn end_segment(&mut self) {
        black_box(std::mem::take(&mut self.segment).finalize());
    }
}

/// Takes all segments of a journal.
pub(crate) fn required(segments: &[Vec<u8>]) {
    let mut hashes = Hashes::new();
    for segment in segments {
        hashes.take(segment);
        hashes.end_segment();
    }
    black_box((hashes.tip, hashes.tree.root()));
}
