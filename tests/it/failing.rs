//! A journal that fails while the service runs: what must be recorded is refused, the rest goes on.

use std::pin::pin;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::{HttpResponse, Responder};
use audit_runtime::{Actor, ChangeSet, Event, Recorder, Status, Unrecorded, audited};

use crate::storage::Failing;
use crate::support::block_on;

static BODIES: AtomicU32 = AtomicU32::new(0);

#[audited(action = "DeleteUser")]
async fn delete_user() -> HttpResponse {
    BODIES.fetch_add(1, Ordering::Relaxed);
    HttpResponse::NoContent().finish()
}

#[audited(action = "CreateUser")]
async fn create_user() -> impl Responder {
    BODIES.fetch_add(1, Ordering::Relaxed);
    "created"
}

#[audited(action = "UpdateUser")]
fn update_user() -> Result<(), Unrecorded> {
    BODIES.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

#[audited(action = "ReadUser")]
fn read_user() -> u32 {
    7
}

#[test]
fn changes_are_refused_before_their_bodies_and_reads_go_on() {
    let storage = Failing::default();
    let recorder = Recorder::over(Arc::new(storage.clone())).open().unwrap();
    storage.fail_syncs(true);
    let lost = recorder.record(Event::activity("Lost").succeeded()).wait();
    assert!(matches!(lost, Err(Unrecorded::JournalFailed(_))), "{lost:?}");

    block_on(recorder.scope(async {
        let deleted = delete_user().await;
        assert_eq!(deleted.status(), 503);
        let said = to_bytes(deleted.into_body()).await.unwrap();
        assert!(!String::from_utf8_lossy(&said).contains("disk"), "{said:?}");
        let request = actix_web::test::TestRequest::default().to_http_request();
        assert_eq!(create_user().await.respond_to(&request).status(), 503);
        let refused = update_user().unwrap_err().to_string();
        assert!(refused.contains("the disk does not answer"), "{refused}");
        assert_eq!(read_user(), 7);
    }));
    assert_eq!(BODIES.load(Ordering::Relaxed), 0);
    let health = recorder.health();
    assert_eq!((health.status, health.unrecorded), (Status::Red, 4));
}

/// Tells the child that it is the service below, and whether it listens to `tracing`.
const CLIENT_GONE: &str = "AUDIT_TEST_CLIENT_GONE";

#[audited(action = "SendMail", on_unrecorded = fail_open)]
async fn send_mail() {
    std::future::pending().await
}

/// Not a test by itself: a service whose client has gone when the journal fails.
#[test]
fn service_without_a_client() {
    let Ok(listens) = std::env::var(CLIENT_GONE) else {
        return;
    };
    if listens == "tracing" {
        tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stderr).init();
    }
    let storage = Failing::default();
    let recorder = Recorder::over(Arc::new(storage.clone())).open().unwrap();
    storage.fail_syncs(true);
    recorder.enter(|| {
        let mut call = pin!(send_mail());
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(recorder.health().unrecorded, 0);
    });
    for _ in 0..3 {
        audit_runtime::deny("outside");
    }
    audit_runtime::set_actor(Actor::user("7"));
    audit_runtime::set_changes(ChangeSet::new());
    recorder.shutdown(Duration::from_secs(20)).unwrap_err();
    let health = recorder.health();
    assert_eq!((health.status, health.unrecorded, health.lost), (Status::Red, 1, 1));
}

#[test]
fn an_action_that_nobody_waits_for_is_named_when_its_record_cannot_be_written() {
    for listens in ["tracing", "nothing"] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["failing::service_without_a_client", "--exact", "--nocapture"])
            .env(CLIENT_GONE, listens)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{listens}: {said}");
        let alarms = said.matches("the audited action \"SendMail\" has no record").count();
        assert_eq!(alarms, 1, "{listens}: {said}");
        assert!(said.contains("the disk does not answer"), "{listens}: {said}");
        for (told, times) in [
            ("audit: the journal failed: ", 1),
            ("audit: an attempt to judge an action or set its target outside any", 2),
            ("audit: an attempt to set an actor or a session outside any", 1),
            ("audit: an attempt to say what an action changed outside any", 1),
        ] {
            assert_eq!(said.matches(told).count(), times, "{listens}: {told} in {said}");
        }
    }
}
