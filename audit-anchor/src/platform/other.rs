//! Systems without Unix modes: the directory's own access rules hold, and names are not synced.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

/// Opens a file to add to it, and makes it if it is missing.
pub(crate) fn append_to(path: &Path, _group: Option<u32>) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).open(path)
}

/// File systems are not told apart here.
pub(crate) fn device(directory: &Path) -> io::Result<Option<u64>> {
    std::fs::metadata(directory).map(|_| None)
}

/// A directory cannot be opened for syncing here; the file system's own journal keeps the name.
pub(crate) fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// There are no such sockets here.
pub(crate) fn send_to(_path: &Path, _message: &[u8], _limit: Duration) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this system has no sockets with a path; give `tcp://HOST:PORT`",
    ))
}
