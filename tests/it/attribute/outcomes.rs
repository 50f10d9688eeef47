//! How a call ends, and the one record that says so.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};

use actix_web::{HttpResponse, ResponseError, error, http::StatusCode};
use audit_runtime::{Context, Recorder, Unrecorded, audited, deny, fail, set_target};
use serde_json::Value;

use super::Failure;
use crate::support::{Trail, block_on, only, run, summary};

#[audited(action = "RunJob", op = execute)]
async fn job(end: impl AsyncFnOnce() -> Result<u8, Failure>) -> Result<u8, Failure> {
    end().await
}

/// The record of a job that ends like this.
#[track_caller]
fn record_of(end: impl AsyncFnOnce() -> Result<u8, Failure>) -> Value {
    let record = only(run(job(end)).1);
    assert_eq!(record["action"], "RunJob");
    record
}

#[test]
fn a_success() {
    let record = record_of(async || Ok(1));
    assert_eq!(record["outcome"], "success");
    assert_eq!(record["category"], "activity");
    assert_eq!(record["op"], "execute");
    assert_eq!(record["actor"]["type"], "system");
    let function = record["code"]["function"].as_str().unwrap();
    assert!(function.ends_with("::attribute::outcomes::job"), "{function}");
    assert!(record["code"]["file"].as_str().unwrap().ends_with("outcomes.rs"));
}

#[test]
fn an_error_is_recorded_by_its_type() {
    let record = record_of(async || Err(Failure::Broken));
    assert_eq!(record["outcome"], "error");
    assert!(record["error"]["type"].as_str().unwrap().ends_with("::Failure"));
}

#[test]
fn a_denial_says_why() {
    let record = record_of(async || {
        deny("role_missing");
        Ok(1)
    });
    assert_eq!(record["outcome"], "denied");
    assert_eq!(record["reason"]["code"], "role_missing");
}

#[test]
fn a_rejection_says_why() {
    let record = record_of(async || {
        fail("wrong_password");
        Err(Failure::Broken)
    });
    assert_eq!(record["outcome"], "failure");
    assert_eq!(record["reason"]["code"], "wrong_password");
}

#[test]
fn a_target_may_be_known_late() {
    let record = record_of(async || {
        set_target("Job", 7);
        Ok(1)
    });
    assert_eq!(record["targets"][0]["type"], "Job");
    assert_eq!(record["targets"][0]["id"], "7");
}

/// Polls `future` once and drops it; says whether it was ready.
fn poll_once(future: impl Future) -> bool {
    let mut future = pin!(future);
    let mut context = TaskContext::from_waker(Waker::noop());
    future.as_mut().poll(&mut context).is_ready()
}

#[test]
fn a_panic_is_recorded_and_goes_on() {
    let trail = Trail::new();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        block_on(trail.recorder.scope(job(async || panic!("a secret"))))
    }));
    assert!(panicked.is_err());
    let record = only(trail.records());
    assert_eq!(record["outcome"], "panic");
    assert!(!record.to_string().contains("a secret"));
}

#[audited(action = "RunPlainJob")]
fn plain_job(end: fn() -> u8) -> Result<u8, Failure> {
    Ok(end())
}

#[test]
fn a_panic_of_a_plain_function_is_recorded() {
    let trail = Trail::new();
    let panicked =
        catch_unwind(AssertUnwindSafe(|| trail.recorder.enter(|| plain_job(|| panic!("a test")))));
    assert!(panicked.is_err());
    assert_eq!(summary(&trail.records()), ["RunPlainJob panic"]);
}

#[test]
fn a_dropped_future_was_cancelled() {
    let trail = Trail::new();
    assert!(!poll_once(trail.recorder.scope(job(std::future::pending))));
    drop(trail.recorder.scope(job(std::future::pending)));
    let records = trail.records();
    // The second was never begun.
    assert_eq!(summary(&records), ["RunJob cancelled"]);
}

#[test]
fn a_future_dropped_by_a_panic_elsewhere_was_cancelled() {
    let trail = Trail::new();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut suspended = pin!(trail.recorder.scope(job(std::future::pending)));
        let mut context = TaskContext::from_waker(Waker::noop());
        assert_eq!(suspended.as_mut().poll(&mut context).map(|_| ()), Poll::Pending);
        panic!("elsewhere");
    }));
    assert!(panicked.is_err());
    assert_eq!(summary(&trail.records()), ["RunJob cancelled"]);
}

#[audited(action = "RunOuter")]
async fn outer() -> Result<u8, Failure> {
    let inner = job(async || Err(Failure::Broken)).await;
    Ok(inner.unwrap_or(2))
}

#[test]
fn an_action_inside_another_names_its_cause() {
    let (_, records) = run(outer());
    assert_eq!(summary(&records), ["RunJob error", "RunOuter success"]);
    assert_eq!(records[0]["causation_id"], records[1]["id"]);
    assert!(records[1]["causation_id"].is_null());
}

#[audited(action = "RunSpawner")]
async fn spawner(recorder: Recorder, with_context: bool) -> Result<u8, Failure> {
    let inner = recorder.scope(job(async || Ok(1)));
    let task = match with_context {
        true => actix_web::rt::spawn(Context::current().scope(inner)),
        false => actix_web::rt::spawn(inner),
    };
    task.await.map_err(|_| Failure::Broken)?
}

#[test]
fn a_spawned_task_has_its_own_record() {
    for with_context in [false, true] {
        let trail = Trail::new();
        let recorder = trail.recorder.clone();
        block_on(trail.recorder.scope(spawner(recorder, with_context))).unwrap();
        let records = trail.records();
        assert_eq!(summary(&records), ["RunJob success", "RunSpawner success"]);
        let names_cause = records[0]["causation_id"] == records[1]["id"];
        assert_eq!(names_cause, with_context);
    }
}

/// An error that makes a response.
#[derive(Debug)]
struct Status(u16);

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a secret")
    }
}

impl ResponseError for Status {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0).unwrap()
    }
}

impl From<Unrecorded> for Status {
    fn from(_: Unrecorded) -> Self {
        Self(503)
    }
}

/// Hides a `Result` from whoever reads tokens.
type Hidden<T> = Result<T, Status>;

#[audited(action = "GetAlias")]
async fn alias(status: u16) -> Hidden<HttpResponse> {
    if status < 400 { Ok(HttpResponse::Ok().finish()) } else { Err(Status(status)) }
}

#[audited(action = "GetResponse")]
fn response(status: u16) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(status).unwrap()).finish()
}

#[audited(action = "GetText")]
async fn text() -> actix_web::Result<&'static str> {
    Err(error::ErrorForbidden("a secret"))
}

#[test]
fn a_panic_while_the_value_is_judged_is_a_panic_of_the_call() {
    let trail = Trail::new();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        // There is no such status, so that asking for it panics.
        block_on(trail.recorder.scope(alias(5000)))
    }));
    assert!(panicked.is_err());
    assert_eq!(summary(&trail.records()), ["GetAlias panic"]);
}

#[test]
fn statuses_tell_the_outcome() {
    let (_, records) = run(async {
        for status in [200, 403, 404, 500] {
            let _ = alias(status).await;
        }
        response(504);
        let _ = text().await;
    });
    let expected = [
        "GetAlias success",
        "GetAlias denied",
        "GetAlias failure",
        "GetAlias error",
        "GetResponse timeout",
        "GetText denied",
    ];
    assert_eq!(summary(&records), expected);
    assert!(records.iter().all(|record| !record.to_string().contains("a secret")));
}
