//! Splits a file of the journal into lines, with bounded memory whatever the file holds.

use std::io;
use std::ops::Range;

use memchr::memchr;

use super::line::LINE_BYTES_MAX;
use super::storage::StorageFile;

const CHUNK_BYTES: usize = 64 * 1024;
/// What is read first: often one line is all that is asked for.
const FIRST_BYTES: usize = 4 * 1024;

/// Reads a file from an offset on, one line at a time.
pub(super) struct Lines {
    file: Box<dyn StorageFile>,
    buffer: Vec<u8>,
    taken: usize,
    /// Where what was read ends in the buffer.
    filled: usize,
    offset: u64,
    number: u64,
    /// Where the file ends for this reader.
    end: u64,
}

/// What stands at the current offset.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A line; the range finds its bytes, without the newline, through [`Lines::bytes`].
    Line(Range<usize>),
    /// More bytes without a newline than a line may have; they have been passed.
    Overlong,
    /// Bytes up to the end of the file without a newline; they have not been passed.
    Rest(Range<usize>),
    /// The end of the file.
    End,
}

impl Lines {
    pub(super) fn of(file: Box<dyn StorageFile>) -> Self {
        Self { file, buffer: Vec::new(), taken: 0, filled: 0, offset: 0, number: 0, end: u64::MAX }
    }

    /// Reads no further than `end` from now on, as if the file ended there.
    pub(super) fn limit(&mut self, end: u64) {
        self.end = end;
        self.rewind(self.offset, self.number);
    }

    /// The offset of the next piece.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// How many lines have been passed, overlong ones included.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The bytes of a piece, until the next call of [`next`](Self::next).
    pub(super) fn bytes(&self, piece: &Range<usize>) -> &[u8] {
        &self.buffer[piece.clone()]
    }

    /// The file, for a look at other places.
    pub(super) fn file(&self) -> &dyn StorageFile {
        &*self.file
    }

    /// The length of the file now.
    pub(super) fn file_len(&self) -> io::Result<u64> {
        self.file.len()
    }

    /// Goes back to an earlier offset and line number, and reads from the file again.
    pub(super) fn rewind(&mut self, offset: u64, number: u64) {
        (self.taken, self.filled) = (0, 0);
        self.offset = offset;
        self.number = number;
    }

    pub(super) fn next(&mut self) -> io::Result<Piece> {
        let mut searched = 0;
        loop {
            let from = self.taken + searched;
            if let Some(length) = memchr(b'\n', &self.buffer[from..self.filled]) {
                return Ok(Piece::Line(self.pass_line(searched + length)));
            }
            searched = self.filled - self.taken;
            if searched > LINE_BYTES_MAX {
                self.pass_overlong()?;
                return Ok(Piece::Overlong);
            }
            if self.fill()? == 0 {
                let rest = self.taken..self.filled;
                return Ok(if rest.is_empty() { Piece::End } else { Piece::Rest(rest) });
            }
        }
    }

    fn pass_line(&mut self, length: usize) -> Range<usize> {
        let line = self.taken..self.taken + length;
        self.pass(length + 1);
        self.number += 1;
        line
    }

    fn pass_overlong(&mut self) -> io::Result<()> {
        loop {
            let end = memchr(b'\n', &self.buffer[self.taken..self.filled]);
            self.pass(end.map_or(self.filled - self.taken, |length| length + 1));
            if end.is_some() || self.fill()? == 0 {
                self.number += 1;
                return Ok(());
            }
        }
    }

    fn pass(&mut self, length: usize) {
        self.taken += length;
        self.offset += length as u64;
    }

    fn fill(&mut self) -> io::Result<usize> {
        let chunk = if self.filled == 0 { FIRST_BYTES } else { CHUNK_BYTES };
        self.make_room(chunk);
        let from = self.offset + self.filled as u64;
        let left = usize::try_from(self.end.saturating_sub(from)).unwrap_or(usize::MAX);
        let room = self.filled..self.filled + left.min(chunk);
        let read = self.file.read_at(from, &mut self.buffer[room])?;
        self.filled += read;
        Ok(read)
    }

    /// Moves what is left to the front of the buffer, and has room for so many bytes behind it.
    fn make_room(&mut self, chunk: usize) {
        let left = self.taken..self.filled;
        (self.taken, self.filled) = (0, left.len());
        if self.buffer.len() >= left.len() + chunk {
            return self.buffer.copy_within(left, 0);
        }
        // Growing the buffer by zeros instead takes most of the time of a build without optimisation.
        let mut larger = vec![0; left.len() + chunk];
        larger[..left.len()].copy_from_slice(&self.buffer[left]);
        self.buffer = larger;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Access, MemoryStorage, Storage as _};

    fn lines(bytes: &[u8]) -> Lines {
        let storage = MemoryStorage::new();
        storage.replace("file", Some(bytes.to_vec()));
        Lines::of(storage.open("file", Access::Read).unwrap())
    }

    #[test]
    fn lines_of_any_length_come_whole_and_the_rest_stays() {
        let long = vec![b'x'; LINE_BYTES_MAX];
        let mut lines = lines(&[b"one\n\n", long.as_slice(), b"\nrest"].concat());
        let mut seen = Vec::new();
        while let Piece::Line(line) = lines.next().unwrap() {
            seen.push(lines.bytes(&line).to_vec());
        }
        assert_eq!(seen, [b"one".to_vec(), Vec::new(), long]);
        assert_eq!(lines.number(), 3);
        for _ in 0..2 {
            let Piece::Rest(rest) = lines.next().unwrap() else { panic!("no rest") };
            assert_eq!(lines.bytes(&rest), b"rest");
        }
        lines.rewind(4, 1);
        assert_eq!(lines.next().unwrap(), Piece::Line(0..0));
    }

    #[test]
    fn an_endless_line_is_passed_without_being_held() {
        let mut lines = lines(&[vec![0; 1_000_000], b"\nnext\n".to_vec()].concat());
        assert_eq!(lines.next().unwrap(), Piece::Overlong);
        assert!(lines.buffer.capacity() < 400_000);
        let Piece::Line(next) = lines.next().unwrap() else { panic!("no line") };
        assert_eq!(lines.bytes(&next), b"next");
        assert_eq!(lines.next().unwrap(), Piece::End);
    }
}
