//! Events in the caller's transaction: a row beside the change it tells of, relayed to the journal
//! after the commit.
//!
//! [`record_in`] puts the event, complete and redacted, into the table `audit_outbox` of the
//! caller's own SQLite database. If the transaction is rolled back, there never was an event. If it
//! is committed, the [`Relay`] makes it one record of the journal, also after a crash at any moment.
//!
//! ```no_run
//! use audit_runtime::{Event, Recorder, Target, record_in};
//! use rusqlite::Connection;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let recorder = Recorder::builder("/var/lib/shop/audit").install()?;
//! let relay = recorder.relay(|| Connection::open("/var/lib/shop/shop.db"))?;
//!
//! let mut shop = Connection::open("/var/lib/shop/shop.db")?;
//! let order = shop.transaction()?;
//! order.execute("UPDATE orders SET paid = 1 WHERE id = ?1", [7])?;
//! record_in(&order, Event::activity("PayOrder").target(Target::new("Order", 7)).succeeded())?;
//! order.commit()?;
//!
//! relay.shutdown(std::time::Duration::from_secs(5))?;
//! # Ok(())
//! # }
//! ```

mod bell;
mod claim;
mod error;
mod relay;
mod step;
mod table;
#[cfg(test)]
mod tests;

use audit_journal::EventId;

use crate::event::Event;
use crate::recorder::{self, Unrecorded};

pub use error::OutboxError;
pub use relay::Relay;

/// Records `event` if and when `transaction` is committed.
///
/// Who acts, from where and in which request is filled in from the task's [`Context`] now, and the
/// event is redacted now: the database never holds a clear value that the journal would not. The
/// recorder is the running task's, else the process's.
///
/// A connection outside any transaction commits the row by itself, at once.
///
/// The record follows the commit, usually within milliseconds, and within a second if nothing is
/// wrong: its `time` is that of the event, its `observed` that of its entry. While the journal fails,
/// the row waits, and the health says so.
///
/// [`Context`]: crate::Context
///
/// # Errors
/// Fails without a recorder, before its relay was started, and when the database refuses the row.
/// Let the transaction be rolled back then: what is committed all the same has no record.
pub fn record_in<T: Transaction + ?Sized>(
    transaction: &T,
    event: Event,
) -> Result<EventId, OutboxError> {
    let Some(recorder) = recorder::current() else {
        return Err(OutboxError::Unrecorded(Unrecorded::NoRecorder));
    };
    if !recorder.is_relayed() {
        return Err(OutboxError::NoRelay);
    }
    let id = event.id();
    let body = recorder.body(event);
    transaction.insert(&sealed::Entry {
        id: &id.to_string(),
        journal: recorder.origin(),
        // Its record cannot stand before this one, so that is where a relay looks for it.
        since: recorder.durable(),
        seal: &recorder.seal(&body),
        body: &body,
    })?;
    bell::ring();
    Ok(id)
}

/// A transaction that an event can be recorded in: rusqlite's `Transaction` and `Savepoint`, and its
/// `Connection`, on which a transaction may have been begun in SQL.
///
/// It is implemented here only, because each kind of database needs a relay of its own.
pub trait Transaction: sealed::Outbox {}

mod sealed {
    use super::OutboxError;

    /// Where a row can be put.
    pub trait Outbox {
        /// Puts the row in, as a part of the transaction that is open.
        fn insert(&self, entry: &Entry<'_>) -> Result<(), OutboxError>;
    }

    /// An event on its way into the table.
    pub struct Entry<'a> {
        pub(super) id: &'a str,
        pub(super) journal: &'a str,
        pub(super) since: u64,
        pub(super) seal: &'a str,
        pub(super) body: &'a [u8],
    }
}
