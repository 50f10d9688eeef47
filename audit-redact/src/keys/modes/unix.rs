//! Owner-only files on systems that have owners.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown,
};
use std::path::Path;

const ROOT: u32 = 0;

pub(in crate::keys) fn owner(metadata: &Metadata) -> Option<u32> {
    Some(metadata.uid())
}

/// True if the file is also found elsewhere, as a key is whose draft was not removed.
pub(in crate::keys) fn has_other_names(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.nlink() > 1)
}

pub(in crate::keys) fn refuse_foreign(file: &File, owner: Option<u32>) -> io::Result<()> {
    let found = file.metadata()?.uid();
    match owner {
        Some(owner) if ![owner, ROOT].contains(&found) => Err(io::Error::other(format!(
            "it belongs to user {found}, who knows the key and could replace it, and the journal \
             to user {owner}; if it can be trusted, run `chown {owner}` on it"
        ))),
        _ => Ok(()),
    }
}

pub(in crate::keys) fn refuse_wider(file: &File) -> io::Result<()> {
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "its mode {mode:04o} lets others read the key; run `chmod 600` on it"
    )))
}

pub(in crate::keys) fn private(options: &mut OpenOptions) {
    options.mode(0o600);
}

pub(in crate::keys) fn public(options: &mut OpenOptions) {
    options.mode(0o644);
}

/// Gives the draft to whom the file belongs that it replaces: the superuser's would be read by nobody else.
pub(in crate::keys) fn keep_owner(draft: &Path, path: &Path) -> io::Result<()> {
    let old = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        old => old?,
    };
    if old.uid() == std::fs::metadata(draft)?.uid() {
        return Ok(());
    }
    chown(draft, Some(old.uid()), Some(old.gid()))
}

/// Makes a directory that only its owner may enter, unless it is there.
pub(in crate::keys) fn make_directory(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => sync_directory(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes the name of `path` durable.
pub(in crate::keys) fn sync_directory(path: &Path) -> io::Result<()> {
    directory_of(path)?.sync_all()
}

/// Keeps others from replacing what lies beside `path`, until it is dropped.
pub(in crate::keys) fn lock_directory(path: &Path) -> io::Result<File> {
    let directory = directory_of(path)?;
    directory.lock()?;
    Ok(directory)
}

fn directory_of(path: &Path) -> io::Result<File> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent),
        None => File::open("."),
    }
}
