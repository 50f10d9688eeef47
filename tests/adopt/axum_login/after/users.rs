//! The users of the warehouse, and how they log in.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, anyhow};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use axum_login::{AuthUser, AuthnBackend, AuthzBackend, UserId};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::{Deserialize, Serialize};
use tokio::task;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS users (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL,
        role TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS items (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, stock INTEGER NOT NULL
    );
";

#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub role: String,
    password_hash: String,
}

// By hand, so that no log shows the hash.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl AuthUser for User {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    // A changed password ends all sessions.
    fn session_auth_hash(&self) -> &[u8] {
        self.password_hash.as_bytes()
    }
}

#[derive(Clone, Deserialize)]
pub struct Credentials {
    pub name: String,
    pub password: String,
    /// Where to go on.
    pub next: Option<String>,
}

#[derive(Clone)]
pub struct Backend(Arc<Mutex<Connection>>);

/// The session of a request, with whoever has logged in.
pub type AuthSession = axum_login::AuthSession<Backend>;

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BackendError(#[from] anyhow::Error);

impl Backend {
    pub fn open(path: &str) -> anyhow::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs a query on a thread for it.
    pub async fn query<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let connection = Arc::clone(&self.0);
        let blocking = move || query(&connection.lock().unwrap_or_else(PoisonError::into_inner));
        task::spawn_blocking(blocking).await?.context("a query failed")
    }

    /// Adds a user who is not there yet.
    pub async fn seed(&self, name: &str, password: &str, role: &str) -> anyhow::Result<()> {
        let (name, hash, role) = (name.to_owned(), hash(password)?, role.to_owned());
        let insert = "INSERT OR IGNORE INTO users (name, password_hash, role) VALUES (?1, ?2, ?3)";
        self.query(move |db| db.execute(insert, (name, hash, role))).await?;
        Ok(())
    }
}

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = Credentials;
    type Error = BackendError;

    async fn authenticate(&self, given: Credentials) -> Result<Option<User>, BackendError> {
        let Credentials { name, password, .. } = given;
        let query = "SELECT * FROM users WHERE name = ?1";
        let found = self.query(move |db| db.query_row(query, [name], user).optional()).await?;
        let blocking = move || found.filter(|user| verify(&password, &user.password_hash));
        Ok(task::spawn_blocking(blocking).await.context("hashing failed")?)
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, BackendError> {
        let id = *id;
        let query = "SELECT * FROM users WHERE id = ?1";
        Ok(self.query(move |db| db.query_row(query, [id], user).optional()).await?)
    }
}

impl AuthzBackend for Backend {
    type Permission = &'static str;

    async fn get_user_permissions(
        &self,
        user: &User,
    ) -> Result<HashSet<&'static str>, BackendError> {
        let permissions: &[_] = match user.role.as_str() {
            "admin" => &["stock.change", "items.manage", "users.manage"],
            "manager" => &["stock.change", "items.manage"],
            _ => &["stock.change"],
        };
        Ok(permissions.iter().copied().collect())
    }
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get("id")?,
        name: row.get("name")?,
        role: row.get("role")?,
        password_hash: row.get("password_hash")?,
    })
}

fn hash(password: &str) -> anyhow::Result<String> {
    let cost = Params::new(64, 1, 1, None).map_err(|_| anyhow!("no such cost"))?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
    let hash = hasher.hash_password(password.as_bytes()).map_err(|_| anyhow!("no hash"))?;
    Ok(hash.to_string())
}

fn verify(password: &str, hash: &str) -> bool {
    let verify = |hash| Argon2::default().verify_password(password.as_bytes(), &hash);
    PasswordHash::new(hash).is_ok_and(|hash| verify(hash).is_ok())
}
