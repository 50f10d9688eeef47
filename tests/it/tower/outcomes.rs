//! Every way in which a request of axum ends leaves one access record, which tells how it ended.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt;
use audit_runtime::{Actor, AuditLayer, Event, TrustedProxies};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http_body::{Frame, SizeHint};
use serde::Deserialize;
use serde_json::Value;

use super::server::Server;
use crate::web::client::{header, request, status};
use crate::web::server::Records;

fn routes() -> Router {
    Router::new()
        .route("/ok", get(async || "fine"))
        .route("/empty", get(StatusCode::NO_CONTENT))
        .route("/forbidden", get(StatusCode::FORBIDDEN))
        .route("/denied", get(denied))
        .route("/failed", get(failed))
        .route("/panic", get(panics))
        .route("/late-panic", get(panics_after_a_pause))
        .route("/body-panic", get(async || Body::new(Broken::Panics)))
        .route("/body-error", get(async || Body::new(Broken::Fails)))
        .route("/counted", get(counted))
        .route("/json", post(json_body))
        .route("/users/{id}", get(user))
        .route("/login", get(login))
        .nest(
            "/guarded",
            Router::new().route("/{name}", get(StatusCode::OK)).layer(from_fn(reject)),
        )
        .nest("/hasty", Router::new().route("/{name}", get(endless_work)).layer(from_fn(limit)))
        .nest(
            "/twice",
            Router::new().route("/{name}", get(StatusCode::OK)).layer(AuditLayer::new()),
        )
}

async fn denied() -> impl IntoResponse {
    audit_runtime::deny("role_missing");
    Redirect::to("/login")
}

async fn failed() -> impl IntoResponse {
    audit_runtime::fail("stale");
    audit_runtime::set_target("Page", 7);
    "try again"
}

async fn panics() -> StatusCode {
    panic!("at once")
}

async fn panics_after_a_pause() -> StatusCode {
    rt::time::sleep(Duration::from_millis(5)).await;
    panic!("after a pause")
}

/// The server takes as many bytes as the head says, and never asks for the end.
async fn counted() -> Response {
    let head = Response::builder().header("content-length", "4");
    head.body(Body::new(Broken::Never)).unwrap()
}

#[derive(Deserialize)]
struct Amount {
    amount: u32,
}

async fn json_body(Json(amount): Json<Amount>) -> String {
    amount.amount.to_string()
}

async fn user(Path(id): Path<u32>) -> String {
    id.to_string()
}

async fn login() -> &'static str {
    audit_runtime::set_actor(Actor::user("42"));
    // The receipt of an event of its own is not awaited here: it is recorded all the same.
    drop(audit_runtime::record(Event::authentication("password").succeeded()));
    "welcome"
}

async fn reject(_: Request, _: Next) -> StatusCode {
    StatusCode::UNAUTHORIZED
}

async fn endless_work() -> StatusCode {
    rt::time::sleep(Duration::from_secs(3600)).await;
    StatusCode::OK
}

/// The layer that gives requests up.
async fn limit(request: Request, next: Next) -> Result<Response, StatusCode> {
    let answer = rt::time::timeout(Duration::from_millis(50), next.run(request)).await;
    answer.map_err(|_| StatusCode::GATEWAY_TIMEOUT)
}

/// A body of which four bytes come, and then not what the client waits for.
enum Broken {
    Panics,
    Fails,
    Never,
}

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match std::mem::replace(&mut *self, Self::Fails) {
            Self::Panics => panic!("in the body"),
            Self::Fails => Poll::Ready(Some(Err(std::io::Error::other("no more")))),
            Self::Never => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"four"))))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

fn ask(line: &str) -> (String, Records) {
    asked(line, &[], "")
}

fn asked(line: &str, headers: &[&str], body: &str) -> (String, Records) {
    let server = Server::start(routes());
    let answer = request(server.address, line, headers, body);
    (answer, server.finish())
}

/// Outcome and status of the one access record.
fn end(records: &Records) -> (&str, Option<u64>) {
    let access = records.access();
    (access["outcome"].as_str().unwrap(), access["http"]["status"].as_u64())
}

#[test]
fn answers_are_judged_by_their_status() {
    for (line, expected) in [
        ("GET /ok", ("success", 200)),
        ("HEAD /ok", ("success", 200)),
        ("GET /empty", ("success", 204)),
        ("GET /forbidden", ("denied", 403)),
        ("GET /guarded/x", ("failure", 401)),
        ("GET /hasty/x", ("timeout", 504)),
        ("GET /missing", ("failure", 404)),
        ("POST /ok", ("failure", 405)),
        ("GET /users/nobody", ("failure", 400)),
        ("GET /users/7", ("success", 200)),
    ] {
        let (answer, records) = ask(line);
        assert_eq!(u64::from(status(&answer)), expected.1, "{line}");
        assert_eq!(end(&records), (expected.0, Some(expected.1)), "{line}");
    }
}

#[test]
fn a_handler_judges_its_request_itself() {
    let (_, records) = ask("GET /denied");
    assert_eq!(end(&records), ("denied", Some(303)));
    assert_eq!(records.access()["reason"]["code"], "role_missing");
    let (_, records) = ask("GET /failed");
    assert_eq!(end(&records), ("failure", Some(200)));
    assert_eq!(records.access()["targets"][0]["id"], "7");
}

#[test]
fn a_panic_is_recorded_wherever_it_happens() {
    for line in ["GET /panic", "GET /late-panic", "GET /body-panic"] {
        let (_, records) = ask(line);
        assert_eq!(records.access()["outcome"], "panic", "{line}");
    }
}

#[test]
fn a_body_that_breaks_is_an_error_and_no_absent_client() {
    let (_, records) = ask("GET /body-error");
    assert_eq!(end(&records), ("error", Some(200)));
    assert!(records.access()["http"].get("client_gone").is_none());
}

#[test]
fn a_body_ends_where_its_head_says_so() {
    let (answer, records) = ask("GET /counted");
    assert!(answer.ends_with("four"), "{answer}");
    assert_eq!(end(&records), ("success", Some(200)));
}

#[test]
fn an_extractor_failure_never_reaches_the_handler_and_is_recorded() {
    let headers = ["content-type: application/json"];
    let (answer, records) = asked("POST /json", &headers, r#"{"amount":"secret"}"#);
    assert_eq!(status(&answer), 422);
    assert_eq!(end(&records), ("failure", Some(422)));
    let text = serde_json::to_string(&records.0).unwrap();
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn routes_are_told_by_their_template_and_other_paths_by_hash_and_length() {
    let (_, records) = ask("GET /users/7");
    assert_eq!(records.access()["http"]["route"], "/users/{id}");
    let (_, records) = ask("GET /guarded/x");
    assert_eq!(records.access()["http"]["route"], "/guarded/{name}");
    let (_, records) = ask("GET /secret-path");
    let http = &records.access()["http"];
    assert!(http.get("route").is_none(), "{http}");
    assert!(!serde_json::to_string(&records.0).unwrap().contains("secret-path"));
}

#[test]
fn a_login_inside_a_request_is_the_actor_of_its_records() {
    let (_, records) = ask("GET /login");
    assert_eq!(records.0.len(), 2);
    for record in &records.0 {
        assert_eq!(record["actor"]["id"], "42", "{record}");
        assert_eq!(record["correlation_id"], records.0[0]["correlation_id"]);
    }
}

#[test]
fn a_layer_that_is_registered_twice_records_once() {
    let (_, records) = ask("GET /twice/x");
    assert_eq!(end(&records), ("success", Some(200)));
}

#[test]
fn ids_are_echoed_and_the_address_is_that_of_the_connection_or_behind_trusted_proxies() {
    let headers =
        ["x-correlation-id: order-7", "x-forwarded-for: 203.0.113.9", "user-agent: probe"];
    let (answer, records) = asked("GET /ok", &headers, "");
    assert_eq!(header(&answer, "x-correlation-id"), Some("order-7"));
    let access = records.access();
    assert_eq!(access["correlation_id"], "order-7");
    assert_eq!(access["origin"]["ip"], "127.0.0.1");
    assert_eq!(access["origin"]["user_agent"], "probe");
    let proxies = TrustedProxies::parse(["127.0.0.1"]).unwrap();
    let server = Server::with(AuditLayer::new().trusted_proxies(proxies), routes());
    request(server.address, "GET /ok", &headers, "");
    let records = server.finish();
    let origin: &Value = &records.access()["origin"];
    assert_eq!((&origin["ip"], &origin["trust"]), (&"203.0.113.9".into(), &"trusted_proxy".into()));
}
