//! The disk as a process uses it: each call counts, and may be the one that fails.

use std::io;

use audit_runtime::journal::{Access, LockGuard, LockOutcome, Storage, StorageFile};

use super::fault::{Call, Fault};
use super::file::File;
use super::{Change, Disk, Lie, State, directory_of, failed};
use crate::random::Random;

/// No system divides a write of fewer bytes than this over a part of one page.
const SMALL_BYTES: usize = 128;

impl Disk {
    fn open_file(&self, name: &str, age: u64, identity: u64) -> Box<dyn StorageFile> {
        Box::new(OpenFile { disk: self.clone(), name: name.to_owned(), age, identity })
    }

    /// Fails if the process that looks has ended, or sees nothing.
    fn look(&self, state: &mut State, age: u64) -> io::Result<()> {
        if self.is_outside { Ok(()) } else { state.look(age) }
    }
}

impl Storage for Disk {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let state = &mut *self.state();
        self.look(state, state.age)?;
        let below = |name: &String| {
            let rest =
                if dir.is_empty() { name } else { name.strip_prefix(dir)?.strip_prefix('/')? };
            rest.split('/').next().map(str::to_owned)
        };
        let mut names: Vec<String> = state.files.keys().filter_map(below).collect();
        names.dedup();
        Ok(names)
    }

    /// Ends in the middle with a file whose name is not durable yet, or without one.
    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let state = &mut *self.state();
        let age = state.age;
        if state.files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let change = state.change(age, Call::Create)?;
        let identity = state.next_identity();
        let is_made = match change {
            Change::Done | Change::Fails(Fault::Name) => true,
            Change::Half => !state.random.one_in(4),
            Change::Fails(_) => false,
        };
        let is_named = matches!(change, Change::Done) && state.lie != Lie::NoNames;
        if is_made {
            state.files.insert(name.to_owned(), File::new(identity, is_named));
        }
        change.end()?;
        Ok(self.open_file(name, age, identity))
    }

    fn open(&self, name: &str, _access: Access) -> io::Result<Box<dyn StorageFile>> {
        let state = &mut *self.state();
        self.look(state, state.age)?;
        let identity = state.files.get(name).ok_or(io::ErrorKind::NotFound)?.identity;
        Ok(self.open_file(name, state.age, identity))
    }

    /// Ends in the middle with all or nothing.
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let state = &mut *self.state();
        let is_at = |name: &str, at: &str| {
            name.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if state.files.keys().any(|name| is_at(name, to)) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let change = state.change(state.age, Call::Rename)?;
        let is_done = match change {
            Change::Done | Change::Fails(Fault::Name) => true,
            Change::Half => state.random.one_in(2),
            Change::Fails(_) => false,
        };
        if is_done {
            let names: Vec<String> =
                state.files.keys().filter(|name| is_at(name, from)).cloned().collect();
            for name in names {
                if let Some(file) = state.files.remove(&name) {
                    state.files.insert(format!("{to}{}", &name[from.len()..]), file);
                }
            }
        }
        change.end()
    }

    /// Ends in the middle with a draft, with the new file until the power is cut, or with nothing done.
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let state = &mut *self.state();
        let change = state.change(state.age, Call::Replace)?;
        if state.fitting(bytes.len()) < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let is_named = matches!(change, Change::Done) && state.lie != Lie::NoNames;
        let (is_done, is_drafted) = match change {
            Change::Done | Change::Fails(Fault::Name) => (true, false),
            Change::Half => (state.random.one_in(2), state.random.one_in(2)),
            Change::Fails(_) => (false, false),
        };
        let (identity, sector) = (state.next_identity(), state.sector);
        let mut file = File::new(identity, is_named);
        file.write(0, bytes, sector);
        if is_done {
            if let Some(old) = state.files.insert(name.to_owned(), file) {
                state.replaced(name, old, is_named);
            }
            state.sync(identity)?;
        } else if is_drafted {
            state.files.insert(format!("{name}.new"), file);
        }
        change.end()
    }

    /// Ends in the middle with a name that is gone until the power is cut, or with nothing done.
    fn remove(&self, name: &str) -> io::Result<()> {
        let state = &mut *self.state();
        let change = state.change(state.age, Call::Remove)?;
        let is_done = match change {
            Change::Done | Change::Fails(Fault::Name) => true,
            Change::Half => state.random.one_in(2),
            Change::Fails(_) => false,
        };
        let was_there = state.files.contains_key(name);
        if is_done && let Some(file) = state.files.remove(name) {
            state.unlinked.push((name.to_owned(), file));
        }
        if matches!(change, Change::Done) && state.lie != Lie::NoNames {
            state.settle_names(directory_of(name));
        }
        change.end()?;
        if was_there { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn lock(&self, _holder: &str) -> io::Result<LockOutcome> {
        let state = &mut *self.state();
        let age = state.age;
        if state.is_locked {
            return Ok(LockOutcome::Held { holder: "a living process".to_owned() });
        }
        // A process that ends here holds the lock until it is gone.
        let change = state.change(age, Call::Lock)?;
        state.is_locked = !matches!(change, Change::Fails(_));
        change.end()?;
        let is_named = state.lie != Lie::NoNames;
        state.files.values_mut().for_each(|file| file.is_named |= is_named);
        if is_named {
            state.removed.append(&mut state.unlinked);
        }
        let identity = state.lock_identity;
        Ok(LockOutcome::Acquired(Box::new(Lock { disk: self.clone(), age, identity })))
    }

    fn is_locked(&self) -> io::Result<bool> {
        let state = &mut *self.state();
        self.look(state, state.age)?;
        Ok(state.is_locked)
    }

    fn describe(&self) -> String {
        "a disk in memory".to_owned()
    }
}

impl Change {
    /// The end of a call that does nothing by halves.
    fn end(&self) -> io::Result<()> {
        match self {
            Self::Done => Ok(()),
            Self::Half => Err(io::Error::other("this process has ended")),
            Self::Fails(_) => Err(failed()),
        }
    }
}

struct Lock {
    disk: Disk,
    age: u64,
    identity: u64,
}

impl LockGuard for Lock {
    fn is_in_place(&self) -> io::Result<bool> {
        let state = &mut *self.disk.state();
        state.look(self.age)?;
        Ok(state.lock_identity == self.identity)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if (state.age, state.lock_identity) == (self.age, self.identity) {
            state.is_locked = false;
        }
    }
}

struct OpenFile {
    disk: Disk,
    name: String,
    age: u64,
    identity: u64,
}

impl OpenFile {
    /// Writes at `offset`, or at the end without one; ends in the middle with a part of the bytes.
    fn put(&mut self, offset: Option<u64>, bytes: &[u8]) -> io::Result<usize> {
        let state = &mut *self.disk.state();
        let call = if offset.is_none() { Call::Append } else { Call::Write };
        let change = state.change(self.age, call)?;
        if offset.is_none() {
            state.sync_late()?;
        }
        let asked = match change {
            Change::Done => bytes.len(),
            Change::Fails(Fault::Short) => state.random.below(bytes.len()) + 1,
            Change::Fails(Fault::Interrupted) => 0,
            // What is written over a few bytes is there or not, as when a process is killed.
            _ if bytes.len() < SMALL_BYTES => bytes.len() * state.random.below(2),
            _ => state.random.below(bytes.len() + 1),
        };
        let (length, sector) = (state.opened(self.identity)?.bytes.len(), state.sector);
        let offset = offset.map_or(length, |offset| usize::try_from(offset).unwrap());
        let grown = (offset + asked).saturating_sub(length);
        let taken = asked - (grown - state.fitting(grown));
        state.opened(self.identity)?.write(offset, &bytes[..taken], sector);
        // The pieces of one batch are not written one by one: docs/design.md says what that would do.
        let is_piece = matches!(change, Change::Fails(Fault::Short | Fault::Interrupted));
        if state.writes_behind && !is_piece && state.random.one_in(4) {
            let mut random = Random::of(state.random.next());
            state.opened(self.identity)?.write_behind(sector, &mut random);
        }
        match change {
            Change::Fails(Fault::Interrupted) => Err(io::ErrorKind::Interrupted.into()),
            Change::Done | Change::Fails(Fault::Short) if taken == asked => Ok(taken),
            Change::Done | Change::Fails(Fault::Short) if taken > 0 && call == Call::Append => {
                Ok(taken)
            }
            Change::Done | Change::Fails(Fault::Short) => Err(io::ErrorKind::StorageFull.into()),
            change => change.end().map(|()| taken),
        }
    }

    fn with_file<T>(&self, work: impl FnOnce(&File) -> T) -> io::Result<T> {
        let state = &mut *self.disk.state();
        self.disk.look(state, self.age)?;
        state.opened(self.identity).map(|file| work(file))
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
        let state = &mut *self.disk.state();
        let change = state.change(self.age, Call::Sync)?;
        match change {
            Change::Done => state.sync(self.identity)?,
            Change::Half if state.random.one_in(2) => state.sync(self.identity)?,
            Change::Fails(Fault::Sync(cache)) => {
                let mut random = Random::of(state.random.next());
                let sector = state.sector;
                state.opened(self.identity)?.fail_sync(cache, sector, &mut random);
                if state.lie == Lie::SyncAgain {
                    return state.sync(self.identity);
                }
                if state.random.one_in(4) {
                    return Err(io::ErrorKind::StorageFull.into());
                }
            }
            Change::Half | Change::Fails(_) => {}
        }
        change.end()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let state = &mut *self.disk.state();
        let change = state.change(self.age, Call::Truncate)?;
        if matches!(change, Change::Done) || state.random.one_in(2) {
            state.opened(self.identity)?.truncate(usize::try_from(length).unwrap());
        }
        change.end()
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

    fn is_in_place(&self) -> io::Result<bool> {
        let state = &mut *self.disk.state();
        self.disk.look(state, self.age)?;
        Ok(state.files.get(&self.name).is_some_and(|file| file.identity == self.identity))
    }
}
