//! What users' own tests need: a trail in memory, and assertions about what it recorded.
//!
//! ```
//! use audit_runtime::testing::Trail;
//! use audit_runtime::{assert_audited, assert_not_audited, audited};
//!
//! #[audited(action = "CloseAccount", target(Account, id = id), fields(reason_code), on_unrecorded = fail_open)]
//! fn close(id: u64, reason_code: u32) {}
//!
//! let trail = Trail::new();
//! trail.enter(|| close(7, 2));
//! assert_audited!(trail, action = "CloseAccount", outcome = success, target(Account, id = 7),
//!     fields(reason_code = 2), count = 1);
//! assert_not_audited!(trail, action = "CloseAccount", outcome = denied);
//! ```

mod condition;
mod coverage;
mod expected;
mod report;
mod shown;

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use audit_journal::{Line, MemoryStorage, Reader, encode};

use crate::event::{Category, Event};
use crate::record::Record;
use crate::recorder::{Recorder, RecorderBuilder, Unrecorded};

#[doc(hidden)]
pub use audit_macros::__expectation;
#[doc(hidden)]
pub use expected::Expected;

/// What a look at the trail leaves in its journal, and never shows.
const LOOK: &str = "TrailRead";
/// How long a look waits for what is queued.
const PATIENCE: Duration = Duration::from_secs(20);

/// A recorder whose journal lies in memory, and all that it recorded: one for each test.
///
/// Code under test finds the recorder where it runs: in [`run`](Self::run), in [`enter`](Self::enter),
/// or behind a middleware that was given [`recorder`](Self::recorder). Trails do not see each other, so tests may run at once. What the
/// code spawns runs outside, unless it takes the trail along: `tokio::spawn(trail.run(work))`.
pub struct Trail {
    recorder: Recorder,
    storage: MemoryStorage,
}

impl Trail {
    /// An empty trail.
    ///
    /// # Panics
    /// If the recorder cannot start, for want of a thread.
    #[track_caller]
    pub fn new() -> Self {
        Self::with(|settings| settings)
    }

    /// A trail whose recorder has other settings: keys, a clock, classes.
    ///
    /// ```
    /// use audit_runtime::testing::Trail;
    ///
    /// let trail = Trail::with(|settings| settings.service("shop", "1.4.2"));
    /// ```
    ///
    /// # Panics
    /// If the recorder cannot start with these.
    #[track_caller]
    pub fn with(settings: impl FnOnce(RecorderBuilder) -> RecorderBuilder) -> Self {
        let storage = MemoryStorage::new();
        match settings(Recorder::in_memory(storage.clone())).open() {
            Ok(recorder) => Self { recorder, storage },
            Err(error) => fail(&format!("the trail has no recorder: {error}")),
        }
    }

    /// The recorder, for middleware and for what takes one: `AuditMiddleware::new().recorder(trail.recorder())`.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Runs `future`, whose audited calls leave their records in this trail.
    pub fn run<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        self.recorder.scope(future)
    }

    /// Calls `work`, whose audited calls leave their records in this trail.
    pub fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        self.recorder.enter(work)
    }

    /// All records so far, in their order, without what the journal says of itself.
    ///
    /// Blocks until everything that was recorded before the call is durable.
    ///
    /// # Panics
    /// If that takes longer than the recorder waits, or the journal cannot be read.
    #[track_caller]
    pub fn records(&self) -> Vec<Record> {
        let mut records = self.everything();
        records.retain(|record| record.category != Category::Journal);
        records
    }

    /// True if `text` stands anywhere in the journal, in a field, in a name or as part of one.
    ///
    /// For what must never be there: `assert!(!trail.mentions("hunter2"))`.
    ///
    /// # Panics
    /// As [`records`](Self::records) does.
    #[track_caller]
    pub fn mentions(&self, text: &str) -> bool {
        let mut escaped = Vec::new();
        encode::text(&mut escaped, text);
        let escaped = &escaped[1..escaped.len() - 1];
        let has = |bytes: &[u8], part: &[u8]| {
            part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
        };
        self.lines().iter().any(|line| has(line.bytes(), escaped))
    }

    /// All records, also those of the journal about itself.
    #[track_caller]
    fn everything(&self) -> Vec<Record> {
        let lines = self.lines();
        let parsed = lines.iter().map(Record::parse).collect::<Result<Vec<_>, _>>();
        match parsed {
            Ok(mut records) => {
                records.retain(|it| it.action != LOOK || it.category != Category::Journal);
                records
            }
            Err(error) => fail(&format!("the trail cannot be read: {error}")),
        }
    }

    #[track_caller]
    fn lines(&self) -> Vec<Line> {
        if let Err(unrecorded) = self.settle() {
            fail(&format!("what was recorded is not durable yet: {unrecorded}"));
        }
        match self.read() {
            Ok(lines) => lines,
            Err(error) => fail(&format!("the trail cannot be read: {error}")),
        }
    }

    /// Waits until everything that is queued is durable: what is recorded now comes behind it.
    fn settle(&self) -> Result<(), Unrecorded> {
        let due = Instant::now() + PATIENCE;
        loop {
            match self.recorder.record(Event::journal(LOOK).succeeded()).wait() {
                Err(Unrecorded::QueueFull) if Instant::now() < due => {
                    thread::sleep(Duration::from_millis(1));
                }
                Err(unrecorded @ (Unrecorded::QueueFull | Unrecorded::DeadlineExpired(_))) => {
                    return Err(unrecorded);
                }
                // A recorder that has stopped, or cannot go on, has written all that it ever will.
                Ok(_) | Err(_) => return Ok(()),
            }
        }
    }

    fn read(&self) -> Result<Vec<Line>, audit_journal::Error> {
        let mut cursor = Reader::over(Arc::new(self.storage.clone())).cursor(0)?;
        let mut lines = Vec::new();
        while let Some(line) = cursor.next()? {
            lines.push(line);
        }
        Ok(lines)
    }
}

impl Default for Trail {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trail").field("recorder", &self.recorder).finish_non_exhaustive()
    }
}

/// Asserts that a [`Trail`] has a record with all of what is named, or, with `count`, so many.
///
/// ```text
/// assert_audited!(
///     trail,                                      // where to look
///     action = "UpdateUser",                      // or the dotted name: "user.update"
///     outcome = success,                          // failure, denied, error, panic, cancelled, timeout, unknown
///     actor = "user:42",                          // TYPE:ID, TYPE:NAME, ID, NAME, or a TYPE without either
///     target(Account, id = 7, name = "savings"),  // any target of the record; id and name can be left out
///     fields(amount = 5, change.note = "…", role),// what `#[audited]` captured; `role` is a variable
///     count = 1,                                  // exactly so many; without it at least one
/// );
/// ```
///
/// All but the trail can be left out, and stand in any order. Further options: `reason`, `error` (the error's type),
/// `description`, `status`, `route`, `correlation`, and `category`, `op`, `severity`, `phase` with the words
/// that `#[audited]` has for them. An actor that nobody knew is `"user:(unknown)"`. A field that is withheld is looked for as records have
/// it: `fields(login.password = "[redacted]")`. The journal's records about itself are looked at with
/// `category = journal` only.
///
/// What was recorded before is durable when this looks at it. A failure shows what was looked for, how the nearest
/// record differs, and a table of all records.
///
/// # Panics
/// If the records are not there.
///
/// [`Trail`]: crate::testing::Trail
#[macro_export]
macro_rules! assert_audited {
    ($($call:tt)*) => { $crate::testing::__expectation!(there $crate; $($call)*) };
}

/// Asserts that a [`Trail`] has no record with all of what is named.
///
/// The options are those of [`assert_audited!`], without `count`. What is misspelt is not there either, so name
/// little: `assert_not_audited!(trail, outcome = denied)`, or `assert_not_audited!(trail)` for none at all.
///
/// # Panics
/// If there is such a record.
///
/// [`Trail`]: crate::testing::Trail
#[macro_export]
macro_rules! assert_not_audited {
    ($($call:tt)*) => { $crate::testing::__expectation!(not_there $crate; $($call)*) };
}

/// Ends the test.
#[track_caller]
#[expect(clippy::panic, reason = "a test fails by a panic, and nothing but tests gets here")]
fn fail(message: &str) -> ! {
    panic!("{message}")
}

// Behind the macros, which it uses as they stand here.
#[cfg(test)]
mod tests;
