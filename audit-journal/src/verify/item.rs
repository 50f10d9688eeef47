//! What a walk meets: lines that have the form of a record, and lines that have not.

use std::ops::Range;

use audit_tlog::{Hash, leaf};

use super::fact::{Fact, Hashed};
use super::judge::Tips;
use crate::digest::Digest;
use crate::line::{self, Parsed};
use crate::members;
use crate::segment::{self, Header};
use crate::time::Timestamp;

/// Where something stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) segment: String,
    pub(super) line: u64,
    pub(super) offset: u64,
}

/// What should stand in a record and what does, and what is wrong with it.
pub(super) type Flaw = ([Option<String>; 2], String);

/// One line that has the form of a record, or a run of lines that have not.
pub(super) enum Item {
    Record(Box<Record>),
    Garbage(Garbage),
}

/// A line that has the form of a record.
pub(super) struct Record {
    pub(super) place: Place,
    pub(super) seq: u64,
    pub(super) observed: Timestamp,
    pub(super) stated: Digest,
    pub(super) bytes: Vec<u8>,
    /// Where in them the body stands.
    pub(super) body: Range<usize>,
    /// What it says as the first line of a segment.
    pub(super) opens: Option<Box<Opening>>,
    /// What another thread has found out.
    hashed: Option<Hashed>,
}

/// The first line of a segment.
pub(super) struct Opening {
    pub(super) named_seq: u64,
    pub(super) header: Option<Header>,
    /// The segment before ends where the header says.
    pub(super) is_joined: bool,
}

/// Lines that are no records.
pub(super) struct Garbage {
    pub(super) place: Place,
    pub(super) reason: &'static str,
    /// The hash that the last of them ends with: that of the record which it was.
    pub(super) stated: Option<Digest>,
    /// One of them is a whole line, which no crash leaves behind the last record.
    pub(super) is_whole_line: bool,
    /// The first of them, if it has the form that all later versions have.
    pub(super) later: Option<Vec<u8>>,
}

impl Item {
    pub(super) fn place(&self) -> &Place {
        match self {
            Self::Record(record) => &record.place,
            Self::Garbage(garbage) => &garbage.place,
        }
    }
}

impl Record {
    /// A line as it was parsed; `first_seq` is what the name of its file says, if it has one.
    pub(super) fn of(
        place: Place,
        bytes: Vec<u8>,
        parsed: Parsed<'_>,
        first_seq: Option<u64>,
    ) -> Self {
        // The first record of all starts a segment, whatever the file is called.
        let named = first_seq.or((parsed.stamp.seq == 0).then_some(0));
        let opens = named.filter(|_| place.offset == 0).map(|named_seq| {
            let header = segment::header(&bytes, &parsed);
            Box::new(Opening { named_seq, header, is_joined: true })
        });
        let Parsed { stamp, body, hash: stated } = parsed;
        let (seq, observed) = (stamp.seq, stamp.observed);
        Self { place, seq, observed, stated, bytes, body, opens, hashed: None }
    }

    /// A line of which all this is known, and which is not the first of its segment.
    pub(super) fn known(place: Place, bytes: Vec<u8>, fact: &Fact) -> Self {
        let Fact { seq, observed, stated, body, hashed, .. } = fact;
        Self {
            place,
            seq: *seq,
            observed: *observed,
            stated: *stated,
            bytes,
            body: body.clone(),
            opens: None,
            hashed: Some(hashed.clone()),
        }
    }

    /// True if its hash follows from its bytes and the record before it, which has the hash `tip`.
    pub(super) fn follows(&self, tip: &Digest) -> bool {
        let known = self.hashed.as_ref().and_then(|hashed| hashed.follows(tip));
        known.unwrap_or_else(|| line::link(tip, line::hashed(&self.bytes)) == self.stated)
    }

    /// Its hash as a leaf of the tree.
    pub(super) fn leaf(&self) -> Hash {
        self.hashed.as_ref().map_or_else(|| leaf(&self.bytes), |hashed| hashed.leaf)
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.bytes[self.body.clone()]
    }

    pub(super) fn origin(&self) -> Option<&str> {
        Some(&self.opens.as_ref()?.header.as_ref()?.origin)
    }

    /// What a reader could not use, although the chain may vouch for it.
    pub(super) fn flaw(&self, before: &Tips) -> Option<Flaw> {
        let is_object = self.hashed.as_ref().is_some_and(|hashed| hashed.is_object);
        if !is_object && let Err(reason) = members::check_line(&self.bytes, self.body()) {
            return Some(([None, None], reason));
        }
        let opening = self.opens.as_ref()?;
        if opening.named_seq != self.seq {
            let numbers = [opening.named_seq, self.seq].map(|seq| Some(format!("seq {seq}")));
            let reason = "the file's name does not say its first record";
            return Some((numbers, reason.to_owned()));
        }
        let reason = "the segment does not start with a header";
        let Some(header) = &opening.header else {
            return Some(([None, None], reason.to_owned()));
        };
        let names_end = match &header.previous {
            None => self.seq == 0,
            Some(end) => {
                let follows = end.last_seq.checked_add(1) == Some(self.seq);
                follows && (!before.sure || before.hashes.contains(&end.hash))
            }
        };
        let reason = "its header does not name the end of the segment before it";
        (!names_end || !opening.is_joined).then(|| ([None, None], reason.to_owned()))
    }
}
