//! Actions inside actions: each has a place of its own in the account, and a record of its own.

use std::time::Duration;

use actix_web::rt;
use audit_runtime::{Context, Recorder, audited};
use serde_json::Value;

use super::Failure;
use crate::support::{Trail, block_on, run, summary};

#[audited(action = "WalkTree", target(Level, id = depth))]
async fn walk(depth: u32, at_the_end: &dyn Fn()) -> Result<(), Failure> {
    match depth {
        0 => at_the_end(),
        _ => Box::pin(walk(depth - 1, at_the_end)).await?,
    }
    Ok(())
}

#[audited(action = "CountTree", target(Level, id = depth))]
fn count(depth: u32) -> Result<u32, Failure> {
    match depth {
        0 => Err(Failure::Broken),
        _ => Ok(1 + count(depth - 1).unwrap_or(0)),
    }
}

/// The records of a recursion, from the innermost outwards, each the cause of the one before it.
fn check_chain(records: &[Value]) {
    for (depth, record) in records.iter().enumerate() {
        assert_eq!(record["targets"][0]["id"], depth.to_string());
        let outer = records.get(depth + 1).map_or(&Value::Null, |outer| &outer["id"]);
        assert_eq!(record["causation_id"], *outer);
    }
}

#[test]
fn a_recursion_has_a_record_for_each_call() {
    let (_, records) = run(async {
        count(3).unwrap();
        walk(2, &|| {}).await.unwrap();
    });
    check_chain(&records[..4]);
    check_chain(&records[4..]);
    assert_eq!(records[0]["outcome"], "error");
    assert!(records[1..].iter().all(|record| record["outcome"] == "success"));
}

#[test]
fn each_open_call_takes_a_place_and_gives_it_back() {
    let trail = Trail::new();
    let recorder = trail.recorder.clone();
    let look = || assert_eq!(recorder.health().open_scopes, 4);
    block_on(trail.recorder.scope(walk(3, &look))).unwrap();
    assert_eq!(recorder.health().open_scopes, 0);
    assert_eq!(trail.records().len(), 4);
}

#[test]
fn a_shutdown_inside_a_recursion_records_it_from_the_innermost_outwards() {
    let trail = Trail::new();
    let recorder = trail.recorder.clone();
    let shut_down = || recorder.shutdown(Duration::from_secs(20)).unwrap();
    block_on(trail.recorder.scope(walk(3, &shut_down))).unwrap();
    assert_eq!(recorder.health().unrecorded, 0);
    let records = trail.records();
    assert_eq!(summary(&records), ["WalkTree unknown"; 4]);
    check_chain(&records);
}

#[audited(action = "RunParent", durability = write_ahead)]
async fn parent(recorder: Recorder) -> Result<(), Failure> {
    let spawn = || rt::spawn(Context::current().scope(recorder.scope(child())));
    let (first, second) = (spawn(), spawn());
    first.await.map_err(|_| Failure::Broken)??;
    second.await.map_err(|_| Failure::Broken)?
}

#[audited(action = "RunChild", durability = write_ahead)]
async fn child() -> Result<(), Failure> {
    rt::task::yield_now().await;
    Ok(())
}

#[test]
fn spawned_children_name_the_intent_that_began_them() {
    let trail = Trail::new();
    let recorder = trail.recorder.clone();
    block_on(trail.recorder.scope(parent(recorder))).unwrap();
    let records = trail.records();
    assert_eq!(records.len(), 6);
    let intent = &records[0];
    assert_eq!((&intent["action"], &intent["phase"]), (&"RunParent".into(), &"intent".into()));
    for child in records.iter().filter(|record| record["action"] == "RunChild") {
        assert_eq!(child["causation_id"], intent["id"]);
    }
    assert_eq!(records[5]["intent_id"], intent["id"]);
}
