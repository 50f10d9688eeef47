//! Clients that leave axum, and servers that stop.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use actix_web::rt::time::sleep;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;

use super::server::Server;
use crate::support::wait_for;
use crate::web::client::{Client, head};

static STARTED: AtomicBool = AtomicBool::new(false);
static ENDED: AtomicBool = AtomicBool::new(false);
static WAITS: AtomicBool = AtomicBool::new(false);

fn routes() -> Router {
    Router::new()
        .route("/ok", get(async || "fine"))
        .route("/long", get(async || vec![b'a'; 1 << 20]))
        .route("/endless", get(endless))
        .route("/waiting", get(waiting))
        .route("/slow", get(slow))
}

async fn endless() -> Body {
    let parts = futures_util::stream::repeat_with(|| {
        Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 1024]))
    });
    Body::from_stream(parts)
}

async fn waiting() -> &'static str {
    WAITS.store(true, SeqCst);
    sleep(Duration::from_secs(5)).await;
    "done"
}

async fn slow() -> &'static str {
    STARTED.store(true, SeqCst);
    sleep(Duration::from_secs(5)).await;
    ENDED.store(true, SeqCst);
    "done"
}

#[test]
fn a_client_that_leaves_in_the_middle_of_the_response_is_recorded_as_gone() {
    let server = Server::start(routes());
    let mut client = Client::connect(server.address);
    client.send(head("GET /endless", &[], 0).as_bytes());
    assert!(client.read_some().starts_with(b"HTTP/1.1 200"));
    client.reset();
    let records = server.finish();
    let access = records.access();
    assert_eq!(access["outcome"], "cancelled");
    assert_eq!(access["http"]["client_gone"], true);
    assert_eq!(access["http"]["status"], 200);
}

#[test]
fn a_client_that_closes_while_the_handler_works_ends_it() {
    let server = Server::start(routes());
    let mut client = Client::connect(server.address);
    client.send(head("GET /slow", &[], 0).as_bytes());
    wait_for(|| STARTED.load(SeqCst));
    drop(client);
    let records = server.finish();
    let access = records.access();
    assert_eq!(access["outcome"], "cancelled");
    assert_eq!(access["http"]["client_gone"], true);
    assert!(access["http"].get("status").is_none());
    assert!(!ENDED.load(SeqCst));
}

#[test]
fn a_client_that_has_stopped_sending_gets_no_answer() {
    let server = Server::start(routes());
    let mut client = Client::connect(server.address);
    client.send(head("GET /waiting", &[], 0).as_bytes());
    wait_for(|| WAITS.load(SeqCst));
    client.finish_sending();
    // axum takes this for a close; in actix-web such a client has its answer.
    assert_eq!(client.read_to_end(), "");
    let records = server.finish();
    assert_eq!(records.access()["outcome"], "cancelled");
    assert_eq!(records.access()["http"]["client_gone"], true);
}

#[test]
fn a_slow_reader_is_no_absent_client() {
    let server = Server::start(routes());
    let mut client = Client::connect(server.address);
    client.send(head("GET /long", &[], 0).as_bytes());
    std::thread::sleep(Duration::from_millis(50));
    assert!(client.read_to_end().len() > 1 << 20);
    let records = server.finish();
    assert_eq!(records.access()["outcome"], "success");
    assert!(records.access()["http"].get("client_gone").is_none());
}

#[test]
fn every_request_of_a_connection_has_a_record_of_its_own() {
    let server = Server::start(routes());
    let mut client = Client::connect(server.address);
    let first = "GET /ok HTTP/1.1\r\nhost: localhost\r\nx-correlation-id: first\r\n\r\n";
    let second = head("GET /missing", &["x-correlation-id: second"], 0);
    client.send((first.to_owned() + &second).as_bytes());
    let answers = client.read_to_end();
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 2, "{answers}");
    let records = server.finish();
    assert_eq!(records.accesses().len(), 2);
    assert_eq!(records.access_of("first")["outcome"], "success");
    assert_eq!(records.access_of("second")["outcome"], "failure");
}
