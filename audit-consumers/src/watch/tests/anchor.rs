//! An anchor that has no checkpoints is told of, by the writer's record and by the monitor.

use std::io;

use audit_runtime::anchor::{Anchor, Checkpoint, Note};
use audit_runtime::journal::Storage;

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
