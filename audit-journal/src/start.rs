//! Where a writer starts: at a new journal's first record, or behind the last one of an old journal.

use super::control::{Header, Reason};
use super::epoch::{self, Epoch, Link};
use super::error::Error;
use super::line::Chain;
use super::options::Options;
use super::quarantine::Quarantined;
use super::recovery::Recovered;
use super::segment;
use super::signed::Found;
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

/// What a writer starts from.
pub(super) struct Start {
    pub(super) origin: String,
    pub(super) chain: Chain,
    pub(super) segment: OpenSegment,
    /// The header that the first batch starts with, if one is due.
    pub(super) header: Option<Header>,
    /// The epoch that this journal is the first to come after.
    pub(super) set_aside: Option<Epoch>,
    pub(super) torn: Vec<Quarantined>,
    pub(super) unclean: bool,
    /// The segments that are pruned and still there, ascending.
    pub(super) left_over: Vec<u64>,
    /// The tree over the records, if the journal is signed and not new.
    pub(super) found: Option<Found>,
}

impl Start {
    pub(super) fn of(
        storage: &dyn Storage,
        options: &Options,
        recovered: Option<Recovered>,
    ) -> Result<Self, Error> {
        match recovered {
            None => Self::fresh(storage, options),
            Some(recovered) => Self::again(storage, options, recovered),
        }
    }

    fn fresh(storage: &dyn Storage, options: &Options) -> Result<Self, Error> {
        let epoch = epoch::link(storage)?;
        let origin = chosen_origin(options, epoch.as_ref());
        let reason = if epoch.is_some() { Reason::Epoch } else { Reason::First };
        Ok(Self {
            chain: Chain::of_origin(&origin),
            origin,
            segment: OpenSegment::new(0, options.clock.now()),
            header: Some(Header { reason, previous: None, epoch: encoded(epoch.as_ref()) }),
            set_aside: epoch.map(Link::into_previous),
            torn: Vec::new(),
            unclean: false,
            left_over: Vec::new(),
            found: None,
        })
    }

    fn again(
        storage: &dyn Storage,
        options: &Options,
        recovered: Recovered,
    ) -> Result<Self, Error> {
        // The very first header is torn, so it is written again with all that it said.
        let is_first = recovered.length == 0 && recovered.first_seq == 0;
        let epoch = if is_first { epoch::link(storage)? } else { None };
        let origin = match (recovered.origin, &options.origin) {
            (Some(found), Some(configured)) => {
                epoch::check_origin(storage, &found, configured)?;
                found
            }
            (Some(found), None) => found,
            (None, _) => chosen_origin(options, epoch.as_ref()),
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
        let header = || Header { reason, previous, epoch: encoded(epoch.as_ref()) };
        let header = (recovered.length == 0).then(header);
        Ok(Self {
            chain: recovered.chain.unwrap_or_else(|| Chain::of_origin(&origin)),
            origin,
            segment,
            header,
            set_aside: epoch.map(Link::into_previous),
            torn: recovered.unreported,
            unclean: !recovered.stopped,
            left_over: recovered.left_over,
            found: recovered.signed,
        })
    }
}

fn encoded(epoch: Option<&Link>) -> Option<Vec<u8>> {
    epoch.map(Link::encode)
}

/// The name of a journal that begins: the configured one, else that of the epoch before it.
fn chosen_origin(options: &Options, epoch: Option<&Link>) -> String {
    let earlier = epoch.and_then(|epoch| epoch::base_of(epoch.previous()));
    let base = match options.origin.as_deref().or(earlier) {
        Some(base) => base.to_owned(),
        None => format!("audited/{:016x}", options.entropy.bits()),
    };
    match epoch {
        Some(epoch) => epoch::origin(&base, epoch.number),
        None => base,
    }
}

impl OpenSegment {
    pub(super) fn new(first_seq: u64, opened: Timestamp) -> Self {
        let name = segment::name(first_seq);
        Self { name, file: None, length: 0, opened }
    }
}
