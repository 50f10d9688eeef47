//! What the journal says of a front that is not there any more.

use super::{Finding, Kind};
use crate::error::Error;
use crate::pruned::{self, Statement};
use crate::segment::{self, Header};
use crate::storage::Storage;

/// Where a journal begins.
pub(super) enum Front {
    /// At record 0, as far as it says.
    Whole,
    /// Behind what was pruned.
    Pruned(Box<Statement>),
    /// A record says that it was pruned, but the first segment that should be left says otherwise.
    Misstated(Box<Finding>),
}

impl Front {
    pub(super) fn read(storage: &dyn Storage, firsts: &[u64]) -> Result<Self, Error> {
        let Some(statement) = pruned::newest(storage, firsts)? else {
            return Ok(Self::Whole);
        };
        let kept = statement.kept_from();
        // One that is missing or cannot be read is named as that, behind what was pruned.
        if firsts.binary_search(&kept).is_err() {
            return Ok(Self::Pruned(Box::new(statement)));
        }
        let header = segment::peek_header(&mut segment::lines(storage, kept)?);
        let header = header.map_err(Error::io(storage, "read", &segment::name(kept)))?;
        Ok(match header {
            Some(header) if !statement.fits(&header) => {
                Self::Misstated(Box::new(misstated(&statement, &header)))
            }
            _ => Self::Pruned(Box::new(statement)),
        })
    }
}

fn misstated(statement: &Statement, kept: &Header) -> Finding {
    let end = |seq: u64, hash: &dyn std::fmt::Display| format!("seq {seq} {hash}");
    let expected = kept.previous.as_ref().map(|previous| end(previous.last_seq, &previous.hash));
    let pruned = &statement.pruned;
    Finding {
        kind: Kind::Edited,
        seq: pruned.seq,
        segment: segment::name(statement.segment),
        line: 2,
        offset: statement.offset,
        expected,
        actual: Some(end(pruned.last_seq, &statement.hash)),
        reason:
            "it does not say what was pruned: the first segment that is left names another end \
                 before it"
                .to_owned(),
    }
}
