//! Looks at a journal, in the order that matters beside a living writer, and has it walked over.

use std::collections::HashSet;
use std::sync::Arc;

use audit_tlog::Checkpoint;

use super::effort::Effort;
use super::item::Place;
use super::notes::{Noted, Notes, Trust};
use super::rotation::Ring;
use super::walk::Extent;
use super::{Finding, Kind, Verification};
use crate::epoch;
use crate::error::Error;
use crate::pruned;
use crate::segment;
use crate::signed::{CHECKPOINT, HISTORY};
use crate::storage::Storage;
use crate::watermark;

/// Looks again at what is found beside a writer, as that may be starting behind a power cut, when WATERMARK is
/// behind what was signed: only what stands there both times is told.
pub(super) fn verify(
    storage: &dyn Storage,
    is_alone: bool,
    trust: Option<&Trust>,
    effort: Effort<'_>,
) -> Result<Verification, Error> {
    let (first, is_live) = look(storage, is_alone, trust, effort)?;
    if !is_live || first.is_intact() {
        return Ok(first);
    }
    let (mut second, _) = look(storage, is_alone, trust, effort)?;
    let seen: HashSet<_> = first.findings.iter().map(key).collect();
    second.findings.retain(|finding| finding.kind.is_warning() || seen.contains(&key(finding)));
    Ok(second)
}

/// What is the same in both looks. How many records are there, and what the newest checkpoint says, changes with each
/// that is written, and the damage does not.
fn key(finding: &Finding) -> (Kind, u64, &str) {
    match (finding.kind, finding.segment.as_str()) {
        (kind, name @ (CHECKPOINT | HISTORY)) => (kind, 0, name),
        (Kind::Truncated, _) => (Kind::Truncated, 0, ""),
        (kind, name) => (kind, finding.seq, name),
    }
}

/// One look, and whether a writer was at work.
fn look(
    storage: &dyn Storage,
    is_alone: bool,
    trust: Option<&Trust>,
    effort: Effort<'_>,
) -> Result<(Verification, bool), Error> {
    // The order matters beside a live writer: what is signed before the watermark was read is of records
    // below it, the segments that are listed after the watermark was
    // read hold all records below it, and without a writer after that none is at work on them.
    let read_error = || Error::io(storage, "read", watermark::NAME);
    let notes = trust.map(|trust| Notes::read(storage, trust)).transpose()?;
    let head = watermark::head(storage).map_err(read_error())?;
    let published = watermark::read(storage).map_err(read_error())?;
    let durable = published.unwrap_or(0);
    let segments = segment::list(storage)?;
    let live = !is_alone && storage.is_locked().map_err(Error::io(storage, "look at", "LOCK"))?;
    if segments.is_empty() && durable == 0 {
        return Err(Error::NoJournal { journal: storage.describe() });
    }
    let mut limit = if live { durable } else { u64::MAX };
    // Where a power cut has taken sectors, the records behind them were never acknowledged.
    let last = segments.last().filter(|_| !live && published.is_ok());
    let torn_in = last.map(|first_seq| segment::name(*first_seq));
    let named = pruned::origin(storage, &segments)?;
    // A crash may have come before the first header of an epoch: what is signed of the one before is not of this one.
    let due = named.clone().or_else(|| epoch::due_origin(storage));
    let mut signed = None;
    if let Some((trust, notes)) = trust.zip(notes) {
        let mut ring = Ring::of(&trust.keys);
        let name = trust.origin.as_ref().or(due.as_ref()).map_or("", |name| name.as_str());
        if notes.has_others(name) {
            ring.find_rotations(storage, name, &segments, limit)?;
        }
        // Record 0 tells it by itself, unless it is damaged.
        let has_first = named.is_some() && segments.first() == Some(&0);
        let origin = trust.origin.clone().or_else(|| due.clone().filter(|_| !has_first));
        let found = Signed { ring, notes: Arc::new(notes), origin, live };
        // What was signed is durable, whatever a start has published yet.
        limit = if live && limit > 0 { found.end(storage, name, limit) } else { limit };
        signed = Some(found);
    }
    let is_begun = signed.as_ref().is_some_and(|signed| signed.notes.is_begun());
    let extent = Extent { segments, durable, limit, head, torn_in, signed, effort };
    let mut verification = extent.verify(storage)?;
    // What is left of a pruned journal needs a signature of its own.
    let is_former = verification.findings.iter().any(|finding| finding.kind == Kind::Former);
    let is_vouched = verification.signed_size.max(verification.anchored_size).is_some();
    if (is_begun || is_former && !is_vouched) && verification.is_intact() {
        return Err(super::unsigned(storage));
    }
    (verification.origin, verification.is_live) = (named, live);
    verification.findings.extend(published.err().map(|flaw| unpublished(flaw, &verification)));
    Ok((verification, live))
}

/// What was signed, and by whom it must be.
pub(super) struct Signed {
    pub(super) ring: Ring,
    pub(super) notes: Arc<Notes>,
    /// What notes of the journal must name; `None` if record 0 tells it.
    pub(super) origin: Option<String>,
    /// A writer is at work.
    pub(super) live: bool,
}

impl Signed {
    /// How many records are signed, if that is more than `durable` by a note that is trusted.
    fn end(&self, storage: &dyn Storage, origin: &str, durable: u64) -> u64 {
        let is_good = |noted: &Noted| {
            let Checkpoint { origin: of, size, .. } = &noted.checkpoint;
            of == origin && self.ring.check(&noted.note, *size).is_ok()
        };
        let ahead = self.notes.behind(storage, durable, is_good);
        ahead.map_or(durable, |noted| noted.checkpoint.size)
    }
}

/// Nothing tells how many records should be there.
fn unpublished(flaw: watermark::Flaw, verification: &Verification) -> Finding {
    let seq = verification.last_seq.map_or(0, |last| last.saturating_add(1));
    let place = Place { segment: watermark::NAME.to_owned(), line: 1, offset: 0 };
    Finding::at(Kind::Watermark, seq, &place, [None, None], &flaw.to_string())
}
