//! A recorder whose disk is full, silent or gone for a while: who is refused, what is told, and what
//! goes on by itself.

use std::sync::atomic::AtomicI64;
use std::time::Instant;

use audit_journal::{Clock, Timestamp};
use serde_json::Value;

use super::*;
use crate::event::Phase;

const FIRST: &str = "seg/00000000000000000000.jsonl";

impl Gated {
    /// Lets nothing grow any more.
    pub(super) fn fill(&self) {
        self.leave(0);
    }

    /// Leaves room for so many bytes.
    pub(super) fn leave(&self, bytes: usize) {
        let names = self.memory.names().into_iter();
        let used: usize = names.filter_map(|name| Some(self.memory.file(&name)?.len())).sum();
        self.memory.limit(Some(used + bytes));
    }

    /// The sum of one member over the records of an action.
    pub(super) fn told(&self, action: &str, member: fn(&Value) -> &Value) -> u64 {
        let records = self.records().into_iter().filter(|record| record["action"] == action);
        records.map(|record| member(&record).as_u64().unwrap()).sum()
    }
}

/// Waits for what has to come by itself.
#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what} has not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_full_disk_refuses_at_once_and_recording_goes_on_by_itself() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    storage.fill();
    // This one goes where the reserve was.
    recorder.record(event("Saved")).wait().unwrap();
    let refused = recorder.record(event("Refused")).wait();
    let Err(Unrecorded::JournalFull(reason)) = refused else {
        panic!("{refused:?}");
    };
    assert!(reason.contains("has no room since 2") && reason.contains("free space"), "{reason}");
    assert_eq!(recorder.0.shared.refusal(), Some(Unrecorded::JournalFull(reason.clone())));
    recorder.0.shared.count_unrecorded("Test", &Unrecorded::JournalFull(reason.clone()));
    assert_eq!(recorder.record(queued("Refused")).wait(), Err(Unrecorded::JournalFull(reason)));
    let health = recorder.health();
    assert_eq!((health.status, health.lost, health.unrecorded), (Status::Red, 2, 1));
    assert!(health.reason.unwrap().contains("has no room since"));

    storage.memory.limit(None);
    eventually("room", || recorder.health().status != Status::Red);
    assert_eq!(recorder.0.shared.refusal(), None);
    assert_eq!(recorder.health().status, Status::Yellow);
    recorder.record(event("After")).wait().unwrap();
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    let expected = ["Saved", "JournalFull", "JournalResumed", "After", "JournalStop"];
    assert_eq!(storage.actions()[2..], expected);
    assert_eq!(storage.told("JournalResumed", |record| &record["journal"]["lost"]), 2);
    assert_eq!(storage.told("JournalResumed", |record| &record["journal"]["unrecorded"]), 1);
}

#[test]
fn an_end_on_a_full_disk_tells_what_was_missed() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    storage.fill();
    recorder.record(event("Saved")).wait().unwrap();
    let refused = recorder.record(event("Refused")).wait().unwrap_err();
    recorder.0.shared.count_unrecorded("Test", &refused);
    // Enough for one record, but not for the reserve that a recorder needs to go on.
    storage.leave(1000);
    assert!(recorder.shutdown(Duration::from_secs(5)).is_err());
    assert_eq!(storage.actions()[2..], ["Saved", "JournalFull", "JournalStop"]);
    assert_eq!(storage.told("JournalStop", |record| &record["journal"]["lost"]), 1);
    assert_eq!(storage.told("JournalStop", |record| &record["journal"]["unrecorded"]), 1);
}

#[test]
fn whatever_a_full_disk_swallows_is_counted_to_the_last_event() {
    let storage = Gated::default();
    let recorder = storage.recorder().queue_bytes_max(4_000).open().unwrap();
    let flood = |_| {
        let recorder = recorder.clone();
        std::thread::spawn(move || {
            let results = (0..3000).map(|_| {
                std::thread::sleep(Duration::from_micros(500));
                recorder.record(queued("Flood")).wait()
            });
            results.filter(Result::is_err).count()
        })
    };
    let flooding: Vec<_> = (0..3).map(flood).collect();
    for _ in 0..2 {
        storage.fill();
        eventually("a full disk", || recorder.0.shared.counters.interruptions.full().is_some());
        storage.memory.limit(None);
        eventually("room", || recorder.0.shared.counters.interruptions.full().is_none());
    }
    let refused: usize = flooding.into_iter().map(|thread| thread.join().unwrap()).sum();
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    let kept = storage.actions().iter().filter(|action| *action == "Flood").count() as u64;
    let lost = storage.told("JournalLost", |record| &record["args"]["lost"])
        + storage.told("JournalResumed", |record| &record["journal"]["lost"]);
    assert!(refused > 0);
    // A queued event that was taken in can still find the disk full, so more is lost than refused.
    assert!(lost >= refused as u64, "{lost} told, {refused} refused");
    assert_eq!(kept + lost, 9000);
    assert_eq!(recorder.health().lost, lost);
}

#[test]
fn an_overflow_that_finds_the_disk_full_is_told_when_there_is_room() {
    let storage = Gated::default();
    let recorder = storage.recorder().queue_bytes_max(4_000).open().unwrap();
    storage.set(Gate::Shut);
    drop(recorder.record(event("First")));
    eventually("the committer", || recorder.health().queued_events == 0);
    let flood: Vec<_> = (0..100).map(|_| recorder.record(queued("Flood")).wait()).collect();
    assert!(flood.iter().any(Result::is_ok) && flood.iter().any(Result::is_err));
    storage.memory.replace("RESERVE", Some(Vec::new()));
    storage.fill();
    storage.set(Gate::Open);
    eventually("a full disk", || recorder.0.shared.counters.interruptions.full().is_some());
    storage.memory.limit(None);
    eventually("room", || recorder.0.shared.counters.interruptions.full().is_none());
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    assert_eq!(storage.actions()[2..], ["First", "JournalResumed", "JournalStop"]);
    assert_eq!(storage.told("JournalResumed", |record| &record["journal"]["lost"]), 100);
    assert_eq!(recorder.health().lost, 100);
}

#[test]
fn a_batch_without_any_room_is_not_acknowledged() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    storage.memory.replace("RESERVE", Some(Vec::new()));
    storage.fill();
    let lost = recorder.record(event("Lost")).wait();
    assert!(matches!(lost, Err(Unrecorded::JournalFull(_))), "{lost:?}");
    let closed = recorder.shutdown(Duration::from_secs(5)).unwrap_err().to_string();
    assert!(closed.contains("has no room since"), "{closed}");
    storage.memory.limit(None);
    let recorder = storage.recorder().open().unwrap();
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    let actions = storage.actions();
    assert_eq!(actions[1..], ["JournalStart", "JournalStart", "JournalStop"]);
}

#[test]
fn a_silent_disk_refuses_what_must_be_recorded_and_nothing_grows() {
    const QUEUE_BYTES: usize = 20_000;
    let storage = Gated::default();
    let settings = storage.recorder().wait_ms_max(50).queue_bytes_max(QUEUE_BYTES);
    let recorder = settings.open().unwrap();
    storage.set(Gate::Shut);
    let unknown = recorder.record(event("Late")).wait();
    assert!(matches!(unknown, Err(Unrecorded::DeadlineExpired(_))), "{unknown:?}");
    recorder.0.shared.count_unrecorded("Test", &unknown.unwrap_err());
    eventually("the refusal", || recorder.0.shared.refusal().is_some());
    let refusal = recorder.0.shared.refusal().unwrap();
    assert!(matches!(refusal, Unrecorded::Stalled(silent) if silent > Duration::from_millis(50)));
    assert!(refusal.to_string().contains("has not answered for"), "{refusal}");
    recorder.0.shared.count_unrecorded("Test", &refusal);
    let health = recorder.health();
    assert_eq!(health.status, Status::Red);
    assert!(health.reason.unwrap().contains("the disk has not answered for"));

    // Whoever need not wait still gets an answer at once, and what is kept stays bounded.
    let started = Instant::now();
    let flood: Vec<_> = (0..5000).map(|_| recorder.record(queued("Flood")).wait()).collect();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(flood.last(), Some(&Err(Unrecorded::QueueFull)));
    assert!(recorder.health().queued_bytes <= QUEUE_BYTES as u64);

    storage.set(Gate::Open);
    eventually("the disk", || recorder.health().status != Status::Red);
    assert_eq!(recorder.0.shared.refusal(), None);
    recorder.record(event("After")).wait().unwrap();
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    assert_eq!(storage.told("JournalResumed", |record| &record["journal"]["unrecorded"]), 2);
    let refused = flood.iter().filter(|result| result.is_err()).count() as u64;
    assert_eq!(storage.told("JournalLost", |record| &record["args"]["lost"]), refused);
    assert!(storage.actions().contains(&"Late".to_owned()));
}

#[test]
fn what_is_told_where_the_reserve_was_is_told_once() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    storage.fill();
    let late = Unrecorded::DeadlineExpired(Duration::ZERO);
    recorder.0.shared.count_unrecorded("Test", &late);
    // The record of it meets the full disk, and goes where the reserve was.
    eventually("a full disk", || recorder.0.shared.counters.interruptions.full().is_some());
    storage.memory.limit(None);
    eventually("room", || recorder.health().status == Status::Yellow);
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    let expected = ["JournalResumed", "JournalFull", "JournalResumed", "JournalStop"];
    assert_eq!(storage.actions()[2..], expected);
    assert_eq!(storage.told("JournalResumed", |record| &record["journal"]["unrecorded"]), 1);
}

#[test]
fn what_interrupted_is_told_by_its_name_whether_or_not_an_event_was_lost() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    let resumed = || {
        let records = storage.records().into_iter();
        let resumed = records.filter(|record| record["action"] == "JournalResumed");
        resumed.map(|record| record["journal"]["after"].clone()).collect::<Vec<_>>()
    };
    // Each comes from an action that learns of it when it is over.
    recorder.0.shared.count_unrecorded("Test", &Unrecorded::JournalFull("it was full".into()));
    eventually("the first record", || resumed() == ["full"]);
    recorder.0.shared.count_unrecorded("Test", &Unrecorded::Stalled(Duration::from_secs(9)));
    eventually("the second record", || resumed() == ["full", "stalled"]);
}

#[test]
fn a_file_that_is_gone_is_found_within_a_tick_also_without_events() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    recorder.record(event("Safe")).wait().unwrap();
    let removed = Instant::now();
    storage.memory.replace(FIRST, None);
    eventually("the alarm", || recorder.health().status == Status::Red);
    assert!(removed.elapsed() < Duration::from_secs(3), "{:?}", removed.elapsed());
    let reason = recorder.health().reason.unwrap();
    assert!(reason.contains(FIRST) && reason.contains("put it back"), "{reason}");
    let later = recorder.record(event("Later")).wait();
    assert!(matches!(later, Err(Unrecorded::JournalFailed(_))), "{later:?}");
}

#[test]
fn a_quiet_recorder_says_that_it_lives() {
    let storage = Gated::default();
    let refused = storage.recorder().heartbeat_ms(0).open().unwrap_err().to_string();
    assert!(refused.contains("`heartbeat_ms`") && refused.contains("u64::MAX"), "{refused}");
    let recorder = storage.recorder().heartbeat_ms(1).open().unwrap();
    eventually("a heartbeat", || storage.actions().contains(&"JournalHeartbeat".to_owned()));
    let silent = Gated::default();
    let never = silent.recorder().heartbeat_ms(u64::MAX).open().unwrap();
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(silent.actions().len(), 2);
    drop((recorder, never));
}

/// The system's monotonic clock beside a wall clock that is set by hand.
#[derive(Default)]
struct SetClock {
    ahead: AtomicI64,
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        let wall = 1_767_225_600_000_000_000 + self.monotonic_ns().cast_signed();
        Timestamp::from_unix_nanos(wall + self.ahead.load(Relaxed))
    }

    fn monotonic_ns(&self) -> u64 {
        audit_journal::SystemClock.monotonic_ns()
    }
}

#[test]
fn a_clock_that_was_set_is_recorded_before_the_events_that_show_it() {
    const HOUR: i64 = 3_600_000_000_000;
    let storage = Gated::default();
    let clock = Arc::new(SetClock::default());
    let shared = Arc::clone(&clock) as Arc<dyn Clock>;
    let recorder = storage.recorder().clock(shared).open().unwrap();
    recorder.record(event("Before")).wait().unwrap();
    clock.ahead.store(-HOUR, Relaxed);
    recorder.record(event("After")).wait().unwrap();
    assert_eq!(storage.actions()[2..], ["Before", "JournalClock", "After"]);
    let jump = storage.records()[3]["journal"]["jump_ns"].as_i64().unwrap();
    assert!((jump + HOUR).abs() < 1_000_000_000, "{jump}");
}

#[test]
fn a_disk_that_is_silent_while_a_start_ends_old_intents_is_told_of() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    let mut intent = Event::activity("Pay").succeeded();
    intent.phase = Some(Phase::Intent);
    recorder.0.shared.record(&intent).wait().unwrap();
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    // A start syncs the segment as it was found, and then its first records.
    storage.set(Gate::ShutAfter(2));
    let recorder = storage.recorder().wait_ms_max(50).open().unwrap();
    eventually("the alarm", || recorder.health().status == Status::Red);
    let reason = recorder.health().reason.unwrap();
    assert!(reason.contains("the disk has not answered for"), "{reason}");
    storage.set(Gate::Open);
    eventually("the disk", || recorder.health().status != Status::Red);
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    assert_eq!(storage.actions().iter().filter(|action| *action == "Pay").count(), 2);
}

/// Hands over both events of a write-ahead action at once: nobody waits for its intent any more.
fn pay(recorder: &Recorder) -> String {
    let shared = &recorder.0.shared;
    let of = |phase| Event { phase: Some(phase), ..Event::activity("Pay").succeeded() };
    let intent = of(Phase::Intent);
    let end = Event { intent: Some(intent.id), ..of(Phase::End) };
    assert!(shared.begin_intent());
    drop((shared.record(&intent), shared.record(&end)));
    intent.id.to_string()
}

#[test]
fn an_end_whose_intent_found_no_room_names_none() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    storage.set(Gate::Shut);
    drop(recorder.record(event("First")));
    eventually("the committer", || recorder.health().queued_events == 0);
    let given_up = pay(&recorder);
    storage.memory.replace("RESERVE", Some(Vec::new()));
    storage.fill();
    storage.set(Gate::Open);
    eventually("a full disk", || recorder.0.shared.counters.interruptions.full().is_some());
    storage.memory.limit(None);
    eventually("room", || recorder.0.shared.refusal().is_none());
    let kept = pay(&recorder);
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    assert_eq!(recorder.health().open_intents, 0);
    let records = storage.records().into_iter().filter(|record| record["action"] == "Pay");
    let told = records
        .map(|record| [record["phase"].clone(), record["intent_id"].clone(), record["id"].clone()]);
    let told: Vec<_> = told.collect();
    let [plain, intent, end] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(plain, &[Value::Null, Value::Null, given_up.into()]);
    assert_eq!(intent[2], kept.as_str());
    assert_eq!(end[..2], ["end".into(), Value::from(kept)]);
}
