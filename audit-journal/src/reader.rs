//! Reads a journal from outside its writer, without a lock.

use std::path::Path;
use std::sync::Arc;

use audit_tlog::Note;

use super::cursor::Cursor;
use super::epoch;
use super::error::Error;
use super::holder;
use super::newer;
use super::pruned;
use super::segment;
use super::signed;
use super::storage::{Access, DirectoryStorage, Storage};
use super::watermark;
use crate::time::Timestamp;

/// What is read of the writer's own words.
const HOLDER_BYTES_MAX: usize = 1024;

/// Opens cursors on a journal; it never writes and needs no lock.
#[derive(Clone)]
pub struct Reader {
    storage: Arc<dyn Storage>,
}

/// One file of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its name, relative to the journal.
    pub name: String,
    /// The sequence number of its first record.
    pub first_seq: u64,
    /// Its length in bytes, durable or not.
    pub bytes: u64,
}

impl Reader {
    /// Opens the journal in a directory.
    ///
    /// # Errors
    /// [`Error::NoJournal`] if there is none, and [`Error::Lost`] if there was one.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let storage = DirectoryStorage::read_only(path.as_ref());
        if !storage.path().is_dir() {
            return Err(Error::NoJournal { journal: storage.describe() });
        }
        if segment::list(&storage)?.is_empty() {
            let journal = storage.describe();
            let read = watermark::read(&storage);
            let read = read.map_err(Error::io(&storage, "read", watermark::NAME))?;
            return Err(match read {
                Ok(acknowledged) if acknowledged > 0 => {
                    Error::Lost { journal, found: 0, acknowledged }
                }
                _ => Error::NoJournal { journal },
            });
        }
        Ok(Self::over(Arc::new(storage)))
    }

    /// Reads the journal in `storage`, which need not be there yet.
    pub fn over(storage: Arc<dyn Storage>) -> Self {
        Self { storage }
    }

    /// Starts at the record `from_seq`, which need not be written yet.
    ///
    /// # Errors
    /// [`Error::Pruned`] if the record was pruned. Else fails as [`Cursor::next`] does, if the segment that holds the record cannot be entered.
    pub fn cursor(&self, from_seq: u64) -> Result<Cursor, Error> {
        Cursor::start(Arc::clone(&self.storage), from_seq)
    }

    /// The number of the first record to read: 0, or the one behind those that were pruned, as a record
    /// of the journal says. Of a journal whose front is missing otherwise it is 0.
    ///
    /// # Errors
    /// Fails when the storage does.
    pub fn first_seq(&self) -> Result<u64, Error> {
        pruned::first_seq(&*self.storage)
    }

    /// The number of the journal's epoch, as its first record says, or the record of what was pruned: 0
    /// if it is the first.
    ///
    /// # Errors
    /// Fails when the storage does.
    pub fn epoch(&self) -> Result<u64, Error> {
        epoch::number(&*self.storage)
    }

    /// Starts at the record `from_seq` as [`cursor`](Self::cursor) does, also behind a header that cannot
    /// be read: for those that [pass over damage](Cursor::pass_damage).
    ///
    /// # Errors
    /// Fails when the storage does, and with [`Error::Pruned`].
    pub fn cursor_past_damage(&self, from_seq: u64) -> Result<Cursor, Error> {
        Cursor::start_past_damage(Arc::clone(&self.storage), from_seq)
    }

    /// The journal's name, from its first header.
    ///
    /// # Errors
    /// [`Error::NoJournal`] if there is no readable first header.
    pub fn origin(&self) -> Result<String, Error> {
        let storage = &*self.storage;
        let missing = || Error::NoJournal { journal: storage.describe() };
        let header = pruned::between_prunings(storage, || {
            let first = *segment::list(storage)?.first().ok_or_else(missing)?;
            let (name, mut lines) = (segment::name(first), segment::lines(storage, first)?);
            let header = segment::peek_header(&mut lines);
            let header = header.map_err(Error::io(storage, "read", &name))?;
            header.ok_or_else(|| newer::at(storage, &name, 0).unwrap_or_else(missing))
        });
        Ok(header?.origin)
    }

    /// Why it is unknown how many records are durable, if so, and what to do about it.
    ///
    /// Beside a writer, and for a group of readers, a cursor gives out no record then.
    ///
    /// # Errors
    /// Fails when the storage does.
    pub fn watermark_flaw(&self) -> Result<Option<String>, Error> {
        let storage = &*self.storage;
        let read = watermark::read(storage).map_err(Error::io(storage, "read", watermark::NAME))?;
        let (name, journal) = (watermark::NAME, storage.describe());
        Ok(read.err().map(|flaw| format!("{name} of the journal in {journal}: {flaw}")))
    }

    /// How many records are durable, as the writer has published it; `None` if WATERMARK is missing
    /// or cannot be trusted.
    ///
    /// # Errors
    /// Fails when the file cannot be read.
    pub fn watermark(&self) -> Result<Option<u64>, Error> {
        let storage = &*self.storage;
        let read = watermark::read(storage).map_err(Error::io(storage, "read", watermark::NAME))?;
        Ok(read.ok())
    }

    /// The living writer, as it named itself; `None` if there is none.
    ///
    /// # Errors
    /// Fails when it cannot be found out whether there is one.
    pub fn writer(&self) -> Result<Option<String>, Error> {
        let storage = &*self.storage;
        if !storage.is_locked().map_err(Error::io(storage, "look at", "LOCK"))? {
            return Ok(None);
        }
        let mut text = [0; HOLDER_BYTES_MAX];
        let read = storage.open("LOCK", Access::Read).and_then(|file| file.read_at(0, &mut text));
        // Who may not open the lock, or cannot while it is held, still learns that it is.
        let text = String::from_utf8_lossy(&text[..read.unwrap_or(0)]);
        let named = (!text.is_empty()).then(|| holder::in_words(&text));
        Ok(Some(named.unwrap_or_else(|| "a process whose name cannot be read here".to_owned())))
    }

    /// The newest checkpoint of a journal that is signed. Nothing of it is checked.
    ///
    /// # Errors
    /// Fails when it cannot be read, or is not whole.
    pub fn checkpoint(&self) -> Result<Option<Note>, Error> {
        signed::read_checkpoint(&*self.storage)
    }

    /// The first sequence numbers of all segments, ascending.
    ///
    /// # Errors
    /// Fails when the storage does.
    pub fn first_seqs(&self) -> Result<Vec<u64>, Error> {
        segment::list(&*self.storage)
    }

    /// The earliest and the latest time at which the records of a segment say that they were
    /// observed; `None` if it holds anything but whole lines.
    ///
    /// Clocks go back and forth, so nothing but a look at every line tells. Hashes are not checked:
    /// this is for passing over a segment, not for believing it.
    ///
    /// # Errors
    /// Fails when the segment cannot be read.
    pub fn observed(&self, first_seq: u64) -> Result<Option<(Timestamp, Timestamp)>, Error> {
        let storage = &*self.storage;
        let read = segment::observed(&mut segment::lines(storage, first_seq)?);
        read.map_err(Error::io(storage, "read", &segment::name(first_seq)))
    }

    /// The segments in order.
    ///
    /// # Errors
    /// Fails when the storage does.
    pub fn segments(&self) -> Result<Vec<Segment>, Error> {
        let storage = &*self.storage;
        let measure = |first_seq| {
            let name = segment::name(first_seq);
            let length = storage.open(&name, Access::Read).and_then(|file| file.len());
            let bytes = length.map_err(Error::io(storage, "measure", &name))?;
            Ok(Segment { name, first_seq, bytes })
        };
        segment::list(storage)?.into_iter().map(measure).collect()
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Reader").field(&self.storage.describe()).finish()
    }
}
