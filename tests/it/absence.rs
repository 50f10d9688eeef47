//! What the journal of a real recorder, with its own clock and heartbeats, shows of a time in which nothing happened.

use std::path::Path;
use std::thread;
use std::time::Duration;

use audit_consumers::query::{Absence, Doubt, Query, Silence};
use audit_runtime::journal::{self, DirectoryStorage, Reader, Trust};
use audit_runtime::{Event, Recorder, Timestamp};

/// One and a half heartbeats and two seconds, and until the next one.
const TOLD: Duration = Duration::from_secs(5);

fn recorder(journal: &Path) -> Recorder {
    Recorder::builder(journal).heartbeat_ms(300).open().unwrap()
}

fn between(journal: &Path, from: Timestamp, to: Timestamp) -> Absence {
    let query = Query::parse("action=DeleteUser category=activity outcome=success").unwrap();
    let query = query.since(from).until(to);
    Absence::find(&Reader::open(journal).unwrap(), &query).unwrap()
}

#[test]
fn a_quiet_time_is_shown_beside_the_living_service_and_a_restart_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("audit");
    let service = recorder(&place);
    let event = |action: &'static str| Event::activity(action).succeeded();
    service.record(event("DeleteUser")).wait().unwrap();
    thread::sleep(Duration::from_millis(20));
    let quiet = Timestamp::now();
    thread::sleep(Duration::from_secs(3));
    let end = Timestamp::now();
    service.record(event("DeleteUser")).wait().unwrap();

    let doubts = between(&place, quiet, end).doubts;
    let is_soon = |doubt: &Doubt| matches!(doubt, Doubt::Untold { is_open: true, .. });
    assert!(doubts.count == 1 && is_soon(&doubts.first[0]), "{doubts:?}");
    thread::sleep(TOLD);
    let absence = between(&place, quiet, end);
    assert_eq!((absence.found.count, absence.doubts.count), (0, 0), "{:?}", absence.doubts);
    assert!(absence.between >= 1, "a heartbeat of its own");
    assert!(absence.silence_ns_max < 4_000_000_000, "{}", absence.silence_ns_max);
    let (before, after) = (absence.before.unwrap(), absence.after.unwrap());
    assert_eq!(after.seq() - before.seq() - 1, absence.between);
    let wider = between(&place, before.observed(), end);
    assert_eq!((wider.found.count, wider.found.first[0].seq()), (1, before.seq()));

    service.shutdown(Duration::from_secs(20)).unwrap();
    let key = std::fs::read_to_string(dir.path().join("audit.vkey")).unwrap();
    let trust = Trust { keys: vec![key.trim().parse().unwrap()], ..Trust::default() };
    let storage = DirectoryStorage::read_only(&place);
    let checked = journal::verify_signed(&storage, &trust).unwrap();
    assert!(checked.is_intact() && checked.signed_size > Some(after.seq()), "{checked:?}");
    let proof = journal::prove(&storage, after.seq()).unwrap();
    proof.check(after.bytes(), &trust.keys).unwrap();

    let service = recorder(&place);
    service.record(event("GetUser")).wait().unwrap();
    let later = Timestamp::now();
    thread::sleep(Duration::from_millis(20));
    service.record(event("GetUser")).wait().unwrap();
    thread::sleep(TOLD);
    let doubts = between(&place, end, later).doubts;
    let is_stop = |doubt: &Doubt| matches!(doubt, Doubt::Gap { cause: Silence::Stopped, .. });
    assert!(doubts.count == 1 && is_stop(&doubts.first[0]), "{doubts:?}");
    service.shutdown(Duration::from_secs(20)).unwrap();
}
