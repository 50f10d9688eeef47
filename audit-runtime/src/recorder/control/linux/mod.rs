//! Linux: a socket with modes, peers that the system vouches for, and one thread for all of them.

mod budget;
mod client;
mod connection;
mod listener;
mod protocol;
#[cfg(test)]
mod tests;

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::Wake;
use std::thread::{self, JoinHandle};

use audit_journal::DirectoryStorage;
use rustix::net::{SendFlags, send};

use super::Error;
use super::entry::Peer;
use crate::recorder::Shared;
use crate::say;
use listener::Listener;

/// The socket's file, which the committer removes before it lets go of the lock: the next writer makes its
/// own in this place, and no other thread waits for a disk that does not answer.
pub(in super::super) use audit_journal::ControlSocket as Socket;
pub use client::Client;

/// The listening thread, and how to end it.
pub(in super::super) struct Control {
    bell: Arc<Bell>,
    thread: JoinHandle<()>,
}

/// Wakes the thread: a record that a peer waits for is settled, or the recorder ends.
struct Bell {
    ring: UnixStream,
    closing: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // If there is no room, it has been rung and not yet heard.
        _ = tell(&self.ring, &[1]);
    }
}

impl Control {
    /// Lets nobody in any more and takes no more requests; what is being recorded is still answered.
    pub(in super::super) fn close(&self) {
        self.bell.closing.store(true, Relaxed);
        Arc::clone(&self.bell).wake();
    }

    /// True once that is done. After the committer's end nothing holds it up.
    pub(in super::super) fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }
}

/// Listens for other processes, if the journal lies in a directory. Recording does not depend on it.
pub(in super::super) fn start(
    directory: Option<Arc<DirectoryStorage>>,
    shared: &Arc<Shared>,
) -> Option<(Control, Socket)> {
    match listen(directory?, shared) {
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

fn listen(directory: Arc<DirectoryStorage>, shared: &Arc<Shared>) -> io::Result<(Control, Socket)> {
    let (listener, socket) = Listener::open(directory, Arc::clone(shared))?;
    let bell = listener.bell();
    let thread =
        thread::Builder::new().name("audit-control".into()).spawn(move || listener.run())?;
    Ok((Control { bell, thread }, socket))
}

/// Writes to a peer. One that is gone is an error, and no signal that ends a process which does not
/// ignore it.
fn tell(peer: &UnixStream, bytes: &[u8]) -> io::Result<usize> {
    Ok(send(peer, bytes, SendFlags::NOSIGNAL)?)
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
