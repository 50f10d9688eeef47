//! Every way in which work leaves its task takes the context and the recorder along in the same words.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc;

use actix_web::{rt, web};
use audit_runtime::{Actor, Context, CorrelationId, audited, set_actor};
use axum::Router;
use axum::routing::post;
use serde_json::Value;
use tokio::task::{JoinSet, LocalSet, spawn_blocking, spawn_local};

use super::{actor, charge, one, send_receipt};
use crate::support::{Trail, summary};
use crate::tower::server::Server as AxumServer;
use crate::web::client::request;
use crate::web::server::Server as ActixServer;

type Way = fn() -> Pin<Box<dyn Future<Output = ()>>>;

/// Something that cannot go to another thread.
async fn send_locally(order: Rc<u32>) {
    send_receipt().await;
    drop(order);
}

const ASYNC_WAYS: &[(&str, Way)] = &[
    ("tokio::spawn", || {
        let task = tokio::spawn(Context::current().scope(send_receipt()));
        Box::pin(async { task.await.unwrap() })
    }),
    ("rt::spawn of what is not Send", || {
        let task = rt::spawn(Context::current().scope(send_locally(Rc::new(7))));
        Box::pin(async { task.await.unwrap() })
    }),
    ("LocalSet", || {
        let context = Context::current();
        Box::pin(async {
            let spawn = async move { spawn_local(context.scope(send_locally(Rc::new(7)))).await };
            LocalSet::new().run_until(spawn).await.unwrap();
        })
    }),
    ("JoinSet", || {
        let mut tasks = JoinSet::new();
        tasks.spawn(Context::current().scope(send_receipt()));
        Box::pin(async move { tasks.join_next().await.unwrap().unwrap() })
    }),
    ("another runtime", || {
        let task = Context::current().scope(send_receipt());
        let thread = std::thread::spawn(|| rt::System::new().block_on(task));
        Box::pin(async { thread.join().unwrap() })
    }),
];

const SYNC_WAYS: &[(&str, Way)] = &[
    ("web::block", || {
        let work = web::block(Context::current().bind(charge));
        Box::pin(async { work.await.unwrap() })
    }),
    ("spawn_blocking", || {
        let work = spawn_blocking(Context::current().bind(charge));
        Box::pin(async { work.await.unwrap() })
    }),
    ("std::thread", || {
        let thread = std::thread::spawn(Context::current().bind(charge));
        Box::pin(async { thread.join().unwrap() })
    }),
    ("a scoped thread", || {
        let charge = Context::current().bind(charge);
        std::thread::scope(|threads| _ = threads.spawn(charge));
        Box::pin(async {})
    }),
    ("a pool of threads that are there already", || {
        type Job = Box<dyn FnOnce() + Send>;
        let (jobs, taken) = mpsc::channel::<Job>();
        let worker = std::thread::spawn(move || taken.into_iter().for_each(|job| job()));
        jobs.send(Box::new(Context::current().bind(charge))).unwrap();
        drop(jobs);
        Box::pin(async { worker.join().unwrap() })
    }),
];

#[audited(action = "PayOrder", on_unrecorded = fail_open)]
async fn pay(way: Way) {
    way().await;
}

#[test]
fn whatever_runs_it_it_is_recorded_there_as_of_there() {
    for (ways, action) in [(ASYNC_WAYS, "SendReceipt"), (SYNC_WAYS, "ChargeCard")] {
        for (name, way) in ways {
            let trail = Trail::new();
            let id = CorrelationId::from_client("order-7").unwrap();
            let context = Context::new().actor(Actor::user("7")).correlation_id(id);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let paying = trail.recorder.scope(context.scope(pay(*way)));
            LocalSet::new().block_on(&runtime, paying);
            let records = trail.records();
            assert_eq!(summary(&records).len(), 2, "{name}: {records:#?}");
            let step = one(&records, action);
            assert_eq!(actor(step), "user:7", "{name}");
            assert_eq!(step["correlation_id"], "order-7", "{name}");
            assert_eq!(step["causation_id"], one(&records, "PayOrder")["id"], "{name}");
        }
    }
}

#[audited(action = "PayOrder", on_unrecorded = fail_open)]
async fn pay_beside() -> &'static str {
    set_actor(Actor::user("7"));
    let task = tokio::spawn(Context::current().scope(send_receipt()));
    let charged = spawn_blocking(Context::current().bind(charge));
    task.await.unwrap();
    charged.await.unwrap();
    "paid"
}

#[test]
fn it_finds_the_recorder_of_the_middleware() {
    let routes =
        |config: &mut web::ServiceConfig| _ = config.route("/orders", web::post().to(pay_beside));
    let server = ActixServer::start(routes);
    request(server.address, "POST /orders", &[], "");
    check(&server.finish().0);
    let server = AxumServer::start(Router::new().route("/orders", post(pay_beside)));
    request(server.address, "POST /orders", &[], "");
    check(&server.finish().0);
}

fn check(records: &[Value]) {
    let access = one(records, "HttpRequest");
    for action in ["SendReceipt", "ChargeCard"] {
        let step = one(records, action);
        assert_eq!(step["correlation_id"], access["correlation_id"]);
        assert_eq!((actor(step), &step["origin"]), ("user:7".to_owned(), &access["origin"]));
    }
}

#[test]
fn what_is_taken_along_keeps_no_journal_open() {
    let trail = Trail::new();
    let task = trail.recorder.enter(|| Context::new().enter(Context::current));
    let storage = trail.storage.clone();
    drop(trail);
    task.enter(charge);
    assert!(Trail::read(storage).is_empty(), "its recorder is closed");
}
