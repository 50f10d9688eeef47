//! Reading leaves a record: through the living service, alone where there is none, and told where it cannot.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use audit_runtime::Event;
use audit_runtime::journal::{DirectoryStorage, Storage as _};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Run};

/// The records of readings, in order.
fn readings(fixture: &Fixture) -> Vec<Value> {
    let lines = fixture.lines();
    let records = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.filter(|record| record["action"] == "JournalRead").collect()
}

fn uid(fixture: &Fixture) -> String {
    format!("uid:{}", fs::metadata(fixture.directory()).unwrap().uid())
}

#[test]
fn each_reading_is_recorded_by_the_service_that_lives() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    for command in [
        ["show", "3", "@"].as_slice(),
        &["tail", "@", "-n", "2"],
        &["tail", "@", "--json", "--from", "4"],
        &["stats", "@"],
        &["verify", "@"],
        &["doctor", "@"],
        &["health", "@"],
        &["tail", "@", "-n", "0"],
    ] {
        fixture.run(command);
    }
    // Durable when the command has ended, and so before anything else is.
    assert_eq!(recorder.health().durable, fixture.lines().len() as u64);
    let readings = readings(&fixture);
    let said: Vec<_> = readings.iter().map(|record| record["args"].clone()).collect();
    let expected = [
        json!({"command": "show", "first_seq": 3, "last_seq": 3, "count": 1}),
        json!({"command": "tail", "first_seq": 7, "last_seq": 8, "count": 2, "filter": "-n 2"}),
        json!({"command": "tail", "first_seq": 4, "last_seq": 9, "count": 6, "filter": "--from 4"}),
        json!({"command": "stats", "first_seq": 0, "last_seq": 10, "count": 11}),
    ];
    assert_eq!(said, expected);
    for reading in &readings {
        assert_eq!(reading["actor"], json!({"type": "user", "id": uid(&fixture)}));
        assert_eq!((&reading["category"], &reading["op"]), (&json!("journal"), &json!("read")));
        assert!(reading["ext"]["peer.process"].as_u64() > Some(1), "{reading}");
        assert_eq!(reading["service"]["name"], "shop");
    }
    recorder.shutdown(Duration::from_secs(10)).unwrap();
}

#[test]
fn a_reading_without_a_service_is_recorded_all_the_same() {
    let fixture = Fixture::new();
    fixture.run(&["tail", "@"]).ok();
    fixture.run(&["show", "2", "@"]).ok();
    let actions: Vec<_> = fixture.lines()[7..]
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["action"].clone())
        .collect();
    let visit = ["JournalStart", "JournalRead", "JournalStop"];
    assert_eq!(actions, [visit, visit].concat());
    let readings = readings(&fixture);
    assert_eq!(readings[0]["args"]["count"], 7);
    assert_eq!(readings[0]["actor"], json!({"type": "user", "id": uid(&fixture)}));
    assert_eq!(readings[0]["service"]["name"], "audited");
    let verified = fixture.run(&["verify", "@"]).ok();
    assert!(verified.contains("13 records"), "{verified}");
    // The service goes on as if nobody had been there.
    let recorder = fixture.recorder();
    recorder.record(Event::activity("Ping").succeeded()).wait().unwrap();
    drop(recorder);
    let stats = fixture.run(&["stats", "@"]).ok();
    assert!(stats.contains("\nstarts     4, unclean 0\n"), "{stats}");
}

#[test]
fn whoever_follows_is_recorded_at_once() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    let mut following = fixture.command(&["tail", "@", "--follow", "-n", "3"]);
    let mut following = following.stdout(Stdio::null()).spawn().unwrap();
    let due = Instant::now() + Duration::from_secs(10);
    while readings(&fixture).is_empty() {
        assert!(Instant::now() < due, "there is no record of it");
        thread::sleep(Duration::from_millis(20));
    }
    following.kill().unwrap();
    following.wait().unwrap();
    let said = json!({"command": "tail", "first_seq": 5, "filter": "-n 3 --follow"});
    assert_eq!(readings(&fixture)[0]["args"], said);
    recorder.shutdown(Duration::from_secs(10)).unwrap();
}

#[test]
fn what_is_read_of_an_older_epoch_is_recorded_in_the_current_one() {
    let fixture = Fixture::new();
    fixture.run(&["adopt", "--new-epoch", "restored", "@"]).ok();
    let older = fixture.journal().join("epochs/0");
    let before: Vec<_> = fs::read_dir(&older).unwrap().map(|file| file.unwrap().path()).collect();
    let tail = fixture.run(&["tail", older.to_str().unwrap()]).ok();
    assert_eq!(tail.lines().count(), 7);
    let readings = readings(&fixture);
    let said = json!({"command": "tail", "first_seq": 0, "last_seq": 6, "count": 7, "epoch": 0, "filter": "-n 20"});
    assert_eq!(readings[0]["args"], said);
    let after: Vec<_> = fs::read_dir(&older).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(after.len(), before.len());
    let verified = fixture.run(&["verify", "@"]).ok();
    assert!(verified.contains("unchanged since it was set aside"), "{verified}");
}

#[test]
fn a_reading_that_can_leave_no_record_says_so_once_and_succeeds() {
    let fixture = Fixture::new();
    // A service that was killed; what that needs is its own to do.
    let mut lines = fixture.lines();
    lines.pop();
    fs::write(fixture.segment(), lines.join("\n") + "\n").unwrap();
    fs::remove_file(fixture.journal().join("WATERMARK")).unwrap();
    // A process that another test is just starting can still have the lock that this one has dropped.
    let storage = DirectoryStorage::read_only(fixture.journal());
    while storage.is_locked().unwrap() {
        thread::sleep(Duration::from_millis(10));
    }
    let tail = fixture.run(&["tail", "@"]);
    let warned = tail.err.split_once('\n').map(|(_, rest)| rest.to_owned());
    let tail = Run { err: warned.unwrap(), ..tail };
    assert_eq!(tail.unrecorded("was not closed in order").ok().lines().count(), 6);
    assert_eq!(fixture.lines(), lines);
    let health = fixture.run(&["health", "@"]);
    health.fails(2, &["nobody listens at CONTROL", "start the service"]);
}

#[test]
fn the_health_of_the_living_service_can_be_asked() {
    let fixture = Fixture::new();
    fixture.run(&["health", "@"]).fails(2, &["nobody listens at CONTROL"]);
    fixture.run(&["health", "nowhere"]).fails(2, &["there is no journal in nowhere"]);
    let recorder = fixture.recorder();
    let json = fixture.run(&["health", "@", "--json"]).ok();
    assert_eq!(json, recorder.health().to_json() + "\n");
    let human = fixture.run(&["health", "@"]).ok();
    assert!(human.contains("\nstatus          green\n"), "{human}");
    // A file of the journal is gone: the service itself says what.
    let lock = fixture.journal().join("LOCK");
    fs::rename(&lock, fixture.directory().join("gone")).unwrap();
    let due = Instant::now() + Duration::from_secs(10);
    while recorder.health().status == audit_runtime::Status::Green {
        assert!(Instant::now() < due, "nobody has noticed");
        thread::sleep(Duration::from_millis(50));
    }
    let red = fixture.run(&["health", "@"]);
    assert_eq!(red.code, Some(2), "{red:?}");
    assert!(red.out.contains("red") && red.out.contains("LOCK"), "{red:?}");
    fs::rename(fixture.directory().join("gone"), &lock).unwrap();
    let examined = fixture.run(&["doctor", "@"]);
    assert_eq!(examined.code, Some(2), "{examined:?}");
    assert!(
        examined.out.contains("its health is red: ") && examined.out.contains("LOCK"),
        "{examined:?}"
    );
    drop(recorder.shutdown(Duration::from_secs(10)));
}

#[test]
fn readings_do_not_keep_a_service_from_starting_or_ending() {
    let fixture = Fixture::new();
    let is_over = AtomicBool::new(false);
    let shown: u64 = thread::scope(|scope| {
        let read = || {
            let mut shown = 0;
            while !is_over.load(Ordering::Relaxed) {
                let run = fixture.run(&["show", "2", "@"]);
                assert_eq!(run.code, Some(0), "{run:?}");
                // A service that ends between a request and its answer leaves it unknown.
                shown += u64::from(!run.err.contains("gave no answer"));
                assert!(run.err.is_empty() || run.err.contains("gave no answer"), "{}", run.err);
            }
            shown
        };
        let readers = [scope.spawn(read), scope.spawn(read)];
        for _ in 0..10 {
            let recorder = fixture.recorder();
            recorder.record(Event::activity("Ping").succeeded()).wait().unwrap();
            recorder.shutdown(Duration::from_secs(10)).unwrap();
            thread::sleep(Duration::from_millis(50));
        }
        is_over.store(true, Ordering::Relaxed);
        readers.into_iter().map(|reader| reader.join().unwrap()).sum()
    });
    assert!(shown > 0 && readings(&fixture).len() as u64 >= shown);
    fixture.run(&["verify", "@"]).ok();
}

#[test]
fn a_stale_socket_is_no_service() {
    let fixture = Fixture::new();
    let path = fixture.journal().join("CONTROL");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fixture.run(&["tail", "@"]).ok();
    assert_eq!(readings(&fixture).len(), 1);
    fixture.run(&["adopt", "--new-epoch", "restored", "@"]).ok();
    let doctor = fixture.run(&["doctor", "@"]);
    assert!(doctor.out.contains("modes and owners are right"), "{doctor:?}");
    drop(fixture.recorder());
    assert!(!path.exists());
}
