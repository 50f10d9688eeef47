//! Processes that die and disks that fail: what was acknowledged is there.
//!
//! Killing (`kill -9`) under load shows what a dead process leaves. A dead machine also takes what the disk had not written
//! yet, which is tried on a disk in memory; what is assumed of a real one is written down in `docs/design.md`. Kills at
//! every system call and power cuts of real file systems need tools: they are in `tests/services`.

#![allow(
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise, says what it tries and plays a service"
)]

mod abort;
mod beside;
mod bodies;
mod clients;
mod connections;
mod consumer;
mod disk;
mod dropped;
mod epoch;
#[cfg(unix)]
mod gone;
mod life;
mod meanwhile;
mod outbox;
mod power;
mod random;
mod service;
mod watch;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, Responder, web};
use audit_runtime::journal::{DirectoryStorage, Reader, verify};
use audit_runtime::{Event, Recorded, Recorder, Target, audited};
use clients::{Acknowledged, Clients, Round};
use serde_json::Value;
use service::Service;

const ROUNDS: u64 = 50;
/// A busy machine gets to work in fewer of the rounds, and then takes more of them.
const ROUNDS_MAX: u64 = 4 * ROUNDS;
/// The rounds in which all clients were there, and those in which work was acknowledged.
const FULL_ROUNDS_MIN: usize = 37;
const CLIENTS: usize = 8;
const TEST: &str = "killed_services_lose_nothing_that_they_acknowledged";

fn routes(config: &mut web::ServiceConfig) {
    config.route("/jobs/{id}", web::post().to(accept));
}

/// Answers with the receipt's place in the journal. The action itself is recorded by the outcome
/// of its response, which the middleware holds back until that record is durable too.
#[audited(action = "AcceptWork", target(Work, id = id))]
async fn accept(id: web::Path<String>) -> impl Responder {
    let target = Target::new("Work", &id);
    let receipt = audit_runtime::record(Event::activity("ReceiveWork").target(target).succeeded());
    match receipt.await {
        Ok(Recorded::Durable { seq, .. }) => {
            HttpResponse::Ok().insert_header(("x-seq", seq.to_string())).finish()
        }
        _ => HttpResponse::ServiceUnavailable().finish(),
    }
}

#[test]
fn killed_services_lose_nothing_that_they_acknowledged() {
    if service::is_asked_for() {
        return service::serve(routes);
    }
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let mut rounds = Vec::new();
    for round in 0..ROUNDS_MAX {
        if round >= ROUNDS && load(&rounds).iter().all(|count| *count >= FULL_ROUNDS_MIN) {
            break;
        }
        // Every start recovers what the last kill left.
        let service = Service::start(TEST, &journal);
        let clients = Clients::start(service.address, CLIENTS, round);
        // The kill falls into another moment of the work each time, and always at once.
        std::thread::sleep(Duration::from_millis(10 + round * 37 % 120));
        service.kill();
        let ended = clients.join();
        eprintln!(
            "round {round}: {} clients, {} acknowledged",
            ended.connected,
            ended.acknowledged.len()
        );
        rounds.push(ended);
    }
    let recorder = Recorder::builder(&journal).open().unwrap();
    recorder.shutdown(Duration::from_secs(10)).unwrap();

    check_load(&rounds);
    let records = read_without_holes(&journal);
    for receipt in rounds.iter().flat_map(|round| &round.acknowledged) {
        check(receipt, &records);
    }
    let storage = Arc::new(DirectoryStorage::read_only(&journal));
    let verification = verify(storage.as_ref()).unwrap();
    assert!(verification.is_intact(), "{verification:#?}");
}

/// A kill shows something only while clients are at work: in most rounds all of them were, and were
/// told of work that was done. A few kills come before that, and they are meant to.
fn check_load(rounds: &[Round]) {
    let counts = load(rounds);
    assert!(
        counts.iter().all(|count| *count >= FULL_ROUNDS_MIN),
        "of {} rounds, {counts:?} had all clients and acknowledgements",
        rounds.len()
    );
}

fn load(rounds: &[Round]) -> [usize; 2] {
    let full = |round: &&Round| round.connected == CLIENTS;
    let worked = |round: &&Round| !round.acknowledged.is_empty();
    [rounds.iter().filter(full).count(), rounds.iter().filter(worked).count()]
}

/// The records of each piece of work. The cursor checks the chain, this checks the sequence.
fn read_without_holes(journal: &Path) -> HashMap<String, Vec<Value>> {
    let reader = Reader::open(journal).unwrap();
    assert!(reader.segments().unwrap().len() > 1, "no kill can have hit a rotation");
    let mut cursor = reader.cursor(0).unwrap();
    let mut records: HashMap<String, Vec<Value>> = HashMap::new();
    let mut expected = 0;
    while let Some(line) = cursor.next().unwrap() {
        assert_eq!(line.seq(), expected, "a hole in the sequence");
        expected += 1;
        let record: Value = serde_json::from_slice(line.bytes()).unwrap();
        if let Some(work) = record["targets"][0]["id"].as_str() {
            records.entry(work.to_owned()).or_default().push(record);
        }
    }
    records
}

/// What the client was told is there: the record of its receipt, in the place that the receipt
/// names, and the record of the action that answered it, once.
fn check(receipt: &Acknowledged, records: &HashMap<String, Vec<Value>>) {
    let Some(records) = records.get(&receipt.work) else {
        panic!("nothing is recorded of {receipt:?}");
    };
    let of = |action: &str| -> Vec<&Value> {
        records.iter().filter(|record| record["action"] == action).collect()
    };
    let (received, accepted) = (of("ReceiveWork"), of("AcceptWork"));
    assert_eq!(received.len(), 1, "{receipt:?}: {records:#?}");
    assert_eq!(received[0]["seq"], receipt.seq, "{receipt:?}");
    assert_eq!(accepted.len(), 1, "{receipt:?}: {records:#?}");
    assert_eq!(accepted[0]["outcome"], "success", "{receipt:?}");
}
