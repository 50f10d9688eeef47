//! The users, whom only an admin manages.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{post, put};
use axum::{Json, Router};
use serde::Deserialize;

use super::super::users::Backend;
use super::error::ApiError;

pub fn routes() -> Router<Backend> {
    Router::new()
        .route("/api/users", post(create_user))
        .route("/api/users/{id}/role", put(change_role))
}

#[derive(Deserialize)]
struct NewUser {
    name: String,
    password: String,
    role: Role,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Clerk,
    Manager,
    Admin,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }
}

#[derive(Deserialize)]
struct RoleChange {
    role: Role,
}

async fn create_user(
    State(backend): State<Backend>,
    Json(new): Json<NewUser>,
) -> Result<StatusCode, ApiError> {
    backend.seed(&new.name, &new.password, new.role.as_str()).await?;
    Ok(StatusCode::CREATED)
}

async fn change_role(
    State(backend): State<Backend>,
    Path(id): Path<i64>,
    Json(change): Json<RoleChange>,
) -> Result<StatusCode, ApiError> {
    let role = change.role.as_str();
    let update = "UPDATE users SET role = ?1 WHERE id = ?2";
    match backend.query(move |db| db.execute(update, (role, id))).await? {
        0 => Err(ApiError::NotFound),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
