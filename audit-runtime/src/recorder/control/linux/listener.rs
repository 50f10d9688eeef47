//! The thread that serves all peers: it never waits for one of them, nor for the disk.

use std::io::{self, Read as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::Waker;
use std::time::{Duration, Instant};

use audit_journal::DirectoryStorage;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt;

use super::budget::Budget;
use super::connection::{Connection, Desk};
use super::protocol::{self, Refusal};
use super::{Bell, Socket, tell};
use crate::recorder::Shared;
use crate::recorder::control::entry::Peer;

/// How many peers may be connected at once, and how many of them may be one user's.
const CONNECTIONS_MAX: usize = 32;
const CONNECTIONS_OF_USER_MAX: usize = 8;

/// How many new peers are let in between two looks at the others.
const ADMITTED_AT_ONCE: usize = 4;

/// How long the thread rests between two looks at its peers, so that none of them keeps it busy.
pub(super) const REST: Duration = Duration::from_millis(5);

/// How long nobody is let in after the system could not.
const PAUSE: Duration = Duration::from_secs(1);

/// All that the thread has.
pub(super) struct Listener {
    /// None once the recorder ends: who waits to be let in then is told so by that.
    listening: Option<UnixListener>,
    directory: Arc<DirectoryStorage>,
    bell: Arc<Bell>,
    heard: UnixStream,
    shared: Arc<Shared>,
    connections: Vec<Connection>,
    budget: Budget,
    user: u32,
    /// Until when nobody is let in.
    paused: Option<Instant>,
}

impl Listener {
    /// Makes the socket, and all that is needed to serve on it.
    pub(super) fn open(
        directory: Arc<DirectoryStorage>,
        shared: Arc<Shared>,
    ) -> io::Result<(Self, Socket)> {
        let (listening, socket) = directory.listen()?;
        let (ring, heard) = UnixStream::pair()?;
        ring.set_nonblocking(true)?;
        heard.set_nonblocking(true)?;
        let listener = Self {
            listening: Some(listening),
            directory,
            bell: Arc::new(Bell { ring, closing: AtomicBool::new(false) }),
            user: sockopt::socket_peercred(&heard)?.uid.as_raw(),
            heard,
            shared,
            connections: Vec::new(),
            budget: Budget::default(),
            paused: None,
        };
        Ok((listener, socket))
    }

    pub(super) fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }

    /// Serves until the recorder ends and all records that peers wait for are answered.
    pub(super) fn run(mut self) {
        let waker = Waker::from(Arc::clone(&self.bell));
        loop {
            if self.bell.closing.load(Relaxed) {
                self.listening = None;
                self.connections.retain_mut(Connection::close);
                if self.connections.is_empty() {
                    return;
                }
            }
            self.wait();
            self.admit();
            let Self { connections, shared, budget, .. } = &mut self;
            let mut desk = Desk { shared, budget, waker: &waker, now: Instant::now() };
            connections.retain_mut(|peer| peer.serve(&mut desk));
        }
    }

    /// Sleeps until something can be done.
    fn wait(&mut self) {
        let now = Instant::now();
        self.paused = self.paused.filter(|until| *until > now);
        let dues = self.connections.iter().filter_map(Connection::due).chain(self.paused);
        let sleep = dues.map(|due| due.saturating_duration_since(now)).min();
        let mut watched = vec![PollFd::new(&self.heard, PollFlags::IN)];
        if let Some(listening) = self.listening.as_ref().filter(|_| self.paused.is_none()) {
            watched.push(PollFd::new(listening, PollFlags::IN));
        }
        let first = watched.len();
        for connection in &self.connections {
            watched.push(PollFd::new(&connection.stream, connection.interest()));
        }
        let sleep = sleep.and_then(|sleep| Timespec::try_from(sleep).ok());
        let polled = poll(&mut watched, sleep.as_ref());
        if !self.bell.closing.load(Relaxed) {
            std::thread::sleep(REST);
        }
        if polled.is_err() {
            // Interrupted, or the system has no memory for the moment.
            return;
        }
        let hung_up =
            |polled: &PollFd<'_>| polled.revents().intersects(PollFlags::HUP | PollFlags::ERR);
        let gone: Vec<bool> = watched[first..].iter().map(hung_up).collect();
        for (connection, is_gone) in self.connections.iter_mut().zip(gone) {
            if is_gone {
                connection.hang_up();
            }
        }
        let mut rings = [0; 64];
        while matches!((&self.heard).read(&mut rings), Ok(read) if read == rings.len()) {}
    }

    /// Lets new peers in.
    fn admit(&mut self) {
        if self.paused.is_some() {
            return;
        }
        for _ in 0..ADMITTED_AT_ONCE {
            let Some(listening) = &self.listening else {
                return;
            };
            match listening.accept() {
                Ok((stream, _)) => self.admit_one(stream),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.paused = Some(Instant::now() + PAUSE);
                    return;
                }
            }
        }
    }

    fn admit_one(&mut self, stream: UnixStream) {
        if stream.set_nonblocking(true).is_err() {
            return;
        }
        match self.judge(&stream) {
            Ok(peer) => {
                let is_owner = self.is_owner(peer.user);
                self.connections.push(Connection::new(stream, peer, is_owner));
            }
            Err(refusal) => {
                self.shared.counters.control_refused.fetch_add(1, Relaxed);
                // One line always fits a new connection, and who does not read it has no other loss.
                _ = tell(&stream, &protocol::refusal(&refusal));
                _ = stream.shutdown(Shutdown::Both);
            }
        }
    }

    /// True for the writer's own user and for root.
    fn is_owner(&self, user: u32) -> bool {
        [self.user, 0].contains(&user)
    }

    /// Who has connected, or why it is not let in.
    fn judge(&self, stream: &UnixStream) -> Result<Peer, Refusal> {
        // The system names a process that it does not show to this one 0, which is an error here.
        let told = sockopt::socket_peercred(stream).map_err(|_| {
            Refusal::new(
                "not_allowed",
                "the system does not tell who asks: ask from the PID namespace of the service",
            )
        })?;
        let (user, group) = (told.uid.as_raw(), told.gid.as_raw());
        if !self.is_owner(user) && !self.directory.admits(group) {
            let message = format!(
                "user {user} may not ask this writer: only its own user {}, root and the group of \
                 readers may",
                self.user
            );
            return Err(Refusal::new("not_allowed", message));
        }
        let of_user = self.connections.iter().filter(|other| other.peer.user == user).count();
        if of_user >= CONNECTIONS_OF_USER_MAX || self.connections.len() >= CONNECTIONS_MAX {
            let message = format!(
                "{} connections are open, {of_user} of them of user {user}: end some of them",
                self.connections.len()
            );
            return Err(Refusal::new("over_budget", message));
        }
        Ok(Peer { user, process: told.pid.as_raw_pid().unsigned_abs() })
    }
}
