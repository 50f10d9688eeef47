//! Password hashes: Argon2id with the parameters that its crate recommends.

use std::sync::LazyLock;

use actix_web::web;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher as _, PasswordVerifier as _};
use audit_runtime::{Sensitive, deny_leaks};

use crate::problem::Problem;

/// Stands in where there is no hash, so that an unknown name takes as long as a wrong password.
static NOBODYS: LazyLock<Sensitive<String>> =
    LazyLock::new(|| hash(&Sensitive::new("nobody's".to_owned())).unwrap_or_default());

/// Hashes a password; takes tens of milliseconds.
#[deny_leaks]
pub(crate) fn hash(password: &Sensitive<String>) -> Result<Sensitive<String>, Error> {
    let hash = Argon2::default().hash_password(password.expose().as_bytes())?;
    Ok(Sensitive::new(hash.to_string()))
}

/// Like [`hash`], without blocking the executor.
pub(crate) async fn hash_off_thread(
    password: Sensitive<String>,
) -> Result<Sensitive<String>, Problem> {
    Ok(web::block(move || hash(&password)).await??)
}

/// True if `password` fits the hash; false, as slowly, if there is none.
pub(crate) async fn fits(
    password: Sensitive<String>,
    hash: Option<Sensitive<String>>,
) -> Result<bool, Problem> {
    let blocking = move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODYS.clone());
        matches_hash(&password, &hash) && known
    };
    Ok(web::block(blocking).await?)
}

#[deny_leaks]
fn matches_hash(password: &Sensitive<String>, hash: &Sensitive<String>) -> bool {
    let verify = |hash| Argon2::default().verify_password(password.expose().as_bytes(), &hash);
    PasswordHash::new(hash.expose()).is_ok_and(|hash| verify(hash).is_ok())
}
