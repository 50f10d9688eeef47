//! Responses of a real actix-web server: what is `Disclosed` is clear, and what was logged is not.

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Form, Json, ServiceConfig};
use actix_web::{Either, HttpRequest, HttpResponse, Responder};
use audit_runtime::{Disclosed, Redact, audited, disclose};
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::Value;

use super::{CANARY, INSIDE, NewKey, OUTSIDE, REDACTED};
use crate::support::summary;
use crate::web::client::{header, request, status};
use crate::web::server::{Records, Server};

type Answer<T> = Result<T, actix_web::Error>;

fn routes(config: &mut ServiceConfig) {
    config
        .route("/json", web::to(|| async { Disclosed(Json(NewKey::new())) }))
        .route(
            "/tuple",
            web::to(|| async { Disclosed((Json(NewKey::new()), StatusCode::CREATED)) }),
        )
        .route("/option", web::to(|| async { Disclosed(Some(Json(NewKey::new()))) }))
        .route("/result", web::to(|| async { Disclosed(Answer::Ok(Json(NewKey::new()))) }))
        .route("/in-result", web::to(|| async { Answer::Ok(Disclosed(Json(NewKey::new()))) }))
        .route("/either", web::to(either))
        .route("/customized", web::to(customized))
        .route("/form", web::to(|| async { Disclosed(Form(NewKey::new())) }))
        .route("/by-hand", web::to(by_hand))
        .route("/audited", web::post().to(create_key))
        .route("/missing", web::to(|| async { Disclosed(None::<Json<NewKey>>) }))
        .route("/refused", web::to(refused))
        .route("/forgotten", web::to(|| async { Json(NewKey::new()) }))
        .route("/forgotten-form", web::to(|| async { Form(NewKey::new()) }))
        .route("/too-early", web::to(too_early))
        .route("/logging", web::to(logging))
        .route("/logged-inside", web::to(|| async { Disclosed(Logging(NewKey::new())) }))
        .route("/panic", web::to(|| async { Disclosed(Panicking) }))
        .route(
            "/streamed",
            web::to(|| async { Disclosed(streamed(|item| disclose(|| bytes(item)))) }),
        )
        .route("/streamed-forgotten", web::to(|| async { Disclosed(streamed(bytes)) }));
}

async fn either() -> Disclosed<Either<Json<NewKey>, HttpResponse>> {
    Disclosed(Either::Left(Json(NewKey::new())))
}

async fn customized() -> impl Responder {
    Disclosed(Json(NewKey::new()).customize().with_status(StatusCode::ACCEPTED))
}

async fn by_hand() -> HttpResponse {
    disclose(|| HttpResponse::Ok().json(NewKey::new()))
}

#[audited(action = "CreateKey", fields(key = &NewKey::new()))]
async fn create_key() -> Answer<Disclosed<(Json<NewKey>, StatusCode)>> {
    Ok(Disclosed((Json(NewKey::new()), StatusCode::CREATED)))
}

async fn refused() -> Disclosed<Answer<Json<NewKey>>> {
    Disclosed(Err(actix_web::error::ErrorForbidden("no")))
}

/// Serializes before there is any scope.
async fn too_early() -> Disclosed<HttpResponse> {
    Disclosed(HttpResponse::Ok().json(NewKey::new()))
}

/// Logs its answer, by a header that the test sees, before and after it waits.
async fn logging() -> impl Responder {
    let key = NewKey::new();
    let before = serde_json::to_string(&key).unwrap();
    actix_web::rt::task::yield_now().await;
    let after = serde_json::to_string(&key).unwrap();
    Disclosed(Json(key).customize().insert_header(("x-log", before + &after)))
}

/// A responder that logs itself, in the log form, while the scope is open.
struct Logging(NewKey);

impl Responder for Logging {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let log = serde_json::to_string(&self.0.redacted()).unwrap();
        HttpResponse::Ok().insert_header(("x-log", log)).json(self.0)
    }
}

struct Panicking;

impl Responder for Panicking {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        std::panic::resume_unwind(Box::new("inside the scope"))
    }
}

/// A body whose items are serialized by `write` one by one, each when the server asks for it.
fn streamed(write: fn(&NewKey) -> Bytes) -> HttpResponse {
    let items = stream::iter([NewKey::new(), NewKey::new()]);
    let items = items.then(|item| async move {
        actix_web::rt::task::yield_now().await;
        item
    });
    HttpResponse::Ok().streaming(items.map(move |item| Answer::Ok(write(&item))))
}

fn bytes(item: &NewKey) -> Bytes {
    (serde_json::to_string(item).unwrap() + "\n").into()
}

/// Asks a server of its own for `path`; gives the whole answer, and what was recorded.
fn exchange(path: &str) -> (String, Records) {
    let server = Server::start(routes);
    let answer = request(server.address, &format!("POST {path}"), &[], "");
    (answer, server.finish())
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

#[test]
fn disclosed_responders_answer_in_clear() {
    for (path, code) in [
        ("/json", 200),
        ("/tuple", 201),
        ("/option", 200),
        ("/result", 200),
        ("/in-result", 200),
        ("/either", 200),
        ("/customized", 202),
        ("/by-hand", 200),
        ("/audited", 201),
    ] {
        let (answer, records) = exchange(path);
        assert_eq!((status(&answer), body(&answer)), (code, INSIDE), "{path}");
        let records = Value::from(records.0).to_string();
        assert!(!records.contains(CANARY), "{path}: {records}");
    }
    assert_eq!(body(&exchange("/form").0), "id=7&api_key=c4n4ry&recovery_code=c4n4ry");
}

#[test]
fn a_disclosed_answer_tells_the_outcome_of_what_is_inside() {
    let (_, records) = exchange("/audited");
    assert_eq!(summary(&records.0), ["CreateKey success", "HttpRequest success"]);
    assert_eq!(records.0[0]["args"]["key"]["api_key"], REDACTED);
    assert_eq!(status(&exchange("/missing").0), 404);
    assert_eq!(status(&exchange("/refused").0), 403);
}

#[test]
fn what_is_not_disclosed_shows_at_once() {
    for path in ["/forgotten", "/too-early"] {
        assert_eq!(body(&exchange(path).0), OUTSIDE, "{path}");
    }
    let form = exchange("/forgotten-form").0;
    assert_eq!(body(&form), "id=7&api_key=%5Bredacted%5D&recovery_code=%5Bredacted%5D");
}

#[test]
fn what_a_handler_logs_around_its_answer_stays_redacted() {
    let (answer, _) = exchange("/logging");
    assert_eq!(body(&answer), INSIDE);
    assert_eq!(header(&answer, "x-log"), Some(OUTSIDE.repeat(2).as_str()));
}

#[test]
fn what_a_responder_logs_inside_the_scope_stays_redacted_in_its_log_form() {
    let (answer, _) = exchange("/logged-inside");
    assert_eq!(body(&answer), INSIDE);
    assert_eq!(header(&answer, "x-log"), Some(OUTSIDE));
}

#[test]
fn a_panic_inside_closes_the_scope_for_the_next_request_of_the_thread() {
    // The server has one worker, which is one thread.
    let server = Server::start(routes);
    assert_eq!(status(&request(server.address, "POST /panic", &[], "")), 0);
    let answer = request(server.address, "POST /forgotten", &[], "");
    server.finish();
    assert_eq!(body(&answer), OUTSIDE);
}

#[test]
fn items_of_a_stream_are_disclosed_one_by_one_or_not_at_all() {
    let clear = exchange("/streamed").0;
    assert_eq!(clear.matches(INSIDE).count(), 2, "{clear}");
    let forgotten = exchange("/streamed-forgotten").0;
    assert_eq!(forgotten.matches(OUTSIDE).count(), 2, "{forgotten}");
    assert!(!forgotten.contains(CANARY));
}
