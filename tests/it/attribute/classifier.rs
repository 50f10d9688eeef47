//! `outcome = path`: a function tells the outcome, where a type of one's own tells no rule.

use std::panic::{AssertUnwindSafe, catch_unwind};

use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, HttpResponseBuilder, Responder, web};
use audit_runtime::{Outcome, audited, deny, fail};
use serde_json::Value;

use super::Failure;
use crate::support::{Trail, only, run};
use crate::web::client::{request, status};
use crate::web::server::Server;

/// What a login comes to; a page is sent in any case.
enum Answer {
    Welcome,
    Wrong,
    Locked,
    Nonsense,
}

fn of_login(answer: &Answer) -> Outcome {
    match answer {
        Answer::Welcome => Outcome::Success,
        Answer::Wrong => Outcome::Failure,
        Answer::Locked => {
            deny("account_locked");
            Outcome::Denied
        }
        Answer::Nonsense => panic!("no such answer"),
    }
}

#[audited(action = "Login", outcome = of_login, on_unrecorded = fail_open)]
async fn log_in(answer: Answer) -> Answer {
    answer
}

#[audited(action = "Login", outcome = of_login, on_unrecorded = fail_open)]
async fn log_in_too_often(answer: Answer) -> Answer {
    fail("too_often");
    answer
}

#[audited(action = "Login", outcome = of_login, on_unrecorded = fail_open)]
fn log_in_blocking(answer: Answer) -> Answer {
    answer
}

#[test]
fn a_type_of_ones_own_tells_the_outcome() {
    let end = |answer| {
        let record = only(run(log_in(answer)).1);
        (record["outcome"].clone(), record.get("reason").cloned().unwrap_or_default())
    };
    assert_eq!(end(Answer::Welcome), ("success".into(), Value::Null));
    assert_eq!(end(Answer::Wrong), ("failure".into(), Value::Null));
    let reason = serde_json::json!({ "code": "account_locked" });
    assert_eq!(end(Answer::Locked), ("denied".into(), reason));
}

#[test]
fn a_blocking_call_is_judged_alike() {
    let trail = Trail::new();
    trail.recorder.enter(|| log_in_blocking(Answer::Wrong));
    assert_eq!(only(trail.records())["outcome"], "failure");
}

#[test]
fn what_the_body_says_goes_before_the_classifier() {
    let record = only(run(log_in_too_often(Answer::Welcome)).1);
    assert_eq!(
        (&record["outcome"], &record["reason"]["code"]),
        (&"failure".into(), &"too_often".into())
    );
}

#[test]
fn a_panic_in_the_classifier_is_a_panic_of_the_call() {
    let trail = Trail::new();
    let call = || trail.recorder.enter(|| _ = log_in_blocking(Answer::Nonsense));
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
    assert_eq!(only(trail.records())["outcome"], "panic");
}

/// Who deletes what is gone has what they want.
fn of_deletion(result: &Result<bool, Failure>) -> Outcome {
    match result {
        Ok(true) | Err(Failure::Broken) => Outcome::Success,
        Ok(false) => Outcome::Failure,
        Err(Failure::Refused(_)) => Outcome::Timeout,
    }
}

#[audited(action = "DeletePage", outcome = of_deletion)]
async fn delete(result: Result<bool, Failure>) -> Result<bool, Failure> {
    result
}

#[test]
fn an_error_may_be_a_success_and_is_named_otherwise() {
    let end = |result| {
        let record = only(run(delete(result)).1);
        (record["outcome"].clone(), record["error"]["type"].is_string())
    };
    assert_eq!(end(Ok(true)), ("success".into(), false));
    assert_eq!(end(Ok(false)), ("failure".into(), false));
    assert_eq!(end(Err(Failure::Broken)), ("success".into(), false));
    let refused = Failure::Refused(audit_runtime::Unrecorded::NoRecorder);
    assert_eq!(end(Err(refused)), ("timeout".into(), true));
}

fn always<T>(_: &T) -> Outcome {
    Outcome::Success
}

fn of_status(response: &HttpResponse) -> Outcome {
    if response.status() == 404 { Outcome::Success } else { Outcome::Unknown }
}

#[audited(action = "FindPage", outcome = of_status)]
async fn find() -> HttpResponse {
    HttpResponse::NotFound().finish()
}

/// Its status is seen only when the response is made of it.
#[audited(action = "FindPage", outcome = always)]
async fn unfinished() -> HttpResponseBuilder {
    HttpResponse::Conflict()
}

#[audited(action = "FindPage", outcome = always::<_>)]
async fn responder() -> impl Responder {
    HttpResponse::Conflict()
}

fn routes(config: &mut ServiceConfig) {
    config
        .route("/find", web::get().to(find))
        .route("/unfinished", web::get().to(unfinished))
        .route("/responder", web::get().to(responder));
}

#[test]
fn a_response_is_judged_by_the_classifier_and_not_by_its_status() {
    for (path, expected) in [("/find", 404), ("/unfinished", 409), ("/responder", 409)] {
        let server = Server::start(routes);
        let answer = request(server.address, &format!("GET {path}"), &[], "");
        assert_eq!(status(&answer), expected);
        let records = server.finish();
        let action = records.0.iter().find(|record| record["action"] == "FindPage").unwrap();
        assert_eq!(action["outcome"], "success", "{path}");
        assert_eq!(records.access()["outcome"], "failure", "{path}");
    }
}
