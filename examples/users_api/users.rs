//! The user table, in SQLite.

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web;
use audit_runtime::{Actor, Authenticated, Sensitive, deny_leaks};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::passwords;
use crate::problem::Problem;
use crate::types::{Changes, Profile, Role};

/// After so many wrong passwords an account is locked.
pub(crate) const FAILURES_MAX: u32 = 5;

/// The accounts of a new table: name, role, password.
pub(crate) const ACCOUNTS: [(&str, Role, &str); 3] = [
    ("ada", Role::Admin, "analytical-Engine-1843"),
    ("bob", Role::Member, "bobs-Bicycle-77"),
    ("carol", Role::Member, "carols-Piano-61"),
];

/// How many users of a new table cannot log in; they make the export long.
const GUESTS: u32 = 100;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS users (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL,
        display_name TEXT,
        email TEXT,
        password_hash TEXT,
        failures INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE IF NOT EXISTS sessions (
        token_hash TEXT PRIMARY KEY,
        user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
        expires INTEGER NOT NULL
    );
    PRAGMA foreign_keys = ON;";

/// The table; clones share its connection.
#[derive(Clone)]
pub(crate) struct Users(Arc<Mutex<Connection>>);

impl Users {
    /// Opens the table in `path`, with its first accounts if it is new.
    ///
    /// # Errors
    /// Fails when SQLite cannot use the file, or no password can be hashed.
    pub(crate) fn open(path: &Path) -> Result<Self, Box<dyn Error>> {
        let mut connection = Connection::open(path)?;
        connection.execute_batch(SCHEMA)?;
        let count: i64 =
            connection.query_row("SELECT count(*) FROM users", [], |row| row.get(0))?;
        if count == 0 {
            add_accounts(&mut connection)?;
        }
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Calls `work` on a thread that may block.
    pub(crate) async fn with<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, Problem> {
        let connection = Arc::clone(&self.0);
        let blocking = move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&connection)
        };
        Ok(web::block(blocking).await??)
    }
}

#[deny_leaks]
fn add_accounts(connection: &mut Connection) -> Result<(), Box<dyn Error>> {
    let adding = connection.transaction()?;
    for (name, role, password) in ACCOUNTS {
        adding.execute(
            "INSERT INTO users (name, role, password_hash) VALUES (?1, ?2, ?3)",
            params![name, role.as_str(), passwords::hash(&Sensitive::new(password.to_owned()))?],
        )?;
    }
    for number in 1..=GUESTS {
        adding.execute(
            "INSERT INTO users (name, role) VALUES (?1, ?2)",
            params![format!("guest-{number}"), Role::Member.as_str()],
        )?;
    }
    Ok(adding.commit()?)
}

/// Who a request comes from.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) role: Role,
}

impl User {
    /// The user as records name it, once it has proved its identity by `method`.
    pub(crate) fn actor(&self, method: &'static str) -> Actor {
        Actor::user(self.id.to_string())
            .named(self.name.clone())
            .role(self.role.as_str())
            .authenticated(Authenticated::by(method))
    }

    /// Reads the user from the first three columns of a row: id, name, role.
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, name: row.get(1)?, role: row.get(2)? })
    }
}

/// The user of that name and the hash of its password, if it can log in at all.
pub(crate) fn account(
    table: &Connection,
    name: &str,
) -> rusqlite::Result<Option<(User, Option<Sensitive<String>>)>> {
    table
        .query_row(
            "SELECT id, name, role, password_hash FROM users WHERE name = ?1",
            [name],
            |row| Ok((User::read(row)?, row.get(3)?)),
        )
        .optional()
}

/// Counts an attempt to log in; the answer is how many have failed in a row, and none if the
/// account is locked: then nothing is counted, and whether the password was right does not matter.
pub(crate) fn count_attempt(
    table: &Connection,
    id: i64,
    fits: bool,
) -> rusqlite::Result<Option<u32>> {
    table
        .query_row(
            "UPDATE users SET failures = CASE WHEN ?2 THEN 0 ELSE failures + 1 END
             WHERE id = ?1 AND failures < ?3 RETURNING failures",
            params![id, fits, FAILURES_MAX],
            |row| row.get(0),
        )
        .optional()
}

pub(crate) fn profile(table: &Connection, id: i64) -> rusqlite::Result<Option<Profile>> {
    table
        .query_row(
            "SELECT id, name, role, display_name, email FROM users WHERE id = ?1",
            [id],
            |row| {
                let User { id, name, role } = User::read(row)?;
                Ok(Profile { id, name, role, display_name: row.get(3)?, email: row.get(4)? })
            },
        )
        .optional()
}

/// Changes a user and reads it back; none if there is no such user.
pub(crate) fn update(
    table: &Connection,
    id: i64,
    changes: &Changes,
    password_hash: Option<&Sensitive<String>>,
) -> rusqlite::Result<Option<Profile>> {
    table.execute(
        "UPDATE users SET role = coalesce(?2, role), display_name = coalesce(?3, display_name),
         email = coalesce(?4, email), password_hash = coalesce(?5, password_hash) WHERE id = ?1",
        params![
            id,
            changes.role.map(Role::as_str),
            changes.display_name,
            changes.email,
            password_hash
        ],
    )?;
    profile(table, id)
}

/// Removes a user; false if there is no such user.
pub(crate) fn delete(table: &Connection, id: i64) -> rusqlite::Result<bool> {
    Ok(table.execute("DELETE FROM users WHERE id = ?1", [id])? == 1)
}

pub(crate) fn all(table: &Connection) -> rusqlite::Result<Vec<User>> {
    table
        .prepare("SELECT id, name, role FROM users ORDER BY id")?
        .query_map([], User::read)?
        .collect()
}

impl FromSql for Role {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "admin" => Ok(Self::Admin),
            "member" => Ok(Self::Member),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}
