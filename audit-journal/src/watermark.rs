//! How far the journal is durable, for readers in this process and in others.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::storage::{Access, Storage, StorageFile, open_or_create};

/// The file that publishes the watermark to other processes.
pub(super) const NAME: &str = "WATERMARK";

/// Two numbers of twenty digits, a space and a newline.
const BYTES: usize = 42;

/// How often a reader looks again when it sees a number half replaced.
const TRIES: u32 = 100;

/// The number of durable records of a journal; no reader goes past it.
#[derive(Clone, Debug, Default)]
pub struct Watermark(Arc<AtomicU64>);

impl Watermark {
    /// How many records are durable: the sequence number that is not yet readable.
    pub fn durable(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    pub(super) fn set(&self, durable: u64) {
        self.0.store(durable, Ordering::Release);
    }
}

impl fmt::Display for Watermark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.durable().fmt(f)
    }
}

/// The watermark's file, open for the writer.
pub(super) struct Publisher(Box<dyn StorageFile>);

impl Publisher {
    /// Makes `durable` last: from now on a power cut leaves that number or a later one.
    pub(super) fn open(storage: &dyn Storage, durable: u64) -> io::Result<Self> {
        let mut publisher = open_or_create(storage, NAME).map(Self)?;
        publisher.publish(durable)?;
        publisher.0.sync()?;
        Ok(publisher)
    }

    /// Does the same with a number that has been published.
    pub(super) fn sync(&mut self, durable: u64) -> io::Result<()> {
        self.0.sync().inspect_err(|_| {
            // What is read back now may be what the disk has. If this fails, the next number comes.
            let _ = self.publish(durable);
        })
    }

    /// True if readers find this very file.
    pub(super) fn is_in_place(&self) -> io::Result<bool> {
        self.0.is_in_place()
    }

    /// Writes the number twice, so that a reader can tell a half-replaced one.
    ///
    /// It is not synced: it may be as old as the start after a power cut, and never runs ahead.
    pub(super) fn publish(&mut self, durable: u64) -> io::Result<()> {
        let text = format!("{durable:020} {durable:020}\n");
        self.0.write_at(0, text.as_bytes())
    }
}

/// Why no watermark is published that could be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Missing,
    Malformed,
}

/// What is wrong, what it means for a reader and what to do, as a sentence's end.
impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "it is missing",
            Self::Malformed => "it does not hold one number twice",
        })?;
        f.write_str(
            ", so nothing tells how many records are durable: while a service writes, and to its \
             group of readers, there are none, and at other times nothing tells whether the last \
             ones are gone; start the service again, which writes it anew",
        )
    }
}

/// The published watermark, or why there is none.
pub(super) fn read(storage: &dyn Storage) -> io::Result<Result<u64, Flaw>> {
    let file = match storage.open(NAME, Access::Read) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Err(Flaw::Missing)),
        opened => opened?,
    };
    for _ in 0..TRIES {
        let mut text = [0; BYTES];
        let length = file.read_at(0, &mut text)?;
        if length < BYTES {
            // A power cut in the very first start can leave this; a writer replaces all bytes in one call.
            return Ok(Err(Flaw::Malformed));
        }
        if let Some(durable) = parse(&text) {
            return Ok(Ok(durable));
        }
        std::thread::yield_now();
    }
    Ok(Err(Flaw::Malformed))
}

fn parse(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let (one, two) = text.strip_suffix('\n')?.split_once(' ')?;
    let whole = one.len() == 20 && one.bytes().all(|byte| byte.is_ascii_digit());
    (whole && one == two).then(|| one.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStorage;

    #[test]
    fn what_is_published_is_read_and_a_half_replaced_number_is_not() {
        let storage = MemoryStorage::new();
        assert_eq!(read(&storage).unwrap(), Err(Flaw::Missing));
        let mut publisher = Publisher::open(&storage, 98).unwrap();
        assert_eq!(read(&storage).unwrap(), Ok(98));
        publisher.publish(99).unwrap();
        publisher.publish(100).unwrap();
        assert_eq!(read(&storage).unwrap(), Ok(100));
        let mut torn = storage.file(NAME).unwrap();
        torn[20 + 1 + 19] = b'1';
        storage.replace(NAME, Some(torn));
        assert_eq!(read(&storage).unwrap(), Err(Flaw::Malformed));
    }
}
