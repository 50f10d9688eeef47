//! The seal of a segment: what it was when it ended, and the tree up to there, signed.

use audit_tlog::{Checkpoint, Frontier, Hash};

use crate::digest::Digest;
use crate::segment;

/// What a seal says, beside the journal's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) first_seq: u64,
    /// The bytes of the segment that count.
    pub(crate) bytes: u64,
    /// Of these bytes.
    pub(crate) sha256: Hash,
    /// The chain's hash before the first record.
    pub(crate) before: Digest,
    /// That of the last record.
    pub(crate) last: Digest,
    /// The tree over all records up to the last one.
    pub(crate) tree: Frontier,
}

impl Seal {
    /// The file it belongs in.
    pub(crate) fn name(&self) -> String {
        segment::seal(self.first_seq)
    }

    /// The number of the record behind the last one.
    pub(crate) fn next_seq(&self) -> u64 {
        self.tree.size()
    }

    /// The checkpoint that is signed.
    pub(crate) fn checkpoint(&self, origin: &str) -> Checkpoint {
        let Self { first_seq, bytes, sha256, before, last, tree } = self;
        let last_seq = self.next_seq().saturating_sub(1);
        let peaks: Vec<String> = tree.peaks().iter().map(Hash::to_string).collect();
        let extensions = vec![
            format!("segment {first_seq} {last_seq} {bytes} {sha256}"),
            format!("chain {before} {last}"),
            format!("peaks {}", peaks.join(" ")),
        ];
        Checkpoint { extensions, ..Checkpoint::of(origin, tree) }
    }

    /// Reads a checkpoint that is one of a seal, byte for byte as it is written.
    pub(crate) fn of(checkpoint: &Checkpoint) -> Option<Self> {
        let [segment, chain, peaks] = checkpoint.extensions.as_slice() else { return None };
        let (segment, chain) = (words(segment, "segment ")?, words(chain, "chain ")?);
        let ([first_seq, _, bytes, sha256], [before, last]) =
            (segment.as_slice(), chain.as_slice())
        else {
            return None;
        };
        let peaks = words(peaks, "peaks ")?.into_iter().map(Hash::parse).collect::<Option<_>>()?;
        let seal = Self {
            first_seq: first_seq.parse().ok()?,
            bytes: bytes.parse().ok()?,
            sha256: Hash::parse(sha256)?,
            before: Digest::parse(before)?,
            last: Digest::parse(last)?,
            tree: Frontier::from_peaks(checkpoint.size, peaks)?,
        };
        // Its root, its last record and the way it is written follow from the rest.
        let is_whole = seal.first_seq < seal.next_seq();
        (is_whole && seal.checkpoint(&checkpoint.origin) == *checkpoint).then_some(seal)
    }
}

fn words<'a>(line: &'a str, label: &str) -> Option<Vec<&'a str>> {
    Some(line.strip_prefix(label)?.split(' ').collect())
}
