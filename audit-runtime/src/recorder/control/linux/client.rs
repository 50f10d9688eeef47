//! The other side: a process that asks a journal's writer for something.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use audit_journal::{Appended, DirectoryStorage};

use super::protocol::{self, LINE_BYTES_MAX, Request};
use super::tell;
use crate::recorder::control::{Entry, Error, Prune, Pruned};

/// A connection to the living writer of a journal.
///
/// A request without an answer ends it: make another one. The writer closes a connection that asks for
/// nothing for ten seconds.
#[derive(Debug)]
pub struct Client {
    /// None after a request without an answer, which could still come and be taken for that to the next.
    stream: Option<UnixStream>,
    journal: String,
    deadline: Duration,
}

impl Client {
    /// Connects to the writer of the journal in the directory `journal`. That, and each request, takes
    /// no longer than `deadline`; a writer may wait `wait_ms_max` for its disk.
    ///
    /// # Errors
    /// [`Error::NoWriter`] if nobody listens there; [`Error::Unreached`] if this process may not
    /// connect, or the writer has no room for it in time.
    pub fn connect(journal: impl AsRef<Path>, deadline: Duration) -> Result<Self, Error> {
        let storage = DirectoryStorage::read_only(journal.as_ref());
        let journal = journal.as_ref().display().to_string();
        match storage.connect(due(deadline)) {
            Ok(stream) => Ok(Self { stream: Some(stream), journal, deadline }),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                    Err(Error::NoWriter { journal })
                }
                _ => Err(Error::Unreached { journal, source: error }),
            },
        }
    }

    /// Has a record appended and returns its place once it is durable.
    ///
    /// # Errors
    /// Fails when the writer refuses, cannot record it, or does not answer in time; after the last the
    /// record may be there all the same.
    pub fn append(&mut self, entry: &Entry) -> Result<Appended, Error> {
        self.ask(&Request::Append(Box::new(entry.clone())), protocol::place_in)
    }

    /// Has the front of the journal pruned, or asks what would be; returns once the record of it is
    /// durable. Many files still go after that.
    ///
    /// # Errors
    /// Fails when the writer refuses: with the code `kept` if a segment must stay, such as one that is
    /// younger than its setting `retention_days_min`, and with `not_allowed` if this is neither its own
    /// user nor root. Else as [`append`](Self::append).
    pub fn prune(&mut self, prune: &Prune) -> Result<Pruned, Error> {
        self.ask(&Request::Prune(prune.clone()), protocol::pruned_in)
    }

    /// The place of the last durable record.
    ///
    /// # Errors
    /// Fails when the writer refuses or does not answer in time.
    pub fn watermark(&mut self) -> Result<Appended, Error> {
        self.ask(&Request::Watermark, protocol::place_in)
    }

    /// The place of the last durable record, once all that the writer was asked to append before, by
    /// whatever process, is recorded or will not be: for who does not know what became of a request.
    ///
    /// # Errors
    /// Fails when the writer refuses, its disk does not answer, or it does not answer in time.
    pub fn settled(&mut self) -> Result<Appended, Error> {
        self.ask(&Request::Settled, protocol::place_in)
    }

    /// The health of the recorder: [`Health::to_json`](crate::Health::to_json).
    ///
    /// # Errors
    /// Fails when the writer refuses or does not answer in time.
    pub fn health(&mut self) -> Result<String, Error> {
        self.ask(&Request::Health, protocol::health_in)
    }

    fn ask<T>(&mut self, asked: &Request, told: fn(&str) -> Option<T>) -> Result<T, Error> {
        let line = self.exchange(&protocol::request(asked));
        let line = line.map_err(|source| self.unreached(source))?;
        if let Some(refusal) = protocol::refusal_in(&line) {
            return Err(refusal);
        }
        let senseless = || io::Error::other("its answer is of no form that this version knows");
        told(&line).ok_or_else(|| self.unreached(senseless()))
    }

    fn exchange(&mut self, request: &[u8]) -> io::Result<String> {
        let due = due(self.deadline);
        let mut stream = self.stream.take().ok_or(io::ErrorKind::NotConnected)?;
        let mut unsaid = request;
        while !unsaid.is_empty() {
            stream.set_write_timeout(Some(left(due)?))?;
            match tell(&stream, unsaid) {
                Ok(said) => unsaid = &unsaid[said..],
                // A writer that refuses a peer answers and closes before it has read anything.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let mut line = Vec::new();
        let mut chunk = [0; 4096];
        while !line.ends_with(b"\n") {
            stream.set_read_timeout(Some(left(due)?))?;
            match stream.read(&mut chunk) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => line.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if line.len() > LINE_BYTES_MAX {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        self.stream = Some(stream);
        String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into())
    }

    fn unreached(&self, source: io::Error) -> Error {
        let source = match source.kind() {
            // What the system says of a timeout of a socket tells a person nothing.
            io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
            _ => source,
        };
        Error::Unreached { journal: self.journal.clone(), source }
    }
}

fn due(deadline: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(deadline).unwrap_or(now + Duration::from_secs(86_400))
}

fn left(due: Instant) -> io::Result<Duration> {
    let left = due.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}
