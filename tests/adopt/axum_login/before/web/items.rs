//! The stock: a page for everybody who is logged in, changes as JSON.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use rusqlite::{ErrorCode, OptionalExtension as _};
use serde::{Deserialize, Serialize};

use super::super::users::{AuthSession, Backend};
use super::error::ApiError;

pub fn routes() -> Router<Backend> {
    Router::new()
        .route("/", get(overview))
        .route("/api/items", get(list_items))
        .route("/api/items/{id}/stock", post(change_stock))
}

/// What takes more than being logged in.
pub fn management() -> Router<Backend> {
    Router::new()
        .route("/api/items", post(create_item))
        .route("/api/items/{id}", delete(remove_item))
}

#[derive(Serialize)]
struct Item {
    id: i64,
    name: String,
    stock: i64,
}

#[derive(Deserialize)]
struct NewItem {
    name: String,
    stock: i64,
}

#[derive(Deserialize)]
struct StockChange {
    by: i64,
}

async fn overview(session: AuthSession) -> Result<Html<String>, StatusCode> {
    let user = session.user.ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Html(format!("<!DOCTYPE html><title>Stock</title><p>{} ({})</p>", user.name, user.role)))
}

async fn list_items(State(backend): State<Backend>) -> Result<Json<Vec<Item>>, ApiError> {
    let items = backend.query(|db| {
        let mut query = db.prepare("SELECT id, name, stock FROM items ORDER BY id")?;
        let rows = query.query_map([], |row| {
            Ok(Item { id: row.get(0)?, name: row.get(1)?, stock: row.get(2)? })
        })?;
        rows.collect()
    });
    Ok(Json(items.await?))
}

async fn create_item(
    State(backend): State<Backend>,
    Json(NewItem { name, stock }): Json<NewItem>,
) -> Result<(StatusCode, Json<Item>), ApiError> {
    let inserted = backend.query(move |db| {
        let insert = "INSERT INTO items (name, stock) VALUES (?1, ?2)";
        match db.execute(insert, (&name, stock)) {
            Ok(_) => Ok(Some(Item { id: db.last_insert_rowid(), name, stock })),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    });
    let item = inserted.await?.ok_or(ApiError::Conflict("there is an item of this name"))?;
    Ok((StatusCode::CREATED, Json(item)))
}

async fn change_stock(
    State(backend): State<Backend>,
    Path(id): Path<i64>,
    Json(change): Json<StockChange>,
) -> Result<Json<Item>, ApiError> {
    let changed = backend.query(move |db| {
        let update = "UPDATE items SET stock = stock + ?1 WHERE id = ?2 AND stock + ?1 >= 0 \
                      RETURNING id, name, stock";
        db.query_row(update, [change.by, id], |row| {
            Ok(Item { id: row.get(0)?, name: row.get(1)?, stock: row.get(2)? })
        })
        .optional()
    });
    Ok(Json(changed.await?.ok_or(ApiError::Conflict("there are not that many"))?))
}

async fn remove_item(
    State(backend): State<Backend>,
    Path(id): Path<i64>,
) -> Result<StatusCode, ApiError> {
    let delete = "DELETE FROM items WHERE id = ?1";
    match backend.query(move |db| db.execute(delete, [id])).await? {
        0 => Err(ApiError::NotFound),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
