//! What the journal says of a front that is not there any more.

use super::item::Place;
use super::{Finding, Kind};
use crate::error::Error;
use crate::pruned::{self, Statement};
use crate::segment::{self, Header};
use crate::storage::Storage;

const OTHER_END: &str =
    "it does not say what was pruned: the first segment that is left names another end before it";
const OTHER_LEFT_OVER: &str =
    "it does not say what was pruned: what is left of the segments that it names ends elsewhere";

/// Where a journal begins.
pub(super) enum Front {
    /// At record 0, as far as it says.
    Whole,
    /// Behind what was pruned.
    Pruned(Box<Statement>),
    /// A record says that it was pruned, but the segments around that place say otherwise.
    Misstated(Box<Statement>, Box<Finding>),
}

impl Front {
    /// Reads the newest record of what was pruned that stands before the record `below`.
    pub(super) fn read(storage: &dyn Storage, firsts: &[u64], below: u64) -> Result<Self, Error> {
        let Some(statement) = pruned::newest(storage, firsts, below)? else {
            return Ok(Self::Whole);
        };
        let kept = statement.kept_from();
        // One that is missing or cannot be read is named as that, behind what was pruned.
        let header = match firsts.binary_search(&kept) {
            Ok(_) => segment::peek_header(&mut segment::lines(storage, kept)?)
                .map_err(Error::io(storage, "read", &segment::name(kept)))?,
            Err(_) => None,
        };
        let contradicting = header.filter(|header| !statement.fits(header));
        let finding = match contradicting {
            Some(header) => misstated(&statement, Some(&header), OTHER_END),
            None if !statement.joins_left_over(storage, firsts)? => {
                misstated(&statement, None, OTHER_LEFT_OVER)
            }
            None => return Ok(Self::Pruned(Box::new(statement))),
        };
        Ok(Self::Misstated(Box::new(statement), Box::new(finding)))
    }

    /// What is said of it.
    pub(super) fn statement(&self) -> Option<&Statement> {
        match self {
            Self::Whole => None,
            Self::Pruned(statement) | Self::Misstated(statement, _) => Some(statement),
        }
    }
}

fn misstated(statement: &Statement, kept: Option<&Header>, reason: &str) -> Finding {
    let end = |seq: u64, hash: &dyn std::fmt::Display| format!("seq {seq} {hash}");
    let expected = kept.and_then(|kept| kept.previous.as_ref());
    let expected = expected.map(|previous| end(previous.last_seq, &previous.hash));
    let pruned = &statement.pruned;
    let ends = [expected, Some(end(pruned.last_seq, &statement.hash))];
    let (segment, offset) = (segment::name(statement.segment), statement.offset);
    Finding::at(Kind::Edited, pruned.seq, &Place { segment, line: 2, offset }, ends, reason)
}
