//! Where a journal's bytes lie: a flat set of named files, on disk or in memory.

mod directory;
mod held;
mod memory;
mod modes;
#[cfg(target_os = "linux")]
mod socket;
#[cfg(test)]
pub(super) mod synced;

use std::io;

pub use directory::DirectoryStorage;
pub use memory::MemoryStorage;
#[cfg(target_os = "linux")]
#[doc(hidden)]
pub use socket::ControlSocket;

/// Files by relative name, such as `seg/00000000000000000000.jsonl`; the only door to the disk.
///
/// A file that does not exist is an error of kind [`io::ErrorKind::NotFound`].
pub trait Storage: Send + Sync {
    /// The names of the files and directories directly in `dir`, without it; none if there is no such
    /// directory. The empty name stands for the journal's own directory.
    ///
    /// # Errors
    /// Fails when the directory cannot be read.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;

    /// Creates a file that must not exist yet and opens it for appending; the name is durable on return.
    ///
    /// # Errors
    /// Fails with [`io::ErrorKind::AlreadyExists`] if it exists, or when it cannot be made durable.
    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>>;

    /// Gives a file, or a directory with all that is in it, another name, which must be free; the
    /// change is durable on return. A journal that begins a new epoch needs it.
    ///
    /// # Errors
    /// Fails with [`io::ErrorKind::AlreadyExists`] if the name is taken, and with
    /// [`io::ErrorKind::Unsupported`] on storage that cannot rename, which is the default.
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let reason = format!("this storage cannot rename {from} to {to}");
        Err(io::Error::new(io::ErrorKind::Unsupported, reason))
    }

    /// Puts a file with these bytes under the name, in place of one that is there: at any moment, and
    /// after a power cut, it is the one or the other, and whole. The new one is durable on return. A
    /// journal that is signed needs it.
    ///
    /// # Errors
    /// Fails when it cannot be written, and with [`io::ErrorKind::Unsupported`] on storage that cannot
    /// replace, which is the default.
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let reason = format!("this storage cannot replace {name} by {} bytes", bytes.len());
        Err(io::Error::new(io::ErrorKind::Unsupported, reason))
    }

    /// Removes a file; that it is gone is durable on return. A journal that is pruned needs it.
    ///
    /// # Errors
    /// Fails with [`io::ErrorKind::NotFound`] if there is no such file. This is durable as well: a call
    /// that has failed before may have removed it, and not made sure of that. Fails with
    /// [`io::ErrorKind::Unsupported`] on storage that cannot remove, which is the default.
    fn remove(&self, name: &str) -> io::Result<()> {
        let reason = format!("this storage cannot remove {name}");
        Err(io::Error::new(io::ErrorKind::Unsupported, reason))
    }

    /// Opens an existing file.
    ///
    /// # Errors
    /// Fails when there is no such file, or it may not be opened.
    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>>;

    /// Takes the writer's lock, under the name `holder`. Once it is taken, the names of all files
    /// there are durable, also those that an earlier writer had no time to make so.
    ///
    /// # Errors
    /// Fails when locks do not work here, or the names cannot be made durable; that another writer
    /// holds it is not an error.
    fn lock(&self, holder: &str) -> io::Result<LockOutcome>;

    /// Tells whether a living writer holds the lock, or might: whoever may not look must take it so.
    ///
    /// # Errors
    /// Fails when that cannot be found out.
    fn is_locked(&self) -> io::Result<bool>;

    /// The place, for messages.
    fn describe(&self) -> String;
}

/// The bytes of a file from `start` to `end`, or to its own end.
pub(super) fn read_range(file: &dyn StorageFile, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(end - start).unwrap_or(0)];
    let mut held = 0;
    while held < bytes.len() {
        match file.read_at(start + held as u64, &mut bytes[held..])? {
            0 => break,
            read => held += read,
        }
    }
    bytes.truncate(held);
    Ok(bytes)
}

/// Appends all of `bytes`, however many calls that takes.
pub(super) fn append_all(file: &mut dyn StorageFile, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.append(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(taken) => bytes = &bytes[taken..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The first `bytes_max` bytes of a file; `None` if there is no such file.
pub(super) fn read_if_there(
    storage: &dyn Storage,
    name: &str,
    bytes_max: u64,
) -> io::Result<Option<Vec<u8>>> {
    match storage.open(name, Access::Read) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened.and_then(|file| {
            let end = file.len()?.min(bytes_max);
            read_range(&*file, 0, end).map(Some)
        }),
    }
}

/// Opens a file for overwriting, and makes it first if there is none.
pub(super) fn open_or_create(
    storage: &dyn Storage,
    name: &str,
) -> io::Result<Box<dyn StorageFile>> {
    match storage.open(name, Access::Overwrite) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            storage.create(name)?;
            storage.open(name, Access::Overwrite)
        }
        opened => opened,
    }
}

/// One open file. Of one that is only read what writes fails with [`io::ErrorKind::Unsupported`], which is the default.
pub trait StorageFile: Send {
    /// Writes at the end and returns how many bytes were taken, which may be fewer than given. The
    /// file must have been created, or opened with [`Access::Append`].
    ///
    /// # Errors
    /// Fails when nothing could be written.
    fn append(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Writes all of these bytes over what stands at the offset, or behind the end. The file must have been
    /// opened with [`Access::Overwrite`].
    ///
    /// # Errors
    /// Fails when not all could be written.
    fn write_at(&mut self, _offset: u64, _bytes: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Returns once all that was written is durable.
    ///
    /// # Errors
    /// After a failure it is unknown what is durable, and a second call does not tell.
    fn sync(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Cuts the file to this length in bytes; it must have been opened with [`Access::Overwrite`].
    ///
    /// # Errors
    /// Fails when it could not be cut.
    fn truncate(&mut self, _length: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Reads into `buffer` and returns how much was read: 0 only at the end of the file.
    ///
    /// # Errors
    /// Fails when the bytes cannot be read.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// The length in bytes.
    ///
    /// # Errors
    /// Fails when it cannot be found out.
    fn len(&self) -> io::Result<u64>;

    /// True if the name that the file was opened by still leads to this very file. Where nobody can
    /// remove or replace a file, it always does.
    ///
    /// # Errors
    /// Fails when that cannot be found out.
    fn is_in_place(&self) -> io::Result<bool> {
        Ok(true)
    }

    /// True if there are no bytes.
    ///
    /// # Errors
    /// Fails when [`len`](Self::len) does.
    fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|length| length == 0)
    }
}

/// What an opened file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading only.
    Read,
    /// Reading and appending.
    Append,
    /// Reading, writing at offsets and cutting.
    Overwrite,
}

/// The answer to a try for the writer's lock.
pub enum LockOutcome {
    /// It is taken, until the guard is dropped.
    Acquired(Box<dyn LockGuard>),
    /// Another writer has it.
    Held {
        /// What that writer said about itself, as far as it can be read.
        holder: String,
    },
}

/// What a holder is said to be that has taken the lock and not yet written its name.
pub(super) const UNNAMED: &str = "a process that has not named itself yet";

/// Holds the writer's lock; dropping it lets go.
pub trait LockGuard: Send {
    /// True if a second writer would find this very lock, as [`StorageFile::is_in_place`] has it.
    ///
    /// # Errors
    /// Fails when that cannot be found out.
    fn is_in_place(&self) -> io::Result<bool> {
        Ok(true)
    }
}

/// Who beside the writer may read a journal's directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// The numeric id of a group that may read: directories become 0750, files 0640. Without one
    /// they are 0700 and 0600. It has no effect where there are no Unix modes.
    pub group: Option<u32>,
}
