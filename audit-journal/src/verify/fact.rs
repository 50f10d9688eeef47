//! What hashing tells of the lines in a part of a segment, whoever does it.

use std::ops::Range;

use audit_tlog::{Hash, leaf};

use crate::digest::Digest;
use crate::line::{self, Parsed};
use crate::members;
use crate::storage::{StorageFile, read_range};
use crate::time::Timestamp;

/// A part of a segment, and what is known of the lines that are wholly in it.
#[derive(Default)]
pub(super) struct Block {
    first: u64,
    start: u64,
    bytes: Vec<u8>,
    /// By their places.
    facts: Vec<Fact>,
}

/// A line that has the form of a record.
pub(super) struct Fact {
    /// Where it stands in the block.
    range: Range<usize>,
    pub(super) seq: u64,
    pub(super) observed: Timestamp,
    pub(super) stated: Digest,
    pub(super) body: Range<usize>,
    pub(super) hashed: Hashed,
}

/// What hashing and reading a line tells.
#[derive(Clone)]
pub(super) struct Hashed {
    /// The hash that the line before states, if one stands there, and whether this one's follows from that.
    link: Option<(Digest, bool)>,
    pub(super) leaf: Hash,
    /// It is one JSON object with the journal's names.
    pub(super) is_object: bool,
}

impl Block {
    /// The bytes of a file up to `end`; none if they cannot be read.
    pub(super) fn read(file: &dyn StorageFile, first: u64, start: u64, end: u64) -> Self {
        let bytes = read_range(file, start, end).unwrap_or_default();
        Self { first, start, bytes, facts: Vec::new() }
    }

    pub(super) fn hashed(mut self) -> Self {
        let (mut start, mut before) = (0, None);
        while let Some(length) = memchr::memchr(b'\n', &self.bytes[start..]) {
            let range = start..start + length;
            let line = &self.bytes[range.clone()];
            start = range.end + 1;
            // The first one may begin in the block before.
            let parsed = line::parse(line).ok().filter(|_| range.start > 0);
            let fact = parsed.map(|parsed| Fact::of(line, range, parsed, before));
            before = line::stated_hash(line);
            self.facts.extend(fact);
        }
        self
    }

    pub(super) fn holds(&self, first: u64, offset: u64) -> bool {
        let is_inside = |at: u64| at < self.bytes.len() as u64;
        self.first == first && offset.checked_sub(self.start).is_some_and(is_inside)
    }

    /// What is known of the line at `offset` that has these bytes.
    pub(super) fn fact(&self, offset: u64, line: &[u8]) -> Option<&Fact> {
        let at = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        let index = self.facts.binary_search_by_key(&at, |fact| fact.range.start).ok()?;
        let fact = &self.facts[index];
        (self.bytes[fact.range.clone()] == *line).then_some(fact)
    }

    /// Copies the bytes from `offset` on, as far as they are here, and returns how many.
    pub(super) fn copy(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let at = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        let bytes = self.bytes.get(at..).unwrap_or_default();
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        count
    }
}

impl Fact {
    fn of(line: &[u8], range: Range<usize>, parsed: Parsed<'_>, before: Option<Digest>) -> Self {
        let Parsed { stamp, body, hash: stated } = parsed;
        let follows = |before| line::link(&before, line::hashed(line)) == stated;
        let hashed = Hashed {
            link: before.map(|before| (before, follows(before))),
            leaf: leaf(line),
            is_object: members::check_line(line, &line[body.clone()]).is_ok(),
        };
        Self { range, seq: stamp.seq, observed: stamp.observed, stated, body, hashed }
    }
}

impl Hashed {
    /// Whether the line follows a record with the hash `tip`; `None` if another one was looked at.
    pub(super) fn follows(&self, tip: &Digest) -> Option<bool> {
        self.link.as_ref().filter(|(before, _)| before == tip).map(|(_, follows)| *follows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Chain, Stamp};

    fn lines(bodies: &[&str]) -> (Vec<Digest>, Vec<Vec<u8>>) {
        let mut chain = Chain::of_origin("test/fact");
        let (mut tips, mut lines) = (vec![chain.tip], Vec::new());
        for (seq, body) in (0..).zip(bodies) {
            let observed = Timestamp::from_unix_nanos(0);
            let stamp = Stamp { seq, observed, boot: "0000000000000000", mono: 0 };
            let mut line = Vec::new();
            tips.push(chain.extend(&mut line, &stamp, body.as_bytes()));
            lines.push(line);
        }
        (tips, lines)
    }

    fn block(lines: &[Vec<u8>]) -> Block {
        Block { bytes: lines.concat(), ..Block::default() }.hashed()
    }

    #[test]
    fn a_fact_is_told_of_the_very_bytes_and_of_the_very_record_before_them() {
        let (tips, mut lines) = lines(&["\"a\":1", "\"b\":2", "\"c\":no json", "\"d\":4"]);
        let body = memchr::memmem::find(&lines[3], b"\"d\":4").unwrap();
        lines[3][body + 4] ^= 1;
        let block = block(&lines);
        let mut offset = lines[0].len() as u64;
        assert!(block.fact(0, lines[0].strip_suffix(b"\n").unwrap()).is_none());
        for (at, (is_right, is_object)) in (1..).zip([(true, true), (true, false), (false, true)]) {
            let line = lines[at].strip_suffix(b"\n").unwrap();
            let fact = block.fact(offset, line).unwrap();
            assert_eq!((fact.seq, fact.hashed.leaf), (at as u64, leaf(line)));
            assert_eq!(fact.hashed.follows(&tips[at]), Some(is_right), "{at}");
            assert_eq!(fact.hashed.follows(&tips[0]), None);
            assert_eq!(fact.hashed.is_object, is_object, "{at}");
            let mut other = line.to_vec();
            other[80] ^= 1;
            assert!(block.fact(offset, &other).is_none());
            assert!(block.fact(offset + 1, line).is_none());
            offset += lines[at].len() as u64;
        }
    }
}
