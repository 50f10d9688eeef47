//! A service over a damaged journal: it serves on in a new epoch if it may, and says so until it ends.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use actix_web::test as requests;
use actix_web::{App, HttpResponse, web};
use audit_runtime::journal::Reader;
use audit_runtime::{AuditMiddleware, OnDamage, Recorder, RecorderBuilder, Status, audited};
use serde_json::Value;

use crate::support::block_on;

#[audited(action = "DeleteOrder", target(Order, id = id))]
async fn delete_order(id: web::Path<u32>) -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// Serves one request, which must be recorded before it is answered.
fn serve(recorder: &Recorder) -> u16 {
    let served = async {
        let route = web::delete().to(delete_order);
        let app = App::new().route("/orders/{id}", route).wrap(AuditMiddleware::new());
        let app = requests::init_service(app).await;
        let request = requests::TestRequest::delete().uri("/orders/7").to_request();
        requests::call_service(&app, request).await.status().as_u16()
    };
    block_on(recorder.scope(served))
}

/// Tells the child where its damaged journal is.
const DAMAGED_JOURNAL: &str = "AUDIT_TEST_DAMAGED_JOURNAL";

fn builder(journal: &Path) -> RecorderBuilder {
    Recorder::builder(journal).origin("example/shop")
}

/// A service that goes on in a new epoch where its journal is damaged.
fn going_on(journal: &Path) -> Recorder {
    builder(journal).on_damage(OnDamage::NewEpoch).open().unwrap()
}

/// Not a test by itself: the service over the damaged journal, whose log the test below reads.
///
/// A process of its own, as `tracing` keeps for the whole process whether anybody listens to a
/// place, and asks only the thread that comes there first: another test's thread has no subscriber.
#[test]
fn service_over_a_damaged_journal() {
    let Some(journal) = std::env::var_os(DAMAGED_JOURNAL) else {
        return;
    };
    tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stderr).init();
    let recorder = going_on(journal.as_ref());
    assert_eq!(serve(&recorder), 204);
    let health = recorder.health();
    assert_eq!((health.status, health.unrecorded), (Status::Red, 0));
    let reason = health.reason.unwrap();
    assert!(reason.contains("set aside in epochs/0") && reason.contains("damaged"), "{reason}");
    assert_eq!(names(journal.as_ref()), served());
    recorder.shutdown(Duration::from_secs(10)).unwrap();
}

/// What is in the journal's directory, in order.
fn names(journal: &Path) -> Vec<String> {
    let entries = fs::read_dir(journal).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    // What is signed comes within a second.
    names.retain(|name| !["checkpoint", "checkpoints", "tiles"].contains(&name.as_str()));
    names.sort();
    names
}

/// What lies there while a service writes a second epoch. Whatever else comes to lie there either
/// serves any epoch or moves with its own: `PARTS`.
fn served() -> Vec<&'static str> {
    let mut served = vec!["LOCK", "RESERVE", "WATERMARK", "epochs", "seg"];
    if cfg!(target_os = "linux") {
        served.insert(0, "CONTROL");
    }
    served
}

#[test]
fn a_service_that_may_begin_a_new_epoch_serves_over_a_damaged_journal_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let first = builder(&journal).open().unwrap();
    assert_eq!(serve(&first), 204);
    first.shutdown(Duration::from_secs(10)).unwrap();
    let segment = journal.join("seg/00000000000000000000.jsonl");
    let damaged = fs::read_to_string(&segment).unwrap().replace("DeleteOrder", "DeleteOrdor");
    fs::write(&segment, &damaged).unwrap();

    let refused = builder(&journal).open().unwrap_err().to_string();
    assert!(refused.contains("is damaged at seq"), "{refused}");

    let output = Command::new(std::env::current_exe().unwrap())
        .args(["damaged::service_over_a_damaged_journal", "--exact", "--nocapture"])
        .env(DAMAGED_JOURNAL, &journal)
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{log}");
    assert_eq!(log.matches("ERROR").count(), 1, "{log}");
    assert!(log.contains("the journal was set aside in epochs/0"), "{log}");

    let kept = journal.join("epochs/0/seg/00000000000000000000.jsonl");
    assert_eq!(fs::read_to_string(kept).unwrap(), damaged);
    let mut cursor = Reader::open(&journal).unwrap().cursor(0).unwrap();
    let mut actions = Vec::new();
    while let Some(line) = cursor.next().unwrap() {
        let record: Value = serde_json::from_slice(line.bytes()).unwrap();
        actions.push(record["action"].as_str().unwrap().to_owned());
    }
    assert!(actions.contains(&"DeleteOrder".to_owned()), "{actions:?}");

    // The next start finds nothing wrong.
    let recorder = going_on(&journal);
    assert_eq!(recorder.health().status, Status::Green);
}
