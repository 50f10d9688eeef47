//! Records as they become durable, for a program that wants to see them.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use audit_runtime::journal::{Line, Reader};

use crate::follower::{Follower, cursor, next_past_damage};
use crate::{Error, Position};

/// How long to wait before looking for a new record again.
const PAUSE: Duration = Duration::from_millis(20);

/// The records of a journal from a place on.
///
/// It reads the journal's files, in the service's own process as in any other. So it has no buffer that
/// could run over: who takes its time gets every record all the same, and the writer does not notice.
///
/// ```no_run
/// use std::time::Duration;
///
/// use audit_consumers::Subscription;
/// use audit_runtime::Record;
///
/// # fn example() -> Result<(), audit_consumers::Error> {
/// let mut records = Subscription::from_now("audit-journal")?;
/// while let Some(line) = records.next(Duration::from_secs(60))? {
///     if let Ok(record) = Record::parse(&line) {
///         println!("{} {:?}", record.action.escape_debug(), record.outcome);
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Subscription {
    follower: Follower,
}

impl Subscription {
    /// The records that become durable from now on.
    ///
    /// # Errors
    /// Fails when the journal cannot be read.
    pub fn from_now(journal: impl AsRef<Path>) -> Result<Self, Error> {
        let reader = Reader::open(&journal)?;
        let newest = reader.first_seqs()?.last().copied().unwrap_or(0);
        let mut cursor = cursor(&reader, newest)?;
        let mut position = Position::default();
        while let Some(line) = next_past_damage(&mut cursor, &mut 0)? {
            position = Position::after(&line);
        }
        Self::from(journal, position)
    }

    /// The records from `position` on: of [`Position::default`] all that there are.
    ///
    /// # Errors
    /// Fails when the journal cannot be read, or the place is not in it.
    pub fn from(journal: impl AsRef<Path>, position: Position) -> Result<Self, Error> {
        Ok(Self { follower: Follower::open(journal.as_ref(), position)? })
    }

    /// The next record, once it is durable; `None` if none is by `timeout`. Blocks this thread.
    ///
    /// # Errors
    /// Fails where the journal is damaged.
    pub fn next(&mut self, timeout: Duration) -> Result<Option<Line>, Error> {
        let due = Instant::now().checked_add(timeout);
        loop {
            if let Some(line) = self.follower.next()? {
                return Ok(Some(line));
            }
            let left = due.map_or(PAUSE, |due| due.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(None);
            }
            thread::sleep(PAUSE.min(left));
        }
    }

    /// The place behind the last record that was given out, to go on from another time.
    pub fn position(&self) -> &Position {
        self.follower.position()
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Subscription").field(self.position()).finish()
    }
}
