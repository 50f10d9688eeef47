//! How work in a task of its own ends: after its request, by a panic, given up, with its runtime.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use actix_web::rt;
use audit_runtime::{Actor, Context, Recorder, audited, run_as, set_actor};
use axum::Router;
use axum::routing::post;
use tokio::sync::oneshot;

use super::{actor, one, send_receipt};
use crate::support::{Trail, block_on, run, summary, wait_for};
use crate::tower::server::Server;
use crate::web::client::request;

#[audited(action = "ExportOrders", on_unrecorded = fail_open)]
async fn export(begun: oneshot::Sender<()>) {
    begun.send(()).unwrap();
    std::future::pending().await
}

#[audited(action = "ExportOrders", on_unrecorded = fail_open)]
async fn break_down() {
    rt::task::yield_now().await;
    panic!("of the task");
}

/// A task that has begun its export.
async fn exporting() -> rt::task::JoinHandle<()> {
    let (tell, told) = oneshot::channel();
    let task = tokio::spawn(Context::current().scope(export(tell)));
    told.await.unwrap();
    task
}

#[test]
fn a_task_that_is_aborted_is_cancelled_and_one_that_panics_is_a_panic() {
    let job = async {
        let task = exporting().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        let task = tokio::spawn(Context::current().scope(break_down()));
        assert!(task.await.unwrap_err().is_panic());
        // What is given up before it begins has not been.
        let never = tokio::spawn(Context::current().scope(send_receipt()));
        never.abort();
        assert!(never.await.unwrap_err().is_cancelled());
    };
    let ((), records) = run(run_as(Actor::service("nightly"), job));
    assert_eq!(summary(&records), ["ExportOrders cancelled", "ExportOrders panic"]);
    assert!(records.iter().all(|record| actor(record) == "service:nightly"));
}

#[test]
fn a_runtime_that_is_dropped_cancels_what_runs_on_it() {
    let trail = Trail::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let job = Context::new().actor(Actor::service("nightly")).scope(exporting());
    let task = runtime.block_on(trail.recorder.scope(job));
    drop(runtime);
    drop(task);
    let records = trail.records();
    assert_eq!(summary(&records), ["ExportOrders cancelled"]);
    assert_eq!(actor(&records[0]), "service:nightly");
}

#[test]
fn a_task_beyond_its_recorder_is_unknown_and_leaves_no_second_record() {
    let trail = Trail::new();
    let storage = trail.storage.clone();
    block_on(async {
        let task = trail.recorder.scope(exporting()).await;
        trail.recorder.shutdown(Duration::from_secs(20)).unwrap();
        task.abort();
        assert!(task.await.is_err());
    });
    assert_eq!(summary(&Trail::read(storage)), ["ExportOrders unknown"]);
}

static ANSWERED: AtomicBool = AtomicBool::new(false);
static SENT: AtomicBool = AtomicBool::new(false);

#[audited(action = "PayOrder", on_unrecorded = fail_open)]
async fn pay() -> &'static str {
    set_actor(Actor::user("7"));
    let later = async {
        while !ANSWERED.load(SeqCst) {
            rt::time::sleep(Duration::from_millis(2)).await;
        }
        send_receipt().await;
        SENT.store(true, SeqCst);
    };
    tokio::spawn(Context::current().scope(later));
    "paid"
}

#[test]
fn a_task_that_outlives_its_request_still_belongs_to_it() {
    let server = Server::start(Router::new().route("/orders", post(pay)));
    request(server.address, "POST /orders", &[], "");
    ANSWERED.store(true, SeqCst);
    wait_for(|| SENT.load(SeqCst));
    let records = server.finish().0;
    let (paid, sent) = (one(&records, "PayOrder"), one(&records, "SendReceipt"));
    assert_eq!(summary(&records).last().unwrap(), "SendReceipt success");
    assert_eq!(actor(sent), "user:7");
    assert_eq!((&sent["causation_id"], &sent["origin"]), (&paid["id"], &paid["origin"]));
    assert_eq!(sent["correlation_id"], one(&records, "HttpRequest")["correlation_id"]);
}

#[test]
fn a_task_without_its_context_finds_the_recorder_of_the_process_and_no_other() {
    let trail = Trail::new();
    let recorder: &Recorder = &trail.recorder;
    block_on(recorder.scope(async { rt::spawn(send_receipt()).await.unwrap() }));
    assert!(trail.records().is_empty());
}
