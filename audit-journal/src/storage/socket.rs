//! The socket `CONTROL` of a journal's directory: made, found and removed where all its files are.

use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt};

use super::DirectoryStorage;

const NAME: &str = "CONTROL";

/// How many peers may wait until they are looked at; the system refuses more.
const BACKLOG: i32 = 64;

/// How long a peer that finds no room there waits before it tries again.
const CROWD_PAUSE: Duration = Duration::from_millis(10);

/// The file of the socket that one writer listens on; it goes when this is dropped, which must be before
/// the lock is free: later another writer's file could have got the same number.
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
    made: (u64, u64),
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path).map(|found| (found.dev(), found.ino()));
        if found.is_ok_and(|found| found == self.made) {
            // One that stays is replaced by the next writer, and nobody can connect to it.
            _ = fs::remove_file(&self.path);
        }
    }
}

impl DirectoryStorage {
    /// Makes the socket, in the place of one that a killed writer has left. The lock must be held. What
    /// peers connect to does not block.
    ///
    /// # Errors
    /// Fails when the system refuses it.
    pub fn listen(&self) -> io::Result<(UnixListener, ControlSocket)> {
        let path = self.path().join(NAME);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = File::from(socket()?);
        // The file takes this mode, less the process's mask, in its first instant.
        socket.set_permissions(Permissions::from_mode(0o600))?;
        let (address, _directory) = address(self.path())?;
        net::bind(&socket, &address)?;
        let made = fs::symlink_metadata(&path)?;
        let file = ControlSocket { path, made: (made.dev(), made.ino()) };
        let mut mode = 0o600;
        if let Some(group) = self.modes.group {
            chown(&file.path, None, Some(group))?;
            mode = 0o660;
        }
        // Whatever the process's mask is.
        fs::set_permissions(&file.path, Permissions::from_mode(mode))?;
        net::listen(&socket, BACKLOG)?;
        Ok((UnixListener::from(OwnedFd::from(socket)), file))
    }

    /// True if a peer whose first group is `group` may be one of the reader group. Of its other groups
    /// the system tells nothing, but it lets nobody else connect as long as the mode is as it was made.
    pub fn admits(&self, group: u32) -> bool {
        let Some(readers) = self.modes.group else {
            return false;
        };
        let is_closed = |file: Metadata| file.mode() & 0o007 == 0 && file.gid() == readers;
        let socket = self.path().join(NAME);
        group == readers || fs::symlink_metadata(socket).is_ok_and(is_closed)
    }

    /// Connects to the living writer of this journal.
    ///
    /// # Errors
    /// Fails with [`io::ErrorKind::NotFound`] or [`io::ErrorKind::ConnectionRefused`] if there is none,
    /// and with [`io::ErrorKind::TimedOut`] if it has no room until `due`.
    pub fn connect(&self, due: Instant) -> io::Result<UnixStream> {
        let (address, _directory) = address(self.path())?;
        loop {
            let socket = socket()?;
            match net::connect(&socket, &address) {
                Ok(()) => {
                    let stream = UnixStream::from(socket);
                    stream.set_nonblocking(false)?;
                    return Ok(stream);
                }
                Err(Errno::AGAIN | Errno::INTR) if Instant::now() < due => {
                    std::thread::sleep(CROWD_PAUSE);
                }
                Err(Errno::AGAIN) => return Err(io::ErrorKind::TimedOut.into()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The user whom the directory belongs to, and the one whom this process acts as.
    ///
    /// # Errors
    /// Fails when the directory cannot be looked at.
    pub fn owner_and_user(&self) -> io::Result<(u32, u32)> {
        let (one, _other) = UnixStream::pair()?;
        let user = sockopt::socket_peercred(&one)?.uid.as_raw();
        Ok((fs::metadata(self.path())?.uid(), user))
    }
}

fn socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?)
}

/// The socket's address, and what must stay open while it is used: a path that is too long for an
/// address is replaced by one that leads through the open directory.
fn address(root: &Path) -> io::Result<(SocketAddrUnix, Option<File>)> {
    match SocketAddrUnix::new(root.join(NAME)) {
        Err(Errno::NAMETOOLONG) => {
            let directory = File::open(root)?;
            let through = format!("/proc/self/fd/{}/{NAME}", directory.as_raw_fd());
            Ok((SocketAddrUnix::new(through)?, Some(directory)))
        }
        address => Ok((address?, None)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileTypeExt as _;

    use super::*;
    use crate::storage::Storage as _;
    use crate::{Error, Modes};

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    fn storage(root: &Path) -> DirectoryStorage {
        DirectoryStorage::open(root, Modes::default()).unwrap()
    }

    #[test]
    fn the_socket_is_private_replaces_a_stale_one_and_goes_with_its_writer() {
        let directory = tempfile::tempdir().unwrap();
        let storage = storage(&directory.path().join("audit"));
        let path = storage.path().join(NAME);
        let none = storage.connect(soon()).unwrap_err();
        assert_eq!(none.kind(), io::ErrorKind::NotFound);
        // As a killed writer leaves it.
        drop(UnixListener::bind(&path).unwrap());
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let stale = storage.connect(soon()).unwrap_err();
        assert_eq!(stale.kind(), io::ErrorKind::ConnectionRefused);
        let (_listener, socket) = storage.listen().unwrap();
        let found = fs::symlink_metadata(&path).unwrap();
        assert!(found.file_type().is_socket());
        assert_eq!(found.mode() & 0o7777, 0o600);
        assert!(!storage.admits(found.gid()));
        storage.connect(soon()).unwrap();
        assert!(storage.exposures(Modes::default()).unwrap().is_empty());
        // A later writer's socket is not this one's to remove.
        let (_later_listener, later) = storage.listen().unwrap();
        drop(socket);
        storage.connect(soon()).unwrap();
        drop(later);
        assert!(!path.exists());
    }

    #[test]
    fn a_path_too_long_for_an_address_is_listened_and_connected_to_all_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let mut deep = directory.path().to_owned();
        for _ in 0..3 {
            deep.push("a-directory-with-a-name-of-more-than-forty-bytes");
            fs::create_dir(&deep).unwrap();
        }
        let storage = storage(&deep.join("audit"));
        assert!(storage.path().as_os_str().len() > 108);
        let (listener, socket) = storage.listen().unwrap();
        storage.connect(soon()).unwrap();
        listener.accept().unwrap();
        drop(socket);
        assert!(!storage.path().join(NAME).exists());
    }

    #[test]
    fn a_reader_group_may_connect_and_nobody_else() {
        let directory = tempfile::tempdir().unwrap();
        let group = fs::metadata(directory.path()).unwrap().gid();
        let modes = Modes { group: Some(group) };
        let storage = DirectoryStorage::open(directory.path().join("audit"), modes).unwrap();
        let _lock = storage.lock("test").unwrap();
        let (_listener, _socket) = storage.listen().unwrap();
        let path = storage.path().join(NAME);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o660);
        assert!(storage.exposures(modes).unwrap().is_empty());
        assert!(storage.admits(group) && storage.admits(group + 1));
        fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        assert!(storage.admits(group) && !storage.admits(group + 1));
        let exposed = storage.exposures(modes).unwrap();
        assert!(matches!(exposed[..], [Error::Exposed { mode: 0o666, .. }]), "{exposed:?}");
    }

    #[test]
    fn the_backlog_does_not_hold_up_a_peer_for_ever() {
        let directory = tempfile::tempdir().unwrap();
        let storage = storage(&directory.path().join("audit"));
        let _socket = storage.listen().unwrap();
        let due = Instant::now() + Duration::from_millis(100);
        let mut waiting = Vec::new();
        let crowded = loop {
            match storage.connect(due) {
                Ok(peer) => waiting.push(peer),
                Err(error) => break error,
            }
        };
        assert_eq!(crowded.kind(), io::ErrorKind::TimedOut);
        assert!(waiting.len() >= BACKLOG as usize);
    }
}
