//! The signed notes of a journal and those held elsewhere, read before anything is compared with them.

use std::collections::BTreeMap;

use audit_tlog::{Checkpoint, Note, Untrusted, VerifierKey, WitnessKey};

use super::item::Place;
use crate::cosigned;
use crate::error::Error;
use crate::segment;
use crate::signed::{CHECKPOINT, HISTORY, Seal};
use crate::storage::{Storage, read_if_there};

/// What findings call the place of a note that was held elsewhere.
const ANCHOR: &str = "anchor";
const MARK: &str = "\u{2014} ";

/// What a check of signatures starts from: nothing of it may come from the journal's own directory.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The public keys of the journal. What one of them hands its duty to is trusted from there on.
    pub keys: Vec<VerifierKey>,
    /// Checkpoints that were kept elsewhere. Those of other journals are passed over.
    pub anchors: Vec<Note>,
    /// The public keys of witnesses. What one of them has cosigned was kept elsewhere, wherever it lies now.
    pub witnesses: Vec<WitnessKey>,
}

/// When a witness has cosigned a checkpoint, in seconds since 1970, and which.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    pub(super) at: u64,
    pub(super) by: String,
}

impl Seen {
    /// Which of these witnesses has cosigned it first; fails if a cosignature in the name of one is another's.
    pub(super) fn of(note: &Note, witnesses: &[WitnessKey]) -> Result<Option<Self>, Untrusted> {
        let mut first = None;
        for witness in witnesses {
            match witness.cosigned(note) {
                Ok(at) => {
                    first =
                        first.into_iter().chain([Self { at, by: witness.name().to_owned() }]).min()
                }
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

/// All that was signed.
#[derive(Clone, Default)]
pub(super) struct Notes {
    /// By size, seals included.
    pub(super) noted: Vec<Noted>,
    /// By the first record of their segments.
    pub(super) seals: BTreeMap<u64, (Noted, Seal)>,
    pub(super) unreadable: Vec<Unreadable>,
    /// There is a file for the newest checkpoint.
    pub(super) has_newest: bool,
}

impl Notes {
    pub(super) fn read(storage: &dyn Storage, trust: &Trust) -> Result<Self, Error> {
        let mut notes = Self::default();
        if let Some(bytes) = read(storage, HISTORY)? {
            notes.read_history(&bytes);
        }
        for name in storage.list(segment::DIR).map_err(Error::io(storage, "list", segment::DIR))? {
            if let Some(first) = segment::sealed(&name) {
                notes.read_seal(storage, first)?;
            }
        }
        if let Some(bytes) = read(storage, CHECKPOINT)? {
            notes.has_newest = true;
            notes.add(&bytes, Place { segment: CHECKPOINT.to_owned(), line: 1, offset: 0 });
        }
        let elsewhere = |line| Place { segment: ANCHOR.to_owned(), line, offset: 0 };
        let anchors = (1..).zip(&trust.anchors);
        notes
            .noted
            .extend(anchors.filter_map(|(line, note)| Noted::of_anchor(note, elsewhere(line))));
        notes.read_cosigned(storage, &trust.witnesses)?;
        notes.noted.sort_by_key(|noted| noted.checkpoint.size);
        Ok(notes)
    }

    /// True if the journal itself holds nothing signed.
    pub(super) fn is_unsigned(&self) -> bool {
        !self.has_newest && self.unreadable.is_empty() && self.noted.iter().all(|it| it.is_anchor)
    }

    /// Reads what these witnesses have cosigned. The rest, which anybody may have put there, is nothing.
    fn read_cosigned(
        &mut self,
        storage: &dyn Storage,
        witnesses: &[WitnessKey],
    ) -> Result<(), Error> {
        if witnesses.is_empty() {
            return Ok(());
        }
        for (segment, note) in cosigned::all(storage)? {
            if Seen::of(&note, witnesses).is_ok_and(|seen| seen.is_some()) {
                self.noted.extend(Noted::of_anchor(&note, Place { segment, line: 1, offset: 0 }));
            }
        }
        Ok(())
    }

    /// Reads the seal of a segment, unless there is none.
    pub(super) fn read_seal(&mut self, storage: &dyn Storage, first: u64) -> Result<(), Error> {
        let name = segment::seal(first);
        let Some(bytes) = read(storage, &name)? else { return Ok(()) };
        let place = Place { segment: name, line: 1, offset: 0 };
        let sealed = parse(&bytes).and_then(|(note, checkpoint)| {
            let seal = Seal::of(&checkpoint).filter(|seal| seal.first_seq == first);
            let seal = seal.ok_or("it is not the seal of its segment")?;
            let place = place.clone();
            Ok((Noted { note, checkpoint, place, is_anchor: false }, seal))
        });
        match sealed {
            Ok((noted, seal)) => {
                self.noted.push(noted.clone());
                self.seals.insert(first, (noted, seal));
            }
            Err(reason) => self.unreadable.push(Unreadable { place, seq: first, reason }),
        }
        Ok(())
    }

    /// Reads notes with an empty line behind each; one without it at the end was not written whole.
    fn read_history(&mut self, bytes: &[u8]) {
        let mut place = Place { segment: HISTORY.to_owned(), line: 1, offset: 0 };
        let (mut start, mut end, mut lines, mut is_signed) = (0, 0, 0, false);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            (end, lines) = (end + line.len(), lines + 1);
            let is_end = is_signed && line == b"\n";
            is_signed = line.starts_with(MARK.as_bytes());
            if is_end {
                self.add(&bytes[start..end - 1], place.clone());
                (start, place.line, place.offset) = (end, lines + 1, end as u64);
            }
        }
        let rest = &bytes[start..];
        // Zeros are what a power cut leaves of bytes that did not reach the disk.
        if !rest.contains(&0) && !is_begun(rest) {
            self.add(rest, place);
        }
    }

    fn add(&mut self, bytes: &[u8], place: Place) {
        match parse(bytes) {
            Ok((note, checkpoint)) => {
                self.noted.push(Noted { note, checkpoint, place, is_anchor: false });
            }
            Err(reason) => {
                let seq = self.noted.last().map_or(0, |noted| noted.checkpoint.size);
                self.unreadable.push(Unreadable { place, seq, reason });
            }
        }
    }
}

impl Noted {
    fn of_anchor(note: &Note, place: Place) -> Option<Self> {
        let checkpoint = Checkpoint::parse(&note.text).ok()?;
        Some(Self { note: note.clone(), checkpoint, place, is_anchor: true })
    }

    /// The last record that it vouches for.
    pub(super) fn last(&self) -> u64 {
        self.checkpoint.size.saturating_sub(1)
    }
}

fn parse(bytes: &[u8]) -> Result<(Note, Checkpoint), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let note =
        Note::parse(text).map_err(|malformed| format!("it is no signed note: {malformed}"))?;
    let checkpoint = Checkpoint::parse(&note.text)
        .map_err(|malformed| format!("it is no checkpoint: {malformed}"))?;
    Ok((note, checkpoint))
}

/// True if a note may begin so, as far as this goes.
fn is_begun(bytes: &[u8]) -> bool {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // A character may be cut.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    if text.lines().last().is_some_and(|line| line.starts_with(MARK)) && text.ends_with('\n') {
        return parse(bytes).is_ok();
    }
    text.split('\n').enumerate().all(|(at, line)| match at {
        0 => !line.contains(char::is_whitespace),
        1 => line.bytes().all(|byte| byte.is_ascii_digit()),
        2 => line.len() <= 44 && line.bytes().all(|byte| byte > b' '),
        3 => line.is_empty(),
        _ => MARK.starts_with(line) || line.starts_with(MARK),
    })
}

/// The bytes of a file that may be missing.
fn read(storage: &dyn Storage, name: &str) -> Result<Option<Vec<u8>>, Error> {
    read_if_there(storage, name, u64::MAX).map_err(Error::io(storage, "read", name))
}
