//! Clients that leave, and connections that carry more than one request.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{self, Bytes, ServiceConfig};

use super::client::{Client, head};
use super::server::Server;
use crate::support::wait_for;

fn routes(config: &mut ServiceConfig) {
    config
        .route("/ok", web::get().to(async || "fine"))
        .route("/endless", web::get().to(async || HttpResponse::Ok().body(Endless)))
        .route("/long", web::get().to(async || HttpResponse::Ok().body(vec![b'a'; 1 << 20])))
        .route("/abandoned", web::get().to(abandoned))
        .route("/slow", web::get().to(slow))
        .route("/slower", web::get().to(slower));
}

const PAUSE: Duration = Duration::from_millis(300);

/// One flag for each route, because tests run at the same time.
static ABANDONED_STARTED: AtomicBool = AtomicBool::new(false);
static SLOW_STARTED: AtomicBool = AtomicBool::new(false);
static SLOWER_STARTED: AtomicBool = AtomicBool::new(false);
static SLOWER_ENDED: AtomicBool = AtomicBool::new(false);

async fn abandoned() -> &'static str {
    ABANDONED_STARTED.store(true, SeqCst);
    actix_web::rt::time::sleep(PAUSE).await;
    "done"
}

async fn slow() -> &'static str {
    SLOW_STARTED.store(true, SeqCst);
    actix_web::rt::time::sleep(PAUSE).await;
    "done"
}

async fn slower() -> &'static str {
    SLOWER_STARTED.store(true, SeqCst);
    actix_web::rt::time::sleep(PAUSE).await;
    SLOWER_ENDED.store(true, SeqCst);
    "done"
}

/// A body without an end.
struct Endless;

impl MessageBody for Endless {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(Some(Ok(Bytes::from_static(&[b'x'; 1024]))))
    }
}

#[test]
fn a_client_that_leaves_in_the_middle_of_the_response_is_recorded_as_gone() {
    let server = Server::start(routes);
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
fn a_client_that_closes_while_the_handler_works_cannot_be_told_from_a_patient_one() {
    let server = Server::start(routes);
    let mut client = Client::connect(server.address);
    client.send(head("GET /abandoned", &[], 0).as_bytes());
    wait_for(|| ABANDONED_STARTED.load(SeqCst));
    drop(client);
    let records = server.finish();
    // actix-web runs the handler on, and the operating system still takes the response.
    assert_eq!(records.access()["outcome"], "success");
    assert_eq!(records.access()["http"]["status"], 200);
}

#[test]
fn a_client_that_has_stopped_sending_still_gets_its_answer() {
    let server = Server::start(routes);
    let mut client = Client::connect(server.address);
    client.send(head("GET /slow", &[], 0).as_bytes());
    wait_for(|| SLOW_STARTED.load(SeqCst));
    client.finish_sending();
    let answer = client.read_to_end();
    let records = server.finish();
    assert!(answer.ends_with("done"), "{answer}");
    assert_eq!(records.access()["outcome"], "success");
}

#[test]
fn a_client_that_resets_the_connection_ends_the_handler_too() {
    let server = Server::start(routes);
    let mut client = Client::connect(server.address);
    client.send(head("GET /slower", &[], 0).as_bytes());
    wait_for(|| SLOWER_STARTED.load(SeqCst));
    client.reset();
    std::thread::sleep(2 * PAUSE);
    let records = server.finish();
    let access = records.access();
    assert_eq!(access["outcome"], "cancelled");
    assert_eq!(access["http"]["client_gone"], true);
    assert!(access["http"].get("status").is_none());
    assert!(!SLOWER_ENDED.load(SeqCst));
}

#[test]
fn a_slow_reader_is_no_absent_client() {
    let server = Server::start(routes);
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
    let server = Server::start(routes);
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
