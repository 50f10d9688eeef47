//! Unix: files that only their owner, and perhaps a group, can read, and datagrams to a path.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

/// Opens a file to add to it, and makes it if it is missing. One that leads elsewhere is refused.
pub(crate) fn append_to(path: &Path, group: Option<u32>) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).mode(0o600);
    match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => {
            let made = made?;
            if group.is_some() {
                fchown(&made, None, group)?;
                made.set_permissions(Permissions::from_mode(0o640))?;
            }
            return Ok(made);
        }
    }
    // A pipe that somebody has put there would hold up who opens it.
    let found = fs::symlink_metadata(path)?;
    let refused = || io::Error::other("it is no plain file with one name; remove it");
    if !found.is_file() || found.nlink() != 1 {
        return Err(refused());
    }
    let file = options.open(path)?;
    let opened = file.metadata()?;
    let is_same = (found.dev(), found.ino()) == (opened.dev(), opened.ino());
    if is_same { Ok(file) } else { Err(refused()) }
}

/// What tells a file system from others.
pub(crate) fn device(directory: &Path) -> io::Result<Option<u64>> {
    fs::metadata(directory).map(|metadata| Some(metadata.dev()))
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Sends one datagram to the socket at a path.
pub(crate) fn send_to(path: &Path, message: &[u8], limit: Duration) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.set_write_timeout(Some(limit))?;
    socket.send_to(message, path).map(drop)
}
