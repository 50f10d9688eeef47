//! Audited work that outlives its caller: other tasks, other threads, threads that are ending.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Waker};
use std::time::Duration;

use actix_web::{rt, web};
use audit_runtime::{Context, Recorder, audited, deny, set_target};
use serde_json::Value;

use crate::support::{Trail, block_on, run, summary};

#[audited(action = "SendReceipt", on_unrecorded = fail_open)]
async fn send_receipt() {}

#[audited(action = "ChargeCard", on_unrecorded = fail_open)]
fn charge() {}

async fn meddle() {
    deny("said_elsewhere");
    set_target("Elsewhere", 1);
}

#[audited(action = "PayOrder", on_unrecorded = fail_open)]
async fn pay(recorder: Recorder) {
    let inside = Context::current();
    let receipt = rt::spawn(recorder.scope(inside.scope(send_receipt())));
    let meddling = rt::spawn(inside.scope(meddle()));
    let charged = web::block(move || recorder.enter(|| inside.enter(charge)));
    charged.await.unwrap();
    receipt.await.unwrap();
    meddling.await.unwrap();
}

#[test]
fn spawned_work_names_its_cause_and_cannot_rewrite_it() {
    let trail = Trail::new();
    block_on(trail.recorder.scope(pay(trail.recorder.clone())));
    let records = trail.records();
    let find = |action: &str| -> &Value {
        records.iter().find(|record| record["action"] == action).unwrap()
    };
    let paid = find("PayOrder");
    assert_eq!((&paid["outcome"], &paid["targets"]), (&"success".into(), &Value::Null));
    assert_eq!(find("SendReceipt")["causation_id"], paid["id"]);
    assert_eq!(find("ChargeCard")["causation_id"], paid["id"]);
}

#[test]
fn work_of_its_own_names_no_cause() {
    let ((), records) = run(async { Context::current().scope(send_receipt()).await });
    assert_eq!(records[0]["causation_id"], Value::Null);
}

type Job = Pin<Box<dyn Future<Output = ()>>>;

/// Each generation spawns the next one and ends.
#[audited(action = "PollMailbox", durability = queued, on_unrecorded = fail_open)]
async fn poll_mailbox(generations: u32, done: Rc<RefCell<bool>>) {
    if generations == 0 {
        done.replace(true);
        return;
    }
    let next: Job = Box::pin(poll_mailbox(generations - 1, done));
    rt::spawn(Context::current().scope(next));
}

#[test]
fn a_job_that_spawns_its_successor_keeps_nothing_of_its_predecessors() {
    // Dropping that many, should each hold the one before it, would not fit on the stack.
    const GENERATIONS: u32 = 100_000;
    let done = Rc::new(RefCell::new(false));
    let waiting = Rc::clone(&done);
    block_on(async move {
        rt::spawn(Context::new().scope(poll_mailbox(GENERATIONS, done)));
        while !*waiting.borrow() {
            rt::time::sleep(Duration::from_millis(1)).await;
        }
    });
}

#[audited(action = "WaitForMail", on_unrecorded = fail_open)]
async fn wait_for_mail() {
    std::future::pending().await
}

struct Closing(Recorder);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.enter(charge);
    }
}

thread_local! {
    static CLOSING: RefCell<Option<Closing>> = const { RefCell::new(None) };
    static PENDING: RefCell<Option<Job>> = const { RefCell::new(None) };
}

#[test]
fn a_thread_that_is_ending_records_what_is_dropped_with_it() {
    let trail = Trail::new();
    let recorder = trail.recorder.clone();
    let thread = std::thread::spawn(move || {
        // Touched first, so that they are dropped after the library's own.
        CLOSING.set(None);
        PENDING.set(None);
        let mut job: Job = Box::pin(recorder.scope(wait_for_mail()));
        assert!(job.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())).is_pending());
        PENDING.set(Some(job));
        CLOSING.set(Some(Closing(recorder)));
    });
    thread.join().unwrap();
    let records = summary(&trail.records());
    assert!(records.contains(&"WaitForMail cancelled".to_owned()), "{records:?}");
}
