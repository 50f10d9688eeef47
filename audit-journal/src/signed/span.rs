//! The records of one segment, as far as its seal tells of them.

use audit_tlog::{Frontier, Hash};
use sha2::{Digest as _, Sha256};

use super::seal::Seal;
use crate::digest::Digest;
use crate::line::Chain;

/// The first records of a segment.
#[derive(Clone, Debug)]
pub(super) struct Span {
    first_seq: u64,
    before: Digest,
    content: Content,
}

/// The bytes of lines, as a seal tells of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    bytes: u64,
    sha256: Sha256,
}

impl Span {
    /// A segment that begins behind the chain `before`.
    pub(super) fn new(before: &Chain) -> Self {
        let Chain { next: first_seq, tip: before } = *before;
        Self { first_seq, before, content: Content::default() }
    }

    /// Takes the next line, without its newline.
    pub(super) fn push(&mut self, line: &[u8]) {
        self.content.push(line);
    }

    /// The seal of a segment that ends where the chain is at `end` and the tree is `tree`.
    pub(super) fn close(self, end: &Chain, tree: &Frontier) -> Seal {
        let (bytes, sha256) = self.content.end();
        Seal {
            first_seq: self.first_seq,
            bytes,
            sha256,
            before: self.before,
            last: end.tip,
            tree: tree.clone(),
        }
    }
}

impl Content {
    /// Takes the next line, without its newline.
    pub(crate) fn push(&mut self, line: &[u8]) {
        self.sha256.update(line);
        self.sha256.update(b"\n");
        self.bytes += line.len() as u64 + 1;
    }

    /// How many bytes there are, and their digest.
    pub(crate) fn end(self) -> (u64, Hash) {
        (self.bytes, Hash::from_bytes(self.sha256.finalize().into()))
    }
}
