//! The one writer of a journal: stages records in memory, then makes them durable as one batch.

mod full;
mod prune;
mod settle;
mod sign;
mod stage;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::batch::{Appended, Author, Batch};
use super::control::{self, Envelope, Header, Interruption};
use super::epoch::{self, Epoch, Wish};
use super::error::Error;
use super::holder;
use super::line::{self, Chain};
use super::members;
use super::options::Options;
use super::reader::Reader;
use super::reserve::Reserve;
use super::signed::Signed;
use super::start::{OpenSegment, Start};
use super::storage::{LockGuard, LockOutcome, Storage};
use super::visit;
use super::watermark::{self, Publisher, Watermark};
use full::Full;
use prune::LeftOver;
use watch::Watch;

/// How often a writer that waits for another one looks again.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

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
    /// The chain's durable end: what is staged behind it can be given up.
    durable: Chain,
    segment: OpenSegment,
    /// What the open segment is to begin with, until that is durable.
    header: Option<Header>,
    staged: Batch,
    committed: Batch,
    committed_from: u64,
    failed_sync: Option<Error>,
    watermark: Watermark,
    publisher: Publisher,
    reserve: Reserve,
    full: Option<Full>,
    watch: Watch,
    poison: Option<String>,
    stopped: bool,
    set_aside: Option<Epoch>,
    left_over: LeftOver,
    /// Not there without a key, and an error if there is no tree that could be signed.
    signed: Option<Result<Signed, Error>>,
    lock: Box<dyn LockGuard>,
}

/// A batch that is durable now; both numbers are equal if there was nothing to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed<'a> {
    /// The first record of the batch.
    pub first_seq: u64,
    /// The record after its last one.
    pub next_seq: u64,
    /// Where each appended record stands, in the order of the appends. The journal's own records,
    /// which may stand between them, are not among them.
    pub records: &'a [Appended],
    /// The exact bytes of all lines, for a mirror.
    pub lines: &'a [u8],
}

impl Journal {
    /// Takes the lock, recovers what an earlier writer left, and records the start.
    ///
    /// # Errors
    /// Refuses when another writer lives, when records are damaged or acknowledged ones are
    /// missing (nothing is changed then), when the configured origin is not the journal's own, and
    /// when the storage fails.
    pub fn open(storage: Arc<dyn Storage>, options: Options) -> Result<Self, Error> {
        Self::open_as(storage, options, Wish::GoOn)
    }

    /// Sets the journal aside in `epochs/` as it is, damaged or not, and opens a new, empty epoch
    /// whose first record names it and says why. It needs the lock, as [`open`](Self::open) does.
    ///
    /// # Errors
    /// [`Error::NoJournal`] if there is none; else as [`open`](Self::open), but for damage.
    pub fn adopt(
        storage: Arc<dyn Storage>,
        options: Options,
        reason: impl Into<String>,
    ) -> Result<Self, Error> {
        Self::open_as(storage, options, Wish::Adopt(reason.into()))
    }

    /// Does the same with a damaged journal; the first record names the damaged places.
    ///
    /// # Errors
    /// [`Error::Intact`] if there is no damage: nothing is changed then. Else as
    /// [`adopt`](Self::adopt).
    pub fn repair(storage: Arc<dyn Storage>, options: Options) -> Result<Self, Error> {
        Self::open_as(storage, options, Wish::Repair)
    }

    /// Opens a journal that its service has closed in order, for a record or two of somebody else. A
    /// service that starts meanwhile waits some seconds, instead of being refused.
    ///
    /// # Errors
    /// [`Error::Unclean`] if the last writer has not closed the journal: what that needs is left to
    /// the service, and nothing is changed. Else as [`open`](Self::open).
    pub fn visit(storage: Arc<dyn Storage>, options: Options) -> Result<Self, Error> {
        Self::open_as(storage, visit::options(options), Wish::Visit)
    }

    fn open_as(storage: Arc<dyn Storage>, options: Options, wish: Wish) -> Result<Self, Error> {
        if let Some(reason) = options.origin.as_deref().and_then(control::origin_flaw) {
            return Err(Error::Origin { reason });
        }
        let is_visit = matches!(wish, Wish::Visit);
        let lock = take_lock(&*storage, &options, is_visit)?;
        if is_visit {
            visit::check_closed(&*storage)?;
        }
        let recovered = epoch::recover(&*storage, &options, wish)?;
        let start = Start::of(&*storage, &options, recovered)?;
        let publisher = Publisher::open(&*storage, &start.chain).map_err(Error::io(
            &*storage,
            "write",
            watermark::NAME,
        ))?;
        let signed = Signed::open(&*storage, &options, &start.origin, start.found);
        let mut journal = Self {
            boot: format!("{:016x}", options.entropy.bits()),
            chain: start.chain,
            durable: start.chain,
            segment: start.segment,
            header: start.header,
            staged: Batch::default(),
            committed: Batch::default(),
            committed_from: start.chain.next,
            failed_sync: None,
            watermark: Watermark::default(),
            publisher,
            reserve: Reserve::open(&*storage, options.reserve_bytes),
            full: None,
            watch: Watch::default(),
            poison: None,
            stopped: false,
            set_aside: start.set_aside,
            left_over: LeftOver::of(start.left_over),
            signed,
            lock,
            origin: start.origin,
            options,
            storage,
        };
        journal.watermark.set(journal.chain.next);
        journal.record_start(&start.torn, start.unclean)?;
        journal.remove_some();
        Ok(journal)
    }

    /// Stages one record. `body` is the inside of a JSON object, `"id":"…",…`, without braces and
    /// without the names that the journal uses itself: `v`, `seq`, `observed`, `boot`, `mono`, `h`.
    ///
    /// Its number and its hash are known once it is committed.
    ///
    /// # Errors
    /// [`Error::Refused`] if the body is empty, too long, not UTF-8, has a raw control byte or is not
    /// what it must be; the journal goes on then. [`Error::Full`] until [`resume`](Self::resume) has
    /// found room again. [`Error::Poisoned`] after a failed commit.
    pub fn append(&mut self, body: &[u8]) -> Result<(), Error> {
        self.check_line(body)?;
        members::check_body(body)?;
        self.append_checked(body, Author::Caller);
        Ok(())
    }

    /// Stages a record from the encoder of `audit-runtime`, which writes members of other names
    /// only: parsing them once more would cost more than all else that is done to a record.
    ///
    /// # Errors
    /// Fails as [`append`](Self::append) does, but for the form of JSON and the names.
    #[doc(hidden)]
    pub fn append_encoded(&mut self, body: &[u8]) -> Result<(), Error> {
        self.check_line(body)?;
        self.append_checked(body, Author::Caller);
        Ok(())
    }

    /// Stages the record of an orderly end, so that the commit tells its line for a mirror.
    ///
    /// [`close`](Self::close) does this if need be. A record appended after it makes the next start
    /// count as one after an unclean stop.
    ///
    /// # Errors
    /// [`Error::Poisoned`] after a failed commit.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.stage_stop(None)
    }

    /// The same, and the record tells what was missed in an interruption that this end is part of.
    ///
    /// # Errors
    /// [`Error::Poisoned`] after a failed commit.
    pub fn stop_interrupted(&mut self, missed: &Interruption) -> Result<(), Error> {
        self.stage_stop(Some(missed))
    }

    /// The staged lines as they are to be written, unless a failed sync gives them other numbers:
    /// a mirror takes [`Committed::lines`] instead.
    pub fn staged(&self) -> &[u8] {
        &self.staged.lines
    }

    /// Makes all staged records durable with one write and one sync, then lets readers see them. Nothing is
    /// signed here: see [`sign_due`](Self::sign_due).
    ///
    /// When the disk has no room, the batch and a record that says so are written into the reserve;
    /// see [`full`](Self::full). A sync that fails is final for its segment: it may have lost the
    /// batch, and a second one could succeed all the same. The batch goes to a new segment instead,
    /// once, and [`failed_sync`](Self::failed_sync) tells of it.
    ///
    /// # Errors
    /// [`Error::Full`] if there is no room even then: the batch is given up, and the segment ends as
    /// before it. After any other failure it is unknown what is on disk. Nothing of the batch counts
    /// as recorded, and this writer answers [`Error::Poisoned`] from then on.
    pub fn commit(&mut self) -> Result<Committed<'_>, Error> {
        self.check_usable()?;
        self.begin_commit();
        if !self.staged.is_empty() {
            let outcome = self
                .check_files_if_due()
                .and_then(|()| self.write_staged())
                .or_else(|error| self.make_room(error))
                .and_then(|()| self.settle());
            self.poison_on_error(outcome)?;
        }
        Ok(self.committed())
    }

    /// What was last made durable; at first what [`open`](Self::open) has written.
    pub fn committed(&self) -> Committed<'_> {
        let Batch { records, lines, .. } = &self.committed;
        let (first_seq, next_seq) = (self.committed_from, self.durable.next);
        Committed { first_seq, next_seq, records, lines }
    }

    /// The failed sync that has made the last commit go on in a new segment, or try to.
    pub fn failed_sync(&self) -> Option<&Error> {
        self.failed_sync.as_ref()
    }

    /// How far the journal is durable; the clone follows it from any thread.
    pub fn watermark(&self) -> Watermark {
        self.watermark.clone()
    }

    /// The last durable record.
    pub fn last(&self) -> Appended {
        Appended { seq: self.durable.next.saturating_sub(1), hash: self.durable.tip }
    }

    /// The journal's name, which its first hash is made of.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Opens cursors on this journal, up to what is durable.
    pub fn reader(&self) -> Reader {
        Reader::over(Arc::clone(&self.storage))
    }

    /// The epoch that was set aside when this writer opened the journal, if one was.
    pub fn set_aside(&self) -> Option<&Epoch> {
        self.set_aside.as_ref()
    }

    /// The sequence number of the record that is staged next, unless a sync fails before.
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
        self.commit()?;
        self.sign_due();
        Ok(())
    }

    fn stage_stop(&mut self, missed: Option<&Interruption>) -> Result<(), Error> {
        // A full disk may still have room for this.
        self.check_usable()?;
        self.append_checked(&control::stop(self.envelope(), missed), Author::Journal);
        self.stopped = true;
        Ok(())
    }

    /// Forgets what the commit before has told.
    fn begin_commit(&mut self) {
        self.failed_sync = None;
        self.committed.clear();
        self.committed_from = self.durable.next;
    }

    fn check_line(&self, body: &[u8]) -> Result<(), Error> {
        self.check_usable()?;
        self.check_room()?;
        Ok(line::check_body(body)?)
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

    /// Takes nothing more after a failure, but for a full disk.
    fn poison_on_error<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &outcome
            && !matches!(error, Error::Full { .. })
        {
            self.poison = Some(error.to_string());
        }
        outcome
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

fn take_lock(
    storage: &dyn Storage,
    options: &Options,
    is_visit: bool,
) -> Result<Box<dyn LockGuard>, Error> {
    let asked = Instant::now();
    // What is said of the holder can for an instant be of the one before: it is looked at twice.
    let mut is_certain = false;
    loop {
        let holder = holder::text(&options.writer, options.clock.now(), is_visit);
        match storage.lock(&holder).map_err(Error::io(storage, "lock", "LOCK"))? {
            LockOutcome::Acquired(guard) => return Ok(guard),
            LockOutcome::Held { holder } => {
                let patience = options.lock_wait.max(visit::patience(&holder));
                let left = patience.saturating_sub(asked.elapsed());
                if left.is_zero() && is_certain {
                    return Err(Error::InUse {
                        journal: storage.describe(),
                        holder: holder::in_words(&holder),
                    });
                }
                is_certain = true;
                thread::sleep(left.min(LOCK_PAUSE));
            }
        }
    }
}
