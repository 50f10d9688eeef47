//! What is left to the response and what is not: audited steps of a handler end as they return, an
//! answer whose status is not known yet ends as its response.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::web::{self, Json, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Responder};
use audit_runtime::{AuditMiddleware, audited};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::HeldClock;
use super::client::{Client, head, request, status};
use super::server::Server;
use crate::support::{Trail, summary, wait_for};

fn routes(config: &mut ServiceConfig) {
    config
        .route("/steps", web::post().to(steps))
        .route("/step-and-wait", web::post().to(step_and_wait))
        .route("/step-and-panic", web::post().to(step_and_panic))
        .route("/step-and-tell", web::post().to(step_and_tell))
        .route("/queued", web::post().to(queued))
        .route("/unwritable", web::post().to(unwritable))
        .route("/page", web::post().to(page))
        .route("/missing", web::post().to(missing));
}

/// No action itself; its steps succeed, and then it fails.
async fn steps() -> HttpResponse {
    store_result().await.unwrap();
    store_text().await.unwrap();
    store_nothing().await;
    store_json().await;
    assert!(find_number().await.is_none());
    store_blocking();
    HttpResponse::InternalServerError().finish()
}

#[audited(action = "StoreResult")]
async fn store_result() -> Result<String, String> {
    Ok("stored".to_owned())
}

#[audited(action = "StoreText")]
async fn store_text() -> actix_web::Result<&'static str> {
    Ok("stored")
}

#[audited(action = "StoreNothing", on_unrecorded = fail_open)]
async fn store_nothing() {}

#[audited(action = "StoreJson", on_unrecorded = fail_open)]
async fn store_json() -> Json<u8> {
    Json(1)
}

#[audited(action = "FindNumber")]
async fn find_number() -> Option<u8> {
    None
}

/// A sync function ends as it returns, even if that would make a response.
#[audited(action = "StoreBlocking", on_unrecorded = fail_open)]
fn store_blocking() -> impl Responder {
    "stored"
}

async fn step_and_panic() -> HttpResponse {
    store_result().await.unwrap();
    panic!("after the step")
}

static WAITING: AtomicBool = AtomicBool::new(false);
static STORED: AtomicBool = AtomicBool::new(false);

async fn step_and_wait() -> HttpResponse {
    store_result().await.unwrap();
    WAITING.store(true, SeqCst);
    actix_web::rt::time::sleep(Duration::from_secs(20)).await;
    HttpResponse::Ok().finish()
}

async fn step_and_tell() -> HttpResponse {
    store_result().await.unwrap();
    STORED.store(true, SeqCst);
    HttpResponse::Ok().finish()
}

#[audited(action = "QueueTea", durability = queued)]
async fn queued() -> impl Responder {
    HttpResponse::ImATeapot()
}

/// A value that cannot be serialised.
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("unwritable"))
    }
}

#[audited(action = "WriteJson")]
async fn unwritable() -> impl Responder {
    Json(Unwritable)
}

/// A responder of the service's own.
struct Page;

impl Responder for Page {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Forbidden().finish()
    }
}

#[audited(action = "UpdatePage")]
async fn page() -> actix_web::Result<Page> {
    Ok(Page)
}

#[audited(action = "FindPage")]
async fn missing() -> Option<&'static str> {
    None
}

/// Sends one request, and tells the status and how every record ended, the access record last.
fn exchange(path: &str) -> (u16, Vec<String>) {
    let server = Server::start(routes);
    let answer = request(server.address, &format!("POST {path}"), &[], "");
    (status(&answer), summary(&server.finish().0))
}

#[test]
fn steps_of_a_handler_end_as_they_return_whatever_it_answers() {
    let (status, ends) = exchange("/steps");
    assert_eq!(status, 500);
    let expected = [
        "StoreResult success",
        "StoreText success",
        "StoreNothing success",
        "StoreJson success",
        "FindNumber success",
        "StoreBlocking success",
        "HttpRequest error",
    ];
    assert_eq!(ends, expected);
}

#[test]
fn a_step_ends_as_it_returned_when_its_handler_panics_afterwards() {
    let (_, ends) = exchange("/step-and-panic");
    assert_eq!(ends, ["StoreResult success", "HttpRequest panic"]);
}

#[test]
fn a_step_ends_as_it_returned_when_the_client_is_gone_afterwards() {
    let server = Server::start(routes);
    let mut client = Client::connect(server.address);
    client.send(head("POST /step-and-wait", &[], 0).as_bytes());
    wait_for(|| WAITING.load(SeqCst));
    client.reset();
    let ends = summary(&server.finish().0);
    assert_eq!(ends, ["StoreResult success", "HttpRequest cancelled"]);
}

#[test]
fn a_handler_goes_on_when_the_record_of_its_step_is_durable() {
    let clock = Arc::new(HeldClock::default());
    let trail = Trail::with(|settings| settings.clock(clock.clone()));
    let server = Server::recording(trail, AuditMiddleware::new(), routes);
    let mut client = Client::connect(server.address);
    let held = clock.hold();
    client.send(head("POST /step-and-tell", &[], 0).as_bytes());
    assert!(client.hears_nothing_for(Duration::from_millis(200)));
    assert!(!STORED.load(SeqCst), "the handler did not wait for its step");
    drop(held);
    assert_eq!(status(&client.read_to_end()), 200);
    assert!(STORED.load(SeqCst));
    let records: Vec<Value> = server.finish().0;
    assert_eq!(records.len(), 2);
}

#[test]
fn answers_of_unknown_status_end_as_their_response() {
    for (path, expected, action) in [
        ("/queued", 418, "QueueTea failure"),
        ("/unwritable", 500, "WriteJson error"),
        ("/page", 403, "UpdatePage denied"),
        ("/missing", 404, "FindPage failure"),
    ] {
        let (status, ends) = exchange(path);
        assert_eq!(status, expected, "{path}");
        assert_eq!(ends[0], action, "{path}");
        assert_eq!(ends.len(), 2, "{path}: {ends:?}");
    }
}
