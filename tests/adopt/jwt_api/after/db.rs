//! The database, and how handlers use it without blocking.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web;
use rusqlite::Connection;

use super::error::ApiError;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS users (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS notes (
        id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        title TEXT NOT NULL, body TEXT NOT NULL, pinned INTEGER NOT NULL DEFAULT FALSE
    );
    PRAGMA foreign_keys = ON;
";

#[derive(Clone)]
pub struct Db(Arc<Mutex<Connection>>);

impl Db {
    pub fn open(path: &str) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let db = Arc::clone(&self.0);
        web::block(move || work(&db.lock().unwrap_or_else(PoisonError::into_inner))).await?
    }
}
