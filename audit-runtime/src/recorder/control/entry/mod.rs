//! The records that other processes may have appended, which are of a closed set of kinds.

mod drill;
mod finding;
mod reading;

use serde::{Deserialize, Serialize};

use crate::event::{Actor, Event, Outcome};
use audit_redact::public;

pub use {
    drill::Drill,
    finding::Finding,
    reading::{Read, Reveal},
};

/// Longest texts in bytes: a word, a name, a sentence.
const WORD_BYTES_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 256;
const SENTENCE_BYTES_MAX: usize = 1024;

/// What a process that is not the service has recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Entry {
    /// Somebody has read the journal: the record `JournalRead`.
    Read(Read),
    /// Somebody is about to read a sealed value: the record `JournalReveal`.
    Reveal(Reveal),
    /// A detector has found something: the record `DetectorFinding`.
    Finding(Finding),
    /// A drill pretends that a login has failed: the record of one, which is marked.
    Drill(Drill),
}

/// Who asked, as the system tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recorder) struct Peer {
    pub(super) user: u32,
    pub(super) process: u32,
}

/// As a record of the journal itself names it.
impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "uid:{} process:{}", self.user, self.process)
    }
}

impl Entry {
    /// What is wrong with it, if it cannot be recorded.
    pub(in crate::recorder) fn flaw(&self) -> Option<&'static str> {
        match self {
            Self::Read(read) => read.flaw(),
            Self::Reveal(reveal) => reveal.flaw(),
            Self::Finding(finding) => finding.flaw(),
            Self::Drill(drill) => drill.flaw(),
        }
    }

    /// The event of it, done by `peer` and nobody whom the entry itself could name.
    pub(in crate::recorder) fn event(&self, peer: Option<Peer>) -> Event {
        let draft = match self {
            Self::Read(read) => read.draft(),
            Self::Reveal(reveal) => reveal.draft(),
            Self::Finding(finding) => finding.draft(),
            Self::Drill(drill) => drill.draft(),
        };
        let draft = match peer {
            Some(Peer { process, .. }) => draft.extra("peer.process", &process),
            None => draft,
        };
        let id = peer.map(|peer| format!("uid:{}", peer.user));
        match (self, id) {
            (Self::Drill(drill), id) => {
                let draft =
                    id.iter().fold(draft, |draft, id| draft.extra("peer.user", &public(id)));
                draft.actor(drill.actor()).failed("drill")
            }
            (_, None) => draft.actor(Actor::anonymous()).ended(Outcome::Success),
            (Self::Read(_) | Self::Reveal(_), Some(id)) => {
                draft.actor(Actor::user(id)).ended(Outcome::Success)
            }
            (Self::Finding(_), Some(id)) => draft.actor(Actor::service(id)).ended(Outcome::Success),
        }
    }
}

/// True for a text that is there and not too long.
fn holds(text: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len())
}

/// True for a text that is not there, or not too long.
fn fits(text: &Option<String>, bytes_max: usize) -> bool {
    text.as_deref().is_none_or(|text| text.len() <= bytes_max)
}
