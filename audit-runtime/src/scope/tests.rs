//! The end of a call beside a shutdown.

use std::sync::{Barrier, mpsc};
use std::time::Duration;

use audit_journal::{Line, MemoryStorage, Reader};

use super::*;
use crate::context::Told;
use crate::event::{Category, Durability, Event, Operation};
use crate::recorder::Recorder;

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn an_end_that_is_being_recorded_when_a_shutdown_comes_is_recorded() {
    let recorder = Recorder::in_memory(MemoryStorage::new()).open().unwrap();
    let shared = recorder.enter(recorder::current).unwrap();
    let (running, context) = (Running::begin(Event::activity("Work")), Context::new());
    shared.list(&running, &context).unwrap();
    let open = running.take().unwrap();
    let (tell, told) = mpsc::channel();
    let closing = std::thread::spawn(move || tell.send(recorder.shutdown(PATIENCE)).unwrap());
    // It finds nothing that runs, and must not take that for the end.
    assert!(told.recv_timeout(Duration::from_millis(100)).is_err());
    let receipt = record_end(open, Verdict::of(Outcome::Success), &context, Some(&shared));
    assert!(matches!(receipt.unwrap().wait(), Ok(recorder::Recorded::Durable { .. })));
    assert!(told.recv().unwrap().is_ok());
    closing.join().unwrap();
}

#[test]
fn what_was_told_before_a_shutdown_is_the_outcome_that_it_records() {
    let storage = MemoryStorage::new();
    let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
    let shared = recorder.enter(recorder::current).unwrap();
    let context = Context::new();
    for (action, outcome) in [("Told", Some(Outcome::Denied)), ("Left", None)] {
        let running = Running::begin(Event::activity(action));
        shared.list(&running, &context).unwrap();
        let returned = Told { outcome, error_type: Some("io::Error") };
        running.change(|open| open.returned = Some(returned));
    }
    recorder.shutdown(PATIENCE).unwrap();
    let mut cursor = Reader::over(Arc::new(storage)).cursor(0).unwrap();
    let lines = std::iter::from_fn(|| cursor.next().unwrap());
    let records = lines.map(|line| serde_json::from_slice(line.bytes()).unwrap());
    let ends: Vec<_> = records.filter(|it: &serde_json::Value| !it["error"].is_null()).collect();
    let told = |action: &str| ends.iter().find(|it| it["action"] == action).unwrap();
    assert_eq!(told("Told")["outcome"], "denied");
    assert_eq!(told("Left")["outcome"], "unknown");
    assert!(ends.iter().all(|it| it["completed_by"] == "recorder"), "{ends:?}");
}

#[test]
fn an_end_that_is_never_recorded_holds_a_shutdown_up_to_its_deadline() {
    let recorder = Recorder::in_memory(MemoryStorage::new()).open().unwrap();
    let shared = recorder.enter(recorder::current).unwrap();
    let running = Running::begin(Event::activity("Work"));
    shared.list(&running, &Context::new()).unwrap();
    let open = running.take().unwrap();
    // In which of the two ways it ends depends on how fast the committer is.
    let _ = recorder.shutdown(Duration::from_millis(20));
    let receipt = record_end(open, Verdict::of(Outcome::Success), &Context::new(), Some(&shared));
    assert_eq!(receipt.unwrap().wait(), Err(Unrecorded::Stopped));
}

#[test]
fn two_shutdowns_at_once_lose_no_end() {
    for round in 0..60 {
        let storage = MemoryStorage::new();
        let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
        let shared = recorder.enter(recorder::current).unwrap();
        shared.list(&Running::begin(Event::activity("Work")), &Context::new()).unwrap();
        let both = Barrier::new(2);
        std::thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| {
                    both.wait();
                    recorder.shutdown(PATIENCE).unwrap();
                });
            }
        });
        let mut cursor = Reader::over(Arc::new(storage)).cursor(0).unwrap();
        let lines = std::iter::from_fn(|| cursor.next().unwrap());
        let is_end = |line: &Line| line.body().windows(6).any(|bytes| bytes == b"\"Work\"");
        assert_eq!(lines.filter(is_end).count(), 1, "in round {round}");
    }
}

#[test]
fn an_action_that_a_shutdown_has_ended_at_its_intent_raises_no_alarm() {
    const fn pay(on_unrecorded: OnUnrecorded) -> ActionSpec {
        let (category, operation) = (Category::Activity, Operation::Execute);
        ActionSpec::new("Pay", category, operation, Durability::WriteAhead, on_unrecorded)
    }
    static OPEN: ActionSpec = pay(OnUnrecorded::FailOpen);
    static CLOSED: ActionSpec = pay(OnUnrecorded::FailClosed);
    let recorder = Recorder::in_memory(MemoryStorage::new()).open().unwrap();
    let shared = recorder.enter(recorder::current).unwrap();
    let mut open = recorder.enter(|| Scope::enter_open(&OPEN));
    let mut closed = recorder.enter(|| Scope::enter(&CLOSED)).unwrap();
    let late = Running::begin(Event::activity("Work"));
    shared.list(&late, &Context::new()).unwrap();
    let held = late.take().unwrap();
    let closing = std::thread::spawn(move || {
        recorder.shutdown(PATIENCE).unwrap();
        recorder.health()
    });
    while [&open, &closed].iter().any(|scope| scope.running.change(|_| ()).is_some()) {
        std::thread::yield_now();
    }
    // It is still waiting for the other one, and recording goes on until then.
    open.intend_blocking().unwrap();
    assert_eq!(closed.intend_blocking(), Err(Unrecorded::Stopped));
    drop(record_end(held, Verdict::of(Outcome::Success), &Context::new(), Some(&shared)));
    assert_eq!(closing.join().unwrap().unrecorded, 0);
}
