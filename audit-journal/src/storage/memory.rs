//! A journal in memory that can crash like a disk: what was not synced may be gone afterwards.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Access, LockGuard, LockOutcome, Storage, StorageFile};

/// Files in memory, shared by all clones; for tests of code that writes or reads a journal.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    disk: Arc<Mutex<Disk>>,
}

#[derive(Debug, Default)]
struct Disk {
    files: BTreeMap<String, Contents>,
    holder: Option<String>,
    /// Counts the crashes: what was opened before one is dead after it.
    age: u64,
    /// Counts the files that were ever made.
    made: u64,
    /// How many bytes all files may have together.
    bytes_max: Option<usize>,
}

#[derive(Debug, Default)]
struct Contents {
    /// Tells the file from one that had its name before.
    identity: u64,
    bytes: Vec<u8>,
    synced: usize,
    /// What is read back, but no sync writes: a failed one has marked it as written.
    forgotten: Vec<Range<usize>>,
}

impl MemoryStorage {
    /// Storage without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does what a failed sync does on Linux: what is not synced is still read back, but counts as
    /// written, so that no later sync writes it. Only bytes that are written again reach the disk.
    #[doc(hidden)]
    pub fn forget_unsynced(&self) {
        for contents in self.disk().files.values_mut() {
            let end = contents.bytes.len();
            contents.forgotten.push(contents.synced..end);
        }
    }

    /// Lets all files together have at most so many bytes: what is written beyond them meets a full disk.
    #[doc(hidden)]
    pub fn limit(&self, bytes_max: Option<usize>) {
        self.disk().bytes_max = bytes_max;
    }

    /// Cuts the power: the lock is free, open files are dead, and each file keeps what was synced and
    /// at most `kept_bytes` bytes more.
    pub fn crash(&self, kept_bytes: usize) {
        let mut disk = self.disk();
        disk.age += 1;
        disk.holder = None;
        for contents in disk.files.values_mut() {
            for hole in std::mem::take(&mut contents.forgotten) {
                contents.bytes[hole].fill(0);
            }
            contents.bytes.truncate(contents.synced.saturating_add(kept_bytes));
            contents.synced = contents.bytes.len();
        }
    }

    /// A copy of the files as they are now, with nobody at work on them.
    pub fn snapshot(&self) -> Self {
        let copy = Self::new();
        for (name, contents) in &self.disk().files {
            copy.replace(name, Some(contents.bytes.clone()));
        }
        copy
    }

    /// The bytes of one file.
    pub fn file(&self, name: &str) -> Option<Vec<u8>> {
        Some(self.disk().files.get(name)?.bytes.clone())
    }

    /// The names of all files, in order.
    pub fn names(&self) -> Vec<String> {
        self.disk().files.keys().cloned().collect()
    }

    /// Changes one file behind the journal's back, or removes it.
    pub fn replace(&self, name: &str, bytes: Option<Vec<u8>>) {
        let mut disk = self.disk();
        match bytes {
            Some(bytes) => {
                let contents = disk.make(name);
                contents.synced = bytes.len();
                contents.bytes = bytes;
            }
            None => _ = disk.files.remove(name),
        }
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_file(
        &self,
        name: &str,
        age: u64,
        identity: u64,
        access: Access,
    ) -> Box<dyn StorageFile> {
        let (storage, name) = (self.clone(), name.to_owned());
        Box::new(MemoryFile { storage, name, age, identity, access })
    }
}

impl Disk {
    /// How many of so many bytes still fit.
    fn fitting(&self, bytes: usize) -> io::Result<usize> {
        let Some(bytes_max) = self.bytes_max else {
            return Ok(bytes);
        };
        let used: usize = self.files.values().map(|contents| contents.bytes.len()).sum();
        match bytes_max.saturating_sub(used).min(bytes) {
            0 if bytes > 0 => Err(io::ErrorKind::StorageFull.into()),
            fitting => Ok(fitting),
        }
    }

    /// Puts an empty file of its own under the name.
    fn make(&mut self, name: &str) -> &mut Contents {
        self.made += 1;
        let contents = Contents { identity: self.made, ..Contents::default() };
        let place = self.files.entry(name.to_owned()).or_default();
        *place = contents;
        place
    }
}

impl Contents {
    /// Cuts what is forgotten to what lies outside `range`.
    fn remember(&mut self, range: &Range<usize>) {
        let outside = |hole: Range<usize>| {
            let before = hole.start..hole.end.min(range.start);
            let behind = hole.start.max(range.end)..hole.end;
            [before, behind]
        };
        let holes = std::mem::take(&mut self.forgotten).into_iter();
        let left = holes.flat_map(outside);
        self.forgotten = left.filter(|hole| !hole.is_empty()).collect();
    }
}

impl Storage for MemoryStorage {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let disk = self.disk();
        let below = |name: &String| {
            let rest =
                if dir.is_empty() { name } else { name.strip_prefix(dir)?.strip_prefix('/')? };
            rest.split('/').next().map(str::to_owned)
        };
        let mut names: Vec<String> = disk.files.keys().filter_map(below).collect();
        names.dedup();
        Ok(names)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = self.disk();
        let is_at = |name: &str, at: &str| {
            name.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if disk.files.keys().any(|name| is_at(name, to)) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let moved: Vec<String> =
            disk.files.keys().filter(|name| is_at(name, from)).cloned().collect();
        if moved.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        for name in moved {
            if let Some(contents) = disk.files.remove(&name) {
                disk.files.insert(format!("{to}{}", &name[from.len()..]), contents);
            }
        }
        Ok(())
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        // The old file is there until the new one is whole.
        if self.disk().fitting(bytes.len())? < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Self::replace(self, name, Some(bytes.to_vec()));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk().files.remove(name).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let mut disk = self.disk();
        if disk.files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let identity = disk.make(name).identity;
        Ok(self.open_file(name, disk.age, identity, Access::Append))
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        let disk = self.disk();
        let contents = disk.files.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.open_file(name, disk.age, contents.identity, access))
    }

    fn lock(&self, holder: &str) -> io::Result<LockOutcome> {
        let mut disk = self.disk();
        if let Some(holder) = &disk.holder {
            return Ok(LockOutcome::Held { holder: holder.clone() });
        }
        disk.holder = Some(holder.to_owned());
        let (storage, age) = (self.clone(), disk.age);
        Ok(LockOutcome::Acquired(Box::new(MemoryLock { storage, age })))
    }

    fn is_locked(&self) -> io::Result<bool> {
        Ok(self.disk().holder.is_some())
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }
}

struct MemoryLock {
    storage: MemoryStorage,
    age: u64,
}

impl LockGuard for MemoryLock {}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        let mut disk = self.storage.disk();
        if disk.age == self.age {
            disk.holder = None;
        }
    }
}

struct MemoryFile {
    storage: MemoryStorage,
    name: String,
    age: u64,
    identity: u64,
    access: Access,
}

impl MemoryFile {
    /// Refuses what some systems refuse, so that a test on any system sees it.
    fn need(&self, access: Access) -> io::Result<()> {
        if self.access == access {
            return Ok(());
        }
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Contents) -> T) -> io::Result<T> {
        let mut disk = self.storage.disk();
        if disk.age != self.age {
            return Err(io::Error::other("the storage has crashed since this file was opened"));
        }
        let contents = disk.files.get_mut(&self.name);
        contents.map(work).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl StorageFile for MemoryFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.need(Access::Append)?;
        let fitting = self.storage.disk().fitting(bytes.len())?;
        self.with(|contents| {
            contents.bytes.extend_from_slice(&bytes[..fitting]);
            fitting
        })
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.need(Access::Overwrite)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(bytes.len());
        let grown = end.saturating_sub(usize::try_from(self.len()?).unwrap_or(usize::MAX));
        let fitting = self.storage.disk().fitting(grown)?;
        let (bytes, end) = (&bytes[..bytes.len() - (grown - fitting)], end - (grown - fitting));
        self.with(|contents| {
            if contents.bytes.len() < end {
                contents.bytes.resize(end, 0);
            }
            contents.bytes[start..end].copy_from_slice(bytes);
            contents.remember(&(start..end));
        })?;
        if fitting < grown { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.with(|contents| contents.synced = contents.bytes.len())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.need(Access::Overwrite)?;
        self.with(|contents| {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            contents.bytes.truncate(length);
            contents.remember(&(length..usize::MAX));
            contents.synced = contents.synced.min(contents.bytes.len());
        })
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.with(|contents| {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let found = contents.bytes.get(start..).unwrap_or_default();
            let length = found.len().min(buffer.len());
            buffer[..length].copy_from_slice(&found[..length]);
            length
        })
    }

    fn len(&self) -> io::Result<u64> {
        self.with(|contents| contents.bytes.len() as u64)
    }

    fn is_in_place(&self) -> io::Result<bool> {
        let disk = self.storage.disk();
        Ok(disk.files.get(&self.name).is_some_and(|found| found.identity == self.identity))
    }
}
