//! How far the journal is durable, for readers in this process and in others.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::line::Chain;
use super::storage::{Access, Storage, StorageFile, open_or_create};
use crate::digest::{DIGEST_TEXT_LEN, Digest};

/// The file that publishes the watermark to other processes.
pub(super) const NAME: &str = "WATERMARK";

/// Two numbers of twenty digits, a space and a newline.
const BYTES: usize = 42;

/// How much of the digest over the rest stands at the end.
const CHECK_CHARS: usize = 22;

/// The number, the hash of the last durable record, a space, the check of both and a newline.
const BYTES_WITH_HEAD: usize = BYTES + DIGEST_TEXT_LEN + 1 + CHECK_CHARS + 1;

/// How often a reader looks again when it sees a number half replaced.
const TRIES: u32 = 100;

/// What is wrong with a record that has another hash than the writer vouches for.
pub(super) const DISOWNED: &str = "WATERMARK has another hash for it: this is not what the writer has \
                                   written, or WATERMARK was changed";

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

/// The last durable record, as the writer vouches for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The number of the record behind it, which is how many are durable.
    pub(super) next: u64,
    pub(super) hash: Digest,
}

impl Head {
    /// False if a chain has come to the record and has another hash there.
    pub(super) fn agrees(&self, chain: &Chain) -> bool {
        self.next != chain.next || self.hash == chain.tip
    }
}

/// The watermark's file, open for the writer.
pub(super) struct Publisher(Box<dyn StorageFile>);

impl Publisher {
    /// Makes `durable` last: from now on a power cut leaves that number or a later one.
    pub(super) fn open(storage: &dyn Storage, durable: &Chain) -> io::Result<Self> {
        let mut publisher = open_or_create(storage, NAME).map(Self)?;
        publisher.publish(durable)?;
        publisher.0.sync()?;
        Ok(publisher)
    }

    /// Does the same with a number that has been published.
    pub(super) fn sync(&mut self, durable: &Chain) -> io::Result<()> {
        self.0.sync().inspect_err(|_| {
            // What is read back now may be what the disk has. If this fails, the next number comes.
            let _ = self.publish(durable);
        })
    }

    /// True if readers find this very file.
    pub(super) fn is_in_place(&self) -> io::Result<bool> {
        self.0.is_in_place()
    }

    /// Writes the number twice, so that a reader can tell a half-replaced one, and the hash of the last
    /// durable record with a check over both.
    ///
    /// It is not synced: it may be as old as the start after a power cut, and never runs ahead.
    pub(super) fn publish(&mut self, durable: &Chain) -> io::Result<()> {
        let Chain { next, tip } = durable;
        let mut text = format!("{next:020} {next:020}\n{tip} ");
        let check = check(text.as_bytes());
        text.push_str(&check);
        text.push('\n');
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

/// The record that the writer vouches for; `None` if WATERMARK does not say it, as one of an earlier
/// version, or is being replaced.
pub(super) fn head(storage: &dyn Storage) -> io::Result<Option<Head>> {
    let file = match storage.open(NAME, Access::Read) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut text = [0; BYTES_WITH_HEAD];
    for _ in 0..TRIES {
        if file.read_at(0, &mut text)? < BYTES_WITH_HEAD {
            return Ok(None);
        }
        if let Some(head) = parse_head(&text) {
            return Ok(Some(head));
        }
        std::thread::yield_now();
    }
    Ok(None)
}

fn parse_head(text: &[u8]) -> Option<Head> {
    let next = parse(text.get(..BYTES)?)?;
    let text = std::str::from_utf8(text).ok()?;
    let (hash, stated) = text[BYTES..].strip_suffix('\n')?.split_once(' ')?;
    let is_whole = check(&text.as_bytes()[..BYTES + DIGEST_TEXT_LEN + 1]) == stated;
    let hash = Digest::parse(hash)?;
    is_whole.then_some(Head { next, hash })
}

/// Tells whether number and hash were written together. It is no secret: who can write here can
/// compute it.
fn check(text: &[u8]) -> String {
    let mut check = Digest::of(text).to_string();
    check.truncate(CHECK_CHARS);
    check
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

    fn chain(next: u64) -> Chain {
        Chain { next, tip: Digest::of(&next.to_be_bytes()) }
    }

    #[test]
    fn a_head_is_believed_as_it_was_written_together_and_in_no_other_form() {
        let storage = MemoryStorage::new();
        assert_eq!(head(&storage).unwrap(), None);
        let mut publisher = Publisher::open(&storage, &chain(98)).unwrap();
        let earlier = storage.file(NAME).unwrap();
        publisher.publish(&chain(99)).unwrap();
        let Chain { next, tip: hash } = chain(99);
        assert_eq!(head(&storage).unwrap(), Some(Head { next, hash }));
        let text = storage.file(NAME).unwrap();
        assert_eq!(text.len(), BYTES_WITH_HEAD);
        for end in 1..text.len() {
            // A half replaced one, and one that is cut off.
            let mixed = [&text[..end], &earlier[end..]].concat();
            let is_one_of_both = mixed == text || mixed == earlier;
            storage.replace(NAME, Some(mixed));
            assert_eq!(head(&storage).unwrap().is_some(), is_one_of_both, "{end}");
            storage.replace(NAME, Some(text[..end].to_vec()));
            assert_eq!(head(&storage).unwrap(), None, "{end}");
        }
    }

    #[test]
    fn what_is_published_is_read_and_a_half_replaced_number_is_not() {
        let storage = MemoryStorage::new();
        assert_eq!(read(&storage).unwrap(), Err(Flaw::Missing));
        let mut publisher = Publisher::open(&storage, &chain(98)).unwrap();
        assert_eq!(read(&storage).unwrap(), Ok(98));
        publisher.publish(&chain(99)).unwrap();
        publisher.publish(&chain(100)).unwrap();
        assert_eq!(read(&storage).unwrap(), Ok(100));
        let mut torn = storage.file(NAME).unwrap();
        torn[20 + 1 + 19] = b'1';
        storage.replace(NAME, Some(torn));
        assert_eq!(read(&storage).unwrap(), Err(Flaw::Malformed));
    }
}
