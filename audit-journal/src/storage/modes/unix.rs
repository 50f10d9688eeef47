//! Unix: private modes, an optional reader group, fsync of directories, `pread` and `pwrite`.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, FileExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _,
    PermissionsExt as _, chown, fchown,
};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::id::EventId;
use crate::time::Timestamp;
use crate::{Error, Modes};

/// A directory below a shared one inherits its set-group-id bit, which lets nobody in.
const SET_GROUP_ID: u32 = 0o2000;
const MODE_BITS: u32 = 0o7777;

/// The superuser's files are no danger that wider modes or other owners would add.
const ROOT: u32 = 0;

/// Makes one directory that only the owner, and the group if there is one, may enter.
pub(in super::super) fn create_directory(path: &Path, modes: Modes) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    if modes.group.is_some() {
        chown(path, None, modes.group)?;
        fs::set_permissions(path, Permissions::from_mode(0o2750))?;
    }
    Ok(())
}

/// Who may read a directory.
pub(in super::super) fn found(directory: &Metadata) -> Modes {
    let group = (directory.mode() & 0o070 != 0).then(|| directory.gid());
    Modes { group }
}

/// Makes files private from their first instant.
pub(in super::super) fn private(options: &mut OpenOptions) {
    options.mode(0o600);
}

/// Opens a file of a journal, which another one may have put there: nothing that has no end or no beginning, nor
/// what a link leads to.
pub(in super::super) fn open_regular(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = options.custom_flags(flags.bits().cast_signed()).open(path);
    let file = opened.map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::LOOP) => io::Error::other("it is a symbolic link; remove it"),
        Some(Errno::NXIO) => not_regular(),
        _ => error,
    })?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_regular()) }
}

fn not_regular() -> io::Error {
    io::Error::other("it is a pipe, a device or a directory, and no regular file; remove it")
}

/// Lets the group read a new file, whatever the process's mask is.
pub(in super::super) fn settle(file: &File, modes: Modes) -> io::Result<()> {
    if modes.group.is_some() {
        fchown(file, None, modes.group)?;
        file.set_permissions(Permissions::from_mode(0o640))?;
    }
    Ok(())
}

/// Lets nobody but the owner open the file.
pub(in super::super) fn close_to_others(file: &File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o600))
}

/// The user whom this process's files in a directory belong to, as a new one tells.
pub(in super::super) fn owner(directory: &Path) -> io::Result<u32> {
    let path = directory.join(format!(".owner-{}", EventId::new(Timestamp::now())));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    let owner = options.open(&path)?.metadata().map(|made| made.uid());
    fs::remove_file(&path)?;
    owner
}

/// The user whom a file belongs to.
pub(in super::super) fn owner_of(metadata: &Metadata) -> u32 {
    metadata.uid()
}

/// Refuses what others made, what leads elsewhere, and what is open to more users than allowed.
pub(in super::super) fn check(
    path: &Path,
    metadata: &Metadata,
    modes: Modes,
    owner: u32,
) -> Result<(), Error> {
    check_owner(path, metadata, owner)?;
    let mode = metadata.mode() & MODE_BITS;
    let (allowed, ignored) = match (metadata.is_dir(), modes.group) {
        (true, None) => (0o700, SET_GROUP_ID),
        (true, Some(_)) => (0o750, SET_GROUP_ID),
        (false, None) => (0o600, 0),
        // Whoever connects to a socket writes to it.
        (false, Some(_)) if metadata.file_type().is_socket() => (0o660, 0),
        (false, Some(_)) => (0o640, 0),
    };
    let exposed =
        |command| Error::Exposed { path: path.display().to_string(), mode, allowed, command };
    if mode & !(allowed | ignored) != 0 {
        return Err(exposed(format!("chmod {allowed:o} {}", quoted(path))));
    }
    match modes.group {
        Some(group) if metadata.gid() != group && mode & 0o070 != 0 => {
            Err(exposed(format!("chgrp {group} {}", quoted(path))))
        }
        _ => Ok(()),
    }
}

fn check_owner(path: &Path, metadata: &Metadata, owner: u32) -> Result<(), Error> {
    let reason = if metadata.is_symlink() {
        "is a symbolic link, and could lead the journal to any file: remove it".to_owned()
    } else if ![owner, ROOT].contains(&metadata.uid()) {
        format!(
            "belongs to user {}, who could change the audit trail, and this process writes as user \
             {owner}: if its content can be trusted, run: chown {owner} {}",
            metadata.uid(),
            quoted(path)
        )
    } else {
        return Ok(());
    };
    Err(Error::Untrusted { path: path.display().to_string(), reason })
}

/// Makes the names in a directory durable.
pub(in super::super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// True if the path, whose last step is followed through no link, is the name of the open file.
pub(in super::super) fn leads_to(path: &Path, file: &File) -> io::Result<bool> {
    let (found, open) = (fs::symlink_metadata(path)?, file.metadata()?);
    Ok((found.dev(), found.ino()) == (open.dev(), open.ino()))
}

pub(in super::super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

pub(in super::super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

/// The path as one word of a shell command.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DirectoryStorage, Storage as _};

    #[test]
    fn what_belongs_to_another_user_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let open = || DirectoryStorage::open(&path, Modes::default());
        open().unwrap().create("seg/file").unwrap();
        let me = fs::metadata(&path).unwrap().uid();
        for name in ["seg/file", "seg", ""] {
            let file = path.join(name);
            // Only the superuser can give a file away; others try the check as another user.
            let error = if chown(&file, Some(me + 1), None).is_ok() {
                let error = open().unwrap_err();
                chown(&file, Some(me), None).unwrap();
                error
            } else {
                let metadata = fs::metadata(&file).unwrap();
                check(&file, &metadata, Modes::default(), me + 1).unwrap_err()
            };
            assert!(matches!(error, Error::Untrusted { .. }), "{error}");
            assert!(error.to_string().contains("run: chown"), "{error}");
        }
        open().unwrap();
        let left = fs::read_dir(&path).unwrap().count();
        assert_eq!(left, 1, "what told the owner is still there");
    }
}
