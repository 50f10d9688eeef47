//! Systems without Unix modes: the directory's own access rules hold, and names are not synced.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::{Error, Modes};

/// Makes one directory with the access rules of the one above it.
pub(in super::super) fn create_directory(path: &Path, _modes: Modes) -> io::Result<()> {
    fs::create_dir(path)
}

/// There are no readers to tell from others.
pub(in super::super) fn found(_directory: &Metadata) -> Modes {
    Modes::default()
}

/// Files have the access rules of their directory.
pub(in super::super) fn private(_options: &mut OpenOptions) {}

/// Nothing in a directory but files can be opened.
pub(in super::super) fn open_regular(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    options.open(path)
}

/// Files have the access rules of their directory.
pub(in super::super) fn settle(_file: &File, _modes: Modes) -> io::Result<()> {
    Ok(())
}

/// Files have the access rules of their directory.
pub(in super::super) fn close_to_others(_file: &File) -> io::Result<()> {
    Ok(())
}

/// Owners are not compared here.
pub(in super::super) fn owner(_directory: &Path) -> io::Result<u32> {
    Ok(0)
}

/// Owners are not compared here.
pub(in super::super) fn owner_of(_metadata: &Metadata) -> u32 {
    0
}

/// There are no modes to check.
pub(in super::super) fn check(
    _path: &Path,
    _metadata: &Metadata,
    _modes: Modes,
    _owner: u32,
) -> Result<(), Error> {
    Ok(())
}

/// A directory cannot be opened for syncing here; the file system's own journal keeps the name.
pub(in super::super) fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Files have no identity to compare here: that something has the name is all there is to see.
pub(in super::super) fn leads_to(path: &Path, _file: &File) -> io::Result<bool> {
    path.try_exists()
}

/// Moves the file's position, which nothing else relies on.
pub(in super::super) fn read_at(
    mut file: &File,
    buffer: &mut [u8],
    offset: u64,
) -> io::Result<usize> {
    file.seek(SeekFrom::Start(offset))?;
    file.read(buffer)
}

/// Moves the file's position, which nothing else relies on.
pub(in super::super) fn write_all_at(mut file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}
