//! Where a writer starts: at a new journal's first record, or behind the last one of an old journal.

use super::control::Reason;
use super::error::Error;
use super::line::Chain;
use super::options::Options;
use super::quarantine::Quarantined;
use super::recovery::Recovered;
use super::segment::{self, Previous};
use super::storage::{Access, Storage, StorageFile};
use crate::time::Timestamp;

/// The segment that the next batch goes to.
pub(super) struct OpenSegment {
    pub(super) name: String,
    /// None until the batch that starts with its header is committed.
    pub(super) file: Option<Box<dyn StorageFile>>,
    pub(super) length: u64,
    pub(super) opened: Timestamp,
}

/// The header that the first batch of a writer starts with.
pub(super) struct Header {
    pub(super) reason: Reason,
    pub(super) previous: Option<Previous>,
}

/// What a writer starts from.
pub(super) struct Start {
    pub(super) origin: String,
    pub(super) chain: Chain,
    pub(super) segment: OpenSegment,
    pub(super) header: Option<Header>,
    pub(super) torn: Vec<Quarantined>,
    pub(super) unclean: bool,
}

impl Start {
    pub(super) fn of(
        storage: &dyn Storage,
        options: &Options,
        recovered: Option<Recovered>,
    ) -> Result<Self, Error> {
        match recovered {
            None => Ok(Self::fresh(options)),
            Some(recovered) => Self::again(storage, options, recovered),
        }
    }

    fn fresh(options: &Options) -> Self {
        let origin = chosen_origin(options);
        Self {
            chain: Chain::of_origin(&origin),
            origin,
            segment: OpenSegment::new(0, options.clock.now()),
            header: Some(Header { reason: Reason::First, previous: None }),
            torn: Vec::new(),
            unclean: false,
        }
    }

    fn again(
        storage: &dyn Storage,
        options: &Options,
        recovered: Recovered,
    ) -> Result<Self, Error> {
        let origin = match (recovered.origin, &options.origin) {
            (Some(found), Some(configured)) if found != *configured => {
                return Err(other_origin(storage, &found, configured));
            }
            (Some(found), _) => found,
            (None, _) => chosen_origin(options),
        };
        let opened = recovered.opened.unwrap_or_else(|| options.clock.now());
        let mut segment = OpenSegment::new(recovered.first_seq, opened);
        let file = storage.open(&segment.name, Access::Append).map_err(Error::io(
            storage,
            "open",
            &segment.name,
        ))?;
        segment.file = Some(file);
        segment.length = recovered.length;
        let previous = recovered.previous;
        let reason = match previous.as_ref().and_then(|previous| previous.length) {
            Some(_) => Reason::SyncFailed,
            None => Reason::Recovered,
        };
        let header = (recovered.length == 0).then_some(Header { reason, previous });
        Ok(Self {
            chain: recovered.chain.unwrap_or_else(|| Chain::of_origin(&origin)),
            origin,
            segment,
            header,
            torn: recovered.unreported,
            unclean: !recovered.stopped,
        })
    }
}

fn chosen_origin(options: &Options) -> String {
    let random = || format!("audited/{:016x}", options.entropy.bits());
    options.origin.clone().unwrap_or_else(random)
}

fn other_origin(storage: &dyn Storage, found: &str, configured: &str) -> Error {
    let journal = storage.describe();
    Error::Origin {
        reason: format!(
            "the journal in {journal} has the origin {found}, but {configured} is configured: \
             configure its own origin, or give this service a directory of its own"
        ),
    }
}

impl OpenSegment {
    pub(super) fn new(first_seq: u64, opened: Timestamp) -> Self {
        let name = segment::name(first_seq);
        Self { name, file: None, length: 0, opened }
    }
}
