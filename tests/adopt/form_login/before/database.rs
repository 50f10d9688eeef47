//! The database: editors, readers and issues in SQLite.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web;
use anyhow::Context;
use rusqlite::Connection;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS editors (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS readers (
        id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS issues (
        id INTEGER PRIMARY KEY, title TEXT NOT NULL, content TEXT NOT NULL, editor INTEGER NOT NULL
    );
";

#[derive(Clone)]
pub struct Database(Arc<Mutex<Connection>>);

impl Database {
    pub fn open(path: &str) -> anyhow::Result<Self> {
        let connection = Connection::open(path).context("the database cannot be opened")?;
        connection.execute_batch(SCHEMA).context("the tables cannot be made")?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs a query without blocking the executor.
    pub async fn run<T, F>(&self, query: F) -> anyhow::Result<T>
    where
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let connection = Arc::clone(&self.0);
        let blocking = move || query(&connection.lock().unwrap_or_else(PoisonError::into_inner));
        web::block(blocking).await?.context("a query failed")
    }
}
