//! A connection that is open when its process is killed: the opening stands alone, and says so in time.

use std::time::Duration;

use audit_runtime::journal::Reader;
use audit_runtime::{Connection, Event, Recorder};
use serde_json::Value;

use crate::service::{self, Service};

const TEST: &str = "connections::the_opening_of_a_connection_survives_a_kill";

/// Plays a service with an open connection, which stays until it is killed.
fn stay_connected() {
    let recorder = Recorder::builder(service::journal()).install().unwrap();
    let _subscribed =
        Connection::open_blocking(Event::activity("Subscribe"), "Unsubscribe").unwrap();
    // It does not listen: that it has announced an address says that the opening is durable.
    service::announce(([127, 0, 0, 1], 1).into());
    std::thread::park();
    drop(recorder);
}

#[test]
fn the_opening_of_a_connection_survives_a_kill() {
    if service::is_asked_for() {
        return stay_connected();
    }
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("journal");
    Service::start(TEST, &journal).kill();
    let recorder = Recorder::builder(&journal).open().unwrap();
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    let mut cursor = Reader::open(&journal).unwrap().cursor(0).unwrap();
    let mut seen = Vec::new();
    while let Some(line) = cursor.next().unwrap() {
        let record: Value = serde_json::from_slice(line.bytes()).unwrap();
        let action = record["action"].as_str().unwrap().to_owned();
        seen.push((action, record));
    }
    let actions: Vec<_> = seen.iter().map(|(action, _)| action.as_str()).collect();
    assert!(actions.contains(&"Subscribe") && !actions.contains(&"Unsubscribe"), "{actions:?}");
    let starts: Vec<_> = seen.iter().filter(|(action, _)| action == "JournalStart").collect();
    assert_eq!(starts.len(), 2);
    assert_eq!(starts[1].1["journal"]["unclean"], true);
}
