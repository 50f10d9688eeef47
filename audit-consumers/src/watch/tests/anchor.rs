//! A red health of a journal that records is told once and as what it is, and so is an anchor without checkpoints.

use std::io;

use audit_runtime::anchor::{Anchor, Checkpoint, Note};
use audit_runtime::journal::Storage;
use audit_runtime::{OnDamage, RedAlarm, Status};

use super::*;

#[test]
fn an_anchor_without_checkpoints_is_told_once_with_the_reason() {
    let (directory, inbox) = (tempfile::tempdir().unwrap(), Inbox::default());
    let builder = Recorder::builder(directory.path().join("audit"));
    let builder = builder.anchor_directory(directory.path().join("gone")).anchor_every_ms(20);
    let recorder = builder.anchor_age_ms_max(2000).open().unwrap();
    let service = Service { directory, recorder };
    let watch = service.watch(&inbox).start().unwrap();
    let alerts = inbox.wait_for("pipeline_anchor", 1);
    let told = format!("{:?}", alerts[0]);
    assert_eq!(alerts[0].severity, Severity::High);
    assert!(told.contains("has had none for") && told.contains("cannot look at"), "{told}");
    let is_by_the_writer = |alert: &Alert| alert.title.starts_with("The anchor `directory ");
    let due = Instant::now() + SOON;
    while !inbox.0.lock().unwrap().iter().any(is_by_the_writer) {
        assert!(Instant::now() < due, "{inbox:?}", inbox = inbox.0.lock().unwrap());
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(300));
    watch.stop(SOON).unwrap();
    let alerts = inbox.0.lock().unwrap().clone();
    assert_eq!(alerts.iter().filter(|alert| is_by_the_writer(alert)).count(), 1);
    assert_eq!(inbox.wait_for("pipeline_anchor", 1).len(), 1);
}

/// One that has another journal's history under this name.
struct Contradicting;

impl Anchor for Contradicting {
    fn name(&self) -> &'static str {
        "another"
    }

    fn keep(&mut self, _: &Checkpoint, _: &Note, _: &Arc<dyn Storage>) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::InvalidData, "it has one of 4711 records"))
    }
}

#[test]
fn an_anchor_that_speaks_against_a_journal_that_records_is_told_once_and_as_that() {
    let (directory, inbox) = (tempfile::tempdir().unwrap(), Inbox::default());
    let builder = Recorder::builder(directory.path().join("audit"));
    let recorder = builder.anchor(Contradicting).anchor_every_ms(20).open().unwrap();
    let service = Service { directory, recorder };
    let watch = service.watch(&inbox).start().unwrap();
    let alerts = inbox.wait_for("pipeline_anchor", 1);
    assert_eq!(alerts[0].severity, Severity::Critical);
    assert!(format!("{:?}", alerts[0]).contains("contradicts the journal"), "{alerts:?}");
    // Each of these would be another failure, if a journal that records were one.
    for _ in 0..5 {
        service.fail_to_log_in(USER, 1);
        thread::sleep(Duration::from_millis(100));
    }
    watch.stop(SOON).unwrap();
    assert_eq!(inbox.wait_for("pipeline_anchor", 1).len(), 1);
    let alerts = inbox.0.lock().unwrap().clone();
    assert!(
        alerts.iter().all(|alert| alert.rule.as_deref() != Some("pipeline_failure")),
        "{alerts:?}"
    );
}

#[test]
fn a_journal_that_was_set_aside_and_records_again_is_told_once_and_as_that() {
    let (service, inbox) = (Service::start(), Inbox::default());
    service.fail_to_log_in(USER, 1);
    service.recorder.shutdown(SOON).unwrap();
    let segment = service.journal().join("seg/00000000000000000000.jsonl");
    let spoilt = fs::read_to_string(&segment).unwrap().replace("wrong_password", "wrong_passwort");
    fs::write(&segment, spoilt).unwrap();
    let builder = Recorder::builder(service.journal()).on_damage(OnDamage::NewEpoch);
    let service = Service { recorder: builder.open().unwrap(), ..service };
    let health = service.recorder.health();
    assert_eq!((health.status, health.alarm), (Status::Red, Some(RedAlarm::SetAside)));
    let watch = service.watch(&inbox).start().unwrap();
    inbox.wait_for("pipeline_failure", 1);
    // Each of these would be another failure, if a journal that records were one.
    for _ in 0..5 {
        service.fail_to_log_in(USER, 1);
        thread::sleep(Duration::from_millis(100));
    }
    watch.stop(SOON).unwrap();
    let alerts = inbox.wait_for("pipeline_failure", 1);
    let [alert] = alerts.as_slice() else { panic!("{alerts:#?}") };
    let told = format!("{alert:?}");
    assert!(alert.title.contains("takes records") && told.contains("was set aside in"), "{told}");
}
