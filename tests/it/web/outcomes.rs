//! Every way in which a request ends leaves one access record, which tells how it ended.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorInternalServerError, ErrorUnauthorized};
use actix_web::guard::fn_guard;
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, NormalizePath, from_fn};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{App, HttpResponse, Responder, ResponseError};
use audit_runtime::{Actor, AuditMiddleware, Event, Status};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{request, status};
use super::server::{Records, Server};
use crate::support::Trail;

fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/ok")
                .route(web::get().to(async || "fine"))
                .route(web::head().to(async || "fine")),
        )
        .route("/empty", web::get().to(HttpResponse::NoContent))
        .route("/error", web::get().to(error))
        .route("/forbidden", web::get().to(HttpResponse::Forbidden))
        .route("/denied", web::get().to(denied))
        .route("/failed", web::get().to(failed))
        .route("/panic", web::get().to(panics))
        .route("/late-panic", web::get().to(panics_after_a_pause))
        .route("/guard-panic", web::get().guard(fn_guard(|_| panic!("guard"))).to(HttpResponse::Ok))
        .route("/body-panic", web::get().to(async || HttpResponse::Ok().body(Broken::Panics)))
        .route("/body-error", web::get().to(async || HttpResponse::Ok().body(Broken::Fails)))
        .route("/json", web::post().to(json_body))
        .route("/users/{id}", web::get().to(user))
        .route("/login", web::get().to(login))
        .service(
            web::scope("/guarded")
                .wrap(from_fn(reject))
                .route("/{name}", web::get().to(HttpResponse::Ok)),
        )
        .service(
            web::scope("/misjudged")
                .wrap(from_fn(reject_badly))
                .route("", web::get().to(HttpResponse::Ok)),
        )
        .service(
            web::scope("/twice")
                .wrap(AuditMiddleware::new())
                .wrap(NormalizePath::trim())
                .route("/{name}", web::get().to(HttpResponse::Ok)),
        )
        .service(
            web::scope("/settled")
                .wrap(from_fn(login_inside))
                .route("", web::get().to(HttpResponse::Ok)),
        );
}

async fn error() -> actix_web::Result<HttpResponse> {
    Err(ErrorInternalServerError("broken"))
}

async fn denied() -> impl Responder {
    audit_runtime::deny("role_missing");
    HttpResponse::SeeOther().finish()
}

async fn failed() -> impl Responder {
    audit_runtime::fail("stale");
    audit_runtime::set_target("Page", 7);
    "try again"
}

async fn panics() -> HttpResponse {
    panic!("at once")
}

async fn panics_after_a_pause() -> HttpResponse {
    actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    panic!("after a pause")
}

#[derive(Deserialize)]
struct Amount {
    amount: u32,
}

async fn json_body(amount: web::Json<Amount>) -> String {
    amount.amount.to_string()
}

async fn user(id: web::Path<u32>) -> String {
    id.to_string()
}

async fn login() -> &'static str {
    audit_runtime::set_actor(Actor::user("42"));
    audit_runtime::set_session("session-secret");
    // The receipt of an event of its own is not awaited here: it is recorded all the same.
    drop(audit_runtime::record(Event::authentication("password").succeeded()));
    "welcome"
}

async fn reject(
    _: ServiceRequest,
    _: Next<impl MessageBody>,
) -> Result<ServiceResponse, actix_web::Error> {
    Err(ErrorUnauthorized("who are you?"))
}

/// An error whose status cannot be asked for.
#[derive(Debug)]
struct Statusless;

impl std::fmt::Display for Statusless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no status")
    }
}

impl ResponseError for Statusless {
    fn status_code(&self) -> StatusCode {
        panic!("no status")
    }
}

async fn reject_badly(
    _: ServiceRequest,
    _: Next<impl MessageBody>,
) -> Result<ServiceResponse, actix_web::Error> {
    Err(Statusless.into())
}

async fn login_inside<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    audit_runtime::set_actor(Actor::service("inner"));
    next.call(request).await
}

/// A body that starts well and breaks.
enum Broken {
    Fails,
    Panics,
}

impl MessageBody for Broken {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        match *self {
            Self::Fails => Poll::Ready(Some(Err("the body broke".into()))),
            Self::Panics => panic!("the body panicked"),
        }
    }
}

/// Sends one request and gives the answer's status and the one access record.
#[track_caller]
fn check(line: &str, body: &str, expected_status: u16) -> Value {
    let (status, records) = exchange(line, &[], body);
    assert_eq!(status, expected_status, "{line}");
    let access = records.access().clone();
    let (method, _) = line.split_once(' ').unwrap();
    let known = if method == "SECRET" { "(other)" } else { method };
    assert_eq!(access["http"]["method"], known);
    assert!(!access.to_string().contains("SECRET"), "{access:#}");
    if access["outcome"] != "panic" {
        assert_eq!(access["http"]["status"], status);
    }
    assert!(access["duration_ns"].as_u64().unwrap() > 0);
    assert_eq!(access["origin"]["ip"], "127.0.0.1");
    assert_eq!(access["origin"]["trust"], "peer");
    assert_eq!(access["action"], "HttpRequest");
    assert!(access["http"].get("client_gone").is_none(), "{access:#}");
    access
}

fn exchange(line: &str, headers: &[&str], body: &str) -> (u16, Records) {
    let server = Server::start(routes);
    let answer = request(server.address, line, headers, body);
    (status(&answer), server.finish())
}

#[test]
fn answers_are_judged_by_their_status() {
    for (line, status, route, outcome) in [
        ("GET /ok", 200, "/ok", "success"),
        ("HEAD /ok", 200, "/ok", "success"),
        ("GET /empty", 204, "/empty", "success"),
        ("GET /error", 500, "/error", "error"),
        ("GET /forbidden", 403, "/forbidden", "denied"),
        ("GET /users/7", 200, "/users/{id}", "success"),
        ("GET /users/x?query=secret", 404, "/users/{id}", "failure"),
        ("POST /ok", 405, "/ok", "failure"),
        ("SECRET /ok", 405, "/ok", "failure"),
        ("GET /guarded/x", 401, "/guarded/{name}", "failure"),
    ] {
        let access = check(line, "", status);
        assert_eq!(access["outcome"], outcome, "{line}");
        assert_eq!(access["http"]["route"], route, "{line}");
        assert_eq!(access["actor"], json!({"type": "anonymous"}), "{line}");
        assert!(!access.to_string().contains("secret"), "{access:#}");
    }
}

#[test]
fn an_extractor_failure_never_reaches_the_handler_and_is_recorded() {
    let access = check("POST /json", r#"{"amount":"secret"}"#, 400);
    assert_eq!(access["outcome"], "failure");
    assert!(!access.to_string().contains("secret"));
}

#[test]
fn a_path_without_a_route_is_told_by_hash_and_length() {
    let access = check("GET /secret-path?secret=1", "", 404);
    assert_eq!(access["outcome"], "failure");
    assert_eq!(access["http"]["path_length"], 12);
    assert!(access["http"]["path_hash"].is_string());
    assert!(access["http"].get("route").is_none());
    assert!(!access.to_string().contains("secret"));
}

#[test]
fn a_handler_judges_its_request_itself() {
    let access = check("GET /denied", "", 303);
    assert_eq!(access["outcome"], "denied");
    assert_eq!(access["reason"]["code"], "role_missing");
    let access = check("GET /failed", "", 200);
    assert_eq!(access["outcome"], "failure");
    assert_eq!(access["reason"]["code"], "stale");
    assert_eq!(access["targets"][0]["id"], "7");
}

#[test]
fn a_panic_is_recorded_wherever_it_happens() {
    for (line, answered) in
        [("GET /panic", 0), ("GET /late-panic", 0), ("GET /guard-panic", 0), ("GET /misjudged", 0)]
    {
        let access = check(line, "", answered);
        assert_eq!(access["outcome"], "panic", "{line}");
        assert!(access["http"].get("status").is_none(), "{line}");
    }
    let (_, records) = exchange("GET /body-panic", &[], "");
    assert_eq!(records.access()["outcome"], "panic");
}

#[test]
fn a_body_that_breaks_is_an_error_and_no_absent_client() {
    let (_, records) = exchange("GET /body-error", &[], "");
    let access = records.access();
    assert_eq!(access["outcome"], "error");
    assert_eq!(access["http"]["status"], 200);
    assert!(access["http"].get("client_gone").is_none());
}

#[test]
fn a_login_inside_a_request_is_the_actor_of_its_records() {
    let (status, records) = exchange("GET /login", &[], "");
    assert_eq!(status, 200);
    assert_eq!(records.0.len(), 2);
    for record in &records.0 {
        assert_eq!(record["actor"]["id"], "42");
        assert!(!record.to_string().contains("session-secret"));
    }
    let (login, access) = (&records.0[0], records.access());
    assert_eq!(login["causation_id"], access["id"]);
    assert_eq!(login["correlation_id"], access["correlation_id"]);
    assert_eq!(login["origin"], access["origin"]);
}

#[test]
fn other_middleware_can_name_the_actor() {
    let (_, records) = exchange("GET /settled", &[], "");
    assert_eq!(records.access()["actor"]["id"], "inner");
}

#[test]
fn the_route_is_the_one_that_the_router_found_after_other_middleware() {
    let access = check("GET /twice/x/", "", 200);
    assert_eq!(access["http"]["route"], "/twice/{name}");
}

#[test]
fn a_middleware_that_is_registered_twice_records_once() {
    let access = check("GET /twice/x", "", 200);
    assert_eq!(access["outcome"], "success");
}

#[test]
fn an_access_record_that_cannot_be_made_raises_the_alarm() {
    let trail = Trail::new();
    let recorder = trail.recorder.clone();
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    let server = Server::recording(trail, AuditMiddleware::new(), routes);
    assert_eq!(status(&request(server.address, "GET /ok", &[], "")), 200);
    assert_eq!(server.finish().0.len(), 0);
    assert_eq!(recorder.health().unrecorded, 1);
    assert_eq!(recorder.health().status, Status::Red);
}

#[test]
fn without_a_recorder_requests_are_served_and_the_health_is_red() {
    let (status, health) = actix_web::rt::System::new().block_on(async {
        let app = App::new().configure(routes).wrap(AuditMiddleware::new());
        let app = init_service(app).await;
        let request = TestRequest::get().uri("/ok").to_request();
        let response = call_service(&app, request).await;
        let status = response.status();
        drop(read_body(response).await);
        (status, audit_runtime::health())
    });
    assert_eq!(status, 200);
    assert_eq!(health.status, Status::Red);
    assert!(health.unrecorded > 0);
}
