//! Editors and their passwords, and the gate in front of their pages.

use std::ops::Deref;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, web};
use anyhow::Context;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use rusqlite::OptionalExtension as _;

use super::database::Database;
use super::responses::{e500, see_other};
use super::session::TypedSession;

/// Stands in where there is no account, so that an unknown name takes as long as a wrong password.
const NOBODYS: &str = "$argon2id$v=19$m=64,t=1,p=1$\
                       Z2VuZXJhdGVkLW9uY2U$YTm1sEeQVWUjxsQPHAlQuLaEqOcTqsLLJw4DJQTHwUc";

pub struct Credentials {
    pub username: String,
    pub password: String,
}

#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error("invalid credentials")]
    InvalidCredentials,
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

/// The editor with these credentials.
pub async fn validate_credentials(
    credentials: Credentials,
    database: &Database,
) -> Result<i64, AuthError> {
    let Credentials { username, password } = credentials;
    let stored = database
        .run(move |connection| {
            let query = "SELECT id, password_hash FROM editors WHERE name = ?1";
            connection.query_row(query, [username], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
        .await?;
    let (id, hash) = match stored {
        Some((id, hash)) => (Some(id), hash),
        None => (None, NOBODYS.to_owned()),
    };
    let fits = web::block(move || verify(&password, &hash)).await.context("hashing failed")?;
    id.filter(|_| fits).ok_or(AuthError::InvalidCredentials)
}

pub async fn change_password(
    editor: i64,
    password: String,
    database: &Database,
) -> anyhow::Result<()> {
    let hash = web::block(move || hash(&password)).await??;
    let update = "UPDATE editors SET password_hash = ?1 WHERE id = ?2";
    database.run(move |connection| connection.execute(update, (hash, editor))).await?;
    Ok(())
}

/// Makes the first account.
pub async fn seed_editor(database: &Database, name: &str, password: &str) -> anyhow::Result<()> {
    let (name, hash) = (name.to_owned(), hash(password)?);
    let insert = "INSERT OR IGNORE INTO editors (name, password_hash) VALUES (?1, ?2)";
    database.run(move |connection| connection.execute(insert, (name, hash))).await?;
    Ok(())
}

/// The user name of an editor who is logged in.
pub async fn username(editor: i64, database: &Database) -> anyhow::Result<String> {
    let query = "SELECT name FROM editors WHERE id = ?1";
    database.run(move |connection| connection.query_row(query, [editor], |row| row.get(0))).await
}

fn hasher() -> anyhow::Result<Argon2<'static>> {
    let cost = Params::new(64, 1, 1, None).map_err(|_| anyhow::anyhow!("no such cost"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, cost))
}

fn hash(password: &str) -> anyhow::Result<String> {
    let hash = hasher()?.hash_password(password.as_bytes());
    Ok(hash.map_err(|_| anyhow::anyhow!("the password cannot be hashed"))?.to_string())
}

fn verify(password: &str, hash: &str) -> bool {
    let verify = |hash| Argon2::default().verify_password(password.as_bytes(), &hash);
    PasswordHash::new(hash).is_ok_and(|hash| verify(hash).is_ok())
}

/// The editor of a request behind the gate.
#[derive(Clone, Copy)]
pub struct EditorId(i64);

impl Deref for EditorId {
    type Target = i64;

    fn deref(&self) -> &i64 {
        &self.0
    }
}

/// Sends who is not logged in to the login form.
pub async fn reject_anonymous_users(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let session = {
        let (request, payload) = request.parts_mut();
        TypedSession::from_request(request, payload).await?
    };
    let Some(editor) = session.editor().map_err(e500)? else {
        let error = anyhow::anyhow!("nobody is logged in");
        return Err(InternalError::from_response(error, see_other("/login")).into());
    };
    request.extensions_mut().insert(EditorId(editor));
    next.call(request).await
}
