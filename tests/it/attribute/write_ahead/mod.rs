//! `durability = write_ahead`: an intent before the body, its end after it, and one for each.

mod full;
mod intent;
mod restart;
mod stopped;
mod unrecorded;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{cell::Cell, future};

use actix_web::rt;
use audit_runtime::journal::{MemoryStorage, Reader, Storage};
use audit_runtime::{Context, Recorder, audited};
use serde_json::Value;

use super::Failure;

/// Says that its body runs, and never ends.
#[audited(
    action = "PayInvoice",
    target(Invoice, id = id),
    fields(id),
    description = "{actor} paid {target}",
    durability = write_ahead
)]
async fn pay_for_ever(id: u32, runs: Rc<Cell<bool>>) -> Result<(), Failure> {
    runs.set(true);
    future::pending().await
}

#[audited(action = "SendInvoice", target(Invoice, id = id), durability = write_ahead)]
async fn send(id: u32) -> Result<(), Failure> {
    // Another action gets its turn in between.
    rt::task::yield_now().await;
    Ok(())
}

/// Spawns an action that is still in its body when this returns.
async fn begin_paying(recorder: &Recorder, id: u32) {
    let runs = Rc::default();
    let paying = recorder.scope(pay_for_ever(id, Rc::clone(&runs)));
    drop(rt::spawn(Context::current().scope(paying)));
    let begun = Instant::now();
    while !runs.get() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the body of {id} never ran");
        rt::time::sleep(Duration::from_millis(1)).await;
    }
}

/// All records of the journal, its own included.
fn all_records(storage: impl Storage + 'static) -> Vec<Value> {
    let mut cursor = Reader::over(Arc::new(storage)).cursor(0).unwrap();
    let mut records = Vec::new();
    while let Some(line) = cursor.next().unwrap() {
        records.push(serde_json::from_slice(line.bytes()).unwrap());
    }
    records
}

/// Each intent by its id, with its ends.
fn pairs(records: &[Value]) -> BTreeMap<String, (&Value, Vec<&Value>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let intents = records.iter().filter(|record| record["phase"] == "intent");
    let mut pairs: BTreeMap<_, _> =
        intents.map(|record| (text(&record["id"]), (record, Vec::new()))).collect();
    for end in records.iter().filter(|record| record["phase"] == "end") {
        let intent = pairs.get_mut(&text(&end["intent_id"])).expect("an end has an intent");
        assert!(intent.0["seq"].as_u64() < end["seq"].as_u64());
        intent.1.push(end);
    }
    pairs
}

/// Opens the journal, lets the recorder do what it must, and closes it.
fn restart(storage: &MemoryStorage) {
    let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
    recorder.shutdown(Duration::from_secs(20)).unwrap();
}
