//! The signed notes of a journal and those held elsewhere, read before anything is compared with them.

use std::collections::BTreeMap;

use audit_tlog::{Checkpoint, Note, Untrusted, VerifierKey, WitnessKey};

use super::history::Span;
use super::item::Place;
use crate::cosigned;
use crate::error::Error;
use crate::segment;
use crate::signed::{CHECKPOINT, HISTORY, NOTE_BYTES_MAX, Seal};
use crate::storage::{Access, Storage, StorageFile, read_if_there};

/// What findings call the place of a note that was held elsewhere.
pub(super) const ANCHOR: &str = "anchor";
/// How many places of the history are told of where there should be a note.
const UNREADABLE_MAX: u64 = 1000;
/// How many of the last notes are looked at for what was signed.
const BEHIND_MAX: usize = 1000;

/// What a check of signatures starts from: nothing of it may come from the journal's own directory.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The public keys of the journal, or one of them: those it has handed its duty to are trusted as well, and so
    /// is who was before, each for what it has signed before another one replaced it.
    pub keys: Vec<VerifierKey>,
    /// Checkpoints that were kept elsewhere. Those of other journals are passed over.
    pub anchors: Vec<Note>,
    /// The public keys of witnesses. What one of them has cosigned was kept elsewhere, wherever it lies now.
    pub witnesses: Vec<WitnessKey>,
    /// The name that the journal must have, if it is not to be taken from its own first header.
    pub origin: Option<String>,
}

impl Trust {
    /// What was kept elsewhere: the checkpoints given, and those in the journal that a witness has cosigned. What
    /// else lies there, where anybody may have put it, is nothing.
    pub(super) fn kept(&self, storage: &dyn Storage) -> Result<Vec<(Place, Note)>, Error> {
        let place = |segment, line| Place { segment, line, offset: 0 };
        let given = (1..).zip(&self.anchors);
        let given = given.map(|(line, note)| (place(ANCHOR.to_owned(), line), note.clone()));
        let mut kept: Vec<_> = given.collect();
        if !self.witnesses.is_empty() {
            let is_seen = |note: &Note| matches!(Seen::of(note, &self.witnesses), Ok(Some(_)));
            let cosigned = cosigned::all(storage, is_seen)?;
            kept.extend(cosigned.into_iter().map(|(name, note)| (place(name, 1), note)));
        }
        Ok(kept)
    }
}

/// When a witness has cosigned a checkpoint, in seconds since 1970, and which.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    pub(super) at: u64,
    pub(super) by: String,
}

impl Seen {
    /// Which of these witnesses has cosigned it first.
    pub(super) fn of(note: &Note, witnesses: &[WitnessKey]) -> Result<Option<Self>, Untrusted> {
        let mut first = None;
        for witness in witnesses {
            let seen = |at| Self { at, by: witness.name().to_owned() };
            match witness.cosigned(note) {
                Ok(at) => first = first.into_iter().chain([seen(at)]).min(),
                Err(Untrusted::Unknown) => {}
                Err(forged) => return Err(forged),
            }
        }
        Ok(first)
    }
}

/// A checkpoint, who signed it, and where it stands.
#[derive(Clone)]
pub(super) struct Noted {
    pub(super) note: Note,
    pub(super) checkpoint: Checkpoint,
    pub(super) place: Place,
    /// It was kept elsewhere.
    pub(super) is_anchor: bool,
}

/// A place where a note should stand that can be read.
#[derive(Clone)]
pub(super) struct Unreadable {
    pub(super) place: Place,
    /// A record that it should vouch for.
    pub(super) seq: u64,
    pub(super) reason: String,
}

/// Where the note of so many records stands. Of a long history no more than this is held.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) size: u64,
    at: At,
}

#[derive(Clone)]
enum At {
    /// One of those that are held.
    Held(usize),
    /// The seal of the segment that begins with this record.
    Seal(u64),
    History(Span),
}

pub(super) type Seals = BTreeMap<u64, (Noted, Seal)>;

/// A seal that was read, or why it is none.
pub(super) type Sealed = Result<(Noted, Seal), Unreadable>;

/// All that was signed.
#[derive(Default)]
pub(super) struct Notes {
    /// By size, seals included.
    pub(super) entries: Vec<Entry>,
    /// The newest checkpoint, and those that were kept elsewhere.
    held: Vec<Noted>,
    /// By the first record of their segments.
    pub(super) seals: Seals,
    pub(super) unreadable: Vec<Unreadable>,
    /// How many of the history and of the newest checkpoint, and in place of the many the last one.
    passed: u64,
    more: Option<Unreadable>,
    /// There is a file for the newest checkpoint.
    pub(super) has_newest: bool,
    /// Those that are trusted from the start.
    keys: Vec<VerifierKey>,
    pub(super) witnesses: Vec<WitnessKey>,
    /// One of the journal's own names none of them.
    has_others: bool,
}

impl Notes {
    pub(super) fn read(storage: &dyn Storage, trust: &Trust) -> Result<Self, Error> {
        let (keys, witnesses) = (trust.keys.clone(), trust.witnesses.clone());
        let mut notes = Self { keys, witnesses, ..Self::default() };
        notes.read_history(storage).map_err(Error::io(storage, "read", HISTORY))?;
        for name in storage.list(segment::DIR).map_err(Error::io(storage, "list", segment::DIR))? {
            if let Some(first) = segment::sealed(&name) {
                notes.take_seal(storage, first)?;
            }
        }
        if let Some(bytes) = read(storage, CHECKPOINT)? {
            notes.has_newest = true;
            let place = Place { segment: CHECKPOINT.to_owned(), line: 1, offset: 0 };
            match Noted::parse(&bytes, &place) {
                Ok(noted) => notes.hold(noted),
                Err(reason) => notes.pass(place, reason),
            }
        }
        let kept = trust.kept(storage)?.into_iter();
        kept.filter_map(Noted::of_anchor).for_each(|it| notes.hold(it));
        let more = notes.more.take();
        notes.unreadable.extend(more);
        notes.entries.sort_by_key(|entry| entry.size);
        Ok(notes)
    }

    /// True if the journal itself holds nothing signed.
    pub(super) fn is_unsigned(&self) -> bool {
        !self.has_newest && self.unreadable.is_empty() && self.own_end() == 0
    }

    /// True if it has no checkpoint, but at most seals: a start that signs an older journal writes these first.
    pub(super) fn is_begun(&self) -> bool {
        let is_own = |entry: &Entry| !self.is_anchor(entry) && !matches!(entry.at, At::Seal(_));
        !self.has_newest && self.unreadable.is_empty() && !self.entries.iter().any(is_own)
    }

    /// The most records that the journal's own notes speak of.
    pub(super) fn own_end(&self) -> u64 {
        let mut own = self.entries.iter().rev().filter(|entry| !self.is_anchor(entry));
        own.next().map_or(0, |entry| entry.size)
    }

    /// Of those of more than `size` records the last one that is good.
    pub(super) fn behind(
        &self,
        storage: &dyn Storage,
        size: u64,
        is_good: impl Fn(&Noted) -> bool,
    ) -> Option<Noted> {
        let history = storage.open(HISTORY, Access::Read).ok();
        let entries = self.entries.iter().rev().take_while(|entry| entry.size > size);
        let read = |entry| self.noted(entry, &self.seals, history.as_deref())?.ok();
        entries.take(BEHIND_MAX).filter_map(read).find(|noted| is_good(noted))
    }

    /// What `checkpoint` holds.
    pub(super) fn newest(&self) -> Option<&Noted> {
        self.held.iter().find(|noted| noted.place.segment == CHECKPOINT)
    }

    /// True if it was kept elsewhere.
    pub(super) fn is_anchor(&self, entry: &Entry) -> bool {
        matches!(entry.at, At::Held(at) if self.held[at].is_anchor)
    }

    /// True if a note of the journal `origin` names none of the keys that are trusted from the start, or if one
    /// of several may have replaced another.
    pub(super) fn has_others(&self, origin: &str) -> bool {
        let is_own = |it: &&Noted| it.is_anchor && it.checkpoint.origin == origin;
        self.has_others
            || self.keys.len() > 1
            || self.held.iter().filter(is_own).any(|it| self.is_other(&it.note))
    }

    fn is_other(&self, note: &Note) -> bool {
        !note.signatures.iter().any(|it| self.keys.iter().any(|key| it.names(key)))
    }

    /// The note of an entry, read anew if it is one of the history.
    pub(super) fn noted(
        &self,
        entry: &Entry,
        seals: &Seals,
        history: Option<&dyn StorageFile>,
    ) -> Option<Result<Noted, Unreadable>> {
        match &entry.at {
            At::Held(at) => self.held.get(*at).cloned().map(Ok),
            At::Seal(first) => seals.get(first).map(|(noted, _)| Ok(noted.clone())),
            At::History(span) => Some(span.read(history, entry.size)),
        }
    }

    /// Puts a seal with the others.
    fn take_seal(&mut self, storage: &dyn Storage, first: u64) -> Result<(), Error> {
        match read_seal(storage, first)? {
            Some(Ok((noted, seal))) => {
                self.has_others |= self.is_other(&noted.note);
                self.entries.push(Entry::of_seal(first, &noted));
                self.seals.insert(first, (noted, seal));
            }
            Some(Err(unreadable)) => self.unreadable.push(unreadable),
            None => {}
        }
        Ok(())
    }

    /// Notes that what stands there is no checkpoint.
    pub(super) fn pass(&mut self, place: Place, reason: String) {
        let seq = self.entries.last().map_or(0, |entry| entry.size);
        self.passed += 1;
        match self.passed {
            ..=UNREADABLE_MAX => self.unreadable.push(Unreadable { place, seq, reason }),
            passed => {
                let more = format!("and {} more", passed - UNREADABLE_MAX);
                self.more = Some(Unreadable { place, seq, reason: more });
            }
        }
    }

    fn hold(&mut self, noted: Noted) {
        if !noted.is_anchor {
            self.has_others |= self.is_other(&noted.note);
        }
        self.entries.push(Entry { size: noted.checkpoint.size, at: At::Held(self.held.len()) });
        self.held.push(noted);
    }

    /// Takes one of the history, of which its place is enough.
    pub(super) fn remember(&mut self, noted: &Noted, span: Span) {
        self.has_others |= self.is_other(&noted.note);
        self.entries.push(Entry { size: noted.checkpoint.size, at: At::History(span) });
    }
}

impl Entry {
    pub(super) fn of_seal(first: u64, noted: &Noted) -> Self {
        Self { size: noted.checkpoint.size, at: At::Seal(first) }
    }
}

/// Reads the seal of a segment; `None` if there is none.
pub(super) fn read_seal(storage: &dyn Storage, first: u64) -> Result<Option<Sealed>, Error> {
    let name = segment::seal(first);
    let Some(bytes) = read(storage, &name)? else { return Ok(None) };
    let place = Place { segment: name, line: 1, offset: 0 };
    let sealed = parse(&bytes).and_then(|(note, checkpoint)| {
        let seal = Seal::of(&checkpoint).filter(|seal| seal.first_seq == first);
        let seal = seal.ok_or("it is not the seal of its segment")?;
        Ok((Noted { note, checkpoint, place: place.clone(), is_anchor: false }, seal))
    });
    Ok(Some(sealed.map_err(|reason| Unreadable { place, seq: first, reason })))
}

impl Noted {
    /// A checkpoint of the journal itself: it has no further lines, as those of a seal.
    pub(super) fn parse(bytes: &[u8], place: &Place) -> Result<Self, String> {
        let (note, checkpoint) = parse(bytes)?;
        match checkpoint.extensions.is_empty() {
            true => Ok(Self { note, checkpoint, place: place.clone(), is_anchor: false }),
            false => Err("it is a checkpoint with further lines".to_owned()),
        }
    }

    fn of_anchor((place, note): (Place, Note)) -> Option<Self> {
        let checkpoint = Checkpoint::parse(&note.text).ok()?;
        let noted = Self { note, checkpoint, place, is_anchor: true };
        Some(noted).filter(|noted| noted.checkpoint.extensions.is_empty())
    }

    /// The last record that it vouches for.
    pub(super) fn last(&self) -> u64 {
        self.checkpoint.size.saturating_sub(1)
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<(Note, Checkpoint), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let note =
        Note::parse(text).map_err(|malformed| format!("it is no signed note: {malformed}"))?;
    let checkpoint = Checkpoint::parse(&note.text)
        .map_err(|malformed| format!("it is no checkpoint: {malformed}"))?;
    Ok((note, checkpoint))
}

/// The bytes of a file that may be missing.
fn read(storage: &dyn Storage, name: &str) -> Result<Option<Vec<u8>>, Error> {
    read_if_there(storage, name, NOTE_BYTES_MAX + 1).map_err(Error::io(storage, "read", name))
}
