//! One record as a cursor gives it out.

use std::ops::Range;

use crate::digest::Digest;
use crate::line::Parsed;
use crate::time::Timestamp;

/// One record as it stands in the journal.
#[derive(Clone, Debug)]
pub struct Line {
    seq: u64,
    observed: Timestamp,
    boot: String,
    mono: u64,
    hash: Digest,
    bytes: Vec<u8>,
    body: Range<usize>,
}

impl Line {
    pub(super) fn of(parsed: &Parsed<'_>, bytes: &[u8]) -> Self {
        Self {
            seq: parsed.stamp.seq,
            observed: parsed.stamp.observed,
            boot: parsed.stamp.boot.to_owned(),
            mono: parsed.stamp.mono,
            hash: parsed.hash,
            bytes: bytes.to_owned(),
            body: parsed.body.clone(),
        }
    }

    /// Its place in the journal, from 0.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// When the journal took it in.
    pub fn observed(&self) -> Timestamp {
        self.observed
    }

    /// Names the start of the writer that wrote it: sixteen hexadecimal digits.
    pub fn boot(&self) -> &str {
        &self.boot
    }

    /// The writer's monotonic clock in nanoseconds, comparable within one boot.
    pub fn mono_ns(&self) -> u64 {
        self.mono
    }

    /// Its hash, which stands for it and for all records before it.
    pub fn hash(&self) -> Digest {
        self.hash
    }

    /// The whole line without its newline, byte for byte.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What was given to [`Journal::append`](crate::Journal::append).
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.body.clone()]
    }
}
