//! Notes, each of which only its owner may see and change.

use actix_web::{HttpResponse, delete, get, post, put, web};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::{Deserialize, Serialize};

use super::auth::CurrentUser;
use super::db::Db;
use super::error::{ApiError, ApiResult};

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(list).service(create).service(show).service(update).service(remove);
}

#[derive(Serialize)]
struct Note {
    id: i64,
    owner: i64,
    title: String,
    body: String,
    pinned: bool,
}

#[derive(Deserialize)]
pub struct NoteDraft {
    title: String,
    body: String,
    #[serde(default)]
    pinned: bool,
}

impl NoteDraft {
    fn checked(self) -> Result<Self, ApiError> {
        if self.title.trim().is_empty() {
            return Err(ApiError::Invalid("a note needs a title"));
        }
        Ok(self)
    }
}

#[get("/notes")]
pub async fn list(user: CurrentUser, db: web::Data<Db>) -> ApiResult {
    let notes = db.with(move |db| {
        let mut query = db.prepare("SELECT * FROM notes WHERE owner = ?1 ORDER BY id")?;
        let notes = query.query_map([user.id], note)?.collect::<Result<Vec<_>, _>>()?;
        Ok(notes)
    });
    Ok(HttpResponse::Ok().json(notes.await?))
}

#[post("/notes")]
pub async fn create(
    user: CurrentUser,
    web::Json(draft): web::Json<NoteDraft>,
    db: web::Data<Db>,
) -> ApiResult {
    let NoteDraft { title, body, pinned } = draft.checked()?;
    let created = db.with(move |db| {
        let insert = "INSERT INTO notes (owner, title, body, pinned) VALUES (?1, ?2, ?3, ?4)";
        db.execute(insert, (user.id, title, body, pinned))?;
        find(db, user.id, db.last_insert_rowid())
    });
    let note = created.await?;
    Ok(HttpResponse::Created().json(note))
}

#[get("/notes/{id}")]
pub async fn show(user: CurrentUser, id: web::Path<i64>, db: web::Data<Db>) -> ApiResult {
    let id = id.into_inner();
    let note = db.with(move |db| find(db, user.id, id)).await?;
    Ok(HttpResponse::Ok().json(note))
}

#[put("/notes/{id}")]
pub async fn update(
    user: CurrentUser,
    id: web::Path<i64>,
    web::Json(draft): web::Json<NoteDraft>,
    db: web::Data<Db>,
) -> ApiResult {
    let id = id.into_inner();
    let NoteDraft { title, body, pinned } = draft.checked()?;
    let updated = db.with(move |db| {
        find(db, user.id, id)?;
        let update = "UPDATE notes SET title = ?1, body = ?2, pinned = ?3 WHERE id = ?4";
        db.execute(update, (title, body, pinned, id))?;
        find(db, user.id, id)
    });
    Ok(HttpResponse::Ok().json(updated.await?))
}

#[delete("/notes/{id}")]
pub async fn remove(user: CurrentUser, id: web::Path<i64>, db: web::Data<Db>) -> ApiResult {
    let id = id.into_inner();
    let removed = db.with(move |db| {
        find(db, user.id, id)?;
        Ok(db.execute("DELETE FROM notes WHERE id = ?1", [id])?)
    });
    removed.await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The note with this id, if it is this user's.
fn find(db: &Connection, user: i64, id: i64) -> Result<Note, ApiError> {
    let found = db.query_row("SELECT * FROM notes WHERE id = ?1", [id], note).optional()?;
    let note = found.ok_or(ApiError::NotFound)?;
    if note.owner == user { Ok(note) } else { Err(ApiError::Forbidden) }
}

fn note(row: &Row<'_>) -> rusqlite::Result<Note> {
    Ok(Note {
        id: row.get("id")?,
        owner: row.get("owner")?,
        title: row.get("title")?,
        body: row.get("body")?,
        pinned: row.get("pinned")?,
    })
}
