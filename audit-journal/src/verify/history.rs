//! The history of checkpoints: read line by line, since it may be long.

use std::io;

use super::item::Place;
use super::notes::{self, Noted, Notes, Unreadable};
use crate::lines::{Lines, Piece};
use crate::signed::{HISTORY, NOTE_BYTES_MAX};
use crate::storage::{Access, Storage, StorageFile, read_range};

/// The bytes of a note that is too long.
const OVERLONG: usize = NOTE_BYTES_MAX as usize + 1;

/// What a line of a signature begins with.
const MARK: &str = "\u{2014} ";

/// Where a note of the history stands.
#[derive(Clone)]
pub(super) struct Span {
    line: u64,
    offset: u64,
    length: u32,
}

/// The note whose lines come in.
#[derive(Default)]
struct Begun {
    bytes: Vec<u8>,
    line: u64,
    offset: u64,
    /// Its last line is a signature.
    is_signed: bool,
    /// The empty line behind it has come.
    is_over: bool,
}

impl Notes {
    /// Reads notes with an empty line behind each. What stands behind the last of them was not written whole if
    /// it begins as a note does, or has zeros in it, where a power cut took sectors.
    pub(super) fn read_history(&mut self, storage: &dyn Storage) -> io::Result<()> {
        let file = match storage.open(HISTORY, Access::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened?,
        };
        let (mut lines, mut begun) = (Lines::of(file), Begun::at(0, 0));
        let mut torn = None;
        loop {
            match lines.next()? {
                Piece::Line(range) => begun.push(lines.bytes(&range), true),
                Piece::Overlong => begun.bytes.resize(OVERLONG, b'?'),
                Piece::Rest(range) => {
                    begun.push(lines.bytes(&range), false);
                    break;
                }
                Piece::End => break,
            }
            if begun.is_over {
                let end = Begun::at(lines.number(), lines.offset());
                let over = std::mem::replace(&mut begun, end);
                // Nothing was appended behind what was torn.
                if let Some(torn) = torn.take() {
                    self.take(&torn);
                }
                if over.has_zeros() { torn = Some(over) } else { self.take(&over) }
            }
        }
        if torn.is_some() && !begun.bytes.is_empty() {
            torn.into_iter().for_each(|torn| self.take(&torn));
        }
        if !begun.has_zeros() && !is_begun(&begun.bytes) {
            self.take(&begun);
        }
        Ok(())
    }

    fn take(&mut self, begun: &Begun) {
        match Noted::parse(&begun.bytes, &begun.place()) {
            Ok(noted) => self.remember(&noted, begun.span()),
            Err(reason) => self.pass(begun.place(), reason),
        }
    }
}

impl Begun {
    fn at(line: u64, offset: u64) -> Self {
        Self { line: line + 1, offset, ..Self::default() }
    }

    fn push(&mut self, line: &[u8], is_ended: bool) {
        self.is_over = self.is_signed && is_ended && line.is_empty();
        if self.is_over {
            return;
        }
        self.is_signed = is_ended && line.starts_with(MARK.as_bytes());
        let room = OVERLONG.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&line[..line.len().min(room)]);
        self.bytes.extend(is_ended.then_some(b'\n'));
    }

    fn has_zeros(&self) -> bool {
        self.bytes.contains(&0)
    }

    fn place(&self) -> Place {
        Place { segment: HISTORY.to_owned(), line: self.line, offset: self.offset }
    }

    fn span(&self) -> Span {
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        Span { line: self.line, offset: self.offset, length }
    }
}

impl Span {
    /// Reads the note again, which was of so many records.
    pub(super) fn read(
        &self,
        history: Option<&dyn StorageFile>,
        size: u64,
    ) -> Result<Noted, Unreadable> {
        let Self { line, offset, length } = *self;
        let place = Place { segment: HISTORY.to_owned(), line, offset };
        let bytes =
            history.and_then(|file| read_range(file, offset, offset + u64::from(length)).ok());
        let noted = Noted::parse(&bytes.unwrap_or_default(), &place);
        let noted = noted.ok().filter(|noted| noted.checkpoint.size == size);
        let reason = || "it was changed while the journal was verified".to_owned();
        noted.ok_or_else(|| Unreadable { place, seq: size.saturating_sub(1), reason: reason() })
    }
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
        return notes::parse(bytes).is_ok();
    }
    text.split('\n').enumerate().all(|(at, line)| match at {
        0 => !line.contains(char::is_whitespace),
        1 => line.bytes().all(|byte| byte.is_ascii_digit()),
        2 => line.len() <= 44 && line.bytes().all(|byte| byte > b' '),
        3 => line.is_empty(),
        _ => MARK.starts_with(line) || line.starts_with(MARK),
    })
}
