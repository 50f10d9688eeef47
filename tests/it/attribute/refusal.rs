//! What happens to an action that cannot be recorded.

use std::cell::Cell;
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, Responder, ResponseError, get};
use audit_runtime::{Recorder, Status, Unrecorded, audited, health};

use super::Failure;
use crate::support::{Trail, block_on, summary};

#[audited(action = "DeleteUser")]
async fn delete(ran: &Cell<bool>) -> Result<u8, Failure> {
    ran.set(true);
    Ok(1)
}

#[audited(action = "DeleteUsers")]
fn delete_all(ran: &Cell<bool>) -> Result<u8, Failure> {
    ran.set(true);
    Ok(1)
}

#[audited(action = "DeleteOpenly", on_unrecorded = fail_open)]
async fn delete_openly(ran: &Cell<bool>) -> u8 {
    ran.set(true);
    1
}

#[audited(action = "GetUser")]
fn read(ran: &Cell<bool>) -> u8 {
    ran.set(true);
    1
}

fn is_refused(output: Result<u8, Failure>) -> bool {
    matches!(output, Err(Failure::Refused(Unrecorded::NoRecorder)))
}

#[test]
fn without_a_recorder_nothing_changes() {
    let ran = Cell::new(false);
    assert!(is_refused(block_on(delete(&ran))));
    assert!(is_refused(delete_all(&ran)));
    assert!(!ran.get());
}

#[test]
fn without_a_recorder_what_may_proceed_raises_the_alarm() {
    let before = health().unrecorded;
    let ran = Cell::new(false);
    assert_eq!(block_on(delete_openly(&ran)), 1);
    assert!(ran.take());
    assert_eq!(read(&ran), 1);
    assert!(ran.get());
    assert_eq!(health().status, Status::Red);
    // Other tests of this program may add to the count.
    assert!(health().unrecorded >= before + 2);
}

#[test]
fn after_a_shutdown_nothing_changes_either() {
    let trail = Trail::new();
    trail.recorder.shutdown(Duration::from_secs(20)).unwrap();
    let ran = Cell::new(false);
    let refused = block_on(trail.recorder.scope(delete(&ran)));
    assert!(matches!(refused, Err(Failure::Refused(Unrecorded::Stopped))));
    assert!(!ran.get());
    assert_eq!(block_on(trail.recorder.scope(delete_openly(&ran))), 1);
    assert_eq!(unrecorded(&trail.recorder), (Status::Red, 2));
    assert_eq!(summary(&trail.records()), [""; 0]);
}

fn unrecorded(recorder: &Recorder) -> (Status, u64) {
    let health = recorder.health();
    (health.status, health.unrecorded)
}

#[get("/responder")]
#[audited(action = "DeleteByResponder", op = delete)]
async fn responder() -> impl Responder {
    "done"
}

#[get("/response")]
#[audited(action = "DeleteByResponse")]
async fn response() -> HttpResponse {
    HttpResponse::Ok().finish()
}

#[get("/result")]
#[audited(action = "DeleteByResult")]
async fn result() -> actix_web::Result<impl Responder> {
    Ok("done")
}

/// An error that knows nothing of refusals.
#[derive(Debug)]
struct Own;

impl std::fmt::Display for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}

impl ResponseError for Own {}

#[get("/own")]
#[audited(action = "DeleteWithErrorOfItsOwn")]
async fn own_error() -> Result<HttpResponse, Own> {
    Ok(HttpResponse::Ok().finish())
}

#[test]
fn handlers_are_refused_with_503() {
    block_on(async {
        let app = App::new().service(responder).service(response).service(result);
        let app = init_service(app.service(own_error)).await;
        for path in ["/responder", "/response", "/result", "/own"] {
            let answer = call_service(&app, TestRequest::get().uri(path).to_request()).await;
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
            let body = to_bytes(answer.into_body()).await.unwrap();
            assert!(body.starts_with(b"the action was refused"), "{path}: {body:?}");
        }
    });
}

#[audited(action = "DeleteByStatus")]
async fn status() -> Result<axum::http::StatusCode, Own> {
    Ok(axum::http::StatusCode::NO_CONTENT)
}

#[audited(action = "DeleteByEither")]
async fn either() -> Result<axum::http::StatusCode, Failure> {
    Ok(axum::http::StatusCode::NO_CONTENT)
}

#[test]
fn a_result_is_refused_by_its_error_and_where_that_cannot_by_its_value() {
    assert_eq!(block_on(status()).unwrap().as_u16(), 503);
    assert!(matches!(block_on(either()), Err(Failure::Refused(Unrecorded::NoRecorder))));
}
