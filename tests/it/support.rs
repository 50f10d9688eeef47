//! A recorder in memory for one test, and the records that it leaves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use audit_runtime::journal::{MemoryStorage, Reader, Storage};
use audit_runtime::{Event, Health, Recorder, RecorderBuilder};
use serde_json::Value;

/// A recorder in memory.
pub(crate) struct Trail {
    pub(crate) recorder: Recorder,
    pub(crate) storage: MemoryStorage,
}

impl Trail {
    pub(crate) fn new() -> Self {
        Self::with(|settings| settings)
    }

    pub(crate) fn with(settings: impl FnOnce(RecorderBuilder) -> RecorderBuilder) -> Self {
        let storage = MemoryStorage::new();
        let recorder = settings(Recorder::in_memory(storage.clone())).open().unwrap();
        Self { recorder, storage }
    }

    /// Closes the journal and reads what it recorded, without what it says of itself.
    pub(crate) fn records(self) -> Vec<Value> {
        self.recorder.shutdown(Duration::from_secs(20)).unwrap();
        Self::read(self.storage)
    }

    /// What a closed journal recorded, without what it says of itself.
    pub(crate) fn read(storage: impl Storage + 'static) -> Vec<Value> {
        let mut cursor = Reader::over(Arc::new(storage)).cursor(0).unwrap();
        let mut records = Vec::new();
        while let Some(line) = cursor.next().unwrap() {
            let record: Value = serde_json::from_slice(line.bytes()).unwrap();
            if record["category"].as_str().is_some_and(|category| category != "journal") {
                records.push(record);
            }
        }
        records
    }
}

/// Runs `work` to its end, on one thread, with a recorder of its own.
pub(crate) fn run<F: Future>(work: F) -> (F::Output, Vec<Value>) {
    let trail = Trail::new();
    let output = block_on(trail.recorder.scope(work));
    (output, trail.records())
}

/// Runs `work` to its end, on one thread, without a recorder.
pub(crate) fn block_on<F: Future>(work: F) -> F::Output {
    actix_web::rt::System::new().block_on(work)
}

/// Waits until it is so.
#[track_caller]
pub(crate) fn wait_for(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never came to that");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The health, once it is as it should be.
#[track_caller]
pub(crate) fn awaited(recorder: &Recorder, is_so: impl Fn(&Health) -> bool) -> Health {
    let begun = Instant::now();
    loop {
        let health = recorder.health();
        if is_so(&health) {
            return health;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{health:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Records that a moment has passed.
pub(crate) fn tick(recorder: &Recorder) {
    recorder.record(Event::activity("Tick").succeeded()).wait().unwrap();
}

/// What each record is about: its action and its outcome.
pub(crate) fn summary(records: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let line = |record: &Value| text(&record["action"]) + " " + &text(&record["outcome"]);
    records.iter().map(line).collect()
}

/// The one record that there is.
#[track_caller]
pub(crate) fn only(records: Vec<Value>) -> Value {
    let [record] = <[Value; 1]>::try_from(records).expect("there is exactly one record");
    record
}
