//! State that is taken apart, and state behind a trait (shapes 22 and 24).

use std::fmt;
use std::sync::Arc;

use audit_runtime::{Unrecorded, audited};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use axum::{Json, Router};
use tokio::sync::mpsc;

use super::super::Service;

const SERVICE: Service = Service::Axum(routes);

fn routes() -> Router {
    let (queue_tx, queue) = mpsc::channel(1);
    let state = AppState { db: Arc::new(Table), queue_tx, queue: Arc::new(queue.into()) };
    Router::new()
        .route("/jobs/{id}", post(queue_job))
        .with_state(state)
        .route("/rows/{id}", delete(delete_row::<Table>))
        .with_state(Table)
}

#[derive(Clone)]
struct AppState {
    db: Arc<Table>,
    queue_tx: mpsc::Sender<u32>,
    queue: Arc<tokio::sync::Mutex<mpsc::Receiver<u32>>>,
}

#[audited(action = "QueueJob", target(Job, id = id), fields(room = queue_tx.capacity()))]
async fn queue_job(
    State(AppState { ref db, queue_tx, queue, .. }): State<AppState>,
    Path(id): Path<u32>,
) -> Result<StatusCode, StatusCode> {
    let id = db.find(id).await.map_err(|_| StatusCode::NOT_FOUND)?;
    queue_tx.send(id).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let taken = queue.lock().await.recv().await;
    if taken == Some(id) { Ok(StatusCode::ACCEPTED) } else { Err(StatusCode::BAD_GATEWAY) }
}

#[test]
fn shape_22_a_state_taken_apart_by_reference_and_by_value() {
    let seen = SERVICE.ask("POST /jobs/3", &[], "");
    assert_eq!(seen.told(), "202; QueueJob success anonymous Job:3");
    assert_eq!(seen.actions[0]["args"]["room"], 1);
    let seen = SERVICE.ask("POST /jobs/9", &[], "");
    assert_eq!(seen.told(), "404; QueueJob failure anonymous Job:9");
    SERVICE.refuses("POST /jobs/3", &[], "");
}

trait Database: Clone + Send + Sync + 'static {
    fn find(&self, id: u32) -> impl Future<Output = Result<u32, DatabaseError<'static>>> + Send;
}

#[derive(Clone)]
struct Table;

impl Database for Table {
    async fn find(&self, id: u32) -> Result<u32, DatabaseError<'static>> {
        tokio::task::yield_now().await;
        (id < 5).then_some(id).ok_or(DatabaseError::Missing("row"))
    }
}

/// An error that borrows what it speaks of.
#[derive(Debug)]
enum DatabaseError<'a> {
    Missing(&'a str),
    Unrecorded,
}

impl fmt::Display for DatabaseError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(what) => write!(f, "there is no such {what}"),
            Self::Unrecorded => f.write_str("not now"),
        }
    }
}

impl From<Unrecorded> for DatabaseError<'_> {
    fn from(_: Unrecorded) -> Self {
        Self::Unrecorded
    }
}

impl IntoResponse for DatabaseError<'_> {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Unrecorded => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, self.to_string()).into_response()
    }
}

#[audited(action = "DeleteRow", target(Row, id = id))]
async fn delete_row<DB: Database>(
    State(db): State<DB>,
    Path((id,)): Path<(u32,)>,
) -> Result<Json<u32>, DatabaseError<'static>> {
    Ok(Json(db.find(id).await?))
}

#[test]
fn shape_24_a_generic_database_and_an_error_with_a_lifetime() {
    let seen = SERVICE.ask("DELETE /rows/1", &[], "");
    assert_eq!(seen.told(), "200; DeleteRow success anonymous Row:1");
    let seen = SERVICE.ask("DELETE /rows/9", &[], "");
    assert_eq!(seen.told(), "404; DeleteRow failure anonymous Row:9");
    SERVICE.refuses("DELETE /rows/1", &[], "");
}
