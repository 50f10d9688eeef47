//! An audited action inside a request: one record of its own, joined to the record of the request.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorForbidden, ErrorUnauthorized};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{Error, HttpResponse, Responder};
use audit_runtime::{Actor, AuditMiddleware, Clock, SystemClock, Timestamp, audited};
use serde_json::Value;

use super::client::{Client, head, request, status};
use super::server::{Records, Server};
use crate::support::{Trail, wait_for};

fn routes(config: &mut ServiceConfig) {
    config
        .route("/ok/{id}", web::post().to(update))
        .route("/error", web::post().to(forbidden))
        .route("/denied", web::post().to(denied))
        .route("/failed", web::post().to(failed))
        .route("/panic", web::post().to(panics))
        .route("/text", web::post().to(text))
        .route("/teapot", web::post().to(teapot))
        .route("/steps", web::post().to(with_steps))
        .route("/slow/closed", web::post().to(slow))
        .route("/slow/reset", web::post().to(slow))
        .service(web::scope("/guarded").wrap(from_fn(reject)).route("", web::post().to(text)))
        .service(
            web::scope("/broken")
                .wrap(from_fn(panic_afterwards))
                .route("", web::post().to(teapot))
                .route("/open", web::post().to(open_teapot)),
        );
}

#[audited(action = "UpdatePage", target(Page, id = id))]
async fn update(id: Path<u32>) -> actix_web::Result<HttpResponse> {
    audit_runtime::set_actor(Actor::user("42"));
    Ok(HttpResponse::Ok().body(id.to_string()))
}

#[audited(action = "UpdatePage")]
async fn forbidden() -> actix_web::Result<HttpResponse> {
    Err(ErrorForbidden("secret reason"))
}

#[audited(action = "UpdatePage")]
async fn denied() -> HttpResponse {
    audit_runtime::deny("role_missing");
    HttpResponse::SeeOther().finish()
}

#[audited(action = "UpdatePage")]
async fn failed() -> HttpResponse {
    audit_runtime::fail("stale");
    HttpResponse::Ok().finish()
}

#[audited(action = "UpdatePage")]
async fn panics() -> HttpResponse {
    panic!("inside the action")
}

#[audited(action = "UpdatePage")]
async fn text() -> actix_web::Result<&'static str> {
    Ok("fine")
}

#[audited(action = "UpdatePage")]
async fn teapot() -> impl Responder {
    HttpResponse::ImATeapot()
}

#[audited(action = "UpdatePage", on_unrecorded = fail_open)]
async fn open_teapot() -> impl Responder {
    HttpResponse::ImATeapot()
}

#[audited(action = "UpdatePage")]
async fn with_steps() -> impl Responder {
    let stored = store().await;
    HttpResponse::BadGateway().body(stored.unwrap_or_default())
}

#[audited(action = "StoreText")]
async fn store() -> Result<String, String> {
    Ok("stored".to_owned())
}

static CLOSED_STARTED: AtomicBool = AtomicBool::new(false);
static RESET_STARTED: AtomicBool = AtomicBool::new(false);

#[audited(action = "UpdatePage")]
async fn slow(request: actix_web::HttpRequest) -> HttpResponse {
    let started = match request.path() {
        "/slow/closed" => &CLOSED_STARTED,
        _ => &RESET_STARTED,
    };
    started.store(true, SeqCst);
    actix_web::rt::time::sleep(Duration::from_millis(300)).await;
    HttpResponse::Ok().finish()
}

async fn reject(_: ServiceRequest, _: Next<impl MessageBody>) -> Result<ServiceResponse, Error> {
    Err(ErrorUnauthorized("who are you?"))
}

async fn panic_afterwards<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    next.call(request).await?;
    panic!("after the handler")
}

/// Sends one request and gives its access record and its actions' records.
fn exchange(path: &str) -> (Value, Vec<Value>) {
    let server = Server::start(routes);
    let answer = request(server.address, &format!("POST {path}"), &[], "");
    let (access, actions) = joined(&server.finish());
    if access["outcome"] != "panic" {
        assert_eq!(access["http"]["status"], status(&answer), "{path}");
    }
    (access, actions)
}

/// The access record, and the records of actions, checked to belong to its request.
fn joined(records: &Records) -> (Value, Vec<Value>) {
    let access = records.access().clone();
    let actions = records.0.iter().filter(|record| record["category"] == "activity");
    let actions: Vec<Value> = actions.cloned().collect();
    for action in &actions {
        assert_eq!(action["correlation_id"], access["correlation_id"]);
        assert_eq!(action["actor"], access["actor"]);
        assert_eq!(action["origin"], access["origin"]);
    }
    assert_eq!(records.0.len(), actions.len() + 1);
    (access, actions)
}

#[test]
fn an_action_and_its_request_leave_one_record_each() {
    for (path, action_ends, access_ends) in [
        ("/ok/7", "success", "success"),
        ("/error", "denied", "denied"),
        ("/denied", "denied", "success"),
        ("/failed", "failure", "success"),
        ("/panic", "panic", "panic"),
    ] {
        let (access, actions) = exchange(path);
        assert_eq!(actions.len(), 1, "{path}: {actions:#?}");
        assert_eq!(actions[0]["outcome"], action_ends, "{path}");
        assert_eq!(actions[0]["causation_id"], access["id"], "{path}");
        assert_eq!(access["outcome"], access_ends, "{path}");
        assert!(!actions[0].to_string().contains("secret"));
    }
}

#[test]
fn an_action_and_its_response_end_alike() {
    for (path, outcome) in [("/text", "success"), ("/teapot", "failure")] {
        let (access, actions) = exchange(path);
        assert_eq!(actions.len(), 1, "{path}: {actions:#?}");
        assert_eq!(actions[0]["outcome"], outcome, "{path}");
        assert_eq!(access["outcome"], outcome, "{path}");
    }
}

/// A clock that can be held, and the journal with it: it looks at the clock for every record.
#[derive(Default)]
pub(crate) struct HeldClock(Mutex<()>);

impl HeldClock {
    /// Holds the clock until the guard is dropped.
    pub(crate) fn hold(&self) -> MutexGuard<'_, ()> {
        self.0.lock().unwrap()
    }
}

impl Clock for HeldClock {
    fn now(&self) -> Timestamp {
        drop(self.0.lock().unwrap());
        SystemClock.now()
    }

    fn monotonic_ns(&self) -> u64 {
        SystemClock.monotonic_ns()
    }
}

#[test]
fn a_response_waits_for_the_record_of_its_action() {
    for path in ["/ok/7", "/teapot"] {
        let clock = Arc::new(HeldClock::default());
        let trail = Trail::with(|settings| settings.clock(clock.clone()));
        let server = Server::recording(trail, AuditMiddleware::new(), routes);
        let mut client = Client::connect(server.address);
        let held = clock.hold();
        client.send(head(&format!("POST {path}"), &[], 0).as_bytes());
        assert!(client.hears_nothing_for(Duration::from_millis(200)), "{path}");
        drop(held);
        assert!(client.read_to_end().starts_with("HTTP/1.1 "), "{path}");
        assert_eq!(joined(&server.finish()).1.len(), 1, "{path}");
    }
}

#[test]
fn a_step_inside_an_action_ends_as_it_returned() {
    let (_, actions) = exchange("/steps");
    assert_eq!(actions.len(), 2, "{actions:#?}");
    let (step, whole) = (&actions[0], &actions[1]);
    assert_eq!((&step["action"], &step["outcome"]), (&"StoreText".into(), &"success".into()));
    assert_eq!((&whole["action"], &whole["outcome"]), (&"UpdatePage".into(), &"error".into()));
    assert_eq!(step["causation_id"], whole["id"]);
}

#[test]
fn an_action_whose_response_nobody_saw_ends_unknown() {
    let (access, actions) = exchange("/broken");
    assert_eq!(actions.len(), 1, "{actions:#?}");
    assert_eq!(actions[0]["outcome"], "unknown");
    assert_eq!(access["outcome"], "panic");
}

#[test]
fn a_record_that_fails_when_no_response_waits_for_it_raises_the_alarm() {
    let trail = Trail::new();
    let recorder = trail.recorder.clone();
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    let server = Server::recording(trail, AuditMiddleware::new(), routes);
    request(server.address, "POST /broken/open", &[], "");
    assert_eq!(server.finish().0.len(), 0);
    // The action's, and that of its request.
    assert_eq!(recorder.health().unrecorded, 2);
}

#[test]
fn an_action_that_was_never_reached_leaves_no_record() {
    for (path, expected) in [("/guarded", 401), ("/ok/no-number", 404)] {
        let (access, actions) = exchange(path);
        assert!(actions.is_empty(), "{path}: {actions:#?}");
        assert_eq!(access["outcome"], "failure", "{path}");
        assert_eq!(access["http"]["status"], expected, "{path}");
    }
}

/// Sends one request, lets `leave` end the connection once the action runs, and gives the records.
fn abandon(path: &str, started: &AtomicBool, leave: fn(Client)) -> (Value, Vec<Value>) {
    let server = Server::start(routes);
    let mut client = Client::connect(server.address);
    client.send(head(&format!("POST {path}"), &[], 0).as_bytes());
    wait_for(|| started.load(SeqCst));
    leave(client);
    joined(&server.finish())
}

#[test]
fn an_action_runs_on_when_its_client_closes_the_connection() {
    let (access, actions) = abandon("/slow/closed", &CLOSED_STARTED, drop);
    assert_eq!(actions.len(), 1, "{actions:#?}");
    assert_eq!(actions[0]["outcome"], "success");
    assert_eq!(access["outcome"], "success");
}

#[test]
fn an_action_is_cancelled_when_its_client_resets_the_connection() {
    let (access, actions) = abandon("/slow/reset", &RESET_STARTED, Client::reset);
    assert_eq!(actions.len(), 1, "{actions:#?}");
    assert_eq!(actions[0]["outcome"], "cancelled");
    assert_eq!(access["outcome"], "cancelled");
    assert_eq!(access["http"]["client_gone"], true);
}
