//! The table of an outbox in SQLite: rows are put in by the caller's connection and taken out by
//! the relay's.

use audit_journal::BODY_BYTES_MAX;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::sealed::{self, Entry};
use super::{OutboxError, Transaction};

/// `number` is the order of the commits, because SQLite has one writer at a time. `since` is how
/// many records were durable when the row was written. `refused` says why a row was set aside.
const CREATE: &str = "CREATE TABLE IF NOT EXISTS audit_outbox (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    journal TEXT NOT NULL,
    since INTEGER NOT NULL,
    seal TEXT NOT NULL,
    body BLOB NOT NULL,
    refused TEXT
) STRICT";

/// As SQLite counts: to 2^63.
const BODY_MAX: i64 = BODY_BYTES_MAX as i64;

const INSERT: &str = "INSERT INTO audit_outbox (id, journal, since, seal, body)
    VALUES (?1, ?2, ?3, ?4, ?5)";

/// Whoever can write to the database can put anything into a row, so only what can be a body is
/// taken into memory.
const OLDEST: &str = "SELECT number,
        CASE WHEN octet_length(id) < 100 THEN CAST(id AS BLOB) END,
        CASE WHEN octet_length(seal) < 100 THEN CAST(seal AS BLOB) END,
        CASE WHEN octet_length(body) <= ?2 THEN CAST(body AS BLOB) END
    FROM audit_outbox WHERE journal = ?1 AND refused IS NULL ORDER BY number LIMIT ?3";

const SINCE: &str = "SELECT max(CAST(since AS INTEGER), 0) FROM audit_outbox
    WHERE journal = ?1 AND refused IS NULL ORDER BY 1 LIMIT 1";

const WAITS: &str = "SELECT 1 FROM audit_outbox
    WHERE id = ?1 AND journal = ?2 AND refused IS NULL";

/// The rows of one database, seen through the relay's own connection.
pub(super) struct Table {
    connection: Connection,
    journal: String,
}

/// A row as it was found; a part that no row of ours can have is missing.
pub(super) struct Row {
    pub(super) number: i64,
    pub(super) id: Option<String>,
    pub(super) seal: Option<String>,
    pub(super) body: Option<Vec<u8>>,
}

/// What a relay finds that it cannot relay.
pub(super) struct Leftover {
    pub(super) set_aside: i64,
    pub(super) of_other_journals: i64,
}

impl Table {
    /// Makes the table if it is missing.
    pub(super) fn over(connection: Connection, journal: &str) -> Result<Self, OutboxError> {
        let created = connection.execute_batch(CREATE);
        created.map_err(OutboxError::database("make the table `audit_outbox`"))?;
        Ok(Self { connection, journal: journal.to_owned() })
    }

    /// Where the database lies; `None` if it has no file.
    pub(super) fn path(&self) -> Option<&str> {
        self.connection.path().filter(|path| !path.is_empty())
    }

    /// The first rows, in the order of their commits.
    pub(super) fn oldest(&self, limit: u32) -> Result<Vec<Row>, OutboxError> {
        let rows = || {
            let mut select = self.connection.prepare_cached(OLDEST)?;
            let found = select.query_map(params![self.journal, BODY_MAX, limit], |row| {
                let (id, seal) = (row.get(1)?, row.get(2)?);
                let text = |bytes: Option<Vec<u8>>| String::from_utf8(bytes?).ok();
                Ok(Row { number: row.get(0)?, id: text(id), seal: text(seal), body: row.get(3)? })
            })?;
            found.collect::<rusqlite::Result<_>>()
        };
        rows().map_err(OutboxError::database("read the outbox"))
    }

    /// The place in the journal that no record of a waiting row stands before; `None` if none waits.
    pub(super) fn since(&self) -> Result<Option<u64>, OutboxError> {
        let since = || -> rusqlite::Result<Option<i64>> {
            let mut select = self.connection.prepare_cached(SINCE)?;
            let since = select.query_row([&self.journal], |row| row.get::<_, Option<i64>>(0));
            Ok(since.optional()?.map(Option::unwrap_or_default))
        };
        let since = since().map_err(OutboxError::database("read the outbox"))?;
        Ok(since.map(|since| u64::try_from(since).unwrap_or(0)))
    }

    /// True if the row of this event waits.
    pub(super) fn waits(&self, id: &str) -> Result<bool, OutboxError> {
        let exists = || self.connection.prepare_cached(WAITS)?.exists([id, &self.journal]);
        exists().map_err(OutboxError::database("read the outbox"))
    }

    /// Removes the rows of events that are in the journal.
    pub(super) fn remove(&mut self, ids: &[String]) -> Result<(), OutboxError> {
        let remove = |connection: &mut Connection| {
            let deleting = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut delete = deleting.prepare_cached("DELETE FROM audit_outbox WHERE id = ?1")?;
            for id in ids {
                delete.execute([id])?;
            }
            drop(delete);
            deleting.commit()
        };
        remove(&mut self.connection).map_err(OutboxError::database("remove relayed rows"))
    }

    /// Remembers that no record before the place `seq` is that of a waiting row.
    pub(super) fn searched(&self, seq: u64) -> Result<(), OutboxError> {
        let update = "UPDATE audit_outbox SET since = ?1
            WHERE journal = ?2 AND refused IS NULL AND since <> ?1";
        let updated = self.connection.execute(update, params![place(seq), self.journal]);
        updated.map(|_| ()).map_err(OutboxError::database("write to the outbox"))
    }

    /// Keeps a row out of the way of those behind it, and says why.
    pub(super) fn set_aside(&self, number: i64, reason: &str) -> Result<(), OutboxError> {
        let update = "UPDATE audit_outbox SET refused = ?1 WHERE number = ?2";
        let updated = self.connection.execute(update, params![reason, number]);
        updated.map(|_| ()).map_err(OutboxError::database("write to the outbox"))
    }

    pub(super) fn leftover(&self) -> Result<Leftover, OutboxError> {
        let count = "SELECT count(*) FILTER (WHERE refused IS NOT NULL),
                count(*) FILTER (WHERE refused IS NULL AND journal <> ?1) FROM audit_outbox";
        let counted = self.connection.query_row(count, [&self.journal], |row| {
            Ok(Leftover { set_aside: row.get(0)?, of_other_journals: row.get(1)? })
        });
        counted.map_err(OutboxError::database("read the outbox"))
    }
}

impl Transaction for Connection {}
impl Transaction for rusqlite::Transaction<'_> {}
impl Transaction for rusqlite::Savepoint<'_> {}

impl sealed::Outbox for Connection {
    fn insert(&self, entry: &Entry<'_>) -> Result<(), OutboxError> {
        let Entry { id, journal, since, seal, body } = *entry;
        let insert = || {
            let mut insert = self.prepare_cached(INSERT)?;
            insert.execute(params![id, journal, place(since), seal, body])
        };
        let doing = "put the event into the outbox (its relay makes the table `audit_outbox`)";
        insert().map(|_| ()).map_err(OutboxError::database(doing))
    }
}

impl sealed::Outbox for rusqlite::Transaction<'_> {
    fn insert(&self, entry: &Entry<'_>) -> Result<(), OutboxError> {
        (**self).insert(entry)
    }
}

impl sealed::Outbox for rusqlite::Savepoint<'_> {
    fn insert(&self, entry: &Entry<'_>) -> Result<(), OutboxError> {
        (**self).insert(entry)
    }
}

fn place(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
