//! The records of one commit, in memory until they are durable.

use std::ops::Range;

use super::line::{Chain, SUFFIX_BYTES, Stamp};
use crate::digest::Digest;

/// Lines as they are to be written, and what they are made of.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) lines: Vec<u8>,
    /// Where the body of each line stands, and whose it is.
    bodies: Vec<(Range<usize>, Author)>,
    /// The records of the caller.
    pub(super) records: Vec<Appended>,
}

/// A record's place in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its number, from 0.
    pub seq: u64,
    /// Its hash, which stands for it and for all records before it.
    pub hash: Digest,
}

/// Who has made a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    Journal,
    Caller,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.bodies.clear();
        self.records.clear();
    }

    /// Adds the line that continues the chain with `body`.
    pub(super) fn push(
        &mut self,
        chain: &mut Chain,
        stamp: &Stamp<'_>,
        body: &[u8],
        author: Author,
    ) {
        let hash = chain.extend(&mut self.lines, stamp, body);
        let end = self.lines.len() - SUFFIX_BYTES - 1;
        self.bodies.push((end - body.len()..end, author));
        if author == Author::Caller {
            self.records.push(Appended { seq: stamp.seq, hash });
        }
    }

    /// The lines in their order, without their newlines.
    pub(super) fn each_line(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.bodies.iter().map(move |(body, _)| {
            let end = body.end + SUFFIX_BYTES;
            let line = &self.lines[start..end];
            start = end + 1;
            line
        })
    }

    /// The bodies in their order, to be staged again elsewhere.
    pub(super) fn bodies(&self) -> impl Iterator<Item = (Author, &[u8])> {
        self.bodies.iter().map(|(body, author)| (*author, &self.lines[body.clone()]))
    }
}
