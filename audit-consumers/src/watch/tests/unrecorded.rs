//! What a watch has found while the journal took no records.

use super::*;

#[test]
fn what_could_not_be_recorded_is_told_and_found_again_after_an_orderly_end() {
    let (service, inbox) = (Service::start(), Inbox::default());
    let watch = service.watch(&inbox).start().unwrap();
    service.fail_to_log_in(USER, 4);
    // What it has seen so far is kept.
    watch.stop(SOON).unwrap();
    service.fail_to_log_in(USER, 2);
    set_lock_aside(&service);
    let watch = service.watch(&inbox).start().unwrap();
    let due = Instant::now() + SOON;
    let is_told = |rule: &str| watch.status().unrecorded.iter().any(|one| one.rule == rule);
    while !["bf_ip", "bf_user_ip", "bf_user"].into_iter().all(is_told) {
        assert!(Instant::now() < due, "{:?}", watch.status());
        thread::sleep(Duration::from_millis(10));
    }
    assert!(service.findings().is_empty(), "{:?}", service.findings());
    watch.stop(SOON).unwrap();
    // The service is started anew, and so is the watch.
    let journal = service.journal();
    let Service { directory, recorder } = service;
    drop(recorder);
    fs::rename(directory.path().join("aside"), journal.join("LOCK")).unwrap();
    let recorder = Recorder::builder(&journal).open().unwrap();
    let service = Service { directory, recorder };
    let watch = service.watch(&inbox).start().unwrap();
    inbox.wait_for("bf_user", 1);
    assert!(watch.status().unrecorded.iter().all(|one| !one.rule.starts_with("bf_")));
    watch.stop(SOON).unwrap();
    let findings = service.findings();
    assert!(findings.iter().all(|(_, times)| *times == 1), "{findings:?}");
}
