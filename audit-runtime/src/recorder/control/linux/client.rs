//! The other side: a process that asks a journal's writer for something.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use audit_journal::{Appended, DirectoryStorage};

use super::protocol::{self, Answer, LINE_BYTES_MAX, Request};
use crate::recorder::control::{Entry, Error};

/// A connection to the living writer of a journal.
///
/// A request that fails ends it: make another one. The writer closes a connection that asks for
/// nothing for ten seconds.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
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
            Ok(stream) => Ok(Self { stream, journal, deadline }),
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
        let asked = Request::Append(entry.clone());
        self.place(&asked)
    }

    /// The place of the last durable record.
    ///
    /// # Errors
    /// Fails when the writer refuses or does not answer in time.
    pub fn watermark(&mut self) -> Result<Appended, Error> {
        self.place(&Request::Watermark)
    }

    /// The health of the recorder: [`Health::to_json`](crate::Health::to_json).
    ///
    /// # Errors
    /// Fails when the writer refuses or does not answer in time.
    pub fn health(&mut self) -> Result<String, Error> {
        let line = self.ask(&Request::Health)?;
        self.answer(&line)?;
        let line = String::from_utf8_lossy(&line);
        protocol::health_in(&line).map(str::to_owned).ok_or_else(|| self.senseless())
    }

    fn place(&mut self, asked: &Request) -> Result<Appended, Error> {
        let line = self.ask(asked)?;
        let place = self.answer(&line)?.place();
        place.ok_or_else(|| self.senseless())
    }

    fn answer(&self, line: &[u8]) -> Result<Answer, Error> {
        Answer::parse(line)?.ok_or_else(|| self.senseless())
    }

    fn ask(&mut self, asked: &Request) -> Result<Vec<u8>, Error> {
        self.exchange(&protocol::request(asked)).map_err(|source| self.unreached(source))
    }

    fn exchange(&mut self, request: &[u8]) -> io::Result<Vec<u8>> {
        let due = due(self.deadline);
        self.stream.set_write_timeout(Some(left(due)?))?;
        // A writer that refuses a peer answers and closes before it has read anything.
        match self.stream.write_all(request) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
        let mut line = Vec::new();
        let mut chunk = [0; 4096];
        while !line.ends_with(b"\n") {
            self.stream.set_read_timeout(Some(left(due)?))?;
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => line.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if line.len() > LINE_BYTES_MAX {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        Ok(line)
    }

    fn unreached(&self, source: io::Error) -> Error {
        let source = match source.kind() {
            // What the system says of a timeout of a socket tells a person nothing.
            io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
            _ => source,
        };
        Error::Unreached { journal: self.journal.clone(), source }
    }

    fn senseless(&self) -> Error {
        self.unreached(io::Error::other("its answer is of no form that this version knows"))
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
