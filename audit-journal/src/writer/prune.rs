//! Prunes the front of the journal: first a durable record of what goes, then the files, oldest first.

use serde::Deserialize;

use super::Journal;
use crate::batch::Author;
use crate::control::{self, Reason};
use crate::epoch;
use crate::error::Error;
use crate::line;
use crate::lines::Piece;
use crate::pruned::{Prune, Pruned, Range};
use crate::segment;
use crate::storage::{Access, Storage};
use crate::time::Timestamp;

/// How many files are removed before records are taken again.
const REMOVED_AT_ONCE: usize = 16;

const NANOS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000_000;

/// What is pruned and still there.
pub(super) struct LeftOver {
    /// The first records of these segments, ascending.
    firsts: Vec<u64>,
    /// They go with the next start: it could not be made sure that it finds the record of them whole.
    is_held: bool,
}

impl LeftOver {
    pub(super) fn of(firsts: Vec<u64>) -> Self {
        Self { firsts, is_held: false }
    }
}

impl Journal {
    /// Removes the whole segments before `before_seq`: a new segment that begins with the record of it
    /// is made durable, and only then the files go, the oldest first. A few go at once, the others with
    /// each [`tick`](Self::tick); what a crash leaves goes with the next start.
    ///
    /// What is staged is committed before; its lines are not among those that
    /// [`committed`](Self::committed) tells then.
    ///
    /// # Errors
    /// [`Error::Kept`] if no segment can go, or one of them must stay: its newest record is younger than
    /// [`retention_days_min`](crate::Options::retention_days_min), the ends of actions are still to
    /// be written for which it is needed, or the journal is signed and it has no seal. Nothing is removed then. Else fails as
    /// [`commit`](Self::commit) does.
    pub fn prune(&mut self, request: &Prune) -> Result<Pruned, Error> {
        self.check_usable()?;
        self.remove_pruned(usize::MAX)?;
        let range = self.prunable(request.before_seq)?;
        self.stage_change();
        if !self.staged.is_empty() {
            self.commit()?;
        }
        self.seal_all(range.first_seq)?;
        let epoch = epoch::link_encoded(&*self.storage, self.durable.next)?;
        if self.header.is_none() {
            self.open_segment(Reason::Prune, None);
        }
        self.stage_header();
        let envelope = self.envelope();
        let body = control::pruned(envelope, &range, request, epoch.as_deref());
        self.stage(&body, Author::Caller);
        let record = self.commit()?.records.last().map_or(0, |record| record.seq);
        let segments = range.firsts.len() as u64;
        self.left_over.firsts.extend(range.firsts);
        // A start writes again what stands at and past WATERMARK, and for that instant cuts it off.
        self.left_over.is_held = self.publisher.sync(&self.durable).is_err();
        // What cannot be removed now is tried again with each tick.
        let _ = self.remove_pruned(REMOVED_AT_ONCE);
        Ok(Pruned {
            seq: record,
            time: envelope.time.to_string(),
            first_seq: range.first_seq,
            last_seq: range.last_seq,
            h: range.hash.to_string(),
            segments,
            asked_by: request.asked_by.clone(),
            reason: request.reason.clone(),
        })
    }

    /// What [`prune`](Self::prune) would remove, without doing it: the first and the last record, and
    /// how many segments.
    ///
    /// # Errors
    /// Fails as that does.
    pub fn would_prune(&self, before_seq: u64) -> Result<(u64, u64, u64), Error> {
        self.check_usable()?;
        let range = self.prunable(before_seq)?;
        Ok((range.first_seq, range.last_seq, range.firsts.len() as u64))
    }

    /// How many segments are still to be removed that a record says are pruned.
    pub fn left_over(&self) -> usize {
        self.left_over.firsts.len()
    }

    /// Removes the oldest of them, so many at the most.
    ///
    /// # Errors
    /// Fails when a file cannot be removed; it is tried again with each [`tick`](Self::tick).
    pub fn remove_pruned(&mut self, files_max: usize) -> Result<(), Error> {
        let files_max = if self.left_over.is_held { 0 } else { files_max };
        for _ in 0..files_max {
            let Some(&first) = self.left_over.firsts.first() else { break };
            let name = segment::name(first);
            match self.storage.remove(&name) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io(&*self.storage, "remove", &name)(error));
                }
                _ => _ = self.left_over.firsts.remove(0),
            }
        }
        Ok(())
    }

    /// Goes on with the removal of what is pruned; a failure is no news to anybody.
    pub(super) fn remove_some(&mut self) {
        let _ = self.remove_pruned(REMOVED_AT_ONCE);
    }

    fn prunable(&self, before_seq: u64) -> Result<Range, Error> {
        let storage = &*self.storage;
        let mut firsts = segment::list(storage)?;
        firsts.retain(|first| !self.left_over.firsts.contains(first) && self.is_begun(*first));
        let (needed_from, now) = (self.needed_from(&firsts)?, self.options.clock.now());
        let mut going = Vec::new();
        for pair in firsts.windows(2) {
            let (first, next) = (pair[0], pair[1]);
            if next > before_seq {
                break;
            }
            if next > needed_from {
                return Err(self.kept(first, &format!(
                    "actions have begun there, or before seq {next}, whose ends are still to be \
                     written (record {needed_from}): start the service, or wait for them"
                )));
            }
            self.check_age(first, next, now)?;
            going.push(first);
        }
        let end = firsts.get(going.len()).filter(|_| !going.is_empty());
        let (Some(&first_seq), Some(&kept)) = (going.first(), end) else {
            let reason = format!(
                "no whole segment lies before seq {before_seq}, and a segment goes as a whole, the \
                 one that is written never"
            );
            return Err(self.kept(firsts.first().copied().unwrap_or(0), &reason));
        };
        self.check_sealed(&going)?;
        let header = segment::peek_header(&mut segment::lines(storage, kept)?)
            .map_err(Error::io(storage, "read", &segment::name(kept)))?;
        let previous = header.and_then(|header| header.previous);
        let reason = "the header of the segment behind it cannot be read; check the journal with \
                      `audited verify`";
        let end = previous.ok_or_else(|| self.kept(first_seq, reason))?;
        Ok(Range { first_seq, last_seq: end.last_seq, hash: end.hash, firsts: going })
    }

    /// True for the segments up to the one that is written. Nothing counts that somebody has put
    /// behind it, or the one that is written were not the last, and could go.
    fn is_begun(&self, first: u64) -> bool {
        let name = segment::name(first);
        // A segment whose batch was given up has no header yet that could close the one before.
        name < self.segment.name || (self.header.is_none() && name == self.segment.name)
    }

    /// Refuses a segment that has not reached the age which the service has set.
    fn check_age(&self, first: u64, next: u64, now: Timestamp) -> Result<(), Error> {
        let days_min = self.options.retention_days_min;
        let age_days =
            |nanos: i64| i64::max(now.unix_nanos().saturating_sub(nanos), 0) / NANOS_PER_DAY;
        let is_old = |nanos: i64| days_min == 0 || age_days(nanos) >= i64::from(days_min);
        let (opened, mut newest) = self.times_at_ends(first, next)?;
        // No batch goes to a segment of this age, so only here may a clock that was set back hide a
        // younger record. To look at every line of all segments would hold up the records to come.
        let age_max = i64::try_from(self.options.segment_age_max.as_nanos()).unwrap_or(i64::MAX);
        let is_sure = is_old(opened.unix_nanos().saturating_add(age_max));
        if is_old(newest.unix_nanos()) && !is_sure {
            newest = newest.max(newest_time(&*self.storage, first, next)?.unwrap_or(newest));
        }
        if is_old(newest.unix_nanos()) {
            return Ok(());
        }
        let age_days = age_days(newest.unix_nanos());
        Err(self.kept(first, &format!(
            "its newest record is of {newest}, {age_days} days old, and the minimum is {days_min} \
             days, which only the service's own setting `retention_days_min` can lower"
        )))
    }

    /// The time of a segment's header, and the later one of this and that of its last record.
    fn times_at_ends(&self, first: u64, next: u64) -> Result<(Timestamp, Timestamp), Error> {
        let (storage, name) = (&*self.storage, segment::name(first));
        let read_error = || Error::io(storage, "read", &name);
        let length = length(storage, next)?;
        let tail = storage.open(&name, Access::Read).and_then(|file| segment::tail(&*file, length));
        let tail = tail.map_err(read_error())?;
        let mut lines = segment::lines(storage, first)?;
        let opened = match lines.next().map_err(read_error())? {
            Piece::Line(range) => {
                line::parse(lines.bytes(&range)).ok().map(|parsed| parsed.stamp.observed)
            }
            _ => None,
        };
        let ends = tail.zip(opened).map(|(tail, opened)| (opened, tail.observed.max(opened)));
        let unread = "it cannot be read; check the journal with `audited verify`";
        ends.ok_or_else(|| self.kept(first, unread))
    }

    /// The first record that a start would need to write the ends of actions that have none.
    fn needed_from(&self, firsts: &[u64]) -> Result<u64, Error> {
        let least = |list: Vec<Entry>| list.iter().map(|entry| entry.seq).min().unwrap_or(u64::MAX);
        let list: Option<Vec<Entry>> = serde_json::from_slice(&(self.options.open)()).ok();
        if let Some(list) = list {
            return Ok(least(list));
        }
        // A visitor does not know: the newest list counts, and all that stands behind it.
        for &first in firsts.iter().rev() {
            if let Some(list) = open_list(&*self.storage, first)? {
                return Ok(least(list).min(first));
            }
        }
        Ok(0)
    }

    pub(super) fn kept(&self, first: u64, reason: &str) -> Error {
        Error::Kept {
            journal: self.storage.describe(),
            segment: segment::name(first),
            reason: reason.to_owned(),
        }
    }
}

/// The byte at which a segment ends, if the header of the one behind it says so.
fn length(storage: &dyn Storage, next: u64) -> Result<Option<u64>, Error> {
    let header = segment::peek_header(&mut segment::lines(storage, next)?);
    let header = header.map_err(Error::io(storage, "read", &segment::name(next)))?;
    Ok(header.and_then(|header| header.supersedes_from()))
}

/// The latest time in the lines of a segment.
fn newest_time(storage: &dyn Storage, first: u64, next: u64) -> Result<Option<Timestamp>, Error> {
    let mut lines = segment::lines(storage, first)?;
    // What a failed sync has left behind the end does not count.
    lines.limit(length(storage, next)?.unwrap_or(u64::MAX));
    segment::latest(&mut lines).map_err(Error::io(storage, "read", &segment::name(first)))
}

/// What the header of a segment says in `open`, if that is a list.
fn open_list(storage: &dyn Storage, first: u64) -> Result<Option<Vec<Entry>>, Error> {
    let name = segment::name(first);
    let mut lines = segment::lines(storage, first)?;
    let Piece::Line(range) = lines.next().map_err(Error::io(storage, "read", &name))? else {
        return Ok(None);
    };
    let header: Option<HeaderRecord> = serde_json::from_slice(lines.bytes(&range)).ok();
    Ok(header.and_then(|header| header.journal.open))
}

#[derive(Deserialize)]
struct HeaderRecord {
    journal: HeaderFields,
}

#[derive(Deserialize)]
struct HeaderFields {
    open: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    seq: u64,
}
