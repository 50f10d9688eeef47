//! A disk in memory that stops its writer at any call, and whose power cut keeps any subset of what was not synced.

mod file;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use audit_runtime::journal::{Access, LockGuard, LockOutcome, Storage, StorageFile};

use file::File;
pub(crate) use file::Keep;

use crate::random::Random;

/// No system divides a write of fewer bytes than this over a part of one page.
const SMALL_BYTES: usize = 64;

/// What the disk only pretends to do: the checks must find that out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// Nothing.
    None,
    /// Syncs do nothing.
    NoSync,
    /// A sync is done when the next batch comes, so that batches are acknowledged before it.
    LateSync,
    /// No name is ever made durable.
    NoNames,
}

/// Files in memory, shared by all clones.
#[derive(Clone)]
pub(crate) struct Disk(Arc<Mutex<State>>);

struct State {
    files: BTreeMap<String, File>,
    sector: usize,
    random: Random,
    lie: Lie,
    /// The files whose syncs are still to be done.
    late: Vec<String>,
    is_locked: bool,
    /// Counts the ends: what was opened before one is dead after it.
    age: u64,
    /// How many changes the process has asked for since the last end.
    changes: u64,
    /// The change that the process does not outlive, counted from 0.
    stops_at: Option<u64>,
    has_stopped: bool,
}

impl Disk {
    pub(crate) fn new(sector: usize, lie: Lie, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            files: BTreeMap::new(),
            sector,
            random: Random::of(seed),
            lie,
            late: Vec::new(),
            is_locked: false,
            age: 0,
            changes: 0,
            stops_at: None,
            has_stopped: false,
        })))
    }

    /// Lets the process end in the middle of its change number `change`, counted from now.
    pub(crate) fn stop_at(&self, change: u64) {
        let mut state = self.state();
        state.changes = 0;
        state.stops_at = Some(change);
    }

    /// True if the process has come to the change that it does not outlive.
    pub(crate) fn has_stopped(&self) -> bool {
        self.state().has_stopped
    }

    /// Ends the process, if it has not ended: what it wrote is still read back.
    pub(crate) fn kill(&self) {
        let mut state = self.state();
        state.age += 1;
        state.is_locked = false;
        state.stops_at = None;
        state.has_stopped = false;
    }

    /// Ends the process and cuts the power.
    pub(crate) fn cut_power(&self, keep: Keep) {
        self.kill();
        let state = &mut *self.state();
        state.late.clear();
        let (sector, random) = (state.sector, &mut state.random);
        state.files.retain(|_, file| file.cut(keep, sector, random));
    }

    /// The bytes of a file as they are read back.
    pub(crate) fn file(&self, name: &str) -> Option<Vec<u8>> {
        Some(self.state().files.get(name)?.bytes.clone())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.state().files.keys().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_file(&self, name: &str, age: u64) -> Box<dyn StorageFile> {
        Box::new(OpenFile { disk: self.clone(), name: name.to_owned(), age })
    }
}

/// What becomes of a change.
enum Change {
    Done,
    /// The process ends in the middle of it.
    Half,
}

impl State {
    /// Counts a change; fails if the process has ended.
    fn change(&mut self, age: u64) -> io::Result<Change> {
        self.look(age)?;
        self.changes += 1;
        if self.stops_at.is_some_and(|last| self.changes > last) {
            self.has_stopped = true;
            return Ok(Change::Half);
        }
        Ok(Change::Done)
    }

    fn look(&self, age: u64) -> io::Result<()> {
        if self.has_stopped || age != self.age {
            return Err(ended());
        }
        Ok(())
    }

    fn sync_late(&mut self) {
        for name in std::mem::take(&mut self.late) {
            if let Some(file) = self.files.get_mut(&name) {
                file.sync();
            }
        }
    }

    fn sync(&mut self, name: &str) {
        match (self.lie, self.files.get_mut(name)) {
            (Lie::NoSync, _) | (_, None) => {}
            (Lie::LateSync, Some(_)) => self.late.push(name.to_owned()),
            (Lie::None | Lie::NoNames, Some(file)) => file.sync(),
        }
    }
}

impl Storage for Disk {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let state = self.state();
        state.look(state.age)?;
        let below = |name: &String| Some(name.strip_prefix(dir)?.strip_prefix('/')?.to_owned());
        Ok(state.files.keys().filter_map(below).collect())
    }

    /// Ends in the middle with a file whose name is not durable yet, or without one.
    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let mut state = self.state();
        let age = state.age;
        if state.files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let change = state.change(age)?;
        if matches!(change, Change::Done) || !state.random.one_in(4) {
            state.files.insert(name.to_owned(), File::default());
        }
        match change {
            Change::Half => Err(ended()),
            Change::Done => {
                let is_named = state.lie != Lie::NoNames;
                state.files.entry(name.to_owned()).and_modify(|file| file.is_named = is_named);
                Ok(self.open_file(name, age))
            }
        }
    }

    fn open(&self, name: &str, _access: Access) -> io::Result<Box<dyn StorageFile>> {
        let state = self.state();
        state.look(state.age)?;
        if !state.files.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(self.open_file(name, state.age))
    }

    fn lock(&self, _holder: &str) -> io::Result<LockOutcome> {
        let mut state = self.state();
        let age = state.age;
        if state.is_locked {
            return Ok(LockOutcome::Held { holder: "a living process".to_owned() });
        }
        state.is_locked = true;
        if matches!(state.change(age)?, Change::Half) {
            return Err(ended());
        }
        let is_named = state.lie != Lie::NoNames;
        state.files.values_mut().for_each(|file| file.is_named |= is_named);
        Ok(LockOutcome::Acquired(Box::new(Lock { disk: self.clone(), age })))
    }

    fn is_locked(&self) -> io::Result<bool> {
        Ok(self.state().is_locked)
    }

    fn describe(&self) -> String {
        "a disk in memory".to_owned()
    }
}

fn ended() -> io::Error {
    io::Error::other("this process has ended")
}

struct Lock {
    disk: Disk,
    age: u64,
}

impl LockGuard for Lock {}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.age == self.age {
            state.is_locked = false;
        }
    }
}

struct OpenFile {
    disk: Disk,
    name: String,
    age: u64,
}

impl OpenFile {
    /// Writes at `offset`, or at the end without one; ends in the middle with a part of the bytes.
    fn put(&mut self, offset: Option<u64>, bytes: &[u8]) -> io::Result<usize> {
        let state = &mut *self.disk.state();
        let change = state.change(self.age)?;
        if offset.is_none() {
            state.sync_late();
        }
        let taken = match change {
            Change::Done => bytes.len(),
            // What is written over a few bytes is there or not, as when a process is killed.
            Change::Half if bytes.len() < SMALL_BYTES => bytes.len() * state.random.below(2),
            Change::Half => state.random.below(bytes.len() + 1),
        };
        let file = state.files.get_mut(&self.name).ok_or(io::ErrorKind::NotFound)?;
        let offset = offset.map_or(file.bytes.len(), |offset| usize::try_from(offset).unwrap());
        file.write(offset, &bytes[..taken], state.sector);
        match change {
            Change::Done => Ok(taken),
            Change::Half => Err(ended()),
        }
    }

    fn with_file<T>(&self, work: impl FnOnce(&File) -> T) -> io::Result<T> {
        let state = self.disk.state();
        state.look(self.age)?;
        state.files.get(&self.name).map(work).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl StorageFile for OpenFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(None, bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.put(Some(offset), bytes).map(|_| ())
    }

    /// Ends in the middle with all or nothing: what lies between, a power cut leaves.
    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        match state.change(self.age)? {
            Change::Done => state.sync(&self.name),
            Change::Half if state.random.one_in(2) => {
                state.sync(&self.name);
                return Err(ended());
            }
            Change::Half => return Err(ended()),
        }
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        let change = state.change(self.age)?;
        if matches!(change, Change::Done) || state.random.one_in(2) {
            let file = state.files.get_mut(&self.name).ok_or(io::ErrorKind::NotFound)?;
            file.truncate(usize::try_from(length).unwrap());
        }
        match change {
            Change::Done => Ok(()),
            Change::Half => Err(ended()),
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.with_file(|file| {
            let start = usize::try_from(offset).unwrap();
            let found = file.bytes.get(start..).unwrap_or_default();
            let length = found.len().min(buffer.len());
            buffer[..length].copy_from_slice(&found[..length]);
            length
        })
    }

    fn len(&self) -> io::Result<u64> {
        self.with_file(|file| file.bytes.len() as u64)
    }
}
