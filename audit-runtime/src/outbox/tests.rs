//! Rows that come, stay, are forged and are recorded already, each in a real database file.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audit_journal::{MemoryStorage, Reader};
use rusqlite::{Connection, params};
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::context::Context;
use crate::event::{Actor, Target};
use crate::recorder::{Recorder, RecorderBuilder, Status};
use audit_redact::HashKey;
use audit_redact::public;

const PATIENCE: Duration = Duration::from_secs(20);

/// A database and a journal.
struct Shop {
    _directory: TempDir,
    file: PathBuf,
    storage: MemoryStorage,
}

impl Shop {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("shop.db");
        let shop = Self { _directory: directory, file, storage: MemoryStorage::new() };
        let created = shop.connection().execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE orders (id INTEGER PRIMARY KEY)",
        );
        created.unwrap();
        shop
    }

    fn connection(&self) -> Connection {
        Connection::open(&self.file).unwrap()
    }

    fn settings(&self) -> RecorderBuilder {
        Recorder::in_memory(self.storage.clone()).hash_key(HashKey::from_bytes([1; 32]))
    }

    fn recorder(&self) -> Recorder {
        self.settings().open().unwrap()
    }

    fn relay(&self, recorder: &Recorder) -> Relay {
        let file = self.file.clone();
        recorder.relay(move || Connection::open(&file)).unwrap()
    }

    fn rows(&self) -> i64 {
        let count = "SELECT count(*) FROM audit_outbox";
        self.connection().query_row(count, [], |row| row.get(0)).unwrap()
    }

    fn records(&self) -> Vec<Value> {
        let mut cursor = Reader::over(Arc::new(self.storage.clone())).cursor(0).unwrap();
        let lines = std::iter::from_fn(|| cursor.next().unwrap());
        lines.map(|line| serde_json::from_slice(line.bytes()).unwrap()).collect()
    }

    /// The orders that have a record, in its order.
    fn paid(&self) -> Vec<i64> {
        let records = self.records();
        let paid = records.iter().filter(|record| record["action"] == "PayOrder");
        paid.map(|record| record["targets"][0]["id"].as_str().unwrap().parse().unwrap()).collect()
    }
}

fn pay(order: i64) -> Event {
    Event::activity("PayOrder").target(Target::new("Order", order)).succeeded()
}

fn record_all(recorder: &Recorder, transaction: &Connection, orders: RangeInclusive<i64>) {
    for order in orders {
        recorder.enter(|| record_in(transaction, pay(order))).unwrap();
    }
}

#[track_caller]
fn until(mut is_so: impl FnMut() -> bool) {
    let due = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < due, "it did not come about");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn what_is_committed_is_recorded_once_and_what_is_rolled_back_never() {
    let shop = Shop::new();
    let recorder = shop.recorder();
    let relay = shop.relay(&recorder);
    recorder.enter(|| {
        let mut connection = shop.connection();
        let rolled_back = connection.transaction().unwrap();
        record_in(&rolled_back, pay(1)).unwrap();
        drop(rolled_back);
        let mut outer = connection.transaction().unwrap();
        record_in(&outer, pay(2)).unwrap();
        let inner = outer.savepoint().unwrap();
        record_in(&inner, pay(3)).unwrap();
        drop(inner);
        let kept = outer.savepoint().unwrap();
        record_in(&kept, pay(4)).unwrap();
        kept.commit().unwrap();
        assert_eq!(shop.paid(), [0; 0], "before the commit there is nothing to relay");
        outer.commit().unwrap();
        // Outside a transaction the row is committed by itself.
        record_in(&connection, pay(5)).unwrap();
    });
    until(|| shop.rows() == 0);
    assert_eq!(shop.paid(), [2, 4, 5]);
    relay.shutdown(PATIENCE).unwrap();
}

#[test]
fn the_row_is_the_body_of_the_record_byte_for_byte_and_its_id_is_told() {
    let shop = Shop::new();
    let recorder = shop.recorder();
    let relay = shop.relay(&recorder);
    let mut connection = shop.connection();
    let paying = connection.transaction().unwrap();
    let context = Context::new().actor(Actor::user("ada"));
    let id = recorder.enter(|| context.enter(|| record_in(&paying, pay(7)))).unwrap();
    let select = "SELECT body FROM audit_outbox WHERE id = ?1";
    let body: Vec<u8> = paying.query_row(select, [id.to_string()], |row| row.get(0)).unwrap();
    paying.commit().unwrap();
    relay.shutdown(PATIENCE).unwrap();
    let mut cursor = Reader::over(Arc::new(shop.storage.clone())).cursor(0).unwrap();
    let line = std::iter::from_fn(|| cursor.next().unwrap()).find(|line| line.body() == body);
    let record: Value = serde_json::from_slice(line.unwrap().bytes()).unwrap();
    assert_eq!(record["id"], id.to_string());
    assert_eq!(record["actor"]["id"], "ada");
}

#[test]
fn rows_that_the_journal_has_already_are_removed_and_not_recorded_again() {
    let shop = Shop::new();
    let recorder = shop.recorder();
    let relay = shop.relay(&recorder);
    let mut connection = shop.connection();
    let paying = connection.transaction().unwrap();
    record_all(&recorder, &paying, 1..=300);
    paying.execute_batch("CREATE TABLE copied AS SELECT * FROM audit_outbox").unwrap();
    paying.commit().unwrap();
    relay.shutdown(PATIENCE).unwrap();
    assert_eq!((shop.rows(), shop.paid().len()), (0, 300));
    // As if the process had died after the journal's sync and before the rows were removed.
    connection.execute_batch("INSERT INTO audit_outbox SELECT * FROM copied").unwrap();
    let relay = shop.relay(&recorder);
    recorder.enter(|| record_in(&connection, pay(301)).unwrap());
    relay.shutdown(PATIENCE).unwrap();
    assert_eq!((shop.rows(), shop.paid()), (0, (1..=301).collect()));
}

#[test]
fn a_full_queue_holds_rows_up_and_loses_none() {
    let shop = Shop::new();
    let recorder = shop.settings().queue_bytes_max(1200).open().unwrap();
    let mut connection = shop.connection();
    let relay = shop.relay(&recorder);
    let paying = connection.transaction().unwrap();
    record_all(&recorder, &paying, 0..=199);
    // A row that is longer than the whole queue.
    let long = "x".repeat(3000);
    let noted = Event::activity("Note").field("text", &public(&long)).succeeded();
    recorder.enter(|| record_in(&paying, noted).unwrap());
    paying.commit().unwrap();
    relay.shutdown(PATIENCE).unwrap();
    assert_eq!(shop.paid(), (0..200).collect::<Vec<_>>());
    let records = shop.records();
    assert!(records.iter().any(|record| record["action"] == "Note"));
    assert!(records.iter().all(|record| record["action"] != "JournalLost"), "{records:#?}");
    assert_eq!(recorder.health().status, Status::Green);
}

#[test]
fn rows_that_meet_a_full_disk_wait_and_count_as_no_loss() {
    let shop = Shop::new();
    let recorder = shop.recorder();
    let relay = shop.relay(&recorder);
    // Neither the disk nor its reserve has room.
    shop.storage.replace("RESERVE", Some(Vec::new()));
    let names = shop.storage.names().into_iter();
    let used: usize = names.map(|name| shop.storage.file(&name).unwrap().len()).sum();
    shop.storage.limit(Some(used));
    let mut connection = shop.connection();
    let paying = connection.transaction().unwrap();
    record_all(&recorder, &paying, 0..=9);
    paying.commit().unwrap();
    let reason = || recorder.health().reason.unwrap_or_default();
    until(|| reason().contains("has no room since"));
    shop.storage.limit(None);
    until(|| shop.rows() == 0);
    relay.shutdown(PATIENCE).unwrap();
    assert_eq!(shop.paid(), (0..=9).collect::<Vec<_>>());
    let records = shop.records();
    let resumed = records.iter().filter(|record| record["action"] == "JournalResumed");
    let lost: Vec<_> = resumed.map(|record| &record["journal"]["lost"]).collect();
    assert_eq!(lost, [0]);
    assert_eq!((recorder.health().lost, recorder.health().status), (0, Status::Green));
}

#[test]
fn forged_rows_are_set_aside_with_an_alarm_and_hold_nobody_up() {
    let shop = Shop::new();
    let recorder = shop.recorder();
    let relay = shop.relay(&recorder);
    let mut connection = shop.connection();
    let paying = connection.transaction().unwrap();
    recorder.enter(|| {
        record_in(&paying, pay(1)).unwrap();
        record_in(&paying, pay(2)).unwrap();
        record_in(&paying, pay(3)).unwrap();
    });
    let forge = |change: &str, number: i64| {
        let update = format!("UPDATE audit_outbox SET {change} WHERE number = ?1");
        assert_eq!(paying.execute(&update, [number]).unwrap(), 1);
    };
    forge("body = CAST(replace(CAST(body AS TEXT), 'PayOrder', 'GetOrder') AS BLOB)", 1);
    forge("id = '00000000-0000-0000-0000-000000000000'", 2);
    let insert = "INSERT INTO audit_outbox (number, id, journal, since, seal, body)
        SELECT ?1, ?2, journal, ?3, seal, ?4 FROM audit_outbox LIMIT 1";
    let endless = vec![b'x'; 1 << 20];
    paying.execute(insert, params![-5, "a", -1, b"\"id\":\"a\",\"x\":1".as_slice()]).unwrap();
    paying.execute(insert, params![-4, "b", i64::MAX, endless]).unwrap();
    paying.execute(insert, params![-3, "c".repeat(1 << 20), 0, b"".as_slice()]).unwrap();
    paying.commit().unwrap();
    until(|| shop.paid() == [3]);
    relay.shutdown(PATIENCE).unwrap();
    let refused = "SELECT count(*) FROM audit_outbox WHERE length(refused) > 0";
    let refused: i64 = connection.query_row(refused, [], |row| row.get(0)).unwrap();
    assert_eq!((refused, shop.rows()), (5, 5));
    let records = shop.records();
    let told = records.iter().filter(|record| record["action"] == "OutboxRowRefused");
    assert_eq!(told.count(), 5);
    assert!(records.iter().all(|record| record["action"] != "GetOrder"));
    assert_eq!((recorder.health().status, recorder.health().unrecorded), (Status::Yellow, 5));
}

#[test]
fn rows_of_another_journal_wait_for_theirs() {
    let shop = Shop::new();
    let recorder = shop.recorder();
    let relay = shop.relay(&recorder);
    // Two instances of a service may have the same key.
    let second = Recorder::in_memory(MemoryStorage::new());
    let second = second.hash_key(HashKey::from_bytes([1; 32])).open().unwrap();
    let beside = shop.relay(&second);
    beside.shutdown(PATIENCE).unwrap();
    second.enter(|| record_in(&shop.connection(), pay(1))).unwrap();
    recorder.enter(|| record_in(&shop.connection(), pay(2))).unwrap();
    relay.shutdown(PATIENCE).unwrap();
    assert_eq!((shop.rows(), shop.paid()), (1, vec![2]));
}

#[test]
fn an_event_finds_no_way_without_recorder_relay_or_table() {
    let shop = Shop::new();
    let alone = record_in(&shop.connection(), pay(1)).unwrap_err();
    assert!(matches!(alone, OutboxError::Unrecorded(Unrecorded::NoRecorder)), "{alone}");
    let recorder = shop.recorder();
    let unrelayed = recorder.enter(|| record_in(&shop.connection(), pay(1))).unwrap_err();
    assert!(unrelayed.to_string().contains("recorder.relay("), "{unrelayed}");
    let in_memory = recorder.relay(Connection::open_in_memory).unwrap_err();
    assert!(matches!(in_memory, OutboxError::InMemory), "{in_memory}");
    let _relay = shop.relay(&recorder);
    let file = shop.file.clone();
    let again = recorder.relay(move || Connection::open(&file)).unwrap_err();
    assert!(matches!(again, OutboxError::Relayed { .. }), "{again}");
    let elsewhere = Connection::open_in_memory().unwrap();
    let missing = recorder.enter(|| record_in(&elsewhere, pay(1))).unwrap_err();
    assert!(missing.to_string().contains("its relay makes the table"), "{missing}");
}

#[test]
fn a_relay_that_cannot_read_says_so_and_goes_on_by_itself() {
    let shop = Shop::new();
    let recorder = shop.recorder();
    let relay = shop.relay(&recorder);
    let connection = shop.connection();
    let hostile = "CREATE TRIGGER kept BEFORE DELETE ON audit_outbox
        BEGIN SELECT raise(ABORT, 'no' || char(10) || 'way'); END";
    connection.execute_batch(hostile).unwrap();
    recorder.enter(|| record_in(&connection, pay(1))).unwrap();
    until(|| recorder.health().status == Status::Red);
    let reason = recorder.health().reason.unwrap();
    assert!(reason.contains("shop.db: cannot remove relayed rows: no\\nway"), "{reason}");
    connection.execute_batch("DROP TRIGGER kept").unwrap();
    until(|| recorder.health().status == Status::Green);
    until(|| shop.rows() == 0);
    relay.shutdown(PATIENCE).unwrap();
    assert_eq!(shop.paid(), [1]);
}

#[test]
fn a_relay_that_panics_turns_the_health_red_and_can_be_started_again() {
    let shop = Shop::new();
    let recorder = shop.recorder();
    let (file, mut opened) = (shop.file.clone(), 0);
    let relay = recorder.relay(move || {
        opened += 1;
        assert_eq!(opened, 1, "it panics on purpose");
        Connection::open(&file)
    });
    let connection = shop.connection();
    connection.execute_batch("DROP TABLE audit_outbox").unwrap();
    until(|| recorder.health().reason.is_some_and(|reason| reason.contains("panicked")));
    relay.unwrap().shutdown(PATIENCE).unwrap_err();
    let relay = shop.relay(&recorder);
    recorder.enter(|| record_in(&connection, pay(1))).unwrap();
    relay.shutdown(PATIENCE).unwrap();
    assert_eq!((shop.paid(), recorder.health().status), (vec![1], Status::Green));
}

#[test]
fn rows_that_come_while_the_recorder_is_shut_down_wait_for_the_next_one() {
    let shop = Shop::new();
    let recorder = shop.recorder();
    let relay = shop.relay(&recorder);
    recorder.shutdown(PATIENCE).unwrap();
    recorder.enter(|| record_in(&shop.connection(), pay(1))).unwrap();
    relay.shutdown(PATIENCE).unwrap_err();
    assert_eq!((shop.rows(), shop.paid().len()), (1, 0));
    drop(recorder);
    let recorder = shop.recorder();
    shop.relay(&recorder).shutdown(PATIENCE).unwrap();
    assert_eq!((shop.rows(), shop.paid()), (0, vec![1]));
}

#[test]
fn a_shutdown_gives_up_at_its_deadline_and_leaves_the_rows() {
    let shop = Shop::new();
    let recorder = shop.recorder();
    shop.relay(&recorder).shutdown(PATIENCE).unwrap();
    let mut connection = shop.connection();
    recorder.enter(|| record_in(&connection, pay(1))).unwrap();
    // Nobody else can write now, so the row of what is recorded cannot be removed.
    let immediate = rusqlite::TransactionBehavior::Immediate;
    let blocking = connection.transaction_with_behavior(immediate).unwrap();
    let late = shop.relay(&recorder).shutdown(Duration::from_millis(50)).unwrap_err();
    assert!(matches!(late, OutboxError::ShutdownDeadline(_)), "{late}");
    let file = shop.file.clone();
    let open = move || Connection::open(&file);
    let second = recorder.relay(open.clone()).unwrap_err();
    assert!(matches!(second, OutboxError::Relayed { .. }), "{second}");
    drop(blocking);
    let mut next = None;
    until(|| {
        next = recorder.relay(open.clone()).ok();
        next.is_some()
    });
    next.unwrap().shutdown(PATIENCE).unwrap();
    assert_eq!((shop.rows(), shop.paid()), (0, vec![1]));
}

#[test]
fn a_relay_that_is_late_leaves_the_rest_of_a_long_backlog() {
    let shop = Shop::new();
    let recorder = shop.recorder();
    shop.relay(&recorder).shutdown(PATIENCE).unwrap();
    let mut connection = shop.connection();
    let paying = connection.transaction().unwrap();
    record_all(&recorder, &paying, 1..=2000);
    paying.commit().unwrap();
    shop.relay(&recorder).shutdown(Duration::ZERO).unwrap_err();
    let (mut relayed, mut next) = (0, None);
    until(|| {
        relayed = shop.paid().len();
        let file = shop.file.clone();
        next = recorder.relay(move || Connection::open(&file)).ok();
        next.is_some()
    });
    assert!(relayed < 1900, "it went on although nobody waits any more");
    next.unwrap().shutdown(PATIENCE).unwrap();
    assert_eq!(shop.paid(), (1..=2000).collect::<Vec<_>>());
}
