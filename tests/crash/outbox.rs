//! A service that is killed while it records in its transactions: each committed one has one record.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use audit_runtime::journal::Reader;
use audit_runtime::{Event, Recorder, Relay, Target, record_in};
use rusqlite::{Connection, TransactionBehavior};
use serde_json::Value;

/// Tells this binary to be the service, and where its files go.
const PLACE: &str = "AUDIT_TEST_OUTBOX";
const READY: &str = "the service records in its transactions";
const ROUNDS: u64 = 40;
const WORKERS: usize = 2;
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn killed_services_record_each_committed_transaction_once() {
    if let Some(place) = std::env::var_os(PLACE) {
        return serve(&Place(place.into()));
    }
    let directory = tempfile::tempdir().unwrap();
    let place = Place(directory.path().join("service"));
    std::fs::create_dir(&place.0).unwrap();
    let mut hits = 0;
    for round in 0..ROUNDS {
        let mut service = start(&place);
        // The kill falls into another moment of the work each time.
        std::thread::sleep(Duration::from_millis(5 + round * 37 % 90));
        service.kill().unwrap();
        service.wait().unwrap();
        let hit = place.recorded_and_not_removed();
        eprintln!("round {round}: {hit} rows recorded and not removed");
        if hit > 0 && hits == 0 {
            check_that_the_search_is_what_helps(&place, &directory.path().join("control"));
        }
        hits += u64::from(hit > 0);
    }
    assert!(hits >= ROUNDS / 10, "only {hits} kills fell between the journal and the database");
    place.drain();
    let (orders, records) = (place.orders(), place.records());
    assert!(orders.len() as u64 >= ROUNDS, "the killed services did too little work");
    let once: BTreeMap<i64, u32> = orders.iter().map(|order| (*order, 1)).collect();
    assert_eq!(records, once);
    let storage = audit_runtime::journal::DirectoryStorage::read_only(place.journal());
    let verification = audit_runtime::journal::verify(&storage).unwrap();
    assert!(verification.is_intact(), "{verification:#?}");
}

/// The same files, with the search for recorded rows sent behind the journal's end: if the check
/// above could not see a duplicate, it would find none here.
fn check_that_the_search_is_what_helps(place: &Place, control: &Path) {
    let copied = Command::new("cp").arg("-a").args([&place.0, control]).status().unwrap();
    assert!(copied.success());
    let control = Place(control.to_owned());
    let blinded = "UPDATE audit_outbox SET since = 1 << 60";
    control.connection().execute(blinded, []).unwrap();
    control.drain();
    let twice = control.records().into_values().filter(|records| *records > 1).count();
    assert!(twice > 0, "without the search there are no duplicates either");
}

/// Where the service keeps its database and its journal.
struct Place(PathBuf);

impl Place {
    fn journal(&self) -> PathBuf {
        self.0.join("audit")
    }

    fn connection(&self) -> Connection {
        let connection = Connection::open(self.0.join("shop.db")).unwrap();
        connection.busy_timeout(PATIENCE).unwrap();
        connection
    }

    fn open(&self) -> (Recorder, Relay) {
        let file = self.0.join("shop.db");
        // So small that some kills fall into a rotation.
        let recorder = Recorder::builder(self.journal()).segment_bytes_max(64 << 10);
        let recorder = recorder.open().unwrap();
        let relay = recorder.relay(move || Connection::open(&file)).unwrap();
        (recorder, relay)
    }

    /// Starts once more and relays what is left.
    fn drain(&self) {
        let (recorder, relay) = self.open();
        relay.shutdown(PATIENCE).unwrap();
        recorder.shutdown(PATIENCE).unwrap();
        let left = self.ids("SELECT id FROM audit_outbox");
        assert!(left.is_empty(), "{left:?}");
    }

    /// How many rows a relay that does not look would record a second time.
    fn recorded_and_not_removed(&self) -> usize {
        let waiting = self.ids("SELECT id FROM audit_outbox");
        let mut recorded = HashSet::new();
        self.each_record(|record| {
            recorded.insert(record["id"].as_str().unwrap().to_owned());
        });
        waiting.intersection(&recorded).count()
    }

    fn ids(&self, select: &str) -> HashSet<String> {
        let connection = self.connection();
        let mut select = connection.prepare(select).unwrap();
        let ids = select.query_map([], |row| row.get(0)).unwrap();
        ids.map(Result::unwrap).collect()
    }

    fn orders(&self) -> Vec<i64> {
        let connection = self.connection();
        let mut select = connection.prepare("SELECT id FROM orders ORDER BY id").unwrap();
        let orders = select.query_map([], |row| row.get(0)).unwrap();
        orders.map(Result::unwrap).collect()
    }

    /// How many records each order has.
    fn records(&self) -> BTreeMap<i64, u32> {
        let mut records = BTreeMap::new();
        self.each_record(|record| {
            if record["action"] == "PayOrder" {
                let order = record["targets"][0]["id"].as_str().unwrap().parse().unwrap();
                *records.entry(order).or_default() += 1;
            }
        });
        records
    }

    fn each_record(&self, mut visit: impl FnMut(&Value)) {
        let mut cursor = Reader::open(self.journal()).unwrap().cursor(0).unwrap();
        while let Some(line) = cursor.next().unwrap() {
            visit(&serde_json::from_slice(line.bytes()).unwrap());
        }
    }
}

/// Starts the service and waits until it works.
fn start(place: &Place) -> Child {
    let name = "outbox::killed_services_record_each_committed_transaction_once";
    let mut service = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(PLACE, &place.0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(service.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains(READY) {
        assert!(stdout.read_line(&mut said).unwrap() > 0, "the service did not start: {said}");
    }
    service
}

/// Takes orders until killed: every third is rolled back, with its row and its event.
fn serve(place: &Place) {
    let connection = place.connection();
    let create = "PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY)";
    connection.execute_batch(create).unwrap();
    let (recorder, _relay) = place.open();
    let last = "SELECT coalesce(max(id), 0) FROM orders";
    let last: i64 = connection.query_row(last, [], |row| row.get(0)).unwrap();
    // A number that was rolled back is given to no second order.
    let next = std::sync::atomic::AtomicI64::new(last + 1000);
    println!("{READY}");
    std::thread::scope(|threads| {
        for _ in 0..WORKERS {
            threads.spawn(|| {
                let mut connection = place.connection();
                recorder.enter(|| {
                    loop {
                        let order = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        take_order(&mut connection, order);
                    }
                });
            });
        }
    });
}

fn take_order(connection: &mut Connection, order: i64) {
    let paying = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    paying.execute("INSERT INTO orders (id) VALUES (?1)", [order]).unwrap();
    let paid = Event::activity("PayOrder").target(Target::new("Order", order));
    record_in(&paying, paid.succeeded()).unwrap();
    if order % 3 == 0 {
        paying.rollback().unwrap();
    } else {
        paying.commit().unwrap();
    }
}
