//! Room that is kept for the day on which the disk is full: a file of written bytes, emptied then.

use std::io;

use super::error::Error;
use super::storage::{Access, Storage, StorageFile, open_or_create};

const NAME: &str = "RESERVE";
const CHUNK_BYTES: u64 = 64 * 1024;

/// The reserve of one journal.
pub(super) struct Reserve {
    bytes: u64,
    flaw: Option<String>,
}

impl Reserve {
    /// Makes the reserve unless it is there; without room for it the journal goes on all the same.
    pub(super) fn open(storage: &dyn Storage, bytes: u64) -> Self {
        let mut reserve = Self { bytes, flaw: None };
        let found = storage.open(NAME, Access::Read).and_then(|file| file.len()).ok();
        if bytes > 0 && found != Some(bytes) {
            reserve.flaw = reserve.make(storage).err().map(|error| error.to_string());
        }
        reserve
    }

    /// Why the journal was opened without a reserve, if it was.
    pub(super) fn flaw(&self) -> Option<&str> {
        self.flaw.as_deref()
    }

    /// Takes the room, and so finds out whether there is any.
    ///
    /// # Errors
    /// Fails when there is not enough; what was taken of it is given back.
    pub(super) fn make(&self, storage: &dyn Storage) -> Result<(), Error> {
        let io = |doing| Error::io(storage, doing, NAME);
        if self.bytes == 0 {
            return Ok(());
        }
        let mut file = open_or_create(storage, NAME).map_err(io("open"))?;
        fill(&mut *file, self.bytes).map_err(|error| {
            let _ = file.truncate(0);
            io("fill")(error)
        })
    }

    /// Gives the room back, if this writer keeps any. Whether that was enough only the next write tells.
    pub(super) fn release(&self, storage: &dyn Storage) {
        if self.bytes == 0 {
            return;
        }
        let emptied = storage.open(NAME, Access::Overwrite).and_then(|mut file| {
            file.truncate(0)?;
            // Some file systems keep freed blocks back until it is durable that they are free.
            file.sync()
        });
        let _ = emptied;
    }
}

/// Writes and syncs bytes that no file system can store in less room.
fn fill(file: &mut dyn StorageFile, bytes: u64) -> io::Result<()> {
    file.truncate(0)?;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut offset = 0;
    while offset < bytes {
        let length = CHUNK_BYTES.min(bytes - offset);
        let mut chunk: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| noise()).collect();
        chunk.truncate(usize::try_from(length).unwrap_or(chunk.len()));
        file.write_at(offset, &chunk)?;
        offset += length;
    }
    file.sync()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStorage;

    #[test]
    fn the_reserve_is_taken_whole_or_not_at_all() {
        let storage = MemoryStorage::new();
        let bytes = || storage.file(NAME).unwrap().len();
        let reserve = Reserve::open(&storage, 200_001);
        assert_eq!((reserve.flaw(), bytes()), (None, 200_001));
        reserve.release(&storage);
        assert_eq!(bytes(), 0);
        storage.limit(Some(100_000));
        let error = reserve.make(&storage).unwrap_err();
        assert!(error.is_no_room(), "{error}");
        assert_eq!(bytes(), 0);
        let again = Reserve::open(&storage, 200_001);
        assert!(again.flaw().unwrap().contains("RESERVE"), "{:?}", again.flaw());
        storage.limit(None);
        reserve.make(&storage).unwrap();
        let full = storage.file(NAME).unwrap();
        let zeros = full.chunks(4096).filter(|chunk| chunk.iter().all(|byte| *byte == 0)).count();
        assert_eq!((full.len(), zeros), (200_001, 0));
    }
}
