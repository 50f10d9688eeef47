//! Finds the tree of a journal again: from the newest seals, and from the lines behind them.

use std::io;

use audit_tlog::{Checkpoint, Frontier, Hash, Note, Untrusted, VerifierKey, leaf};

use super::history;
use super::note::{CHECKPOINT, read_note};
use super::rotation::seq_of_change;
use super::seal::Seal;
use super::span::Span;
use crate::control::Previous;
use crate::digest::Digest;
use crate::error::Error;
use crate::line::Chain;
use crate::lines::Piece;
use crate::segment;
use crate::storage::{Access, Storage};

/// The tree as a start finds it, and what has to be made again.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(super) tree: Frontier,
    /// Of the last segment, if a line of it is whole.
    pub(super) span: Option<Span>,
    /// Those of earlier segments that have none on disk, or none that could be trusted.
    pub(super) seals: Vec<Seal>,
    pub(super) base: Base,
    /// The records of the last segment that tell of a change of the key.
    pub(super) changes: Vec<(u64, Vec<u8>)>,
    /// The leaves of the last segment.
    pub(super) leaves: Vec<Hash>,
    /// The newest one of this key.
    pub(super) checkpoint: Option<Checkpoint>,
    /// Why the file is none.
    pub(super) flaw: Option<Error>,
    /// Why there is no tree.
    pub(super) lost: Option<Error>,
    /// What speaks against the checkpoint.
    contradiction: Option<Error>,
    /// The tree stands on what another key has sealed of pruned records, until an own checkpoint agrees.
    is_claimed: bool,
}

/// The tree before the last segment.
#[derive(Debug, Default)]
pub(super) struct Base {
    pub(super) tree: Frontier,
    /// The tree before the first segment without a seal: its tiles were made durable before the seal behind it.
    pub(super) firm: Frontier,
    /// The tree of what was pruned; unknown if its seal is missing.
    pub(super) pruned: Option<Frontier>,
    /// The first records of all segments that are kept.
    pub(super) firsts: Vec<u64>,
}

/// A segment that is over, as the headers have it.
struct Joint<'a> {
    first: u64,
    before: Digest,
    end: &'a Previous,
}

/// Where a line stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    line: u64,
    offset: u64,
}

/// Reads and checks what one of `keys` has signed.
struct Notes<'a> {
    storage: &'a dyn Storage,
    keys: &'a [VerifierKey],
    /// Unknown only where the very first header is torn.
    origin: Option<&'a str>,
}

impl Found {
    /// The tree of a journal without records.
    pub(super) fn nothing() -> Self {
        let base = Base { pruned: Some(Frontier::default()), ..Base::default() };
        Self { base, ..Self::default() }
    }

    /// The tree before the last of the segments `firsts`, whose joints are known to be whole: from the
    /// seals, and where one is missing from the lines. `end` is that of the segment before it.
    ///
    /// # Errors
    /// [`Error::Damaged`] if a segment is not what this key has sealed. One without a seal whose lines are
    /// damaged leaves no tree to go on with.
    pub(crate) fn before(
        storage: &dyn Storage,
        keys: &[VerifierKey],
        origin: Option<&str>,
        firsts: &[u64],
        end: Option<&Previous>,
    ) -> Result<Self, Error> {
        let notes = Notes { storage, keys, origin };
        let ends = ends(storage, firsts, end)?;
        let (pruned, is_claimed) =
            notes.pruned(firsts.first().copied(), ends.first().and_then(Option::as_ref))?;
        let (checkpoint, flaw) = match notes.checkpoint() {
            Ok(checkpoint) => (checkpoint, None),
            Err(flaw) => (None, Some(flaw)),
        };
        let mut found = Self { checkpoint, flaw, is_claimed, ..Self::default() };
        let mut before = ends.first().and_then(Option::as_ref).map(|end| end.hash);
        let (mut tree, mut firm, mut broken) = (pruned.clone(), None, None);
        for (first, end) in firsts.iter().zip(ends.iter().skip(1)) {
            let Some(end) = end else { break };
            let of_origin = || Chain::of_origin(origin.unwrap_or_default()).tip;
            let joint = Joint { first: *first, before: before.unwrap_or_else(of_origin), end };
            match (notes.seal(&joint)?, &mut tree) {
                (Some(seal), _) => (tree, found.is_claimed) = (Some(seal.tree), false),
                (None, Some(known)) => {
                    firm.get_or_insert_with(|| known.clone());
                    // What an old segment cannot give is no reason to record nothing more.
                    let see = |tree: &_, place| found.compare(storage, tree, *first, place);
                    match joint.seal_again(storage, known, see) {
                        Ok(seal) => found.seals.push(seal),
                        Err(error) => (tree, broken) = (None, Some(error)),
                    }
                }
                (None, None) => {}
            }
            before = Some(end.hash);
        }
        found.lost = tree.is_none().then(|| broken.take().unwrap_or_else(|| no_tree(storage)));
        found.flaw = found.flaw.or(broken);
        let tree = tree.unwrap_or_default();
        let firm = firm.unwrap_or_else(|| tree.clone());
        let last = firsts.last().copied().unwrap_or(0);
        found.compare(storage, &tree, last, Place { line: 1, offset: 0 });
        found.base = Base { tree: tree.clone(), firm, pruned, firsts: firsts.to_vec() };
        Ok(Self { tree, ..found })
    }

    /// Takes the next whole line of the last segment, which stands behind the chain `before`.
    pub(crate) fn push(&mut self, storage: &dyn Storage, line: &[u8], before: &Chain, offset: u64) {
        if self.lost.is_some() {
            return;
        }
        let leaf = leaf(line);
        self.tree.push(leaf);
        self.leaves.push(leaf);
        self.changes.extend(seq_of_change(line).map(|seq| (seq, line.to_owned())));
        self.span.get_or_insert_with(|| Span::new(before)).push(line);
        let (first, tree) = (self.base.tree.size(), std::mem::take(&mut self.tree));
        self.compare(storage, &tree, first, Place { line: tree.size() - first, offset });
        self.tree = tree;
    }

    /// Holds the newest checkpoint against what is there: so many records.
    ///
    /// # Errors
    /// [`Error::Lost`] if it was signed over more records, [`Error::Damaged`] if over others.
    pub(crate) fn check(&mut self, storage: &dyn Storage, records: u64) -> Result<(), Error> {
        check_size(storage, self.checkpoint.as_ref(), records)?;
        if self.is_claimed {
            self.lost.get_or_insert_with(|| no_tree(storage));
        }
        self.contradiction.take().map_or(Ok(()), Err)
    }

    fn compare(&mut self, storage: &dyn Storage, tree: &Frontier, segment: u64, place: Place) {
        let size = tree.size();
        let Some(checkpoint) = self.checkpoint.as_ref().filter(|it| it.size == size) else {
            return;
        };
        let is_agreed = checkpoint.root == tree.root();
        if self.is_claimed {
            self.is_claimed = !is_agreed;
        } else if self.lost.is_none() && !is_agreed {
            let reason = format!("the {size} records up to it are not those that were signed");
            let seq = size.saturating_sub(1);
            self.contradiction = Some(damaged(storage, segment, place, seq, reason));
        }
    }
}

impl Base {
    /// Calls `take` with each line of the segments before the last one, from the segment on that begins with
    /// the record `from`.
    pub(super) fn for_each_line(
        &self,
        storage: &dyn Storage,
        from: u64,
        mut take: impl FnMut(Place, &[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.firsts
            .windows(2)
            .filter(|pair| pair[0] >= from)
            .try_for_each(|pair| for_each_line(storage, pair[0], pair[1], &mut take))
    }
}

impl Joint<'_> {
    fn next(&self) -> u64 {
        self.end.last_seq.saturating_add(1)
    }

    /// True if the seal is of this very segment, of which so many bytes are there.
    fn fits(&self, seal: &Seal, bytes: Option<u64>) -> bool {
        seal.first_seq == self.first
            && seal.next_seq() == self.next()
            && (seal.before, seal.last) == (self.before, self.end.hash)
            && self.end.length.or(bytes) == Some(seal.bytes)
    }

    /// Makes the seal from the lines, and moves `tree` behind them; `see` is shown it behind each.
    fn seal_again(
        &self,
        storage: &dyn Storage,
        tree: &mut Frontier,
        mut see: impl FnMut(&Frontier, Place),
    ) -> Result<Seal, Error> {
        let mut chain = Chain { next: self.first, tip: self.before };
        let mut span = Span::new(&chain);
        for_each_line(storage, self.first, self.next(), |place, line| {
            let seq = chain.next;
            let followed = chain.follow(line);
            followed.map_err(|reason| damaged(storage, self.first, place, seq, reason))?;
            span.push(line);
            tree.push(leaf(line));
            see(tree, place);
            Ok(())
        })?;
        Ok(span.close(&chain, tree))
    }
}

impl Notes<'_> {
    /// The tree of what was pruned before the first segment, of which that header says `end`, and whether none of
    /// these keys has sealed it: its lines are gone, so that only an own checkpoint can show that it is right.
    fn pruned(
        &self,
        first: Option<u64>,
        end: Option<&Previous>,
    ) -> Result<(Option<Frontier>, bool), Error> {
        let Some(end) = end else { return Ok((Some(Frontier::default()), false)) };
        let Some(pruned) = segment::first_of(&end.segment) else { return Ok((None, false)) };
        let Some((seal, is_own)) = self.read_seal(pruned) else { return Ok((None, false)) };
        let is_it = seal.first_seq == pruned;
        if is_it && Some(seal.next_seq()) == first && seal.last == end.hash {
            return Ok((Some(seal.tree), !is_own));
        }
        match is_it && is_own {
            true => Err(self.contradicted(first.unwrap_or(0), pruned)),
            false => Ok((None, false)),
        }
    }

    /// The seal of a segment; `None` if there is none, or none that could be trusted.
    fn seal(&self, joint: &Joint<'_>) -> Result<Option<Seal>, Error> {
        // What another key has sealed is read and sealed again.
        let own = self.read_seal(joint.first).filter(|(_, is_own)| *is_own);
        let Some((seal, _)) = own else { return Ok(None) };
        let bytes = self.storage.open(&segment::name(joint.first), Access::Read);
        if joint.fits(&seal, bytes.and_then(|file| file.len()).ok()) {
            return Ok(Some(seal));
        }
        // Made again it would vouch for what it speaks against.
        match seal.first_seq == joint.first {
            true => Err(self.contradicted(joint.first, joint.first)),
            false => Ok(None),
        }
    }

    /// A seal, and whether one of these keys has made it.
    fn read_seal(&self, first: u64) -> Option<(Seal, bool)> {
        let note = read_note(self.storage, &segment::seal(first)).ok().flatten()?;
        let is_own = match note.signers(self.keys) {
            Ok(_) => true,
            Err(Untrusted::Unknown) => false,
            Err(Untrusted::Forged { .. }) => return None,
        };
        let checkpoint = Checkpoint::parse(&note.text).ok()?;
        let is_of_journal = Some(checkpoint.origin.as_str()) == self.origin;
        Seal::of(&checkpoint).filter(|_| is_of_journal).map(|seal| (seal, is_own))
    }

    /// The newest checkpoint, if there is one; fails if it is not whole, of another key or another journal. What ends
    /// the history was there before: if it is newer, somebody has put an older one there.
    fn checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        let Some(note) = read_note(self.storage, CHECKPOINT).map_err(self.unused())? else {
            return Ok(None);
        };
        let flaw = |reason: String| self.unused()(io::Error::other(reason));
        let checkpoint = self.own(&note).map_err(flaw)?;
        let last = history::last(self.storage).and_then(|note| self.own(&note).ok());
        Ok(Some(last.filter(|last| last.size > checkpoint.size).unwrap_or(checkpoint)))
    }

    /// The checkpoint in a note, if it is of this journal and one of these keys.
    fn own(&self, note: &Note) -> Result<Checkpoint, String> {
        note.signers(self.keys).map_err(|error| error.to_string())?;
        let checkpoint =
            Checkpoint::parse(&note.text).map_err(|malformed| malformed.to_string())?;
        match self.origin.is_none_or(|origin| origin == checkpoint.origin) {
            true => Ok(checkpoint),
            false => Err(format!("it is of the journal {}", checkpoint.origin)),
        }
    }

    fn unused(&self) -> impl FnOnce(io::Error) -> Error {
        Error::io(self.storage, "go by", CHECKPOINT)
    }

    fn contradicted(&self, segment: u64, sealed: u64) -> Error {
        let reason =
            format!("{} was signed over other records than are there", segment::seal(sealed));
        damaged(self.storage, segment, Place { line: 1, offset: 0 }, segment, reason)
    }
}

/// Refuses a journal without records of which one of `keys` has signed a checkpoint.
pub(crate) fn check_begun(storage: &dyn Storage, keys: &[VerifierKey]) -> Result<(), Error> {
    let checkpoint = Notes { storage, keys, origin: None }.checkpoint().ok().flatten();
    check_size(storage, checkpoint.as_ref(), 0)
}

fn check_size(
    storage: &dyn Storage,
    checkpoint: Option<&Checkpoint>,
    found: u64,
) -> Result<(), Error> {
    match checkpoint.map_or(0, |checkpoint| checkpoint.size) {
        acknowledged if acknowledged > found => {
            Err(Error::Lost { journal: storage.describe(), found, acknowledged })
        }
        _ => Ok(()),
    }
}

/// What the header of each segment says of the end before it; of the last one that is known.
fn ends(
    storage: &dyn Storage,
    firsts: &[u64],
    last: Option<&Previous>,
) -> Result<Vec<Option<Previous>>, Error> {
    let Some((_, earlier)) = firsts.split_last() else { return Ok(Vec::new()) };
    let end = |first: &u64| {
        let header = segment::peek_header(&mut segment::lines(storage, *first)?);
        let header = header.map_err(Error::io(storage, "read", &segment::name(*first)))?;
        Ok(header.and_then(|header| header.previous))
    };
    earlier.iter().map(end).chain([Ok(last.cloned())]).collect()
}

/// Calls `take` with the lines of the segment `first`, up to the record before `next`.
fn for_each_line(
    storage: &dyn Storage,
    first: u64,
    next: u64,
    mut take: impl FnMut(Place, &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut lines = segment::lines(storage, first)?;
    for seq in first..next {
        let place = Place { line: lines.number() + 1, offset: lines.offset() };
        let piece = lines.next().map_err(Error::io(storage, "read", &segment::name(first)))?;
        let Piece::Line(range) = piece else {
            return Err(damaged(storage, first, place, seq, "the record is missing".to_owned()));
        };
        take(place, lines.bytes(&range))?;
    }
    Ok(())
}

fn no_tree(storage: &dyn Storage) -> Error {
    Error::io(storage, "sign", "the journal")(io::Error::other(
        "records were pruned before it was signed, or the seal of the last segment that was pruned is \
         gone or of another key, so that there is no tree over all records; put the seal back, or that \
         key before the newest one, or begin a new epoch: `audited adopt --new-epoch REASON`",
    ))
}

fn damaged(storage: &dyn Storage, first: u64, place: Place, seq: u64, reason: String) -> Error {
    let (journal, segment, Place { line, offset }) =
        (storage.describe(), segment::name(first), place);
    Error::Damaged { journal, segment, line, offset, seq, reason }
}
