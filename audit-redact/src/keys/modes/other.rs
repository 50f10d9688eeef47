//! Systems without Unix modes: the directory's access list protects the file.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

pub(in crate::keys) fn owner(_: &Metadata) -> Option<u32> {
    None
}

/// True, since a look at what lies beside it does no harm.
pub(in crate::keys) fn has_other_names(_: &File) -> io::Result<bool> {
    Ok(true)
}

pub(in crate::keys) fn refuse_foreign(_: &File, _: Option<u32>) -> io::Result<()> {
    Ok(())
}

pub(in crate::keys) fn refuse_wider(_: &File) -> io::Result<()> {
    Ok(())
}

pub(in crate::keys) fn private(_: &mut OpenOptions) {}

pub(in crate::keys) fn public(_: &mut OpenOptions) {}

pub(in crate::keys) fn keep_owner(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a directory, unless it is there.
pub(in crate::keys) fn make_directory(path: &Path) -> io::Result<()> {
    match std::fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

pub(in crate::keys) fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// A directory cannot be locked here: two that replace a file at once can lose what one has added.
pub(in crate::keys) fn lock_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
