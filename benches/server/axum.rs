//! The axum servers, each on one thread.

use std::net::{SocketAddr, TcpListener};
use std::thread;

use audit_runtime::{AuditLayer, Disclosed, audited};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{MethodRouter, get};
use axum::{Json, Router};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::role::{Side, Work, answer, until_end};
use crate::types::Profile;
use crate::users;

pub(crate) fn serve(side: Side, work: Work, listener: TcpListener) {
    let app = router(side).with_state(work);
    let app = if side.records() > 0 { app.layer(AuditLayer::new()) } else { app };
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let (end, ended) = oneshot::channel();
    thread::spawn(move || {
        until_end();
        end.send(())
    });
    Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let ended = async { ended.await.unwrap() };
        axum::serve(listener, app).with_graceful_shutdown(ended).await.unwrap();
    });
}

fn router(side: Side) -> Router<Work> {
    let account = |route: MethodRouter<Work>| Router::new().route("/accounts/{id}", route);
    let user = |route: MethodRouter<Work>| Router::new().route("/users/{id}", route);
    match side {
        Side::Plain => account(get(plain)),
        Side::Queued => account(get(queued)),
        Side::Encoded => account(get(encoded)),
        Side::Synced => account(get(synced)),
        Side::Read => user(get(read)),
        Side::ReadQueued => user(get(read_queued)),
        Side::ReadSynced => user(get(read_synced)),
    }
}

type Answer = Result<Disclosed<Json<Profile>>, StatusCode>;

async fn plain(Path(id): Path<u64>) -> String {
    answer(id)
}

#[audited(action = "ReadAccount", target(Account, id = id), durability = queued)]
async fn queued(Path(id): Path<u64>) -> String {
    answer(id)
}

#[audited(action = "CheckAccount", target(Account, id = id), on_unrecorded = fail_open)]
async fn synced(Path(id): Path<u64>) -> String {
    answer(id)
}

async fn encoded(Path(id): Path<u64>, State(work): State<Work>) -> String {
    work.lines.iter().for_each(|lines| lines.encode_and_hash());
    answer(id)
}

async fn read(Path(id): Path<i64>, State(work): State<Work>) -> Answer {
    profile(id, &work).await
}

#[audited(action = "ReadProfile", target(User, id = id), durability = queued)]
async fn read_queued(Path(id): Path<i64>, State(work): State<Work>) -> Answer {
    profile(id, &work).await
}

#[audited(action = "ReadUser", target(User, id = id))]
async fn read_synced(Path(id): Path<i64>, State(work): State<Work>) -> Answer {
    profile(id, &work).await
}

async fn profile(id: i64, work: &Work) -> Answer {
    let users = work.users.as_ref().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
    let profile = users.with(move |table| users::profile(table, id)).await;
    let profile = profile.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    profile.map(|profile| Disclosed(Json(profile))).ok_or(StatusCode::NOT_FOUND)
}
