//! The outbox's file: made private, its tables, and which versions of them are known.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::OutboxError;

/// The version of the tables.
pub(crate) const VERSION: i64 = 1;

/// `ALRT`, so that another program's database is not taken for an outbox.
const APPLICATION_ID: i64 = 0x414c_5254;

#[cfg(unix)]
const PRIVATE: u32 = 0o600;

const BUSY_TIME_MAX: Duration = Duration::from_secs(10);

/// A delivery is `waiting` until it is `delivered` or `dead`. Times are milliseconds since 1970.
/// `digest` names the message that it was sent in with others; it is empty for what was sent alone, or
/// must be because the digest was refused.
const TABLES: &str = "
CREATE TABLE place (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    next_seq INTEGER NOT NULL,
    last_hash TEXT,
    state BLOB
) STRICT;
CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    taken_at INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    alert TEXT
) STRICT;
CREATE TABLE deliveries (
    alert TEXT NOT NULL REFERENCES alerts (id),
    channel TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    severity INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    first_try_at INTEGER,
    lease INTEGER,
    leased_until INTEGER,
    digest TEXT,
    error TEXT,
    escalated_from TEXT,
    escalated_to TEXT,
    ended_at INTEGER,
    reported INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (alert, channel)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (channel, state, due_at);
CREATE INDEX deliveries_ended ON deliveries (state, ended_at);
CREATE INDEX alerts_taken ON alerts (taken_at);
";

/// Opens the outbox, and makes it if it is missing and `may_create`.
pub(crate) fn open(path: &Path, may_create: bool) -> Result<Connection, OutboxError> {
    if may_create {
        let io = |source| OutboxError::Io { path: path.to_owned(), source, mend: None };
        create_private(path).map_err(io)?;
    } else if !path.exists() {
        return Err(OutboxError::Missing { path: path.to_owned() });
    }
    let failed = OutboxError::database(path);
    let mut connection = Connection::open(path).map_err(&failed)?;
    connection.busy_timeout(BUSY_TIME_MAX).map_err(&failed)?;
    check_kind(&connection, path)?;
    // Only now: the mode of a file that is something else is none of our business.
    make_private(path).map_err(|source| OutboxError::Io {
        path: path.to_owned(),
        source,
        mend: None,
    })?;
    configure(&connection).map_err(&failed)?;
    create_tables(&mut connection, path)?;
    Ok(connection)
}

/// A file that only its owner may read, before SQLite makes one: its log and its index get the same mode.
#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let mut options = fs::OpenOptions::new();
    options.append(true).create(true).mode(PRIVATE).open(path).map(|_| ())
}

/// Takes the rights of others away from a file that was made by somebody else.
#[cfg(unix)]
fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    if fs::metadata(path)?.permissions().mode() & !PRIVATE & 0o777 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(PRIVATE))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<()> {
    fs::OpenOptions::new().append(true).create(true).open(path).map(|_| ())
}

#[cfg(not(unix))]
fn make_private(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn check_kind(connection: &Connection, path: &Path) -> Result<(), OutboxError> {
    let failed = OutboxError::database(path);
    let read = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => OutboxError::Foreign { path: path.to_owned() },
        _ => failed(error),
    };
    let kind = number(connection, "application_id").map_err(read)?;
    let version = number(connection, "user_version").map_err(&failed)?;
    let count = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(count, [], |row| row.get(0)).map_err(&failed)?;
    match (kind, version) {
        (APPLICATION_ID, newer) if newer > VERSION => {
            Err(OutboxError::Newer { path: path.to_owned(), version: newer })
        }
        (APPLICATION_ID, _) => Ok(()),
        (0, 0) if tables == 0 => Ok(()),
        _ => Err(OutboxError::Foreign { path: path.to_owned() }),
    }
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // Setting it answers with the mode that it is in.
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// Makes the tables in one transaction, unless another process has made them meanwhile.
fn create_tables(connection: &mut Connection, path: &Path) -> Result<(), OutboxError> {
    let failed = OutboxError::database(path);
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.map_err(&failed)?;
    if number(&transaction, "user_version").map_err(&failed)? == 0 {
        transaction.execute_batch(TABLES).map_err(&failed)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(&failed)?;
        transaction.pragma_update(None, "user_version", VERSION).map_err(&failed)?;
    }
    transaction.commit().map_err(&failed)
}
