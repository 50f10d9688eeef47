//! A service over a damaged journal: it serves on in a new epoch if it may, and says so until it ends.

use std::fs;
use std::io::Write;
use std::sync::{Arc, Mutex};
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

/// What is logged on one thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_service_that_may_begin_a_new_epoch_serves_over_a_damaged_journal_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let builder = || -> RecorderBuilder { Recorder::builder(&journal).origin("example/shop") };
    let first = builder().open().unwrap();
    assert_eq!(serve(&first), 204);
    first.shutdown(Duration::from_secs(10)).unwrap();
    let segment = journal.join("seg/00000000000000000000.jsonl");
    let damaged = fs::read_to_string(&segment).unwrap().replace("DeleteOrder", "DeleteOrdor");
    fs::write(&segment, &damaged).unwrap();

    let refused = builder().open().unwrap_err().to_string();
    assert!(refused.contains("is damaged at seq"), "{refused}");

    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || written.clone()).finish();
    let going_on = || builder().on_damage(OnDamage::NewEpoch).open().unwrap();
    let recorder = tracing::subscriber::with_default(subscriber, going_on);
    assert_eq!(serve(&recorder), 204);
    let health = recorder.health();
    assert_eq!((health.status, health.unrecorded), (Status::Red, 0));
    // Whatever else comes to lie here either serves any epoch or moves with its own: `PARTS`.
    let mut names: Vec<_> =
        fs::read_dir(&journal).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let mut served = vec!["LOCK", "RESERVE", "WATERMARK", "epochs", "seg"];
    if cfg!(target_os = "linux") {
        served.insert(0, "CONTROL");
    }
    assert_eq!(names, served);
    let reason = health.reason.unwrap();
    assert!(reason.contains("set aside in epochs/0") && reason.contains("damaged"), "{reason}");
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
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
    let recorder = going_on();
    assert_eq!(recorder.health().status, Status::Green);
}
