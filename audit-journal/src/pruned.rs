//! What was pruned from the front of a journal, as the journal itself says: the one reason for which it may begin later than at record 0.

use std::io;

use serde::{Deserialize, Serialize};

use super::control::{self, Previous};
use super::epoch::Link;
use super::error::Error;
use super::joints::EarlierEnd;
use super::line::Chain;
use super::lines::{Lines, Piece};
use super::segment::{self, Header};
use super::storage::{Access, Storage};
use super::watermark;
use crate::digest::Digest;

/// How often the journal may be pruned under one look before that is given up.
const PRUNINGS_MET_MAX: usize = 16;

/// What was removed from the front of a journal, and the record of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// The record that says so.
    pub seq: u64,
    /// When it was written.
    pub time: String,
    /// The first record that was removed then; those before it had been removed earlier.
    pub first_seq: u64,
    /// The last record that was removed.
    pub last_seq: u64,
    /// Its hash, which the first record that is left continues.
    pub h: String,
    /// How many segments were removed then.
    pub segments: u64,
    /// Who has asked for it.
    pub asked_by: String,
    /// Why, in the words of who asked.
    pub reason: String,
}

/// What is to be removed from the front of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prune {
    /// The first record that has to stay. The segment that holds it stays whole.
    pub before_seq: u64,
    /// Who asks, for the record; at most 256 bytes, then cut.
    pub asked_by: String,
    /// Why, for the record; at most 512 bytes, then cut.
    pub reason: String,
}

/// The segments that go.
pub(super) struct Range {
    pub(super) first_seq: u64,
    pub(super) last_seq: u64,
    /// Of the last record.
    pub(super) hash: Digest,
    pub(super) firsts: Vec<u64>,
}

/// The record `JournalPruned` as it stands behind the header of its segment.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) pruned: Pruned,
    pub(super) hash: Digest,
    /// What the journal's first header said of the epoch before.
    pub(super) epoch: Option<Link>,
    /// The hash that the record itself ends with.
    pub(super) stated: Digest,
    /// The segment that the record stands in, its header, and the byte in it.
    pub(super) segment: u64,
    pub(super) header: Header,
    pub(super) offset: u64,
}

impl Statement {
    /// The first record that is to be kept.
    pub(super) fn kept_from(&self) -> u64 {
        self.pruned.last_seq.saturating_add(1)
    }

    /// True if the header of the first segment that is kept continues the last removed record.
    pub(super) fn fits(&self, kept: &Header) -> bool {
        let end = kept.previous.as_ref();
        end.is_some_and(|end| end.last_seq == self.pruned.last_seq && end.hash == self.hash)
    }

    /// True if what is still there of the pruned segments ends where the statement says. The oldest
    /// ones go first, so what is left reaches up to there, and the statement is not of this journal
    /// if that ends elsewhere.
    pub(super) fn joins_left_over(
        &self,
        storage: &dyn Storage,
        firsts: &[u64],
    ) -> Result<bool, Error> {
        let kept = self.kept_from();
        let later = firsts.partition_point(|first| *first < kept);
        let Some(&before) = firsts[..later].last() else { return Ok(true) };
        let header = match firsts.get(later) {
            Some(&first) if first == kept => header_of(storage, kept)?,
            _ => None,
        };
        let length = header.and_then(|header| header.supersedes_from());
        ends_with(storage, before, length, self.pruned.last_seq, &self.hash)
    }

    /// True if its segment names the journal and the epoch that the first segment names.
    fn is_of_journal(&self, storage: &dyn Storage, firsts: &[u64]) -> Result<bool, Error> {
        let origin = &self.header.origin;
        let ends_in = |link: &Link| origin.ends_with(&format!("#{}", link.number));
        let Some(&first) = firsts.first().filter(|_| self.epoch.as_ref().is_none_or(ends_in))
        else {
            return Ok(false);
        };
        // A header that cannot be read says nothing against it.
        Ok(header_of(storage, first)?.is_none_or(|header| header.origin == *origin))
    }

    /// True if the segment that it names as the first one is there and says the same, and its own
    /// segment continues the one before it.
    fn is_borne_out(&self, storage: &dyn Storage, firsts: &[u64]) -> Result<bool, Error> {
        let kept = self.kept_from();
        let kept_header = match firsts.binary_search(&kept) {
            Ok(_) => header_of(storage, kept)?,
            Err(_) => None,
        };
        let is_same = |kept: Header| self.fits(&kept) && kept.origin == self.header.origin;
        if !kept_header.is_some_and(is_same) || !self.joins_left_over(storage, firsts)? {
            return Ok(false);
        }
        let later = firsts.partition_point(|first| *first < self.segment);
        let (Some(&before), Some(end)) = (firsts[..later].last(), &self.header.previous) else {
            return Ok(false);
        };
        let is_right_before = end.last_seq.checked_add(1) == Some(self.segment);
        Ok(is_right_before && ends_with(storage, before, end.length, end.last_seq, &end.hash)?)
    }
}

/// The newest statement in the journal before the record `below`: it says of all that is missing at
/// the front, as an older one may have been pruned itself. `firsts` are the segments, ascending.
///
/// It stands right behind the header of a segment, so that two lines of each are read at the most. One
/// that does not continue its header is none. Whether it is one of the journal's own records is still
/// to be found out: a file that somebody has put there may hold one.
pub(super) fn newest(
    storage: &dyn Storage,
    firsts: &[u64],
    below: u64,
) -> Result<Option<Statement>, Error> {
    let earlier = firsts.partition_point(|first| *first < below);
    for &first in firsts[..earlier].iter().rev() {
        let found = match segment::lines(storage, first) {
            Ok(mut lines) => statement(&mut lines, first),
            Err(Error::Io { source, .. }) => Err(source),
            Err(error) => return Err(error),
        };
        match found {
            Ok(None) => {}
            Ok(Some(statement)) if statement.pruned.seq >= below => {}
            // It has been pruned since the segments were listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            found => return found.map_err(Error::io(storage, "read", &segment::name(first))),
        }
    }
    Ok(None)
}

/// The first record that a reader should ask for: 0, if nothing says that the front was pruned.
pub(super) fn first_seq(storage: &dyn Storage) -> Result<u64, Error> {
    between_prunings(storage, || {
        let firsts = segment::list(storage)?;
        if firsts.first().is_none_or(|first| *first == 0) {
            return Ok(0);
        }
        // What is missing was removed after the record of it was published: the order matters.
        let mut below = readable(storage)?;
        while let Some(statement) = newest(storage, &firsts, below)? {
            if statement.is_of_journal(storage, &firsts)?
                && statement.is_borne_out(storage, &firsts)?
            {
                return Ok(statement.kept_from());
            }
            below = statement.segment;
        }
        Ok(0)
    })
}

/// What the newest statement before the record `below` says of the epoch before, where the first
/// record is pruned.
pub(super) fn epoch(
    storage: &dyn Storage,
    firsts: &[u64],
    below: u64,
) -> Result<Option<Link>, Error> {
    let mut below = below;
    while let Some(statement) = newest(storage, firsts, below)? {
        if statement.is_of_journal(storage, firsts)? {
            return Ok(statement.epoch);
        }
        below = statement.segment;
    }
    Ok(None)
}

/// The end of what was pruned, as far as the statement and the header of the first segment that is
/// kept agree on it.
pub(super) fn end(statement: &Statement, first: u64, kept: &Header) -> Option<EarlierEnd> {
    let is_first = kept.seq == first && first == statement.kept_from();
    let previous: Previous = kept.previous.clone().filter(|_| is_first && statement.fits(kept))?;
    Some(EarlierEnd { origin: kept.origin.clone(), previous, stopped: false })
}

/// `error`, or that the record `seq`, which was to be read next, is pruned.
pub(super) fn or_pruned(storage: &dyn Storage, seq: u64, error: Error) -> Error {
    match first_seq(storage) {
        _ if matches!(error, Error::Newer { .. }) => error,
        Ok(first_seq) if seq < first_seq => {
            Error::Pruned { journal: storage.describe(), first_seq }
        }
        _ => error,
    }
}

/// Looks again if segments were pruned meanwhile: what is removed then looks as if it was lost.
pub(super) fn between_prunings<T>(
    storage: &dyn Storage,
    look: impl Fn() -> Result<T, Error>,
) -> Result<T, Error> {
    let front = || Ok::<_, Error>(segment::list(storage)?.first().copied());
    for _ in 0..PRUNINGS_MET_MAX {
        let before = front()?;
        let seen = look();
        if front()? == before {
            return seen;
        }
    }
    let reason = "it was pruned faster than it could be read: try again";
    Err(Error::io(storage, "read", "the front")(io::Error::other(reason)))
}

/// The record that no reader may go past: beside a writer none is before it if nothing is published.
fn readable(storage: &dyn Storage) -> Result<u64, Error> {
    let read = watermark::read(storage).map_err(Error::io(storage, "read", watermark::NAME))?;
    // A writer that was killed may have published less than it has made durable.
    let is_locked = storage.is_locked().map_err(Error::io(storage, "look at", "LOCK"))?;
    Ok(if is_locked { read.unwrap_or(0) } else { u64::MAX })
}

/// The name of the journal, from the first of its headers that can be read.
pub(super) fn origin(storage: &dyn Storage, firsts: &[u64]) -> Result<Option<String>, Error> {
    for &first in firsts {
        if let Some(header) = header_of(storage, first)? {
            return Ok(Some(header.origin));
        }
    }
    Ok(None)
}

/// The header of a segment; `None` if there is none that can be read.
fn header_of(storage: &dyn Storage, first: u64) -> Result<Option<Header>, Error> {
    let name = segment::name(first);
    let opened = storage.open(&name, Access::Read);
    match opened.and_then(|file| segment::peek_header(&mut Lines::of(file))) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map_err(Error::io(storage, "read", &name)),
    }
}

/// True if the segment `first` ends with that record. One that was pruned since it was listed is not
/// what speaks against it.
fn ends_with(
    storage: &dyn Storage,
    first: u64,
    length: Option<u64>,
    last_seq: u64,
    hash: &Digest,
) -> Result<bool, Error> {
    let name = segment::name(first);
    match storage.open(&name, Access::Read).and_then(|file| segment::tail(&*file, length)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(Error::io(storage, "read", &name)(error)),
        Ok(tail) => Ok(tail.is_some_and(|tail| tail.seq == last_seq && tail.hash == *hash)),
    }
}

fn statement(lines: &mut Lines, first: u64) -> io::Result<Option<Statement>> {
    let Some(header) = segment::peek_header(lines)? else { return Ok(None) };
    let mut chain = header.chain(first);
    let Piece::Line(range) = lines.next()? else { return Ok(None) };
    if chain.follow(lines.bytes(&range)).is_err() {
        return Ok(None);
    }
    let offset = lines.offset();
    let Piece::Line(range) = lines.next()? else { return Ok(None) };
    Ok(read(lines.bytes(&range), chain, header, first, offset))
}

fn read(
    line: &[u8],
    mut chain: Chain,
    header: Header,
    segment: u64,
    offset: u64,
) -> Option<Statement> {
    let parsed = chain.follow(line).ok()?;
    let body = &line[parsed.body.clone()];
    if !control::is_pruned(body) {
        return None;
    }
    let json = [b"{".as_slice(), body, b"}"].concat();
    let Record { time, journal: stated } = serde_json::from_slice(&json).ok()?;
    let hash = Digest::parse(&stated.h)?;
    let seq = parsed.stamp.seq;
    // The segment that was written then was not removed, and the record begins another one.
    let is_before = stated.last_seq.checked_add(1).is_some_and(|kept| kept < segment);
    if stated.first_seq > stated.last_seq || !is_before {
        return None;
    }
    let Stated { first_seq, last_seq, h, segments, asked_by, reason, epoch } = stated;
    let pruned = Pruned { seq, time, first_seq, last_seq, h, segments, asked_by, reason };
    Some(Statement { pruned, hash, epoch, stated: chain.tip, segment, header, offset })
}

#[derive(Deserialize)]
struct Record {
    time: String,
    journal: Stated,
}

#[derive(Deserialize)]
struct Stated {
    first_seq: u64,
    last_seq: u64,
    h: String,
    segments: u64,
    asked_by: String,
    reason: String,
    epoch: Option<Link>,
}
