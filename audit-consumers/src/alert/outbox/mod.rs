//! The outbox: alerts with their deliveries, and the place in the journal up to which they were made.

mod claim;
mod error;
mod listing;
#[cfg(test)]
mod model;
mod schema;
mod settle;
mod state;
mod sweep;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::bell::Bell;
use super::channel::Route;
use super::{Alert, Channel, text, times};
use crate::Position;
use crate::owner::Owner;
use crate::saved::beside;

pub(crate) use claim::Claim;
pub use error::OutboxError;
pub use listing::{ChannelState, DeadLetter, Delivery};
pub(crate) use settle::Outcome;
pub use state::DeliveryState;

/// Alerts on their way, in a SQLite file that only its owner may read.
///
/// Several may be open on one file, in one process or in several: what one delivers no other does.
#[derive(Debug)]
pub struct Outbox {
    path: PathBuf,
    connection: Connection,
    routes: Arc<[Route]>,
    bell: Arc<Bell>,
}

impl Outbox {
    /// The outbox of the journal in the directory `journal`: a file beside it, never inside.
    pub fn beside(journal: &Path) -> PathBuf {
        beside(journal, ".alerts.sqlite")
    }

    /// Opens the outbox in the file `path` for alerts to these channels, and makes it if it is missing.
    ///
    /// What waits for a channel that is no longer among them is handed to the first.
    ///
    /// # Errors
    /// Fails when the file cannot be used, is something else, or is of a newer version.
    pub fn open(path: impl AsRef<Path>, channels: &[Channel]) -> Result<Self, OutboxError> {
        let mut outbox = Self::connect(path.as_ref(), true)?;
        outbox.routes = channels.iter().map(Channel::route).collect();
        outbox.hand_over_from_unknown_channels()?;
        Ok(outbox)
    }

    /// Opens the outbox of the journal in the directory `journal`, as [`open`](Self::open) does. A file
    /// that it makes belongs to the journal's owner, also where the superuser runs this.
    ///
    /// # Errors
    /// Fails as [`open`](Self::open) does, and names the command that gives the file back to its owner.
    pub fn of_journal(journal: &Path, channels: &[Channel]) -> Result<Self, OutboxError> {
        let (path, owner) = (Self::beside(journal), Owner::of(journal));
        let io = |source| {
            let mend = owner.mend(&Self::files(journal));
            OutboxError::Io { path: path.clone(), source, mend }
        };
        owner.make_or_open(&path).map_err(io)?;
        Self::open(&path, channels)
    }

    /// The files of the outbox of a journal.
    pub(crate) fn files(journal: &Path) -> Vec<PathBuf> {
        ["", "-wal", "-shm"].map(|end| beside(journal, &format!(".alerts.sqlite{end}"))).to_vec()
    }

    /// Opens the outbox in the file `path`, which must be there, to look into it.
    ///
    /// # Errors
    /// Fails when there is none, or as [`open`](Self::open) does.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, OutboxError> {
        Self::connect(path.as_ref(), false)
    }

    fn connect(path: &Path, may_create: bool) -> Result<Self, OutboxError> {
        let connection = schema::open(path, may_create)?;
        let (routes, bell) = (Arc::default(), Arc::default());
        Ok(Self { path: path.to_owned(), connection, routes, bell })
    }

    /// The same outbox by a connection of its own, for another thread.
    pub(crate) fn again(&self) -> Result<Self, OutboxError> {
        let connection = schema::open(&self.path, false)?;
        let (routes, bell) = (Arc::clone(&self.routes), Arc::clone(&self.bell));
        Ok(Self { path: self.path.clone(), connection, routes, bell })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// With a bell of its own, which none of the workers before has rung for the end.
    pub(crate) fn hang_bell(&mut self) {
        self.bell = Arc::default();
    }

    pub(crate) fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }

    /// The place up to which alerts were made, and what [`take`](Self::take) kept with it; the start of
    /// the journal if there is none yet.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn position(&self) -> Result<(Position, Option<Vec<u8>>), OutboxError> {
        let query = "SELECT next_seq, last_hash, state FROM place";
        let read = self.connection.query_row(query, [], |row| {
            let next_seq: i64 = row.get(0)?;
            let position = Position { next_seq: next_seq.unsigned_abs(), last_hash: row.get(1)? };
            Ok((position, row.get(2)?))
        });
        let found = read.optional().map_err(self.failed())?;
        Ok(found.unwrap_or_default())
    }

    /// Takes alerts over, once and for all, together with the place in the journal up to which they were
    /// made: both or neither, whenever the process dies.
    ///
    /// `state` is what their maker needs to go on from that place; `None` leaves what was kept. Returns
    /// how many of the alerts are new: one whose id is known is not taken again.
    ///
    /// # Errors
    /// Fails when the database does; then nothing is taken, and the place is the old one.
    pub fn take(
        &mut self,
        alerts: &[Alert],
        position: &Position,
        state: Option<&[u8]>,
    ) -> Result<usize, OutboxError> {
        self.insert(alerts, |transaction| keep_position(transaction, position, state))
    }

    /// Takes alerts over that are not made from a record, because none could be written.
    ///
    /// # Errors
    /// Fails when the database does; then nothing is taken.
    pub(crate) fn add(&mut self, alerts: &[Alert]) -> Result<usize, OutboxError> {
        self.insert(alerts, |_| Ok(()))
    }

    /// True if an alert with this id was taken before, whether or not a channel wanted it.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn knows(&self, alert: &str) -> Result<bool, OutboxError> {
        let query = "SELECT EXISTS (SELECT 1 FROM alerts WHERE id = ?1)";
        self.connection.query_row(query, [alert], |row| row.get(0)).map_err(self.failed())
    }

    /// Inserts what is new of `alerts`, and does `beside` in the same transaction.
    fn insert(
        &mut self,
        alerts: &[Alert],
        beside: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
    ) -> Result<usize, OutboxError> {
        let routes = Arc::clone(&self.routes);
        let now_ms = times::now_ms();
        let taken = self.transact(|transaction| {
            beside(transaction)?;
            let mut new = 0;
            for alert in alerts {
                if insert_alert(transaction, alert, now_ms)? {
                    new += 1;
                    let wanting =
                        routes.iter().filter(|route| alert.severity >= route.severity_min);
                    for route in wanting {
                        insert_delivery(transaction, alert, &route.channel, now_ms)?;
                    }
                }
            }
            Ok(new)
        })?;
        self.bell.ring();
        Ok(taken)
    }

    /// Takes an alert that is for this channel alone, whatever its severity.
    pub(crate) fn take_for(&mut self, alert: &Alert, channel: &str) -> Result<bool, OutboxError> {
        let now_ms = times::now_ms();
        let is_new = self.transact(|transaction| {
            let is_new = insert_alert(transaction, alert, now_ms)?;
            if is_new {
                insert_delivery(transaction, alert, channel, now_ms)?;
            }
            Ok(is_new)
        })?;
        self.bell.ring();
        Ok(is_new)
    }

    /// Does `work` in one transaction, which holds the only right to write from its start on.
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, OutboxError> {
        let failed = OutboxError::database(&self.path);
        let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(&failed)?;
        let done = work(&transaction).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        Ok(done)
    }

    fn failed(&self) -> impl Fn(rusqlite::Error) -> OutboxError + use<> {
        let path = self.path.clone();
        move |source| OutboxError::Database { path: path.clone(), source }
    }
}

fn keep_position(
    transaction: &Transaction<'_>,
    position: &Position,
    state: Option<&[u8]>,
) -> rusqlite::Result<()> {
    // A journal has no record of so high a number that this would not fit.
    let next_seq = i64::try_from(position.next_seq).unwrap_or(i64::MAX);
    let statement = "INSERT INTO place VALUES (1, ?1, ?2, ?3) ON CONFLICT (one) DO UPDATE SET \
                     next_seq = ?1, last_hash = ?2, state = coalesce(?3, state)";
    transaction.prepare_cached(statement)?.execute(params![next_seq, position.last_hash, state])?;
    Ok(())
}

/// True if the alert was not known.
fn insert_alert(
    transaction: &Transaction<'_>,
    alert: &Alert,
    now_ms: i64,
) -> rusqlite::Result<bool> {
    let json = serde_json::to_string(alert)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let statement = "INSERT INTO alerts (id, taken_at, severity, alert) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT (id) DO NOTHING";
    let values = params![alert.id, now_ms, alert.severity.as_number(), json];
    Ok(transaction.prepare_cached(statement)?.execute(values)? == 1)
}

fn insert_delivery(
    transaction: &Transaction<'_>,
    alert: &Alert,
    channel: &str,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let statement = "INSERT INTO deliveries (alert, channel, state, severity, due_at) \
                     VALUES (?1, ?2, 'waiting', ?3, ?4) ON CONFLICT (alert, channel) DO NOTHING";
    let values = params![alert.id, channel, alert.severity.as_number(), now_ms];
    transaction.prepare_cached(statement)?.execute(values)?;
    Ok(())
}

/// An error as it is kept: short, and in one line.
fn kept_error(error: &str) -> String {
    text::error(error)
}
