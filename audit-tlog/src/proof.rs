//! Proofs as files: that a record is in a log, with the checkpoint that says so (`c2sp.org/tlog-proof@v1`).

use std::fmt;

use crate::checkpoint::{Checkpoint, number};
use crate::hash::{Hash, leaf};
use crate::key::VerifierKey;
use crate::malformed::Malformed;
use crate::note::{Note, Untrusted};
use crate::paths::is_included;

const TITLE: &str = "c2sp.org/tlog-proof@v1";
/// A tree has no more levels.
const HASHES_MAX: usize = 64;

/// That a record is in a log: who has the record and trusts the log's key needs nothing else to check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The number of the record, from 0.
    pub index: u64,
    /// The hashes beside the way from the record to the root, from below.
    pub hashes: Vec<Hash>,
    /// The signed root.
    pub checkpoint: Note,
}

/// What a proof does not prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// Its checkpoint is signed by no trusted key.
    Untrusted(Untrusted),
    /// Its note is no checkpoint.
    Malformed(Malformed),
    /// Its hashes do not lead from this record to the root.
    OtherRecord,
}

impl Proof {
    /// Reads a whole file. Its extra data, if it has any, are not authenticated and passed over.
    ///
    /// # Errors
    /// Fails with the line that is none of a proof.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(Malformed::whole("there is no empty line between a proof and its checkpoint"))?;
        let mut lines = head.split('\n').enumerate().map(|(at, line)| (at + 1, line)).peekable();
        if lines.next().is_none_or(|(_, line)| line != TITLE) {
            return Err(Malformed::at(1, "a proof begins with `c2sp.org/tlog-proof@v1`"));
        }
        lines.next_if(|(_, line)| line.starts_with("extra "));
        let (at, line) = lines.next().unwrap_or((2, ""));
        let index = line.strip_prefix("index ").and_then(number);
        let index = index.ok_or(Malformed::at(at, "it is no `index` and a number"))?;
        let hash = |(at, line)| match Hash::parse(line) {
            Some(hash) if at < HASHES_MAX + 4 => Ok(hash),
            _ => Err(Malformed::at(at, "it is no hash of a proof")),
        };
        let hashes = lines.map(hash).collect::<Result<_, _>>()?;
        let behind = head.split('\n').count() + 1;
        let checkpoint = Note::parse(note).map_err(|malformed| malformed.behind(behind))?;
        Ok(Self { index, hashes, checkpoint })
    }

    /// What its checkpoint says, if it proves that `record` is in that log.
    ///
    /// # Errors
    /// Fails if no trusted key has signed the checkpoint, and if the record is not the one it is for.
    pub fn check(&self, record: &[u8], trusted: &[VerifierKey]) -> Result<Checkpoint, Unproven> {
        self.checkpoint.signers(trusted).map_err(Unproven::Untrusted)?;
        let checkpoint = Checkpoint::parse(&self.checkpoint.text).map_err(Unproven::Malformed)?;
        let (root, size) = (&checkpoint.root, checkpoint.size);
        match is_included(root, size, self.index, &leaf(record), &self.hashes) {
            true => Ok(checkpoint),
            false => Err(Unproven::OtherRecord),
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{TITLE}\nindex {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untrusted(why) => write!(f, "the proof's checkpoint: {why}"),
            Self::Malformed(why) => write!(f, "the proof's checkpoint: {why}"),
            Self::OtherRecord => f.write_str(
                "the proof is not for this record: give the whole line, byte for byte, that it was made for",
            ),
        }
    }
}

impl std::error::Error for Unproven {}
