//! A journal in a directory of its own, with private modes, durable names and a file lock.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::held::may_be_locked;
use super::modes;
#[cfg(not(test))]
use super::modes::sync_directory;
#[cfg(test)]
use super::synced::sync_directory;
use super::{Access, LockGuard, LockOutcome, Modes, Storage, StorageFile, UNNAMED};
use crate::Error;

const LOCK: &str = "LOCK";

/// The directories of a journal, relative to its own.
const DIRECTORIES: [&str; 6] = ["", "seg", "quarantine", "tiles", "anchors", EPOCHS];

/// Older epochs, each in a directory of its own.
const EPOCHS: &str = "epochs";

/// One of these is there from a journal's first instants on.
const OWN_NAMES: [&str; 5] = [LOCK, "seg", "quarantine", "WATERMARK", "REDO"];

/// A reader that asks whether there is a writer holds the lock for an instant, so one refusal is
/// not yet an answer.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// What is read of the holder's own words.
const HOLDER_BYTES_MAX: u64 = 1024;

/// Files below one directory of the file system.
#[derive(Clone, Debug)]
pub struct DirectoryStorage {
    root: PathBuf,
    pub(super) modes: Modes,
}

impl DirectoryStorage {
    /// Opens `path` for a writer: makes the directory if need be, and checks who else may enter.
    ///
    /// # Errors
    /// Refuses a directory whose parent does not exist, that cannot be made or written, that is open
    /// to more users than `modes` allows ([`Error::Exposed`], with the command that mends it), or
    /// that has a symbolic link or another user's file in it ([`Error::Untrusted`]). Where it holds
    /// other things and no journal, it says that instead ([`Error::Foreign`]).
    pub fn open(path: impl Into<PathBuf>, modes: Modes) -> Result<Self, Error> {
        let storage = Self { root: path.into(), modes };
        match modes::create_directory(&storage.root, modes) {
            Ok(()) => sync_parent(&storage.root),
            Err(_) if storage.root.is_dir() => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(io::ErrorKind::NotADirectory.into())
            }
            Err(error) => Err(error),
        }
        .map_err(Error::io(&storage, "create", "the directory"))?;
        // Modes are no matter where no journal is meant to be.
        storage.check_access().map_err(|error| storage.foreign().unwrap_or(error))?;
        Ok(storage)
    }

    /// Opens an existing directory for a writer that is not the service: whoever may read the
    /// directory may read what is written.
    ///
    /// # Errors
    /// [`Error::NoJournal`] if there is none, and nothing is made there; else as
    /// [`open`](Self::open).
    pub fn open_existing(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let root = path.into();
        let absent = || Error::NoJournal { journal: root.display().to_string() };
        let found = fs::metadata(&root).ok().filter(Metadata::is_dir).ok_or_else(absent)?;
        let storage = Self { modes: modes::found(&found), root: root.clone() };
        // A mistaken path does not get so much as a lock's file.
        let is_ours = |name: &String| ["seg", "WATERMARK", EPOCHS].contains(&name.as_str());
        if storage.list("").is_ok_and(|names| !names.iter().any(is_ours)) {
            return Err(absent());
        }
        storage.check_access()?;
        Ok(storage)
    }

    /// Opens an existing directory as it is, for reading.
    pub fn read_only(path: impl Into<PathBuf>) -> Self {
        Self { root: path.into(), modes: Modes::default() }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Refuses what others may read or change.
    fn check_access(&self) -> Result<(), Error> {
        let owner = modes::owner(&self.root).map_err(Error::io(
            self,
            "create a file in",
            "the directory",
        ))?;
        match self.exposures_to(owner, self.modes)?.into_iter().next() {
            Some(exposure) => Err(exposure),
            None => Ok(()),
        }
    }

    /// All that a writer which may use `modes` would refuse, for what it is open to or whom it
    /// belongs to. The writer is taken to be the user whom the directory belongs to; nothing is
    /// written. Where other things lie and no journal, it is [`Error::Foreign`] alone: their modes
    /// are not to be changed.
    ///
    /// # Errors
    /// Fails when the directory cannot be read.
    pub fn exposures(&self, modes: Modes) -> Result<Vec<Error>, Error> {
        let metadata = fs::metadata(&self.root);
        let metadata = metadata.map_err(Error::io(self, "read the mode of", "the directory"))?;
        let found = self.exposures_to(modes::owner_of(&metadata), modes)?;
        let foreign = if found.is_empty() { None } else { self.foreign() };
        Ok(foreign.map_or(found, |foreign| vec![foreign]))
    }

    fn exposures_to(&self, owner: u32, modes: Modes) -> Result<Vec<Error>, Error> {
        let mut exposures = Vec::new();
        let mut check = |path: &Path, metadata: io::Result<Metadata>, name: &str| {
            let metadata = metadata.map_err(Error::io(self, "read the mode of", name))?;
            exposures.extend(modes::check(path, &metadata, modes, owner).err());
            Ok::<(), Error>(())
        };
        // The directory itself may be reached through a link, which is its owner's choice.
        check(&self.root, fs::metadata(&self.root), "the directory")?;
        for dir in DIRECTORIES {
            let shown = if dir.is_empty() { "the directory" } else { dir };
            let entries = match fs::read_dir(self.path_of(dir)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.map_err(Error::io(self, "list", shown))?,
            };
            for entry in entries {
                let entry = entry.map_err(Error::io(self, "list", shown))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                match entry.metadata() {
                    // Another process has just looked who it is here.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    metadata => check(&entry.path(), metadata, &name)?,
                }
            }
        }
        Ok(exposures)
    }

    /// The complaint about a directory of something else, if it is one.
    fn foreign(&self) -> Option<Error> {
        // What a new file system has, and what another process makes for an instant to learn who it
        // is here, are nobody's.
        let is_nobodys = |name: &String| name == "lost+found" || name.starts_with(".owner-");
        let names = self.list("").ok()?;
        let is_ours = names.iter().any(|name| OWN_NAMES.contains(&name.as_str()));
        let is_foreign = !is_ours && !names.iter().all(is_nobodys);
        is_foreign.then(|| Error::Foreign { path: self.describe() })
    }

    /// Makes all names durable: a crash may have come between making a file and syncing its name.
    fn sync_names(&self) -> io::Result<()> {
        match sync_parent(&self.root) {
            // Who may not read the directory above did not make the one below, or failed to.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            synced => synced?,
        }
        let epochs = self.list(EPOCHS)?.into_iter().map(|number| format!("{EPOCHS}/{number}"));
        for dir in DIRECTORIES.map(str::to_owned).into_iter().chain(epochs) {
            match sync_directory(&self.path_of(&dir)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                synced => synced?,
            }
        }
        Ok(())
    }

    fn path_of(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Makes the directory of a file that is about to be created.
    fn ensure_parent(&self, path: &Path) -> io::Result<()> {
        // The journal's own directory is made at the start only: one that has vanished since is lost.
        let Some(parent) = path.parent().filter(|parent| *parent != self.root) else {
            return Ok(());
        };
        self.ensure_parent(parent)?;
        match modes::create_directory(parent, self.modes) {
            Ok(()) => sync_parent(parent),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes a file that must not exist yet; its name is not durable on return.
    fn make_file(&self, path: &Path) -> io::Result<File> {
        self.ensure_parent(path)?;
        let mut options = OpenOptions::new();
        options.read(true).append(true).create_new(true);
        modes::private(&mut options);
        let file = options.open(path)?;
        modes::settle(&file, self.modes)?;
        Ok(file)
    }

    fn lock_file(&self) -> io::Result<File> {
        let path = self.path_of(LOCK);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        modes::private(&mut options);
        let file = modes::open_regular(&mut options, &path)?;
        // Also not for the reader group: whoever can open it can hold it, and keep the writer out.
        modes::close_to_others(&file)?;
        Ok(file)
    }
}

impl Storage for DirectoryStorage {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.path_of(dir)) {
            // Without the journal's own directory there is nothing to be listed in it, and a
            // caller should hear so; without one below it there are just no files yet.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.root.is_dir() => {
                return Ok(Vec::new());
            }
            entries => entries?,
        };
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let path = self.path_of(name);
        let file = self.make_file(&path)?;
        sync_parent(&path)?;
        Ok(Box::new(DiskFile { file, path }))
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (path, draft) = (self.path_of(name), self.path_of(&format!("{name}.new")));
        // One that a crash has left.
        match fs::remove_file(&draft) {
            Err(error) if !is_gone(&error) => return Err(error),
            _ => {}
        }
        let mut file = self.make_file(&draft)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_data());
        written.and_then(|()| fs::rename(&draft, &path)).inspect_err(|_| {
            // A disk that is full needs the room.
            let _ = fs::remove_file(&draft);
        })?;
        sync_parent(&path)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (from, to) = (self.path_of(from), self.path_of(to));
        self.ensure_parent(&to)?;
        // The lock is held, so that nobody makes the name between the look and the renaming.
        if fs::symlink_metadata(&to).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(&from, &to)?;
        sync_parent(&to)?;
        sync_parent(&from)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let path = self.path_of(name);
        let removed = fs::remove_file(&path);
        if removed.as_ref().is_err_and(|error| !is_gone(error)) {
            return removed;
        }
        sync_parent(&path).and(removed)
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        let mut options = OpenOptions::new();
        options.read(true);
        match access {
            Access::Read => {}
            Access::Append => _ = options.append(true),
            Access::Overwrite => _ = options.write(true),
        }
        let path = self.path_of(name);
        Ok(Box::new(DiskFile { file: modes::open_regular(&mut options, &path)?, path }))
    }

    fn lock(&self, holder: &str) -> io::Result<LockOutcome> {
        let mut file = self.lock_file()?;
        for attempt in 1.. {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if attempt < LOCK_TRIES => {
                    std::thread::sleep(LOCK_PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    return Ok(LockOutcome::Held { holder: read_holder(&file) });
                }
            }
        }
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(holder.as_bytes())?;
        self.sync_names()?;
        let path = self.path_of(LOCK);
        Ok(LockOutcome::Acquired(Box::new(DiskLock(DiskFile { file, path }))))
    }

    fn is_locked(&self) -> io::Result<bool> {
        may_be_locked(modes::open_regular(OpenOptions::new().read(true), &self.path_of(LOCK)))
    }

    fn describe(&self) -> String {
        self.root.display().to_string()
    }
}

/// The lock goes with the file's last handle, also when the process is killed.
struct DiskLock(DiskFile);

impl LockGuard for DiskLock {
    fn is_in_place(&self) -> io::Result<bool> {
        self.0.is_in_place()
    }
}

struct DiskFile {
    file: File,
    path: PathBuf,
}

impl StorageFile for DiskFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        modes::write_all_at(&self.file, bytes, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        modes::read_at(&self.file, buffer, offset)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn is_in_place(&self) -> io::Result<bool> {
        match modes::leads_to(&self.path, &self.file) {
            Err(error) if is_gone(&error) => Ok(false),
            found => found,
        }
    }
}

/// True if a look at a path says that nothing is there.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Makes the name of `path` durable.
fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => sync_directory(Path::new(".")),
        Some(parent) => sync_directory(parent),
        None => Ok(()),
    }
}

fn read_holder(file: &File) -> String {
    let mut text = Vec::new();
    let read = file.take(HOLDER_BYTES_MAX).read_to_end(&mut text);
    match read {
        Ok(length) if length > 0 => String::from_utf8_lossy(&text).trim().to_owned(),
        _ => UNNAMED.to_owned(),
    }
}
