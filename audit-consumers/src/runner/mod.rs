//! Runs a consumer: reads on from its saved place, gives it batches, and tells how far behind it is.

mod status;
#[cfg(test)]
mod tests;

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use audit_runtime::journal::Line;

use crate::follower::Follower;
use crate::{Error, Position};

use status::Shared;
pub use status::Status;

/// What is given to a consumer at once, at the most.
const BATCH_LINES_MAX: usize = 512;
const BATCH_BYTES_MAX: usize = 1024 * 1024;

/// How long to wait before looking for new records, and after failures one after the other.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Something that takes all records of a journal, in order.
///
/// It is given each record at least once: what it was given after the place that it has saved comes
/// again after a crash, and after a failure. Records have an id
/// ([`Record::id`](audit_runtime::Record::id)) by which it knows what it had before.
pub trait Consumer: Send + 'static {
    /// The place that was saved with the last batch; `None` to begin with the first record there is.
    ///
    /// # Errors
    /// Fails when that cannot be read.
    fn position(&mut self) -> Result<Option<Position>, Error>;

    /// Takes `lines`, of which there may be none, and saves `behind`, the place behind them. What it
    /// makes of them and the place must be kept together, or the place last.
    ///
    /// # Errors
    /// Fails when it cannot take them now; they are given again.
    fn take(&mut self, lines: &[Line], behind: &Position) -> Result<(), Error>;

    /// Keeps what is worth keeping, before an orderly end.
    ///
    /// # Errors
    /// Fails when it cannot; what was kept before counts then.
    fn end(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// A consumer at work on a thread of its own. It ends when this is dropped, and nobody waits for that
/// but [`stop`](Self::stop).
#[derive(Debug)]
#[must_use = "a consumer ends when this is dropped"]
pub struct Running {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Starts `consumer` on the journal in the directory `journal`, on a thread that is called `name`.
///
/// It reads without a lock, so that no writer waits for it. Where it fails, the failure stands in its
/// [`Status`], and it is tried again after 100 ms, then after longer, up to 30 seconds.
///
/// # Errors
/// Fails when no thread can be had.
pub fn start(
    name: &str,
    journal: impl AsRef<Path>,
    consumer: impl Consumer,
) -> Result<Running, Error> {
    let journal = journal.as_ref().to_owned();
    let shared = Arc::new(Shared::of(&journal));
    let mut work =
        Work { journal: journal.clone(), consumer, shared: Arc::clone(&shared), follower: None };
    let thread = thread::Builder::new().name(name.to_owned()).spawn(move || work.run());
    let thread = thread.map_err(Error::state("start a thread for the journal in", &journal))?;
    Ok(Running { shared, thread: Some(thread) })
}

impl Running {
    /// How it fares.
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// Its status, for others to look at.
    #[cfg(feature = "alerts")]
    pub(crate) fn observer(&self) -> Observer {
        Observer(Arc::clone(&self.shared))
    }

    /// Has it end after the batch that it is at, and waits for that.
    ///
    /// # Errors
    /// [`Error::StillRunning`] after `deadline`.
    pub fn stop(mut self, deadline: Duration) -> Result<(), Error> {
        self.shared.stop();
        let due = Instant::now().checked_add(deadline);
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.thread().unpark();
        while !thread.is_finished() {
            if due.is_some_and(|due| Instant::now() >= due) {
                return Err(Error::StillRunning);
            }
            thread::sleep(Duration::from_millis(1));
        }
        // A consumer that has panicked has said so on standard error.
        _ = thread.join();
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.stop();
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

/// Looks at a consumer that another owns.
#[cfg(feature = "alerts")]
pub(crate) struct Observer(Arc<Shared>);

#[cfg(feature = "alerts")]
impl Observer {
    pub(crate) fn status(&self) -> Status {
        self.0.status()
    }
}

struct Work<C> {
    journal: PathBuf,
    consumer: C,
    shared: Arc<Shared>,
    /// None before the first batch and after a failure: then the saved place is asked for again.
    follower: Option<Follower>,
}

impl<C: Consumer> Work<C> {
    fn run(&mut self) {
        let mut pause = PAUSE;
        while !self.shared.is_stopped() {
            match self.step_or_panic() {
                Ok(true) => pause = Duration::ZERO,
                Ok(false) => pause = PAUSE,
                Err(error) => {
                    self.follower = None;
                    self.shared.fail(error.to_string());
                    pause = (pause * 2).clamp(PAUSE, PAUSE_MAX);
                }
            }
            if !pause.is_zero() {
                thread::park_timeout(pause);
            }
        }
        if let Err(error) = self.consumer.end() {
            self.shared.fail(error.to_string());
        }
    }

    /// Takes a panic of the consumer for a failure: it is tried again, and told.
    fn step_or_panic(&mut self) -> Result<bool, Error> {
        let step = panic::catch_unwind(AssertUnwindSafe(|| self.step()));
        step.unwrap_or_else(|_| Err(Error::consumer("it panicked; standard error says where")))
    }

    /// Gives the consumer what there is; true if there may be more.
    fn step(&mut self) -> Result<bool, Error> {
        let mut follower = match self.follower.take() {
            Some(follower) => follower,
            None => Follower::open(&self.journal, self.consumer.position()?.unwrap_or_default())?,
        };
        let lines = batch(&mut follower)?;
        self.consumer.take(&lines, follower.position())?;
        self.shared.went_on(&follower);
        self.follower = Some(follower);
        Ok(!lines.is_empty())
    }
}

fn batch(follower: &mut Follower) -> Result<Vec<Line>, Error> {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    while lines.len() < BATCH_LINES_MAX && bytes < BATCH_BYTES_MAX {
        match follower.next() {
            Ok(Some(line)) => {
                bytes += line.bytes().len();
                lines.push(line);
            }
            Ok(None) => break,
            // What was read before the damage is taken first.
            Err(error) if lines.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(lines)
}
