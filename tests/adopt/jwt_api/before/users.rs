//! Accounts: registering, logging in, and leaving.

use actix_web::{HttpResponse, delete, post, web};
use rusqlite::{ErrorCode, OptionalExtension as _};
use serde::Deserialize;
use serde_json::json;

use super::auth::{self, CurrentUser, TokenKeys};
use super::db::Db;
use super::error::{ApiError, ApiResult};

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(register).service(log_in).service(delete_account);
}

#[derive(Deserialize)]
pub struct Credentials {
    name: String,
    password: String,
}

#[post("/users")]
pub async fn register(
    web::Json(new): web::Json<Credentials>,
    db: web::Data<Db>,
    keys: web::Data<TokenKeys>,
) -> ApiResult {
    if new.name.trim().is_empty() || new.password.len() < 8 {
        return Err(ApiError::Invalid("a name and a password of 8 characters are needed"));
    }
    let name = new.name.clone();
    let inserted = db.with(move |db| {
        let hash = auth::hash(&new.password)?;
        let insert = "INSERT INTO users (name, password_hash) VALUES (?1, ?2)";
        match db.execute(insert, (&new.name, hash)) {
            Ok(_) => Ok(db.last_insert_rowid()),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Err(ApiError::Taken("this name"))
            }
            Err(error) => Err(error.into()),
        }
    });
    let id = inserted.await?;
    let token = keys.issue(id, &name)?;
    Ok(HttpResponse::Created().json(json!({ "id": id, "token": token })))
}

#[post("/users/login")]
pub async fn log_in(
    credentials: web::Json<Credentials>,
    db: web::Data<Db>,
    keys: web::Data<TokenKeys>,
) -> ApiResult {
    let Credentials { name, password } = credentials.into_inner();
    let wanted = name.clone();
    let found = db.with(move |db| {
        let query = "SELECT id, password_hash FROM users WHERE name = ?1";
        let found = db.query_row(query, [wanted], |row| Ok((row.get(0)?, row.get(1)?)));
        let (id, hash): (i64, String) = found.optional()?.ok_or(ApiError::WrongCredentials)?;
        if auth::fits(&password, &hash) { Ok(id) } else { Err(ApiError::WrongCredentials) }
    });
    let id = found.await?;
    let token = keys.issue(id, &name)?;
    Ok(HttpResponse::Ok().json(json!({ "id": id, "token": token })))
}

#[delete("/users/me")]
pub async fn delete_account(user: CurrentUser, db: web::Data<Db>) -> ApiResult {
    let id = user.id;
    db.with(move |db| Ok(db.execute("DELETE FROM users WHERE id = ?1", [id])?)).await?;
    Ok(HttpResponse::NoContent().finish())
}
