//! Processes killed in the body of an action: what its durability promises is there, and no more.

use std::collections::HashMap;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::{HttpResponse, Responder, web};
use audit_runtime::journal::{DirectoryStorage, Reader, verify};
use audit_runtime::{Recorder, Unrecorded, audited};
use serde_json::Value;

use super::clients::ask;
use super::service::{self, Service};

const TEST: &str = "bodies::what_was_in_its_body_when_the_process_was_killed_ends_as_unknown_once";
const ROUNDS: u64 = 12;
/// Enough of them for the journal to rotate while a body runs.
const QUICK: u64 = 40;
const PATIENCE: Duration = Duration::from_secs(20);

/// Tells whoever kills that this body runs, and runs for ever.
async fn stay(id: &str) {
    File::create(marks().join(id)).unwrap();
    std::future::pending().await
}

fn marks() -> PathBuf {
    service::journal().with_extension("marks")
}

#[audited(action = "PayInvoice", target(Work, id = id), durability = write_ahead)]
async fn pay(id: web::Path<String>) -> impl Responder {
    stay(&id).await;
    "paid"
}

#[audited(action = "PayBlocking", target(Work, id = id), durability = write_ahead)]
fn pay_blocking(id: &str) -> Result<(), Unrecorded> {
    File::create(marks().join(id)).unwrap();
    loop {
        std::thread::park();
    }
}

async fn pay_in_thread(id: web::Path<String>) -> HttpResponse {
    let _ = web::block(move || pay_blocking(&id)).await;
    HttpResponse::Ok().finish()
}

#[audited(action = "UpdateInvoice", target(Work, id = id))]
async fn update(id: web::Path<String>) -> HttpResponse {
    stay(&id).await;
    HttpResponse::Ok().finish()
}

#[audited(action = "SendInvoice", target(Work, id = id), durability = write_ahead)]
async fn send(id: web::Path<String>) -> HttpResponse {
    HttpResponse::Ok().body(id.into_inner())
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/pay/{id}", web::post().to(pay))
        .route("/block/{id}", web::post().to(pay_in_thread))
        .route("/update/{id}", web::post().to(update))
        .route("/send/{id}", web::post().to(send));
}

/// True if the work was answered with success.
fn post(address: SocketAddr, path: &str) -> bool {
    ask(address, path).starts_with("HTTP/1.1 200 ")
}

fn wait_for(mark: &Path) {
    let begun = Instant::now();
    while !mark.exists() {
        assert!(begun.elapsed() < PATIENCE, "{} never ran", mark.display());
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What a round was told and knows when its service is killed.
#[derive(Default)]
struct Known {
    in_body: Vec<String>,
    in_synced_body: Vec<String>,
    answered: Vec<String>,
}

/// Lets bodies run for ever and others end, and kills the service.
fn round(journal: &Path, round: u64, known: &mut Known) {
    let service = Service::start(TEST, journal);
    let address = service.address;
    let marks = journal.with_extension("marks");
    let mut clients: Vec<JoinHandle<bool>> = Vec::new();
    let mut begin = |kind: &str| {
        let id = format!("{kind}-{round}");
        let path = format!("/{kind}/{id}");
        clients.push(std::thread::spawn(move || post(address, &path)));
        wait_for(&marks.join(&id));
        id
    };
    known.in_body.extend([begin("pay"), begin("block")]);
    known.in_synced_body.push(begin("update"));
    for number in 0..QUICK {
        let id = format!("send-{round}-{number}");
        assert!(post(address, &format!("/send/{id}")));
        known.answered.push(id);
    }
    service.kill();
    assert!(clients.into_iter().all(|client| !client.join().unwrap()));
    // What a dead process left has intents without an end; the next round's service ends them.
    let open = format!("pay-{round}");
    let of_it = records(journal).remove(&open).unwrap();
    assert_eq!(of_it.len(), 1, "{of_it:#?}");
    assert_eq!(of_it[0]["phase"], "intent");
    // Some starts are killed while they complete what was left, which leaves no second end.
    for kill in 0..3 {
        let mut starting = service::spawn(TEST, journal);
        std::thread::sleep(Duration::from_micros(700 * (round * 3 + kill)));
        starting.kill().unwrap();
        starting.wait().unwrap();
    }
}

/// The records of each piece of work.
fn records(journal: &Path) -> HashMap<String, Vec<Value>> {
    let mut cursor = Reader::open(journal).unwrap().cursor(0).unwrap();
    let mut records: HashMap<String, Vec<Value>> = HashMap::new();
    while let Some(line) = cursor.next().unwrap() {
        let record: Value = serde_json::from_slice(line.bytes()).unwrap();
        if let Some(work) = record["targets"][0]["id"].as_str() {
            records.entry(work.to_owned()).or_default().push(record);
        }
    }
    records
}

fn outcomes(records: &[Value]) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let told = |record: &Value| {
        let words = ["phase", "outcome", "completed_by"].map(|key| word(&record[key]));
        words.join(" ")
    };
    records.iter().map(told).collect()
}

#[test]
fn what_was_in_its_body_when_the_process_was_killed_ends_as_unknown_once() {
    if service::is_asked_for() {
        return service::serve(routes);
    }
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    std::fs::create_dir(journal.with_extension("marks")).unwrap();
    let mut known = Known::default();
    for number in 0..ROUNDS {
        round(&journal, number, &mut known);
    }
    let recorder = Recorder::builder(&journal).open().unwrap();
    recorder.shutdown(PATIENCE).unwrap();
    let reader = Reader::open(&journal).unwrap();
    assert!(reader.segments().unwrap().len() > ROUNDS as usize / 2, "too few rotations");
    let records = records(&journal);
    for id in &known.in_body {
        let expected = ["intent unknown -", "end unknown recorder"];
        assert_eq!(outcomes(&records[id]), expected, "{id}");
        let [intent, end] = &records[id][..] else { panic!("{id}") };
        assert_eq!(end["intent_id"], intent["id"]);
        assert_eq!((&end["actor"], &end["action"]), (&intent["actor"], &intent["action"]));
    }
    for id in &known.answered {
        assert_eq!(outcomes(&records[id]), ["intent unknown -", "end success -"], "{id}");
    }
    for id in &known.in_synced_body {
        assert!(!records.contains_key(id), "{id} has a record, and no end that could be told");
    }
    let storage = Arc::new(DirectoryStorage::read_only(&journal));
    let verification = verify(storage.as_ref()).unwrap();
    assert!(verification.is_intact(), "{verification:#?}");
}
