//! The one writer of a journal: stages records in memory, then makes them durable as one batch.

use std::fmt;
use std::io;
use std::sync::Arc;

use super::control::{self, Envelope, Reason};
use super::error::Error;
use super::line::{self, Chain, Stamp};
use super::members;
use super::options::Options;
use super::quarantine::Quarantined;
use super::recovery;
use super::segment::Previous;
use super::start::{Header, OpenSegment, Start};
use super::storage::{LockGuard, LockOutcome, Storage, StorageFile};
use super::watermark::{self, Publisher, Watermark};
use crate::digest::Digest;

/// A journal open for writing; it holds the lock until it is closed or dropped.
///
/// [`append`](Self::append) only stages a record. It is neither durable nor visible to a reader
/// before [`commit`](Self::commit) has returned.
pub struct Journal {
    storage: Arc<dyn Storage>,
    options: Options,
    origin: String,
    boot: String,
    chain: Chain,
    segment: OpenSegment,
    staged: Vec<u8>,
    opening: Vec<u8>,
    watermark: Watermark,
    publisher: Publisher,
    poison: Option<String>,
    stopped: bool,
    _lock: Box<dyn LockGuard>,
}

/// A staged record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its place in the journal, from 0.
    pub seq: u64,
    /// Its hash, which stands for it and for all records before it.
    pub hash: Digest,
}

/// A batch that is durable now; both numbers are equal if there was nothing to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The first record of the batch.
    pub first_seq: u64,
    /// The record after its last one.
    pub next_seq: u64,
}

impl Journal {
    /// Takes the lock, recovers what an earlier writer left, and records the start.
    ///
    /// # Errors
    /// Refuses when another writer lives, when records are damaged or acknowledged ones are
    /// missing (nothing is changed then), when the configured origin is not the journal's own, and
    /// when the storage fails.
    pub fn open(storage: Arc<dyn Storage>, options: Options) -> Result<Self, Error> {
        if let Some(reason) = options.origin.as_deref().and_then(control::origin_flaw) {
            return Err(Error::Origin { reason });
        }
        let lock = take_lock(&*storage, &options)?;
        let io = |doing| Error::io(&*storage, doing, watermark::NAME);
        let durable = watermark::read(&*storage).map_err(io("read"))?.unwrap_or(0);
        let recovered = recovery::recover(&*storage, durable)?;
        let publisher = Publisher::open(&*storage).map_err(io("open"))?;
        let start = Start::of(&*storage, &options, recovered)?;
        let mut journal = Self {
            boot: format!("{:016x}", options.entropy.bits()),
            chain: start.chain,
            segment: start.segment,
            staged: Vec::new(),
            opening: Vec::new(),
            watermark: Watermark::default(),
            publisher,
            poison: None,
            stopped: false,
            _lock: lock,
            origin: start.origin,
            options,
            storage,
        };
        journal.watermark.set(journal.chain.next);
        journal.record_start(start.header, &start.torn, start.unclean)?;
        Ok(journal)
    }

    /// Stages one record. `body` is the inside of a JSON object, `"id":"…",…`, without braces and
    /// without the names that the journal uses itself: `v`, `seq`, `observed`, `boot`, `mono`, `h`.
    ///
    /// # Errors
    /// [`Error::Refused`] if the body is empty, too long, not UTF-8, has a raw control byte or is not
    /// what it must be; the journal goes on then. [`Error::Poisoned`] after a failed commit.
    pub fn append(&mut self, body: &[u8]) -> Result<Appended, Error> {
        self.check_line(body)?;
        members::check_body(body)?;
        Ok(self.append_checked(body))
    }

    /// Stages a record from this crate's own encoder, which writes members of other names only:
    /// parsing them once more would cost more than all else that is done to a record.
    ///
    /// # Errors
    /// Fails as [`append`](Self::append) does, but for the form of JSON and the names.
    pub(crate) fn append_encoded(&mut self, body: &[u8]) -> Result<Appended, Error> {
        self.check_line(body)?;
        Ok(self.append_checked(body))
    }

    /// Stages the record of an orderly end, so that its line can be mirrored before the commit.
    ///
    /// [`close`](Self::close) does this if need be. A record appended after it makes the next start
    /// count as one after an unclean stop.
    ///
    /// # Errors
    /// [`Error::Poisoned`] after a failed commit.
    pub fn stop(&mut self) -> Result<Appended, Error> {
        let body = control::stop(self.envelope());
        let stopped = self.append_encoded(&body)?;
        self.stopped = true;
        Ok(stopped)
    }

    /// The exact bytes of the staged lines.
    pub fn staged(&self) -> &[u8] {
        &self.staged
    }

    /// The exact bytes of the lines that [`open`](Self::open) wrote: a mirror starts with them.
    pub fn opening(&self) -> &[u8] {
        &self.opening
    }

    /// Makes all staged records durable with one write and one sync, then lets readers see them.
    ///
    /// # Errors
    /// After any failure it is unknown what is on disk. Nothing of the batch counts as recorded,
    /// and this writer answers [`Error::Poisoned`] from then on.
    pub fn commit(&mut self) -> Result<Committed, Error> {
        self.check_usable()?;
        let committed =
            Committed { first_seq: self.watermark.durable(), next_seq: self.chain.next };
        if self.staged.is_empty() {
            return Ok(committed);
        }
        if let Err(error) = self.write_staged() {
            self.poison = Some(error.to_string());
            return Err(error);
        }
        self.staged.clear();
        self.watermark.set(committed.next_seq);
        Ok(committed)
    }

    /// How far the journal is durable; the clone follows it from any thread.
    pub fn watermark(&self) -> Watermark {
        self.watermark.clone()
    }

    /// The journal's name, which its first hash is made of.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The sequence number of the record that is staged next.
    pub fn next_seq(&self) -> u64 {
        self.chain.next
    }

    /// Commits what is staged and the record of an orderly end, and lets go of the lock.
    ///
    /// # Errors
    /// Fails as [`commit`](Self::commit) does.
    pub fn close(mut self) -> Result<(), Error> {
        if !self.stopped {
            self.stop()?;
        }
        self.commit().map(|_| ())
    }

    fn check_line(&self, body: &[u8]) -> Result<(), Error> {
        self.check_usable()?;
        Ok(line::check_body(body)?)
    }

    /// Stages a record, in a new segment if one is due.
    fn append_checked(&mut self, body: &[u8]) -> Appended {
        if self.staged.is_empty()
            && let Some(reason) = self.rotation()
        {
            self.rotate(reason);
        }
        self.stage(body)
    }

    fn record_start(
        &mut self,
        header: Option<Header>,
        torn: &[Quarantined],
        unclean: bool,
    ) -> Result<(), Error> {
        if let Some(header) = header {
            self.stage_header(header.reason, header.previous.as_ref());
        }
        for torn in torn {
            let body = control::recovered(self.envelope(), torn);
            self.stage(&body);
        }
        let body = control::start(self.envelope(), &self.boot, &self.options.writer, unclean);
        self.stage(&body);
        self.opening.clone_from(&self.staged);
        self.commit().map(|_| ())
    }

    fn rotation(&self) -> Option<Reason> {
        if self.segment.length >= self.options.segment_bytes_max {
            return Some(Reason::Size);
        }
        // A clock that was set back gives no age, so the segment just goes on.
        let now = self.options.clock.now().unix_nanos();
        let age = now.saturating_sub(self.segment.opened.unix_nanos());
        let is_old =
            u128::try_from(age).is_ok_and(|age| age >= self.options.segment_age_max.as_nanos());
        is_old.then_some(Reason::Age)
    }

    /// Stages the header of a new segment; its file is made when the batch is committed.
    fn rotate(&mut self, reason: Reason) {
        let previous = Previous {
            segment: self.segment.name.clone(),
            last_seq: self.chain.next - 1,
            hash: self.chain.tip,
        };
        let opened = self.options.clock.now();
        self.segment = OpenSegment::new(self.chain.next, opened);
        self.stage_header(reason, Some(&previous));
    }

    fn stage_header(&mut self, reason: Reason, previous: Option<&Previous>) {
        let body = control::segment(self.envelope(), &self.origin, reason, previous);
        self.stage(&body);
    }

    fn stage(&mut self, body: &[u8]) -> Appended {
        let stamp = Stamp {
            seq: self.chain.next,
            observed: self.options.clock.now(),
            boot: &self.boot,
            mono: self.options.clock.monotonic_ns(),
        };
        let hash = self.chain.extend(&mut self.staged, &stamp, body);
        Appended { seq: stamp.seq, hash }
    }

    fn write_staged(&mut self) -> Result<(), Error> {
        let storage = &*self.storage;
        let segment = &mut self.segment;
        let io = |doing| Error::io(storage, doing, &segment.name);
        let file = match &mut segment.file {
            Some(file) => file,
            None => segment.file.insert(storage.create(&segment.name).map_err(io("create"))?),
        };
        append_all(&mut **file, &self.staged).map_err(io("append to"))?;
        file.sync().map_err(io("sync"))?;
        segment.length += self.staged.len() as u64;
        self.publisher.publish(self.chain.next).map_err(Error::io(
            storage,
            "write",
            watermark::NAME,
        ))
    }

    fn envelope(&self) -> Envelope {
        let time = self.options.clock.now();
        Envelope { id: self.options.entropy.id(time), time }
    }

    fn check_usable(&self) -> Result<(), Error> {
        match &self.poison {
            None => Ok(()),
            Some(cause) => Err(Error::Poisoned { cause: cause.clone() }),
        }
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("storage", &self.storage.describe())
            .field("origin", &self.origin)
            .field("next_seq", &self.chain.next)
            .field("durable", &self.watermark.durable())
            .field("poison", &self.poison)
            .finish_non_exhaustive()
    }
}

fn take_lock(storage: &dyn Storage, options: &Options) -> Result<Box<dyn LockGuard>, Error> {
    let holder = control::holder(&options.writer, options.clock.now());
    match storage.lock(&holder).map_err(Error::io(storage, "lock", "LOCK"))? {
        LockOutcome::Acquired(guard) => Ok(guard),
        LockOutcome::Held { holder } => Err(Error::InUse {
            journal: storage.describe(),
            holder: control::holder_in_words(&holder),
        }),
    }
}

fn append_all(file: &mut dyn StorageFile, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.append(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(taken) => bytes = &bytes[taken..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
