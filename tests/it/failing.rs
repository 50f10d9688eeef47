//! A journal that fails while the service runs: what must be recorded is refused, the rest goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::body::to_bytes;
use actix_web::{HttpResponse, Responder};
use audit_runtime::{Event, Recorder, Status, Unrecorded, audited};

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
