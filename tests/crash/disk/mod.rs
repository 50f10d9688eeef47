//! A disk in memory that stops its writer at any call, fails at any call, and whose power cut keeps any subset of what was not synced.

#![allow(dead_code, unused_imports, reason = "several tests share this disk, and each uses a part")]

mod access;
mod fault;
mod file;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fault::{Call, Faults};
pub(crate) use {
    fault::Fault,
    file::{Cache, Keep},
};

use crate::random::Random;
use file::File;

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
    /// A sync that fails is tried again, and that one succeeds.
    SyncAgain,
}

/// Files in memory, shared by all clones.
#[derive(Clone)]
pub(crate) struct Disk {
    state: Arc<Mutex<State>>,
    /// Looks at the files for a process that does not end with the writer, and meets no faults.
    is_outside: bool,
}

struct State {
    files: BTreeMap<String, File>,
    /// What has no name any more, and the one it had.
    removed: Vec<(String, File)>,
    /// What has no name any more, but may have it again after a power cut.
    unlinked: Vec<(String, File)>,
    sector: usize,
    random: Random,
    lie: Lie,
    /// The files whose syncs are still to be done.
    late: Vec<u64>,
    is_locked: bool,
    /// Tells the lock from one that has its name later.
    lock_identity: u64,
    /// Counts the ends: what was opened before one is dead after it.
    age: u64,
    /// Counts the files that were ever made.
    made: u64,
    /// How many changes the process has asked for since the last end.
    changes: u64,
    /// The change that the process does not outlive, counted from 0.
    stops_at: Option<u64>,
    has_stopped: bool,
    faults: Faults,
    /// Some sectors are written before a sync asks for it.
    writes_behind: bool,
    /// How many bytes all files may have together.
    bytes_max: Option<usize>,
}

impl Disk {
    pub(crate) fn new(sector: usize, lie: Lie, seed: u64) -> Self {
        let state = State {
            files: BTreeMap::new(),
            removed: Vec::new(),
            unlinked: Vec::new(),
            sector,
            random: Random::of(seed),
            lie,
            late: Vec::new(),
            is_locked: false,
            lock_identity: 0,
            age: 0,
            made: 0,
            changes: 0,
            stops_at: None,
            has_stopped: false,
            faults: Faults::default(),
            writes_behind: false,
            bytes_max: None,
        };
        Self { state: Arc::new(Mutex::new(state)), is_outside: false }
    }

    /// The same files for another process.
    pub(crate) fn outside(&self) -> Self {
        Self { is_outside: true, ..self.clone() }
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
        state.removed.clear();
        for (name, file) in std::mem::take(&mut state.unlinked) {
            let is_back = match keep {
                Keep::Everything | Keep::Lengths => false,
                Keep::Nothing => true,
                Keep::Any => state.random.one_in(2),
            };
            match state.files.get_mut(&name) {
                // One of both has the name.
                Some(new) if !new.is_named && is_back => *new = file,
                Some(new) => new.is_named = true,
                None if is_back => _ = state.files.insert(name, file),
                None => {}
            }
        }
        let (sector, random) = (state.sector, &mut state.random);
        state.files.retain(|_, file| file.cut(keep, sector, random));
    }

    /// Lets sectors be written at any time, and not by syncs alone.
    pub(crate) fn write_behind(&self) {
        self.state().writes_behind = true;
    }

    /// Lets a call fail after so many that could have failed so.
    pub(crate) fn plan(&self, calls: u32, fault: Fault) {
        self.state().faults.plan(calls, fault);
    }

    /// Forgets the faults that were planned and not met.
    pub(crate) fn mend(&self) {
        self.state().faults.forget();
    }

    /// The faults that were met since this was last asked.
    pub(crate) fn take_met(&self) -> Vec<Fault> {
        std::mem::take(&mut self.state().faults.met)
    }

    /// Leaves room for so many bytes more, or for all.
    pub(crate) fn leave(&self, bytes: Option<usize>) {
        let mut state = self.state();
        state.bytes_max = bytes.map(|bytes| state.used() + bytes);
    }

    /// Takes the name away from a file or the lock: who has it open still has it.
    pub(crate) fn remove(&self, name: &str) {
        let state = &mut *self.state();
        if let Some(file) = state.files.remove(name) {
            state.removed.push((name.to_owned(), file));
        } else {
            state.lock_identity += 1;
            state.is_locked = false;
        }
    }

    /// Gives the name that a file last had back to it.
    pub(crate) fn put_back(&self, name: &str) {
        let state = &mut *self.state();
        if let Some(index) = state.removed.iter().rposition(|(removed, _)| removed == name) {
            let (name, file) = state.removed.remove(index);
            state.files.insert(name, file);
        }
    }

    /// Puts a new file with these bytes, durable, under a name.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        self.remove(name);
        let state = &mut *self.state();
        let mut file = File::new(state.next_identity(), true);
        file.write(0, bytes, state.sector);
        file.sync(state.sector);
        state.files.insert(name.to_owned(), file);
    }

    /// The bytes of a file as they are read back.
    pub(crate) fn file(&self, name: &str) -> Option<Vec<u8>> {
        Some(self.state().files.get(name)?.bytes.clone())
    }

    /// The names and the bytes of all files whose names begin so.
    pub(crate) fn contents(&self, prefix: &str) -> Vec<(String, Vec<u8>)> {
        let state = self.state();
        let below = state.files.iter().filter(|(name, _)| name.starts_with(prefix));
        below.map(|(name, file)| (name.clone(), file.bytes.clone())).collect()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.state().files.keys().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What becomes of a change.
enum Change {
    Done,
    /// The process ends in the middle of it.
    Half,
    /// It fails, and the process lives on.
    Fails(Fault),
}

impl State {
    /// Counts a change; fails if the process has ended.
    fn change(&mut self, age: u64, call: Call) -> io::Result<Change> {
        self.check_alive(age)?;
        self.changes += 1;
        if self.stops_at.is_some_and(|last| self.changes > last) {
            self.has_stopped = true;
            return Ok(Change::Half);
        }
        Ok(self.faults.meet(call).map_or(Change::Done, Change::Fails))
    }

    /// Fails if the process has ended, or sees nothing.
    fn look(&mut self, age: u64) -> io::Result<()> {
        self.check_alive(age)?;
        match self.faults.meet(Call::Look) {
            None => Ok(()),
            Some(_) => Err(failed()),
        }
    }

    fn check_alive(&self, age: u64) -> io::Result<()> {
        if self.has_stopped || age != self.age {
            return Err(io::Error::other("this process has ended"));
        }
        Ok(())
    }

    /// A file has given its name to another one, and has it again if that was not made durable.
    fn replaced(&mut self, name: &str, old: File, is_named: bool) {
        let earlier = self.unlinked.iter().any(|(unlinked, _)| unlinked == name);
        if is_named {
            self.unlinked.retain(|(unlinked, _)| unlinked != name);
            self.removed.push((name.to_owned(), old));
        } else if !earlier && old.is_named {
            self.unlinked.push((name.to_owned(), old));
        }
    }

    /// No name that is gone from this directory comes back any more: one that another file has now is that one's
    /// for good. Who has such a file open still has it.
    fn settle_names(&mut self, directory: &str) {
        let is_there = |(name, _): &mut (String, File)| directory_of(name) == directory;
        for (name, file) in self.unlinked.extract_if(.., is_there) {
            if let Some(new) = self.files.get_mut(&name) {
                new.is_named = true;
            }
            self.removed.push((name, file));
        }
    }

    fn next_identity(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    fn used(&self) -> usize {
        self.files.values().map(|file| file.bytes.len()).sum()
    }

    /// How many of so many new bytes fit.
    fn fitting(&mut self, bytes: usize) -> usize {
        let room = self.bytes_max.map(|bytes_max| bytes_max.saturating_sub(self.used()));
        let fitting = room.map_or(bytes, |room| room.min(bytes));
        if fitting < bytes {
            self.faults.met.push(Fault::Room);
        }
        fitting
    }

    /// The file, whatever its name is now.
    fn opened(&mut self, identity: u64) -> io::Result<&mut File> {
        let removed = self.removed.iter_mut().chain(&mut self.unlinked).map(|(_, file)| file);
        let mut files = self.files.values_mut().chain(removed);
        files.find(|file| file.identity == identity).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_late(&mut self) -> io::Result<()> {
        let sector = self.sector;
        for identity in std::mem::take(&mut self.late) {
            self.opened(identity)?.sync(sector);
        }
        Ok(())
    }

    fn sync(&mut self, identity: u64) -> io::Result<()> {
        let sector = self.sector;
        match self.lie {
            Lie::NoSync => {}
            Lie::LateSync => self.late.push(identity),
            Lie::None | Lie::NoNames | Lie::SyncAgain => self.opened(identity)?.sync(sector),
        }
        Ok(())
    }
}

/// Where a name is.
fn directory_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(directory, _)| directory)
}

fn failed() -> io::Error {
    io::Error::other("the disk does not answer")
}
