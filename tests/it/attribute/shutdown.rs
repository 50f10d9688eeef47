//! A shutdown while actions run: each is recorded as unknown, once, with what is known of it by then.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{self, Receiver, Sender};
use std::task::{Context as TaskContext, Waker};
use std::time::{Duration, Instant};

use actix_web::rt::time::sleep;
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use audit_runtime::{
    Actor, AuditMiddleware, Context, Recorder, Status, Unrecorded, audited, set_actor, set_target,
};
use serde_json::Value;

use super::Failure;
use crate::stalling::Stalling;
use crate::support::{Trail, block_on, only, summary};
use crate::web::client::{Client, head, request, status};
use crate::web::server::Server;

const PATIENCE: Duration = Duration::from_secs(20);

/// How many bodies run that wait until they may end.
static RUN: AtomicUsize = AtomicUsize::new(0);
/// How many of those have ended.
static ENDED: AtomicUsize = AtomicUsize::new(0);
/// Not zero once they may.
static MAY_END: AtomicUsize = AtomicUsize::new(0);

async fn stay() {
    RUN.fetch_add(1, SeqCst);
    while MAY_END.load(SeqCst) == 0 {
        sleep(Duration::from_millis(2)).await;
    }
    ENDED.fetch_add(1, SeqCst);
}

fn wait_for(count: &AtomicUsize, least: usize) {
    let started = Instant::now();
    while count.load(SeqCst) < least {
        assert!(started.elapsed() < PATIENCE, "{} of {least}", count.load(SeqCst));
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[audited(action = "UpdateUser", target(User, id = id))]
async fn update(id: Path<u32>) -> HttpResponse {
    set_actor(Actor::user("42"));
    set_target("Group", 7);
    stay().await;
    HttpResponse::Ok().finish()
}

#[audited(action = "PayInvoice", target(Invoice, id = id), durability = write_ahead)]
async fn pay(id: Path<u32>) -> impl Responder {
    stay().await;
    "paid"
}

/// Its outcome is that of a response whose making takes long.
#[audited(action = "MakeReport")]
async fn report() -> impl Responder {
    "made"
}

async fn stay_after<B>(
    request: actix_web::dev::ServiceRequest,
    next: actix_web::middleware::Next<B>,
) -> actix_web::Result<actix_web::dev::ServiceResponse<B>>
where
    B: actix_web::body::MessageBody,
{
    let answer = next.call(request).await;
    stay().await;
    answer
}

fn routes(config: &mut ServiceConfig) {
    let after = actix_web::middleware::from_fn(stay_after);
    config
        .route("/users/{id}", web::put().to(update))
        .route("/invoices/{id}", web::post().to(pay))
        .service(web::resource("/reports").wrap(after).route(web::post().to(report)));
}

fn with_action<'a>(records: &'a [Value], action: &str) -> Vec<&'a Value> {
    records.iter().filter(|record| record["action"] == action).collect()
}

#[test]
fn a_shutdown_under_a_running_service_records_each_action_once() {
    let trail = Trail::new();
    let recorder = trail.recorder.clone();
    let server = Server::recording(trail, AuditMiddleware::new(), routes);
    let lines = ["PUT /users/1", "POST /invoices/2", "POST /reports"];
    let clients: Vec<_> = lines
        .iter()
        .map(|line| {
            let mut client = Client::connect(server.address);
            client.send(head(line, &[], 0).as_bytes());
            client
        })
        .collect();
    wait_for(&RUN, 3);
    // A request and an action each.
    assert_eq!(recorder.health().open_scopes, 6);
    recorder.shutdown(PATIENCE).unwrap();
    assert_eq!(recorder.health().open_scopes, 0);
    let refused = request(server.address, "PUT /users/3", &[], "");
    assert_eq!(status(&refused), 503);
    let before = recorder.health();
    MAY_END.store(1, SeqCst);
    for mut client in clients {
        assert_eq!(status(&client.read_to_end()), 200);
    }
    wait_for(&ENDED, 3);
    // What the shutdown had recorded raises no alarm at its end.
    assert_eq!(recorder.health().unrecorded, before.unrecorded);
    let records = server.finish().0;
    for (action, count) in [("UpdateUser", 1), ("MakeReport", 1), ("PayInvoice", 2)] {
        assert_eq!(with_action(&records, action).len(), count, "{action}: {records:#?}");
    }
    let unknown: Vec<_> =
        records.iter().filter(|record| record["completed_by"] == "recorder").collect();
    assert_eq!(unknown.len(), 6, "{records:#?}");
    assert!(unknown.iter().all(|record| record["outcome"] == "unknown"));
    let update = with_action(&records, "UpdateUser")[0];
    assert_eq!(update["actor"]["id"], "42");
    assert_eq!(update["targets"][0]["id"], "1");
    assert_eq!(update["targets"][1]["type"], "Group");
    assert!(update["duration_ns"].as_u64() > Some(0));
    assert!(update["correlation_id"].is_string());
    let [intent, end] = with_action(&records, "PayInvoice")[..] else { panic!("{records:#?}") };
    assert_eq!((&intent["phase"], &end["intent_id"]), (&"intent".into(), &intent["id"]));
    assert_eq!(with_action(&records, "HttpRequest").len(), 3);
}

#[audited(action = "RunJob")]
async fn job() -> Result<(), Failure> {
    std::future::pending().await
}

#[audited(action = "ReadJob")]
async fn read_job() -> u8 {
    std::future::pending::<()>().await;
    1
}

/// Begins a call and leaves it there.
fn begun<F: Future>(call: F) -> Pin<Box<F>> {
    let mut call = Box::pin(call);
    let mut context = TaskContext::from_waker(Waker::noop());
    assert!(call.as_mut().poll(&mut context).is_pending());
    call
}

#[test]
fn a_dropped_recorder_does_the_same() {
    let trail = Trail::new();
    let storage = trail.storage.clone();
    let running = begun(trail.recorder.scope(job()));
    drop(trail);
    drop(running);
    let records = Trail::read(storage);
    assert_eq!(summary(&records), ["RunJob unknown"]);
    assert_eq!(only(records)["completed_by"], "recorder");
}

#[audited(action = "RunBlockingJob")]
fn blocking_job(begun: &Sender<()>, may_end: &Receiver<()>) -> Result<(), Failure> {
    begun.send(()).unwrap();
    may_end.recv().map_err(|_| Failure::Broken)
}

#[test]
fn tasks_and_threads_beside_the_request_are_recorded_too() {
    let trail = Trail::new();
    let context = Context::new().actor(Actor::service("nightly"));
    let task = begun(context.scope(trail.recorder.scope(job())));
    let ((tell, told), (end, may_end)) = (mpsc::channel(), mpsc::channel());
    let (recorder, context) = (trail.recorder.clone(), context.clone());
    let thread = std::thread::spawn(move || {
        context.enter(|| recorder.enter(|| blocking_job(&tell, &may_end)))
    });
    told.recv().unwrap();
    assert_eq!(trail.recorder.health().open_scopes, 2);
    let records = trail.records();
    end.send(()).unwrap();
    thread.join().unwrap().unwrap();
    drop(task);
    assert_eq!(summary(&records), ["RunBlockingJob unknown", "RunJob unknown"]);
    assert!(records.iter().all(|record| record["actor"]["id"] == "nightly"));
}

#[test]
fn more_open_actions_than_the_queue_has_room_for_are_all_recorded() {
    const ACTIONS: usize = 2_000;
    let trail = Trail::with(|settings| settings.queue_bytes_max(32 << 10));
    let running: Vec<_> = (0..ACTIONS).map(|_| begun(trail.recorder.scope(job()))).collect();
    let recorder = trail.recorder.clone();
    let records = trail.records();
    assert_eq!(summary(&records), vec!["RunJob unknown"; ACTIONS]);
    drop(running);
    let health = recorder.health();
    assert_eq!((health.lost, health.unrecorded), (0, 0));
}

#[test]
fn beyond_the_account_what_must_be_recorded_is_refused_and_the_rest_goes_on() {
    let trail = Trail::with(|settings| settings.scopes_max(2));
    let (first, second) = (begun(trail.recorder.scope(job())), begun(trail.recorder.scope(job())));
    let refused = block_on(trail.recorder.scope(job()));
    assert!(matches!(refused, Err(Failure::Refused(Unrecorded::TooManyScopes))), "{refused:?}");
    let unlisted = begun(trail.recorder.scope(read_job()));
    drop(begun(trail.recorder.scope(read_job())));
    let health = trail.recorder.health();
    assert_eq!((health.open_scopes, health.scopes_unlisted, health.unrecorded), (2, 3, 1));
    assert_eq!(health.status, Status::Yellow);
    drop(first);
    let third = begun(trail.recorder.scope(job()));
    let recorder = trail.recorder.clone();
    let records = trail.records();
    let expected = ["ReadJob cancelled", "RunJob cancelled", "RunJob unknown", "RunJob unknown"];
    assert_eq!(summary(&records), expected);
    drop((second, third));
    assert_eq!(recorder.health().unrecorded, 1);
    // Nobody but its scope knew of this one, and now nothing can be recorded.
    drop(unlisted);
    assert_eq!(recorder.health().unrecorded, 2);
}

#[audited(action = "CountCall", durability = queued)]
fn count_call() -> Result<(), Failure> {
    Ok(())
}

#[test]
fn calls_that_end_while_a_shutdown_comes_are_recorded_once_each() {
    for _ in 0..20 {
        // Room for all of them, however long the committer has to wait for its turn.
        let trail = Trail::with(|settings| settings.queue_bytes_max(256 << 20));
        let call_until_refused = || (0..).take_while(|_| trail.recorder.enter(count_call).is_ok());
        let (calls, shutdown) = std::thread::scope(|threads| {
            let callers: Vec<_> =
                (0..4).map(|_| threads.spawn(|| call_until_refused().count())).collect();
            std::thread::sleep(Duration::from_millis(1));
            let shutdown = trail.recorder.shutdown(PATIENCE);
            let calls = callers.into_iter().map(|caller| caller.join().unwrap());
            (calls.sum::<usize>(), shutdown)
        });
        shutdown.unwrap();
        assert_eq!(trail.recorder.health().lost, 0);
        assert_eq!(trail.records().len(), calls);
    }
}

#[audited(action = "SaveJob")]
async fn save() -> Result<(), Failure> {
    Ok(())
}

#[test]
fn a_call_given_up_while_it_awaits_its_receipt_has_its_real_outcome() {
    let storage = Stalling::default();
    let recorder = Recorder::over(Arc::new(storage.clone())).open().unwrap();
    storage.stall(true);
    drop(begun(recorder.scope(save())));
    // The same when a shutdown comes first: the end was stored before the receipt was awaited.
    let waiting = begun(recorder.scope(save()));
    assert_eq!(recorder.health().open_scopes, 0);
    assert!(recorder.shutdown(Duration::from_millis(20)).is_err());
    drop(waiting);
    storage.stall(false);
    recorder.shutdown(PATIENCE).unwrap();
    let records = Trail::read(storage);
    assert_eq!(summary(&records), ["SaveJob success", "SaveJob success"]);
}
