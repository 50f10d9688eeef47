//! What callers rely on, over storage that stalls and fails on command.

mod dropped;
mod failed_sync;
mod flooded;
mod forged;
mod interrupted;

use std::io;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use audit_journal::{Access, LockOutcome, MemoryStorage, Reader, StorageFile};

use super::*;
use crate::event::{Actor, Outcome, Target};
use audit_redact::public;

/// Storage in memory whose syncs can be held up or made to fail.
#[derive(Clone, Default)]
struct Gated {
    memory: MemoryStorage,
    gate: Arc<(Mutex<Gate>, Condvar)>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Gate {
    #[default]
    Open,
    Shut,
    /// So many syncs work before one is held up.
    ShutAfter(u32),
    Failing,
    /// So many syncs work, the next one fails, and those after it work.
    FailingAfter(u32),
    Panicking,
}

impl Gated {
    fn set(&self, gate: Gate) {
        *self.state() = gate;
        self.gate.1.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, Gate> {
        self.gate.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass(&self) -> io::Result<()> {
        let mut gate = self.state();
        match *gate {
            Gate::ShutAfter(0) => *gate = Gate::Shut,
            Gate::ShutAfter(left) => *gate = Gate::ShutAfter(left - 1),
            _ => {}
        }
        while *gate == Gate::Shut {
            gate = self.gate.1.wait(gate).unwrap();
        }
        match *gate {
            Gate::Failing => Err(io::Error::other("the disk is on fire")),
            Gate::FailingAfter(0) => {
                *gate = Gate::Open;
                Err(io::Error::other("the disk is on fire"))
            }
            Gate::FailingAfter(left) => {
                *gate = Gate::FailingAfter(left - 1);
                Ok(())
            }
            Gate::Panicking => panic!("the storage panics on purpose"),
            _ => Ok(()),
        }
    }

    fn recorder(&self) -> RecorderBuilder {
        Recorder::over(Arc::new(self.clone())).hash_key(HashKey::from_bytes([1; 32]))
    }

    fn records(&self) -> Vec<serde_json::Value> {
        let mut cursor = Reader::over(Arc::new(self.clone())).cursor(0).unwrap();
        let mut records = Vec::new();
        while let Some(line) = cursor.next().unwrap() {
            records.push(serde_json::from_slice(line.bytes()).unwrap());
        }
        records
    }

    fn actions(&self) -> Vec<String> {
        let action = |record: &serde_json::Value| record["action"].as_str().unwrap().to_owned();
        self.records().iter().map(action).collect()
    }
}

impl Storage for Gated {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.memory.list(dir)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.wrap(name, self.memory.create(name)?)
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        self.wrap(name, self.memory.open(name, access)?)
    }

    fn lock(&self, holder: &str) -> io::Result<LockOutcome> {
        self.memory.lock(holder)
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.memory.is_locked()
    }

    fn describe(&self) -> String {
        self.memory.describe()
    }
}

impl Gated {
    /// Only the syncs of segments pass the gate.
    fn wrap(&self, name: &str, file: Box<dyn StorageFile>) -> io::Result<Box<dyn StorageFile>> {
        let gate = name.starts_with("seg/").then(|| self.clone());
        Ok(Box::new(GatedFile { file, gate }))
    }
}

struct GatedFile {
    file: Box<dyn StorageFile>,
    gate: Option<Gated>,
}

impl StorageFile for GatedFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.append(bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.gate.as_ref().map_or(Ok(()), Gated::pass)?;
        self.file.sync()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.truncate(length)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buffer)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn is_in_place(&self) -> io::Result<bool> {
        self.file.is_in_place()
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Records an event that the committer has taken and waits with at the gate: what is recorded next
/// waits in the queue.
fn record_held(storage: &Gated, recorder: &Recorder) -> Receipt {
    storage.set(Gate::Shut);
    let receipt = recorder.record(event("First"));
    while recorder.health().queued_events > 0 {
        std::thread::yield_now();
    }
    receipt
}

/// Runs a future without any executor: the runtime must not need one.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut TaskContext::from_waker(&waker)) {
            return output;
        }
        std::thread::park();
    }
}

fn event(action: &'static str) -> Event {
    Event::activity(action).actor(Actor::user("42")).succeeded()
}

fn queued(action: &'static str) -> Event {
    Event::activity(action).durability(Durability::Queued).succeeded()
}

#[test]
fn a_receipt_names_the_durable_record() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    let blocking = recorder.record(event("One")).wait().unwrap();
    let awaited = block_on(recorder.record(event("Two"))).unwrap();
    let records = storage.records();
    for (recorded, action) in [(blocking, "One"), (awaited, "Two")] {
        let Recorded::Durable { seq, hash } = recorded else {
            panic!("{recorded:?}");
        };
        let record = &records[usize::try_from(seq).unwrap()];
        assert_eq!(record["action"], action);
        assert_eq!(record["h"], hash.to_string());
    }
    assert_eq!(recorder.health().status, Status::Green);
    assert_eq!(recorder.health().durable, records.len() as u64);
}

#[test]
fn shutdown_writes_what_is_queued_and_says_so() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    assert_eq!(recorder.record(queued("Last")).wait(), Ok(Recorded::Queued));
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    let actions = storage.actions();
    assert_eq!(actions[actions.len() - 2..], ["Last", "JournalStop"]);
    let late = recorder.record(event("Late")).wait();
    assert_eq!(late, Err(Unrecorded::Stopped));
    recorder.shutdown(Duration::ZERO).unwrap();
}

#[test]
fn dropping_the_last_clone_closes_the_journal() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    let clone = recorder.clone();
    drop(recorder);
    drop(clone.record(queued("Kept")));
    drop(clone);
    let actions = storage.actions();
    assert_eq!(actions[actions.len() - 2..], ["Kept", "JournalStop"]);
    drop(storage.recorder().open().unwrap());
}

#[test]
fn an_overflow_is_counted_in_the_journal_to_the_last_event() {
    let storage = Gated::default();
    let recorder = storage.recorder().queue_bytes_max(20_000).open().unwrap();
    storage.set(Gate::Shut);
    let results: Vec<_> = (0..200).map(|_| recorder.record(queued("Flood")).wait()).collect();
    storage.set(Gate::Open);
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    let refused = results.iter().filter(|result| result.is_err()).count();
    assert!(refused > 0);
    let records = storage.records();
    let lost: u64 = records
        .iter()
        .filter(|record| record["action"] == "JournalLost")
        .map(|record| record["args"]["lost"].as_u64().unwrap())
        .sum();
    let kept = records.iter().filter(|record| record["action"] == "Flood").count();
    assert_eq!(lost, refused as u64);
    assert_eq!(kept + refused, 200);
}

#[test]
fn a_deadline_means_unknown_and_nobody_waits_for_ever() {
    let storage = Gated::default();
    let recorder = storage.recorder().wait_ms_max(50).open().unwrap();
    storage.set(Gate::Shut);
    let unknown = Err(Unrecorded::DeadlineExpired(Duration::from_millis(50)));
    assert_eq!(recorder.record(event("Blocking")).wait(), unknown);
    assert_eq!(block_on(recorder.record(event("Awaited"))), unknown);
    let shutdown = recorder.shutdown(Duration::from_millis(50));
    assert!(matches!(shutdown, Err(Error::ShutdownDeadline(_))), "{shutdown:?}");
    storage.set(Gate::Open);
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    let actions = storage.actions();
    assert!(actions.contains(&"Blocking".to_owned()) && actions.contains(&"Awaited".to_owned()));
}

#[test]
fn syncs_that_go_on_failing_acknowledge_nothing_and_turn_the_health_red() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    storage.set(Gate::Failing);
    let failed = recorder.record(event("Unlucky")).wait();
    let Err(Unrecorded::JournalFailed(reason)) = failed else {
        panic!("{failed:?}");
    };
    assert!(reason.contains("the disk is on fire"), "{reason}");
    storage.set(Gate::Open);
    let later = recorder.record(event("Later")).wait();
    assert!(matches!(later, Err(Unrecorded::JournalFailed(_))), "{later:?}");
    let health = recorder.health();
    assert_eq!((health.status, health.lost), (Status::Red, 2));
    assert!(recorder.shutdown(Duration::from_secs(5)).is_err());
}

#[test]
fn an_override_holds_for_its_task_only() {
    let (outer, inner) = (Gated::default(), Gated::default());
    let outer_recorder = outer.recorder().open().unwrap();
    let inner_recorder = inner.recorder().open().unwrap();
    outer_recorder.enter(|| {
        block_on(inner_recorder.scope(async { record(event("Inner")).await })).unwrap();
        record(event("Outer")).wait().unwrap();
    });
    assert!(inner.actions().contains(&"Inner".to_owned()));
    assert!(outer.actions().contains(&"Outer".to_owned()));
    assert!(!outer.actions().contains(&"Inner".to_owned()));
}

#[test]
fn without_a_recorder_the_answer_says_what_to_do() {
    let unrecorded = record(event("Nowhere")).wait().unwrap_err();
    assert_eq!(unrecorded, Unrecorded::NoRecorder);
    assert!(unrecorded.to_string().contains("audit_runtime::open(path)"));
    assert_eq!(health().status, Status::Red);
    assert!(health().unrecorded > 0);
}

#[test]
fn the_context_completes_what_an_event_does_not_say() {
    let storage = Gated::default();
    let recorder = storage.recorder().service("users", "1.2").open().unwrap();
    let context = Context::new().actor(Actor::service("nightly"));
    let anonymous = Event::activity("Export").target(Target::new("Report", 7));
    context.enter(|| recorder.record(anonymous.ended(Outcome::Success)).wait()).unwrap();
    let record = storage.records().pop().unwrap();
    assert_eq!(record["actor"]["id"], "nightly");
    assert_eq!(record["service"]["name"], "users");
    assert_eq!(record["name"], "export");
}

#[test]
fn an_oversized_event_is_recorded_with_its_cuts() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    let long = "x".repeat(1 << 20);
    let event = Event::activity("Upload").field("name", &public(&long)).succeeded();
    recorder.record(event).wait().unwrap();
    let record = storage.records().pop().unwrap();
    assert_eq!(record["truncated"][0], "args");
    assert!(record["args"]["name"].as_str().unwrap().len() < 5000);
}

#[test]
fn a_panic_of_the_committer_leaves_nobody_waiting_and_turns_the_health_red() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    storage.set(Gate::Panicking);
    let given_up = recorder.record(event("Unlucky")).wait();
    assert!(matches!(given_up, Err(Unrecorded::JournalFailed(_))), "{given_up:?}");
    let shutdown = recorder.shutdown(Duration::MAX).unwrap_err().to_string();
    assert!(shutdown.contains("the committer panicked"), "{shutdown}");
    assert_eq!(recorder.health().status, Status::Red);
    let later = recorder.record(event("Later")).wait();
    assert!(matches!(later, Err(Unrecorded::JournalFailed(_))), "{later:?}");
}

#[test]
fn no_action_begins_once_a_shutdown_has_begun() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    storage.set(Gate::Shut);
    drop(recorder.record(queued("Slow")));
    assert!(recorder.shutdown(Duration::from_millis(10)).is_err());
    assert_eq!(recorder.0.shared.refusal(), Some(Unrecorded::Stopped));
    storage.set(Gate::Open);
    recorder.shutdown(Duration::from_secs(5)).unwrap();
}

#[test]
fn events_that_find_the_journal_failed_are_answered_at_once() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    let first = record_held(&storage, &recorder);
    let second = recorder.record(event("Second"));
    storage.set(Gate::Failing);
    for receipt in [first, second] {
        let answer = receipt.wait();
        assert!(matches!(answer, Err(Unrecorded::JournalFailed(_))), "{answer:?}");
    }
}

#[test]
fn the_health_of_a_reopened_journal_counts_its_records() {
    let storage = Gated::default();
    drop(storage.recorder().open().unwrap());
    let recorder = storage.recorder().open().unwrap();
    assert_eq!(recorder.health().durable, storage.records().len() as u64);
}
