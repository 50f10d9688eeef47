//! Events in the transactions of real SQLite files: recorded once each if committed, else never.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audit_runtime::journal::Reader;
use audit_runtime::{Event, Recorder, Redact, Relay, Target, record_in};
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::storage::Failing;

const PATIENCE: Duration = Duration::from_secs(20);
const CANARY: &str = "tangerine-7731-canary";

#[derive(Redact)]
struct Card {
    #[sensitive]
    number: String,
    #[public(reason = "the brand of a card names nobody")]
    brand: String,
}

fn pay(order: usize) -> Event {
    Event::activity("PayOrder").target(Target::new("Order", order)).succeeded()
}

fn database(directory: &TempDir) -> PathBuf {
    let file = directory.path().join("shop.db");
    let created = Connection::open(&file).unwrap().execute_batch("PRAGMA journal_mode = WAL");
    created.unwrap();
    file
}

fn relay(recorder: &Recorder, file: &Path) -> Relay {
    let file = file.to_owned();
    recorder.relay(move || Connection::open(&file)).unwrap()
}

fn waiting(file: &Path) -> i64 {
    let count = "SELECT count(*) FROM audit_outbox";
    Connection::open(file).unwrap().query_row(count, [], |row| row.get(0)).unwrap()
}

/// The orders that have a record, in its order.
fn paid(reader: &Reader) -> Vec<usize> {
    let mut cursor = reader.cursor(0).unwrap();
    let mut paid = Vec::new();
    while let Some(line) = cursor.next().unwrap() {
        let record: Value = serde_json::from_slice(line.bytes()).unwrap();
        if record["action"] == "PayOrder" {
            paid.push(record["targets"][0]["id"].as_str().unwrap().parse().unwrap());
        }
    }
    paid
}

#[test]
fn many_connections_commit_and_roll_back_beside_the_relay() {
    let directory = tempfile::tempdir().unwrap();
    let file = database(&directory);
    let journal = directory.path().join("audit");
    let recorder = Recorder::builder(&journal).open().unwrap();
    let relay = relay(&recorder, &file);
    let work = |first: usize| {
        let mut connection = Connection::open(&file).unwrap();
        connection.busy_timeout(PATIENCE).unwrap();
        recorder.enter(|| {
            for order in first..first + 100 {
                let paying = connection
                    .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
                    .unwrap();
                record_in(&paying, pay(order)).unwrap();
                if order % 3 == 0 {
                    paying.rollback().unwrap();
                } else {
                    paying.commit().unwrap();
                }
            }
        });
    };
    std::thread::scope(|threads| {
        for first in [0, 1000, 2000] {
            threads.spawn(move || work(first));
        }
    });
    relay.shutdown(PATIENCE).unwrap();
    assert_eq!(waiting(&file), 0);
    let mut paid = paid(&Reader::open(&journal).unwrap());
    paid.sort_unstable();
    let all = [0..100, 1000..1100, 2000..2100].into_iter().flatten();
    let committed: Vec<usize> = all.filter(|order| order % 3 != 0).collect();
    assert_eq!(paid, committed);
}

#[test]
fn no_secret_reaches_the_database_or_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    let file = database(&directory);
    let journal = directory.path().join("audit");
    let recorder = Recorder::builder(&journal).open().unwrap();
    let relay = relay(&recorder, &file);
    let card = Card { number: CANARY.to_owned(), brand: "brand-4410".to_owned() };
    let mut connection = Connection::open(&file).unwrap();
    let paying = connection.transaction().unwrap();
    let paid = Event::activity("PayOrder").field("card", &card).session(CANARY);
    recorder.enter(|| record_in(&paying, paid.succeeded())).unwrap();
    paying.commit().unwrap();
    relay.shutdown(PATIENCE).unwrap();
    recorder.shutdown(PATIENCE).unwrap();
    // The write-ahead log still has what was removed since, so the row is among what is searched.
    let mut searched = Vec::new();
    for place in [directory.path().to_owned(), journal.join("seg")] {
        for entry in std::fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                searched.extend(std::fs::read(path).unwrap());
            }
        }
    }
    let found =
        |text: &str| searched.windows(text.len()).filter(|bytes| *bytes == text.as_bytes()).count();
    assert!(found("brand-4410") >= 2, "the row and the record were not searched");
    assert_eq!(found(&card.number), 0);
    drop(connection);
}

/// What happens to a service and its database.
#[derive(Clone, Debug)]
enum Step {
    /// A transaction of some payments is committed or rolled back.
    Pay { payments: usize, commits: bool },
    /// One that is kept around a savepoint that is not.
    Nested,
    /// The relay is stopped in order and started again.
    RestartRelay,
    /// The process dies, after the journal's sync and before any row was removed if it `restores`
    /// them, and takes along what the journal's disk had not synced if not.
    Die { restores: bool },
    /// The disk of the journal fails from now on, until the process dies.
    FailSyncs,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..5_usize, any::<bool>()).prop_map(|(payments, commits)| Step::Pay { payments, commits }),
        2 => Just(Step::Nested),
        1 => Just(Step::RestartRelay),
        3 => any::<bool>().prop_map(|restores| Step::Die { restores }),
        1 => Just(Step::FailSyncs),
    ]
}

/// A service, and what its journal must hold at last.
struct Service {
    storage: Failing,
    file: PathBuf,
    connection: Connection,
    running: Option<(Relay, Recorder)>,
    orders: usize,
    committed: Vec<usize>,
}

impl Service {
    fn start(directory: &TempDir) -> Self {
        let file = database(directory);
        let connection = Connection::open(&file).unwrap();
        let mut service = Self {
            storage: Failing::default(),
            file,
            connection,
            running: None,
            orders: 0,
            committed: Vec::new(),
        };
        service.restart();
        let copy = "CREATE TABLE copied AS SELECT * FROM audit_outbox";
        service.connection.execute_batch(copy).unwrap();
        service
    }

    fn restart(&mut self) {
        self.running = None;
        self.storage.fail_syncs(false);
        let key = audit_runtime::HashKey::from_bytes([7; 32]);
        let storage = Arc::new(self.storage.clone());
        let recorder = Recorder::over(storage).hash_key(key).open().unwrap();
        self.running = Some((relay(&recorder, &self.file), recorder));
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Pay { payments, commits } => self.pay(*payments, *commits, false),
            Step::Nested => self.pay(2, true, true),
            Step::RestartRelay => {
                let (stopped, recorder) = self.running.take().unwrap();
                // It cannot relay everything while the disk fails.
                let _ = stopped.shutdown(PATIENCE);
                self.running = Some((relay(&recorder, &self.file), recorder));
            }
            Step::Die { restores: false } => {
                self.running = None;
                self.storage.memory.crash(0);
                self.restart();
            }
            Step::Die { restores: true } => {
                self.running = None;
                // More than a death can bring back: every row there ever was.
                let restore = "INSERT OR IGNORE INTO audit_outbox SELECT * FROM copied";
                self.connection.execute_batch(restore).unwrap();
                self.restart();
            }
            Step::FailSyncs => self.storage.fail_syncs(true),
        }
    }

    fn pay(&mut self, payments: usize, commits: bool, nests: bool) {
        let (_, recorder) = self.running.as_ref().unwrap();
        let immediate = rusqlite::TransactionBehavior::Immediate;
        let mut paying = self.connection.transaction_with_behavior(immediate).unwrap();
        let orders: Vec<usize> = (self.orders..self.orders + payments).collect();
        self.orders += payments + 1;
        for order in &orders {
            recorder.enter(|| record_in(&paying, pay(*order))).unwrap();
        }
        if nests {
            let dropped = paying.savepoint().unwrap();
            recorder.enter(|| record_in(&dropped, pay(self.orders - 1))).unwrap();
        }
        let copy = "INSERT INTO copied SELECT * FROM audit_outbox
            WHERE id NOT IN (SELECT id FROM copied)";
        paying.execute(copy, []).unwrap();
        if commits {
            paying.commit().unwrap();
            self.committed.extend(orders);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_committed_event_has_one_record_whatever_happens(
        steps in proptest::collection::vec(step(), 1..24)
    ) {
        let directory = tempfile::tempdir().unwrap();
        let mut service = Service::start(&directory);
        for step in &steps {
            service.take(step);
        }
        service.take(&Step::Die { restores: false });
        let (relay, recorder) = service.running.take().unwrap();
        relay.shutdown(PATIENCE).unwrap();
        recorder.shutdown(PATIENCE).unwrap();
        let reader = Reader::over(Arc::new(service.storage.clone()));
        prop_assert_eq!(paid(&reader), service.committed);
        prop_assert_eq!(waiting(&service.file), 0);
    }
}
