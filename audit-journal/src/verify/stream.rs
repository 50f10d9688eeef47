//! Checks lines that arrive one after the other, such as a mirror that was shipped elsewhere.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use super::Verification;
use super::judge::Later;
use super::walk::{self, Walk};
use crate::error::Error;
use crate::lines::Lines;
use crate::storage::StorageFile;

/// What findings call the place of the lines.
const NAME: &str = "-";

pub(super) fn verify_lines(input: impl Read + Send + 'static) -> io::Result<Verification> {
    let stream = Stream(Mutex::new(Counted { input, bytes: 0 }));
    let mut lines = Lines::of(Box::new(stream));
    let mut walk = Walk::of_stream();
    while walk.step(&mut lines, NAME, None)? {}
    let end = walk::end_of(&lines, NAME)?;
    walk.finish(end).map_err(|Later { version, .. }| {
        let (journal, name) = ("these lines".to_owned(), "a record".to_owned());
        io::Error::other(Error::Newer { journal, name, version })
    })
}

/// A file that is read once, from its start to its end.
struct Stream<R>(Mutex<Counted<R>>);

struct Counted<R> {
    input: R,
    bytes: u64,
}

impl<R: Read + Send> StorageFile for Stream<R> {
    /// Lines are read in one pass, so the offset is always the end of what was read before.
    fn read_at(&self, _offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match counted.input.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(read) => {
                    counted.bytes += read as u64;
                    return Ok(read);
                }
            }
        }
    }

    /// How many bytes have been read so far.
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Journal, Kind, MemoryStorage, Options};

    /// A journal of three records beside its own two opening ones.
    fn journal() -> Vec<Vec<u8>> {
        let storage = MemoryStorage::new();
        let mut journal = Journal::open(Arc::new(storage), Options::default()).unwrap();
        let mut bytes = journal.committed().lines.to_vec();
        for body in ["\"a\":1", "\"b\":2", "\"c\":3"] {
            journal.append(body.as_bytes()).unwrap();
        }
        bytes.extend_from_slice(journal.commit().unwrap().lines);
        bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    }

    fn check(lines: &[Vec<u8>]) -> Verification {
        verify_lines(io::Cursor::new(lines.concat())).unwrap()
    }

    fn found(lines: &[Vec<u8>]) -> Vec<(Kind, u64, u64)> {
        let findings = check(lines).findings.into_iter();
        findings.map(|finding| (finding.kind, finding.seq, finding.line)).collect()
    }

    #[test]
    fn a_mirror_is_intact_from_its_start_and_from_its_middle() {
        let lines = journal();
        for first in 0..lines.len() {
            let verification = check(&lines[first..]);
            assert!(verification.is_intact(), "{verification:?}");
            let range = (verification.first_seq, verification.last_seq);
            assert_eq!(range, (Some(first as u64), Some(4)));
            assert_eq!(verification.records, 5 - first as u64);
        }
        assert_eq!(check(&[]).records, 0);
    }

    #[test]
    fn damage_behind_the_first_line_is_named() {
        let lines = journal();
        let mut edited = lines[1..].to_vec();
        let place = edited[2].len() - 60;
        edited[2][place] ^= 1;
        assert_eq!(found(&edited), [(Kind::Edited, 3, 3)]);
        let missing = [&lines[1..2], &lines[3..]].concat();
        assert_eq!(found(&missing), [(Kind::Missing, 2, 2)]);
        let noisy = [&[b"hello\n".to_vec()], &lines[2..]].concat();
        assert_eq!(found(&noisy), [(Kind::Inserted, 2, 1)]);
    }

    #[test]
    fn the_origin_vouches_for_the_very_first_line() {
        let mut lines = journal();
        let place = lines[0].len() - 60;
        lines[0][place] ^= 1;
        assert_eq!(found(&lines), [(Kind::Edited, 0, 1)]);
    }

    #[test]
    fn a_line_without_an_end_is_unfinished() {
        let mut lines = journal();
        let last = lines.last_mut().unwrap();
        last.truncate(30);
        let verification = check(&lines);
        assert!(verification.is_intact());
        assert_eq!(verification.unfinished.unwrap().bytes, 30);
        assert_eq!(verification.last_seq, Some(3));
    }
}
