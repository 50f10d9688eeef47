//! Linux: a socket with modes, peers that the system vouches for, and one thread for all of them.

mod budget;
mod client;
mod connection;
mod listener;
mod protocol;
#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::Wake;

use super::Error;
use super::entry::Peer;
use crate::recorder::Shared;
use crate::say;

pub use client::Client;

use audit_journal::{ControlSocket, DirectoryStorage};
use listener::Listener;

/// The listening thread, and how to end it.
pub(in super::super) struct Control {
    socket: Arc<ControlSocket>,
    bell: Arc<Bell>,
}

/// Wakes the thread: a record that a peer waits for is settled, or the recorder ends.
struct Bell {
    ring: UnixStream,
    closing: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // If there is no room, it has been rung and not yet heard.
        _ = (&self.ring).write(&[1]);
    }
}

impl Control {
    /// Removes the socket and takes no more requests; what is being recorded is still answered. It
    /// must come before the journal's lock is free: the next writer makes its socket in this place.
    pub(in super::super) fn close(&self) {
        self.socket.remove();
        self.bell.closing.store(true, Relaxed);
        Arc::clone(&self.bell).wake();
    }
}

/// Listens for other processes, if the journal lies in a directory. Recording does not depend on it.
pub(in super::super) fn start(
    directory: Option<Arc<DirectoryStorage>>,
    shared: &Arc<Shared>,
) -> Option<Control> {
    let directory = directory?;
    match listen(&directory, shared) {
        Ok(control) => Some(control),
        Err(error) => {
            let flaw = format!(
                "the socket CONTROL could not be made, so other processes cannot ask this writer: {error}"
            );
            say::warning(format_args!("{flaw}"));
            _ = shared.counters.control_flaw.set(flaw);
            None
        }
    }
}

fn listen(directory: &DirectoryStorage, shared: &Arc<Shared>) -> std::io::Result<Control> {
    let (listening, socket) = directory.listen()?;
    let socket = Arc::new(socket);
    let (ring, heard) = UnixStream::pair()?;
    ring.set_nonblocking(true)?;
    heard.set_nonblocking(true)?;
    let bell = Arc::new(Bell { ring, closing: AtomicBool::new(false) });
    let listener = Listener::new(listening, Arc::clone(&socket), Arc::clone(&bell), heard, shared)?;
    std::thread::Builder::new().name("audit-control".into()).spawn(move || listener.run())?;
    Ok(Control { socket, bell })
}

/// This process, as a peer would see it; refused where the journal is another user's.
pub(super) fn own_peer(journal: &DirectoryStorage) -> Result<Option<Peer>, Error> {
    let named = || journal.path().display().to_string();
    let looked = journal.owner_and_user();
    let (owner, user) = looked.map_err(|source| Error::Unreached { journal: named(), source })?;
    if owner != user {
        return Err(Error::Foreign { journal: named(), owner, user });
    }
    Ok(Some(Peer { user, process: std::process::id() }))
}
