//! What a writer finds when it opens a journal: where to go on, or why not.

use std::io;

use audit_tlog::VerifierKey;

use super::control::{self, Previous};
use super::error::Error;
use super::joints::{self, EarlierEnd};
use super::line::{self, Chain};
use super::lines::{Lines, Piece};
use super::pruned;
use super::quarantine::{self, Quarantined};
use super::redo;
use super::segment::{self, Header};
use super::signed::{self, Found};
use super::storage::{Access, Storage};
use super::torn;
use super::watermark::{self, Head};
use crate::time::Timestamp;

/// Where a journal goes on.
#[derive(Debug)]
pub(super) struct Recovered {
    /// Unknown only if the very first header was torn.
    pub(super) origin: Option<String>,
    pub(super) first_seq: u64,
    /// The length of the last segment; 0 if its header must be written again.
    pub(super) length: u64,
    /// Where the first record starts that may never have reached the disk.
    doubtful: Option<u64>,
    /// When the last segment was opened.
    pub(super) opened: Option<Timestamp>,
    pub(super) previous: Option<Previous>,
    /// Unknown only without an origin.
    pub(super) chain: Option<Chain>,
    /// The last record says that the last writer closed the journal.
    pub(super) stopped: bool,
    /// Torn bytes that no record tells of yet.
    pub(super) unreported: Vec<Quarantined>,
    /// The segments that are pruned and still there, ascending.
    pub(super) left_over: Vec<u64>,
    /// The tree over the records, if the journal is signed.
    pub(super) signed: Option<Found>,
}

/// Checks how the segments join and the whole last one, moves a torn tail aside, and writes again
/// what may not be on disk.
///
/// Returns `None` if there is no journal yet. `published` is the watermark, where there is one, and `keys`
/// those of a journal that is signed.
pub(super) fn recover(
    storage: &dyn Storage,
    published: Option<u64>,
    keys: &[VerifierKey],
) -> Result<Option<Recovered>, Error> {
    let durable = published.unwrap_or(0);
    let firsts = segment::list(storage)?;
    if let Some(last) = firsts.last() {
        redo::finish(storage, &segment::name(*last))?;
    }
    let pruned = pruned::newest(storage, &firsts, u64::MAX)?;
    joints::check_left_over(storage, pruned.as_ref(), &firsts)?;
    let kept_from = pruned.as_ref().map_or(0, |pruned| pruned.kept_from());
    let (left_over, firsts): (Vec<u64>, Vec<u64>) =
        firsts.into_iter().partition(|first| *first < kept_from);
    let Some((&last, earlier)) = firsts.split_last() else {
        check_nothing_lost(storage, 0, durable)?;
        signed::check_begun(storage, keys)?;
        return Ok(None);
    };
    let mut lines = segment::lines(storage, last)?;
    let header = segment::peek_header(&mut lines).map_err(Error::io(
        storage,
        "read",
        &segment::name(last),
    ))?;
    let pruned = pruned.as_ref();
    let end = joints::check_all(storage, pruned, earlier, last, header.as_ref())?;
    let mut found = start_of_last(storage, last, header, end)?;
    if !keys.is_empty() {
        let (origin, end) = (found.origin.as_deref(), found.previous.as_ref());
        found.signed = Some(Found::before(storage, keys, origin, &firsts, end)?);
    }
    let reported = scan(storage, &mut lines, &mut found, published)?;
    let next = found.chain.map_or(last, |chain| chain.next);
    check_nothing_lost(storage, next, durable)?;
    found.signed.as_mut().map_or(Ok(()), |tree| tree.check(storage, next))?;
    let torn_bytes = lines.file_len().map_err(Error::io(storage, "read", &segment::name(last)))?;
    let is_torn = torn_bytes > found.length;
    if is_torn {
        quarantine::take_tail(storage, &segment::name(last), found.length, &reported)?;
    }
    match found.doubtful {
        // The records at and past the watermark may be what a failed sync has left in memory: they are
        // read back as if they were on disk, and a later sync would not write them.
        Some(offset) => redo::rewrite(storage, &segment::name(last), offset)?,
        None if is_torn => {}
        None => make_cut_last(storage, &segment::name(last))?,
    }
    found.unreported = unreported(storage, &found, reported)?;
    found.left_over = left_over;
    Ok(Some(found))
}

/// Syncs the segment before anything is written behind its end. A writer that died while it cut the
/// segment may have left the cut in memory only: a power cut would then bring back sectors of what was
/// cut, between those that are written now.
fn make_cut_last(storage: &dyn Storage, segment: &str) -> Result<(), Error> {
    let synced = storage.open(segment, Access::Overwrite).and_then(|mut file| file.sync());
    synced.map_err(Error::io(storage, "sync", segment))
}

fn check_nothing_lost(storage: &dyn Storage, found: u64, acknowledged: u64) -> Result<(), Error> {
    if found >= acknowledged {
        return Ok(());
    }
    Err(Error::Lost { journal: storage.describe(), found, acknowledged })
}

/// Joins the last segment to those before it; its header alone may be torn.
fn start_of_last(
    storage: &dyn Storage,
    first: u64,
    header: Option<Header>,
    end: Option<EarlierEnd>,
) -> Result<Recovered, Error> {
    match &header {
        None if end.is_some() || first == 0 => {}
        header => joints::check_one(storage, first, header.as_ref(), end.as_ref())?,
    }
    let (origin, previous, stopped) = match end {
        Some(end) => (Some(end.origin), Some(end.previous), end.stopped),
        None => (header.map(|header| header.origin), None, false),
    };
    let chain = match &previous {
        Some(previous) => Some(Chain { next: first, tip: previous.hash }),
        None => origin.as_deref().map(Chain::of_origin),
    };
    Ok(Recovered {
        origin,
        first_seq: first,
        length: 0,
        doubtful: None,
        opened: None,
        previous,
        chain,
        stopped,
        unreported: Vec::new(),
        left_over: Vec::new(),
        signed: None,
    })
}

/// Follows the chain through the last segment to its end or its torn tail.
///
/// Returns the bodies of the records that tell of torn bytes.
fn scan(
    storage: &dyn Storage,
    lines: &mut Lines,
    found: &mut Recovered,
    published: Option<u64>,
) -> Result<Vec<Vec<u8>>, Error> {
    let durable = published.unwrap_or(0);
    let head = watermark::head(storage).map_err(Error::io(storage, "read", watermark::NAME))?;
    let name = segment::name(found.first_seq);
    let mut reported = Vec::new();
    let read_error = || Error::io(storage, "read", &name);
    loop {
        let (offset, number) = (lines.offset(), lines.number());
        let reason = match lines.next().map_err(read_error())? {
            Piece::End => return Ok(reported),
            Piece::Overlong => "it is longer than a line may be".to_owned(),
            Piece::Rest(_) => "it has no end".to_owned(),
            Piece::Line(range) => match follow(found, lines.bytes(&range), head, &mut reported) {
                Ok((seq, before)) => {
                    if let Some(tree) = &mut found.signed {
                        tree.push(storage, lines.bytes(&range), &before, offset);
                    }
                    if seq >= durable {
                        found.doubtful.get_or_insert(offset);
                    }
                    found.length = lines.offset();
                    continue;
                }
                Err(reason) => reason,
            },
        };
        lines.rewind(offset, number);
        let next = found.chain.map_or(found.first_seq, |chain| chain.next);
        if next >= durable && torn::is_torn(lines, published.is_some()).map_err(read_error())? {
            return Ok(reported);
        }
        return Err(Error::Damaged {
            journal: storage.describe(),
            segment: name,
            line: number + 1,
            offset,
            seq: next,
            reason,
        });
    }
}

/// The torn bytes of the last segment that no record tells of, and those of the one before it: the
/// record of them may be among what a failed sync has left there.
fn unreported(
    storage: &dyn Storage,
    found: &Recovered,
    mut reported: Vec<Vec<u8>>,
) -> Result<Vec<Quarantined>, Error> {
    let last = segment::name(found.first_seq);
    let mut unreported = quarantine::unreported(storage, &last, &reported)?;
    let Some(previous) = &found.previous else {
        return Ok(unreported);
    };
    let may_lack = previous.length.is_some() || found.length == 0;
    if may_lack && !quarantine::unreported(storage, &previous.segment, &reported)?.is_empty() {
        reported.extend(reports(storage, previous)?);
        unreported.extend(quarantine::unreported(storage, &previous.segment, &reported)?);
    }
    Ok(unreported)
}

/// The bodies of the records in an earlier segment that tell of torn bytes.
fn reports(storage: &dyn Storage, segment: &Previous) -> Result<Vec<Vec<u8>>, Error> {
    let read_error = || Error::io(storage, "read", &segment.segment);
    let file = match storage.open(&segment.segment, Access::Read) {
        // It is pruned, and was whole then.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened.map_err(read_error())?,
    };
    let mut lines = Lines::of(file);
    let mut reports = Vec::new();
    loop {
        let range = match lines.next().map_err(read_error())? {
            Piece::Line(range) => range,
            Piece::Overlong => continue,
            Piece::Rest(_) | Piece::End => return Ok(reports),
        };
        let line = lines.bytes(&range);
        let Ok(parsed) = line::parse(line) else { continue };
        if parsed.stamp.seq > segment.last_seq {
            return Ok(reports);
        }
        let body = &line[parsed.body];
        if control::is_recovered(body) {
            reports.push(body.to_vec());
        }
    }
}

/// Takes the line that continues the chain and returns its number, and the chain before it.
fn follow(
    found: &mut Recovered,
    line: &[u8],
    head: Option<Head>,
    reported: &mut Vec<Vec<u8>>,
) -> Result<(u64, Chain), String> {
    let mut chain = found.chain.ok_or("the journal's first header cannot be read")?;
    let before = chain;
    let parsed = chain.follow(line)?;
    if head.is_some_and(|head| !head.agrees(&chain)) {
        return Err(watermark::DISOWNED.to_owned());
    }
    if found.opened.is_none() && segment::header(line, &parsed).is_none() {
        return Err("its first line is no header".into());
    }
    found.chain = Some(chain);
    let body = &line[parsed.body.clone()];
    found.stopped = control::is_stop(body);
    found.opened.get_or_insert(parsed.stamp.observed);
    if control::is_recovered(body) {
        reported.push(body.to_vec());
    }
    Ok((parsed.stamp.seq, before))
}
