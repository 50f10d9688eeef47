//! Gives each anchor the newest checkpoint when that is due, on a thread of its own.

#[cfg(test)]
mod tests;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use audit_journal::{Journal, Reader, Storage, Watermark};
use audit_tlog::{Checkpoint, Note, VerifierKey};

use crate::Anchor;
use crate::status::{Lane, Status, Turn};

/// How soon a first checkpoint is looked for, and what failed is tried again; then each time later by as much again.
const RETRY: Duration = Duration::from_secs(1);
/// The shortest pause: each look reads a file.
const PAUSE_MIN: Duration = Duration::from_millis(10);
/// How often a shutdown looks whether all have ended.
const STEP: Duration = Duration::from_millis(1);

/// Is told an anchor's name, and what it doubts.
type Doubted = fn(&str, &str);

/// The anchors of a journal at work. Dropped, each makes a last attempt, for which nobody waits.
pub struct Shipping {
    lanes: Vec<(Arc<Lane>, JoinHandle<()>)>,
}

impl Shipping {
    /// Starts giving each of `anchors` the newest checkpoint of the `journal` in `storage`, which was just opened: at once, then each time that its
    /// pause (10 ms at least) has passed and there is a larger one. What its writer has not signed is given to none. One that has had not all records for `age_max` is stale.
    /// Each is asked by its own thread what it doubts of a journal in this directory, and `doubted` told of it, with its name.
    ///
    /// # Errors
    /// Fails when the operating system gives no thread.
    pub fn start(
        anchors: Vec<(Box<dyn Anchor>, Duration)>,
        storage: &Arc<dyn Storage>,
        journal: &Journal,
        age_max: Duration,
        directory: Option<PathBuf>,
        doubted: Doubted,
    ) -> io::Result<Self> {
        let mut shipping = Self { lanes: Vec::new() };
        let own = Arc::new(Own::of(journal));
        for (anchor, pause) in anchors {
            let lane = Arc::new(Lane::new(anchor.name(), anchor.confirms(), age_max));
            let (storage, own) = (Arc::clone(storage), Arc::clone(&own));
            let unasked = directory.clone().map(|directory| (directory, doubted));
            let mut way = Way { anchor, storage, own, unasked, lane: Arc::clone(&lane) };
            let ship = move || way.ship(pause.max(PAUSE_MIN));
            let thread = thread::Builder::new().name("audit-anchor".into()).spawn(ship)?;
            shipping.lanes.push((lane, thread));
        }
        Ok(shipping)
    }

    /// How the anchors fare when so many records are durable.
    pub fn statuses(&self, durable: u64) -> Vec<Status> {
        self.lanes.iter().map(|(lane, _)| lane.status(durable)).collect()
    }

    /// What has turned since the last look; to be called about once a second.
    pub fn look(&self, durable: u64) -> Vec<Turn> {
        self.lanes.iter().filter_map(|(lane, _)| lane.look(durable)).collect()
    }

    /// Gives each anchor the last checkpoint, and waits until they have it, or that time has passed.
    pub fn finish(&self, deadline: Duration) {
        self.end();
        let begun = Instant::now();
        while begun.elapsed() < deadline
            && !self.lanes.iter().all(|(_, thread)| thread.is_finished())
        {
            thread::sleep(STEP);
        }
    }

    fn end(&self) {
        self.lanes.iter().for_each(|(lane, _)| lane.end());
    }
}

impl Drop for Shipping {
    fn drop(&mut self) {
        self.end();
    }
}

impl std::fmt::Debug for Shipping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.statuses(0).iter().map(|status| &status.name)).finish()
    }
}

/// The way of the checkpoints to one anchor.
struct Way {
    anchor: Box<dyn Anchor>,
    storage: Arc<dyn Storage>,
    own: Arc<Own>,
    /// Where the journal lies, and who hears what is doubted of that, until it was asked.
    unasked: Option<(PathBuf, Doubted)>,
    lane: Arc<Lane>,
}

impl Way {
    fn ship(&mut self, pause: Duration) {
        let mut retry = RETRY;
        let mut is_last = false;
        loop {
            // One that panics is no reason to keep nothing any more.
            let shipped = catch_unwind(AssertUnwindSafe(|| self.ship_newest()));
            let next = match shipped.unwrap_or_else(|_| Err(io::Error::other("it panicked"))) {
                Ok(there_is_one) => {
                    retry = RETRY;
                    if there_is_one { pause } else { pause.min(RETRY) }
                }
                Err(error) => {
                    let contradicts = error.kind() == io::ErrorKind::InvalidData;
                    self.lane.failed(&error.to_string(), contradicts);
                    let next = retry.min(pause);
                    retry = retry.saturating_mul(2);
                    next
                }
            };
            if is_last {
                return;
            }
            is_last = self.lane.sleep(next);
        }
    }

    /// Gives it the newest checkpoint, unless it has one of that size; false if there is none yet.
    fn ship_newest(&mut self) -> io::Result<bool> {
        if let Some((directory, doubted)) = self.unasked.take()
            && let Some(doubt) = self.anchor.doubt(&directory)
        {
            doubted(self.anchor.name(), &doubt);
        }
        let taken = Instant::now();
        let Some(mut note) =
            Reader::over(Arc::clone(&self.storage)).checkpoint().map_err(io::Error::other)?
        else {
            return Ok(false);
        };
        let checkpoint = self.own.take(&mut note).map_err(|why| {
            io::Error::other(format!("`checkpoint` is not what the writer has signed: {why}"))
        })?;
        if self.lane.size().is_none_or(|size| size < checkpoint.size) {
            // A power cut can take back what an anchor has, until this start signs the same records.
            let is_old = checkpoint.size <= self.own.found;
            let kept = self.anchor.keep(&checkpoint, &note, &self.storage);
            kept.map_err(|error| if is_old { io::Error::other(error) } else { error })?;
            self.lane.kept(checkpoint.size, taken, self.own.durable.durable());
        }
        Ok(true)
    }
}

/// What tells the journal's own checkpoints from what others have put in their place: an anchor that has one of more
/// records than there are would be given no other.
struct Own {
    origin: String,
    keys: Vec<VerifierKey>,
    /// How many records the start has found.
    found: u64,
    durable: Watermark,
}

impl Own {
    fn of(journal: &Journal) -> Self {
        let (origin, keys) = (journal.origin().to_owned(), journal.keys());
        Self { origin, keys, found: journal.committed().first_seq, durable: journal.watermark() }
    }

    /// The checkpoint in `note`, which is left with the journal's own signatures.
    fn take(&self, note: &mut Note) -> Result<Checkpoint, String> {
        note.signers(&self.keys).map_err(|untrusted| untrusted.to_string())?;
        note.signatures.retain(|it| self.keys.iter().any(|key| it.names(key)));
        let checkpoint =
            Checkpoint::parse(&note.text).map_err(|malformed| malformed.to_string())?;
        if checkpoint.origin != self.origin {
            return Err(format!("it is of the journal {}", checkpoint.origin));
        }
        let (size, durable) = (checkpoint.size, self.durable.durable());
        if size > durable {
            return Err(format!("it is of {size} records, and {durable} are durable"));
        }
        Ok(checkpoint)
    }
}
