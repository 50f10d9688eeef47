//! Calls that have returned, and are given up while what they changed is still being found out.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use actix_web::{HttpResponse, Responder};
use audit_runtime::audited;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use crate::support::{Trail, block_on, only, run};
use crate::tower::server::Server;
use crate::web::client::{Client, head};

static IS_COMPARED: AtomicBool = AtomicBool::new(false);

/// A value that is loaded for as long as anybody waits.
async fn load() -> u8 {
    std::future::pending().await
}

/// The same, and says that it is waited for.
async fn load_in_server() -> u8 {
    IS_COMPARED.store(true, SeqCst);
    load().await
}

/// An error of the service's own.
struct Broken;

impl IntoResponse for Broken {
    fn into_response(self) -> Response {
        StatusCode::BAD_GATEWAY.into_response()
    }
}

#[audited(action = "Return", changes(before = 1_u8, after = load().await), on_unrecorded = fail_open)]
async fn unit() {}

#[audited(action = "Return", changes(before = 1_u8, after = load().await), on_unrecorded = fail_open)]
async fn actix() -> actix_web::Result<HttpResponse> {
    Ok(HttpResponse::NoContent().finish())
}

#[audited(action = "Return", changes(before = 1_u8, after = load().await), on_unrecorded = fail_open)]
async fn responder() -> impl Responder {
    "done"
}

#[audited(action = "Return", changes(before = 1_u8, after = load().await), on_unrecorded = fail_open)]
async fn into_response() -> impl IntoResponse {
    "done"
}

#[audited(action = "Return", changes(before = 1_u8, after = load().await), on_unrecorded = fail_open)]
async fn result() -> Result<Json<u8>, Broken> {
    Ok(Json(1))
}

#[audited(action = "Return", changes(before = 1_u8, after = load_in_server().await), on_unrecorded = fail_open)]
async fn served() -> Result<Json<u8>, Broken> {
    Ok(Json(1))
}

/// How it ended is told, and that its changes are not known.
#[track_caller]
fn check(record: &Value, outcome: &str) {
    assert_eq!((&record["outcome"], record.get("changes")), (&json!(outcome), None));
    assert_eq!(record["truncated"], json!(["changes"]));
}

#[test]
fn a_call_ends_as_it_returned_and_is_unknown_where_only_a_response_would_tell() {
    let given_up = |call: &mut dyn FnMut() -> bool| {
        let (is_over, records) = run(async { call() });
        assert!(!is_over);
        only(records)
    };
    check(&given_up(&mut || unit().now_or_never().is_some()), "success");
    check(&given_up(&mut || actix().now_or_never().is_some()), "success");
    check(&given_up(&mut || responder().now_or_never().is_some()), "unknown");
    check(&given_up(&mut || into_response().now_or_never().is_some()), "unknown");
    check(&given_up(&mut || result().now_or_never().is_some()), "unknown");
}

#[test]
fn a_shutdown_that_comes_meanwhile_knows_what_was_returned() {
    let trail = Trail::new();
    let storage = trail.storage.clone();
    block_on(trail.recorder.scope(async {
        let mut call = Box::pin(unit());
        assert!((&mut call).now_or_never().is_none());
        trail.recorder.shutdown(Duration::from_secs(20)).unwrap();
    }));
    let record = only(Trail::read(storage));
    check(&record, "success");
    assert_eq!(record["completed_by"], "recorder");
}

#[test]
fn a_client_that_leaves_meanwhile_leaves_it_unknown() {
    let server = Server::start(Router::new().route("/", post(served)));
    let mut client = Client::connect(server.address);
    client.send(head("POST /", &[], 0).as_bytes());
    while !IS_COMPARED.load(SeqCst) {
        std::thread::sleep(Duration::from_millis(2));
    }
    client.reset();
    let records = server.finish().0;
    check(records.iter().find(|record| record["action"] == "Return").unwrap(), "unknown");
}
