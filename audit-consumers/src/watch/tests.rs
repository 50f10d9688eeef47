//! Tests of the pipeline beside a real recorder, from events to what a channel is given.

#[cfg(target_os = "linux")]
mod anchor;
#[cfg(unix)]
mod owner;
mod unrecorded;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;

use audit_runtime::control::{Drill, Entry};
use audit_runtime::{Actor, Event, Origin, Record, Recorder, Severity, Target};
use tempfile::TempDir;

use super::state::State;
use super::*;
use crate::alert::{Alert, DeliveryError, Message, Notifier};
use crate::detect::{Finding, Observed, Restored, SnapshotError};
use crate::saved::Saved;

const SOON: Duration = Duration::from_secs(20);
const USER: &str = "ada";

/// A channel whose messages are looked at.
#[derive(Clone, Default)]
struct Inbox(Arc<Mutex<Vec<Alert>>>);

impl Notifier for Inbox {
    fn deliver(&self, message: &Message, _deadline: Instant) -> Result<(), DeliveryError> {
        self.0.lock().unwrap().extend(message.alerts.iter().cloned());
        Ok(())
    }
}

impl Inbox {
    fn channel(&self) -> Channel {
        Channel::new("inbox", Severity::Informational, self.clone())
    }

    /// The alerts of `rule`, once there are so many.
    fn wait_for(&self, rule: &str, count: usize) -> Vec<Alert> {
        let due = Instant::now() + SOON;
        loop {
            let all = self.0.lock().unwrap().clone();
            let of_rule = all.iter().filter(|alert| alert.rule.as_deref() == Some(rule)).cloned();
            let of_rule: Vec<Alert> = of_rule.collect();
            if of_rule.len() >= count {
                return of_rule;
            }
            assert!(Instant::now() < due, "no alert of {rule} came: {all:#?}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

struct Service {
    directory: TempDir,
    recorder: Recorder,
}

impl Service {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let recorder = Recorder::builder(directory.path().join("audit")).open().unwrap();
        Self { directory, recorder }
    }

    fn journal(&self) -> PathBuf {
        self.directory.path().join("audit")
    }

    fn fail_to_log_in(&self, user: &'static str, times: usize) {
        for _ in 0..times {
            self.recorder.record(Self::attempt(user)).wait().unwrap();
        }
    }

    fn attempt(user: &'static str) -> Event {
        let from: SocketAddr = "198.51.100.7:4000".parse().unwrap();
        let attempt = Event::authentication("password").actor(Actor::user(user));
        attempt.origin(Origin::peer(from)).failed("wrong_password")
    }

    /// How often each finding stands in the journal, by its rule and id.
    fn findings(&self) -> BTreeMap<(String, String), u32> {
        let mut found = BTreeMap::new();
        let mut cursor = Reader::open(self.journal()).unwrap().cursor(0).unwrap();
        while let Some(line) = cursor.next().unwrap() {
            let record = Record::parse(&line).unwrap();
            if record.action == "DetectorFinding" {
                let text = |name: &str| record.arguments[name].as_str().unwrap().to_owned();
                *found.entry((text("rule"), text("id"))).or_default() += 1;
            }
        }
        found
    }

    /// A watch that looks often.
    fn watch(&self, inbox: &Inbox) -> WatchBuilder {
        Watch::builder(self.journal()).channel(inbox.channel()).look_ms(20).verify_every_ms(0)
    }
}

#[test]
fn failed_logins_become_a_finding_in_the_journal_and_an_alert() {
    let (service, inbox) = (Service::start(), Inbox::default());
    let watch = service.watch(&inbox).start().unwrap();
    service.fail_to_log_in(USER, 6);
    let alerts = inbox.wait_for("bf_user", 1);
    let [alert] = alerts.as_slice() else { panic!("{alerts:#?}") };
    assert_eq!((alert.count, alert.key.as_deref()), (Some(6), Some(USER)));
    assert_eq!(alert.addresses, ["198.51.100.7"]);
    assert!(!alert.title.is_empty() && !alert.remediation.is_empty());
    assert!(alert.first.unwrap() < alert.last.unwrap() && alert.drill.is_none());
    // The records that it names are the attempts.
    for seq in &alert.records {
        let mut cursor = Reader::open(service.journal()).unwrap().cursor(*seq).unwrap();
        let record = Record::parse(&cursor.next().unwrap().unwrap()).unwrap();
        assert_eq!(record.actor.unwrap().id.as_deref(), Some(USER));
    }
    inbox.wait_for("bf_ip", 1);
    inbox.wait_for("bf_user_ip", 1);
    watch.stop(SOON).unwrap();
    let findings = service.findings();
    assert_eq!(findings.len(), 3, "{findings:?}");
    assert!(findings.values().all(|times| *times == 1), "{findings:?}");
}

#[test]
fn an_alert_of_a_success_after_guessing_names_the_account() {
    let (service, inbox) = (Service::start(), Inbox::default());
    let watch = service.watch(&inbox).start().unwrap();
    // Nobody acts in a login that fails; its target tells which account was meant.
    let from: SocketAddr = "198.51.100.7:4000".parse().unwrap();
    for _ in 0..6 {
        let attempt = Event::authentication("password").actor(Actor::anonymous());
        let attempt = attempt.target(Target::new("User", USER)).origin(Origin::peer(from));
        service.recorder.record(attempt.failed("wrong_password")).wait().unwrap();
    }
    let success = Event::authentication("password").actor(Actor::user(USER));
    let success = success.origin(Origin::peer(from)).succeeded();
    service.recorder.record(success).wait().unwrap();
    let alert = inbox.wait_for("compromise_ip", 1).remove(0);
    assert_eq!(alert.severity, Severity::Critical);
    let details = format!("{:?}", alert.details);
    assert!(details.contains("is of the user ada"), "{details}");
    assert_eq!(inbox.wait_for("bf_user", 1)[0].key.as_deref(), Some(USER));
    watch.stop(SOON).unwrap();
}

#[test]
fn a_watch_goes_on_where_it_ended_and_tells_nothing_twice() {
    let (service, inbox) = (Service::start(), Inbox::default());
    service.fail_to_log_in(USER, 3);
    let watch = service.watch(&inbox).start().unwrap();
    service.fail_to_log_in(USER, 1);
    watch.stop(SOON).unwrap();
    service.fail_to_log_in(USER, 2);
    let watch = service.watch(&inbox).start().unwrap();
    inbox.wait_for("bf_user", 1);
    watch.stop(SOON).unwrap();
    // Without what it has kept it finds the same once more, and knows that it is recorded.
    let before = service.findings();
    let mut kept = State::load(&Saved::at(state::beside(&service.journal()))).unwrap().unwrap();
    kept.position = None;
    kept.save(&Saved::at(state::beside(&service.journal()))).unwrap();
    let watch = service.watch(&inbox).start().unwrap();
    service.fail_to_log_in("grace", 6);
    inbox.wait_for("bf_user", 2);
    watch.stop(SOON).unwrap();
    let after = service.findings();
    assert!(before.iter().all(|(finding, times)| after[finding] == *times), "{after:#?}");
}

#[test]
fn a_detector_that_panics_ends_no_other() {
    struct Panicky;
    impl Detector for Panicky {
        fn name(&self) -> &str {
            "panicky"
        }

        fn observe(&mut self, _: &Observed<'_>, _: &mut Vec<Finding>) {
            panic!("a test");
        }

        fn snapshot(&self) -> Vec<u8> {
            Vec::new()
        }

        fn restore(&mut self, _: &[u8]) -> Result<Restored, SnapshotError> {
            Ok(Restored::default())
        }
    }
    let (service, inbox) = (Service::start(), Inbox::default());
    let watch = service.watch(&inbox).detector(|| Panicky).start().unwrap();
    service.fail_to_log_in(USER, 6);
    inbox.wait_for("bf_user", 1);
    let told = inbox.wait_for("detector_panicked", 1);
    assert_eq!((told[0].severity, told[0].key.as_deref()), (Severity::High, Some("panicky")));
    watch.stop(Duration::MAX).unwrap();
}

#[test]
fn a_watch_that_was_killed_at_once_finds_the_same_under_the_same_ids() {
    let (service, inbox) = (Service::start(), Inbox::default());
    service.fail_to_log_in(USER, 6);
    let watch = service.watch(&inbox).start().unwrap();
    inbox.wait_for("bf_user", 1);
    let kept = fs::read(state::beside(&service.journal())).unwrap();
    watch.stop(SOON).unwrap();
    // As if nothing had been kept but what is at the start; then without even that.
    fs::write(state::beside(&service.journal()), kept).unwrap();
    let before = service.findings();
    for is_gone in [false, true] {
        if is_gone {
            fs::remove_file(state::beside(&service.journal())).unwrap();
        }
        let watch = service.watch(&inbox).start().unwrap();
        service.fail_to_log_in(if is_gone { "grace" } else { "edsger" }, 6);
        inbox.wait_for("bf_user", if is_gone { 3 } else { 2 });
        watch.stop(SOON).unwrap();
    }
    let after = service.findings();
    assert!(before.iter().all(|(finding, times)| after[finding] == *times), "{after:#?}");
    let of_ada = after.keys().filter(|(rule, _)| rule == "bf_user").count();
    assert_eq!(of_ada, 3, "{after:#?}");
}

#[test]
fn a_journal_has_one_watch_however_it_is_named() {
    let (service, inbox) = (Service::start(), Inbox::default());
    let first = service.watch(&inbox).start().unwrap();
    let mut slashed = service.journal().into_os_string();
    slashed.push("/");
    let refused = Watch::builder(PathBuf::from(slashed)).start().unwrap_err();
    assert!(refused.to_string().contains("is watched already"), "{refused}");
    assert!(is_watched(service.journal()));
    drop(first);
    let names = fs::read_dir(service.journal()).unwrap();
    let hidden =
        names.filter(|name| name.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0);
}

#[test]
fn a_journal_that_is_gone_is_told() {
    let (service, inbox) = (Service::start(), Inbox::default());
    let watch = service.watch(&inbox).start().unwrap();
    service.fail_to_log_in(USER, 1);
    fs::rename(service.journal(), service.directory.path().join("elsewhere")).unwrap();
    let alerts = inbox.wait_for("pipeline_failure", 1);
    assert_eq!(alerts[0].severity, Severity::Critical);
    watch.stop(SOON).unwrap();
}

#[test]
fn a_watch_starts_on_a_damaged_journal_and_tells_silence_there() {
    let (service, inbox) = (Service::start(), Inbox::default());
    service.fail_to_log_in(USER, 1);
    let segment = service.journal().join("seg/00000000000000000000.jsonl");
    let text = fs::read_to_string(&segment).unwrap();
    fs::write(&segment, text.replace("wrong_password", "wrong_passwerd")).unwrap();
    let watch = service.watch(&inbox).silence_ms_max(300).start().unwrap();
    inbox.wait_for("pipeline_silence", 1);
    service.fail_to_log_in(USER, 6);
    inbox.wait_for("bf_user", 1);
    watch.stop(SOON).unwrap();
}

#[test]
fn who_may_have_findings_recorded_can_keep_no_alert_from_others() {
    let (service, inbox) = (Service::start(), Inbox::default());
    let channel = Channel::new("inbox", Severity::High, inbox.clone());
    service.fail_to_log_in(USER, 1);
    let segment = service.journal().join("seg/00000000000000000000.jsonl");
    let text = fs::read_to_string(&segment).unwrap();
    fs::write(&segment, text.replace("wrong_password", "wrong_passwerd")).unwrap();
    let verification = verify(&DirectoryStorage::read_only(service.journal())).unwrap();
    let origin = Reader::open(service.journal()).unwrap().origin().unwrap();
    let mut forged = trouble::damage(&origin, &verification).unwrap();
    forged.severity = 1;
    Append::to(&service.journal()).append(&Entry::Finding(forged)).unwrap();
    let watch = Watch::builder(service.journal()).channel(channel).look_ms(20);
    let watch = watch.verify_every_ms(50).start().unwrap();
    inbox.wait_for("pipeline_damage", 1);
    watch.stop(SOON).unwrap();
}

#[test]
fn a_journal_has_one_watch() {
    let (service, inbox) = (Service::start(), Inbox::default());
    let first = service.watch(&inbox).start().unwrap();
    let refused = service.watch(&inbox).start().unwrap_err();
    assert!(refused.to_string().contains("is watched already"), "{refused}");
    first.stop(SOON).unwrap();
    service.watch(&inbox).start().unwrap().stop(SOON).unwrap();
}

#[test]
fn an_alert_by_hand_reaches_the_channels() {
    let (service, inbox) = (Service::start(), Inbox::default());
    let watch = service.watch(&inbox).start().unwrap();
    let raise = || audit_runtime::alert("A key is public", Severity::Critical, ["Revoke it."]);
    service.recorder.enter(raise).wait().unwrap();
    let due = Instant::now() + SOON;
    while inbox.0.lock().unwrap().is_empty() {
        assert!(Instant::now() < due);
        thread::sleep(Duration::from_millis(10));
    }
    watch.stop(SOON).unwrap();
    let alerts = inbox.0.lock().unwrap();
    assert_eq!((alerts.len(), alerts[0].title.as_str()), (1, "A key is public"));
    assert_eq!(
        (alerts[0].severity, &*alerts[0].remediation),
        (Severity::Critical, &["Revoke it.".to_owned()][..])
    );
}

#[test]
fn what_a_drill_raises_says_so() {
    let (service, inbox) = (Service::start(), Inbox::default());
    let watch = service.watch(&inbox).start().unwrap();
    let append = Append::to(&service.journal());
    for _ in 0..6 {
        let drill = Drill::of("d-1", "nobody", [192, 0, 2, 1].into());
        append.append(&Entry::Drill(drill)).unwrap();
    }
    let alerts = inbox.wait_for("bf_user", 1);
    assert_eq!(alerts[0].drill.as_deref(), Some("d-1"));
    watch.stop(SOON).unwrap();
}

#[test]
fn a_journal_that_is_changed_is_told_once() {
    let (service, inbox) = (Service::start(), Inbox::default());
    service.fail_to_log_in(USER, 1);
    let segment = service.journal().join("seg/00000000000000000000.jsonl");
    let text = fs::read_to_string(&segment).unwrap();
    fs::write(&segment, text.replace("wrong_password", "wrong_passwerd")).unwrap();
    let watch = service.watch(&inbox).verify_every_ms(30).start().unwrap();
    let alerts = inbox.wait_for("pipeline_damage", 1);
    assert_eq!(alerts[0].severity, Severity::Critical);
    thread::sleep(Duration::from_millis(200));
    watch.stop(SOON).unwrap();
    assert_eq!(inbox.wait_for("pipeline_damage", 1).len(), 1);
}

#[test]
fn silence_is_told_but_not_after_an_orderly_end() {
    let (service, inbox) = (Service::start(), Inbox::default());
    let watch = service.watch(&inbox).silence_ms_max(300).start().unwrap();
    let alerts = inbox.wait_for("pipeline_silence", 1);
    assert_eq!(alerts[0].severity, Severity::High);
    watch.stop(SOON).unwrap();

    let (service, inbox) = (Service::start(), Inbox::default());
    service.recorder.shutdown(SOON).unwrap();
    let watch = service.watch(&inbox).silence_ms_max(100).start().unwrap();
    thread::sleep(Duration::from_millis(500));
    watch.stop(SOON).unwrap();
    assert!(inbox.0.lock().unwrap().iter().all(|alert| alert.rule.is_none()));
}

#[test]
fn a_journal_that_takes_no_records_is_told_all_the_same() {
    let (service, inbox) = (Service::start(), Inbox::default());
    let watch = service.watch(&inbox).start().unwrap();
    service.fail_to_log_in(USER, 1);
    // The writer finds that its lock is another file, and takes nothing more.
    set_lock_aside(&service);
    let alerts = inbox.wait_for("pipeline_failure", 1);
    assert_eq!(alerts[0].severity, Severity::Critical);
    let told = format!("{:?}", alerts[0].details);
    assert!(told.contains("could not be recorded"), "{told}");
    watch.stop(SOON).unwrap();
    assert_eq!(inbox.wait_for("pipeline_failure", 1).len(), 1);
}

/// Puts another file in the place of the service's lock, which then takes no records.
fn set_lock_aside(service: &Service) {
    let lock = service.journal().join("LOCK");
    fs::rename(&lock, service.directory.path().join("aside")).unwrap();
    fs::write(&lock, "").unwrap();
}

#[test]
fn a_consumer_that_does_not_keep_up_is_told() {
    let (service, inbox) = (Service::start(), Inbox::default());
    // A directory stands where the detection keeps what it must keep.
    fs::create_dir(state::beside(&service.journal())).unwrap();
    let watch = service.watch(&inbox).lag_ms_max(200).start().unwrap();
    let alerts = inbox.wait_for("pipeline_lag", 1);
    assert_eq!(alerts[0].key.as_deref(), Some("detection"));
    assert!(watch.status().detection.failure.is_some());
    watch.stop(SOON).unwrap();
}
