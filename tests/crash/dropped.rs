//! Handlers that panic and runtimes that are dropped with work in them: all of it is recorded.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use audit_runtime::journal::Reader;
use audit_runtime::{AuditMiddleware, Recorder, Unrecorded, audited};
use serde_json::Value;

use super::clients::ask;

/// How many bodies run.
static RUN: AtomicUsize = AtomicUsize::new(0);

async fn stay() {
    RUN.fetch_add(1, SeqCst);
    std::future::pending().await
}

#[audited(action = "RunSynced")]
async fn synced() -> HttpResponse {
    stay().await;
    HttpResponse::Ok().finish()
}

#[audited(action = "RunAhead", durability = write_ahead)]
async fn ahead() -> HttpResponse {
    stay().await;
    HttpResponse::Ok().finish()
}

#[audited(action = "RunQueued", durability = queued)]
async fn queued() -> HttpResponse {
    stay().await;
    HttpResponse::Ok().finish()
}

#[audited(action = "PanicSynced")]
async fn panic_synced() -> HttpResponse {
    panic!("a test");
}

#[audited(action = "PanicAhead", durability = write_ahead)]
async fn panic_ahead() -> HttpResponse {
    panic!("a test");
}

#[audited(action = "RunTask", durability = write_ahead)]
async fn task() -> Result<(), Unrecorded> {
    stay().await;
    Ok(())
}

fn wait_for_bodies(count: usize) {
    let begun = Instant::now();
    while RUN.load(SeqCst) < count {
        assert!(begun.elapsed() < Duration::from_secs(20), "{} of {count}", RUN.load(SeqCst));
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// How often each outcome of each action is recorded, without the journal's own records.
fn counts(journal: &Path) -> BTreeMap<String, usize> {
    let mut cursor = Reader::open(journal).unwrap().cursor(0).unwrap();
    let mut counts = BTreeMap::new();
    while let Some(line) = cursor.next().unwrap() {
        let record: Value = serde_json::from_slice(line.bytes()).unwrap();
        if record["category"] != "journal" {
            let text = |key: &str| record[key].as_str().unwrap_or("").to_owned();
            let told = [text("action"), text("phase"), text("outcome")].join(" ");
            *counts.entry(told).or_default() += 1;
        }
    }
    counts
}

/// Serves until told to drop everything, without any orderly end.
fn serve(recorder: Recorder, tell: mpsc::Sender<SocketAddr>, stop: mpsc::Receiver<()>) {
    actix_web::rt::System::new().block_on(async move {
        let app = move || {
            App::new()
                .route("/synced", web::post().to(synced))
                .route("/ahead", web::post().to(ahead))
                .route("/queued", web::post().to(queued))
                .route("/panic_synced", web::post().to(panic_synced))
                .route("/panic_ahead", web::post().to(panic_ahead))
                .wrap(AuditMiddleware::new().recorder(&recorder))
        };
        let server = HttpServer::new(app).workers(1).disable_signals();
        let server = server.shutdown_timeout(0).bind(("127.0.0.1", 0)).unwrap();
        tell.send(server.addrs()[0]).unwrap();
        actix_web::rt::spawn(server.run());
        while stop.try_recv().is_err() {
            actix_web::rt::time::sleep(Duration::from_millis(2)).await;
        }
    });
}

#[test]
fn what_panics_or_is_dropped_with_its_runtime_is_recorded_once() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let recorder = Recorder::builder(&journal).open().unwrap();
    let ((tell, told), (stop, stopped)) = (mpsc::channel(), mpsc::channel());
    let serving = recorder.clone();
    let service = std::thread::spawn(move || serve(serving, tell, stopped));
    let address = told.recv().unwrap();
    // A panic closes the connection, and the worker goes on.
    assert_eq!(ask(address, "/panic_synced"), "");
    assert_eq!(ask(address, "/panic_ahead"), "");
    let paths = ["/synced", "/ahead", "/queued"];
    let clients = paths.map(|path| std::thread::spawn(move || ask(address, path)));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let spawned = runtime.spawn(recorder.scope(task()));
    runtime.block_on(tokio::task::yield_now());
    while RUN.load(SeqCst) < 4 {
        runtime.block_on(async { tokio::task::yield_now().await });
    }
    wait_for_bodies(4);
    drop((runtime, spawned));
    stop.send(()).unwrap();
    service.join().unwrap();
    for client in clients {
        assert_eq!(client.join().unwrap(), "");
    }
    // The last one to hold the journal closes it.
    drop(recorder);
    let expected = [
        ("HttpRequest  cancelled", 3),
        ("HttpRequest  panic", 2),
        ("PanicAhead end panic", 1),
        ("PanicAhead intent unknown", 1),
        ("PanicSynced  panic", 1),
        ("RunAhead end cancelled", 1),
        ("RunAhead intent unknown", 1),
        ("RunQueued  cancelled", 1),
        ("RunSynced  cancelled", 1),
        ("RunTask end cancelled", 1),
        ("RunTask intent unknown", 1),
    ];
    let expected = expected.map(|(told, count)| (told.to_owned(), count));
    assert_eq!(counts(&journal), BTreeMap::from(expected));
}
