//! The socket as peers meet it: answers, bounds, and a recorder that nobody slows.

mod ending;
mod pruning;
mod settled;

use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::task::Waker;
use std::time::{Duration, Instant};

use audit_journal::{Appended, Reader};
use serde_json::Value;
use tempfile::TempDir;

use super::Peer;
use super::budget::{Budget, REQUESTS_MAX};
use super::connection::{Connection, Desk, REQUESTS_AT_ONCE};
use super::listener::REST;
use super::protocol::{self, Request};
use crate::event::Event;
use crate::recorder::control::{Client, Drill, Entry, Error, Finding, Read, append_alone};
use crate::recorder::{Recorder, Status};

const SOON: Duration = Duration::from_secs(20);

struct Service {
    directory: TempDir,
    recorder: Recorder,
}

impl Service {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let recorder = Recorder::builder(directory.path().join("audit")).open().unwrap();
        Self { directory, recorder }
    }

    fn journal(&self) -> PathBuf {
        self.directory.path().join("audit")
    }

    fn client(&self) -> Client {
        Client::connect(self.journal(), SOON).unwrap()
    }

    /// A peer that says what it likes.
    fn peer(&self) -> BufReader<UnixStream> {
        let peer = UnixStream::connect(self.journal().join("CONTROL")).unwrap();
        peer.set_read_timeout(Some(SOON)).unwrap();
        BufReader::new(peer)
    }

    fn refused(&self) -> u64 {
        self.recorder.health().control_refused
    }
}

fn read() -> Entry {
    let mut read = Read::of("tail");
    (read.first_seq, read.last_seq, read.count) = (Some(0), Some(1), Some(2));
    read.filter = Some("-n 2".to_owned());
    Entry::Read(read)
}

fn record(service: &Service, place: Appended) -> Value {
    let line = Reader::open(service.journal()).unwrap().cursor(place.seq).unwrap().next().unwrap();
    let record: Value = serde_json::from_slice(line.unwrap().bytes()).unwrap();
    assert_eq!(record["h"], place.hash.to_string());
    record
}

fn answer(peer: &mut BufReader<UnixStream>) -> Value {
    let mut line = String::new();
    peer.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

#[test]
fn what_a_peer_has_appended_is_durable_and_names_the_peer_as_the_system_does() {
    let service = Service::start();
    let mut client = service.client();
    let place = client.append(&read()).unwrap();
    let recorded = record(&service, place);
    let me = fs::metadata("/proc/self").map(|me| std::os::unix::fs::MetadataExt::uid(&me)).unwrap();
    assert_eq!(recorded["category"], "journal");
    assert_eq!(
        (&recorded["action"], &recorded["name"]),
        (&"JournalRead".into(), &"journal.read".into())
    );
    assert_eq!((&recorded["op"], &recorded["outcome"]), (&"read".into(), &"success".into()));
    assert_eq!(
        (&recorded["actor"]["type"], &recorded["actor"]["id"]),
        (&"user".into(), &format!("uid:{me}").into())
    );
    assert_eq!(recorded["ext"]["peer.process"], std::process::id());
    let said = serde_json::json!({"command": "tail", "first_seq": 0, "last_seq": 1, "count": 2, "filter": "-n 2"});
    assert_eq!(recorded["args"], said);
    assert_eq!(client.watermark().unwrap(), place);

    let mut finding = Finding::of("bf_user", "user:42");
    (finding.count, finding.window_s, finding.severity) = (6, 600, 4);
    finding.note = Some("a\u{1b}[2J".to_owned());
    let place = client.append(&Entry::Finding(finding)).unwrap();
    let recorded = record(&service, place);
    assert_eq!((&recorded["category"], &recorded["severity"]), (&"security".into(), &4.into()));
    assert_eq!(
        (&recorded["action"], &recorded["actor"]["type"]),
        (&"DetectorFinding".into(), &"service".into())
    );
    assert_eq!(recorded["args"]["window_s"], 600);
    assert_eq!(recorded["ext"].get("audit.drill"), None);
    let health = client.health().unwrap();
    assert_eq!(health, service.recorder.health().to_json());
}

#[test]
fn a_finding_tells_all_that_an_alert_of_it_needs() {
    let service = Service::start();
    let mut finding = Finding::of("bf_user", "user:42");
    finding.id = Some("f-1".to_owned());
    finding.title = Some("Many failed logins".to_owned());
    finding.remediation = vec!["Lock the account.".to_owned()];
    finding.first = Some("2026-11-22T06:18:38.504243636Z".to_owned());
    finding.addresses = vec!["192.0.2.7".to_owned()];
    finding.records = vec![3, 4];
    finding.drill = Some("d-1".to_owned());
    let place = service.client().append(&Entry::Finding(finding)).unwrap();
    let recorded = record(&service, place);
    let said = serde_json::json!({
        "rule": "bf_user", "key": "user:42", "count": 0, "window_s": 0, "id": "f-1",
        "title": "Many failed logins", "first": "2026-11-22T06:18:38.504243636Z",
        "remediation": ["Lock the account."], "addresses": ["192.0.2.7"], "records": [3, 4],
    });
    assert_eq!(recorded["args"], said);
    assert_eq!(recorded["ext"]["audit.drill"], "d-1");
}

#[test]
fn a_drill_is_a_marked_login_of_nobody() {
    let service = Service::start();
    let drill = Drill::of("d-1", "ada", [192, 0, 2, 1].into());
    let place = service.client().append(&Entry::Drill(drill)).unwrap();
    let recorded = record(&service, place);
    assert_eq!(
        (&recorded["category"], &recorded["outcome"]),
        (&"authentication".into(), &"failure".into())
    );
    assert_eq!(recorded["actor"]["id"], "drill:ada");
    assert_eq!(recorded["origin"]["ip"], "192.0.2.1");
    assert_eq!(recorded["ext"]["audit.drill"], "d-1");
    assert_eq!(recorded["ext"]["peer.process"], std::process::id());
    assert!(recorded["ext"]["peer.user"].as_str().unwrap().starts_with("uid:"));
}

#[test]
fn a_request_that_is_none_is_answered_with_the_reason_and_nothing_more() {
    let service = Service::start();
    let long = format!("{{\"v\":1,\"ask\":\"{}\"}}", "x".repeat(70_000));
    let word = "x".repeat(65);
    let wordy = format!(r#"{{"v":1,"ask":{{"append":{{"read":{{"command":"{word}"}}}}}}}}"#);
    let cases = [
        ("", "malformed"),
        ("null", "malformed"),
        ("{\"v\":2,\"ask\":\"everything\"}", "unknown_version"),
        ("{\"v\":1,\"ask\":\"everything\"}", "malformed"),
        ("{\"v\":1,\"ask\":\"health\",\"more\":1}", "malformed"),
        (r#"{"v":1,"ask":{"append":{"login":{"command":"x"}}}}"#, "malformed"),
        (r#"{"v":1,"ask":{"append":{"read":{"command":"x","actor":"root"}}}}"#, "malformed"),
        (r#"{"v":1,"ask":{"append":{"read":{"command":""}}}}"#, "malformed"),
        (&wordy, "malformed"),
        (r#"{"v":1,"\u001b[2J\u202e":1,"ask":"health"}"#, "malformed"),
        (&long, "too_long"),
    ];
    for (index, (line, code)) in cases.into_iter().enumerate() {
        let mut peer = service.peer();
        // Of too long a line the writer does not take the rest.
        _ = peer.get_mut().write_all(format!("{line}\n").as_bytes());
        let mut told = String::new();
        peer.read_line(&mut told).unwrap();
        assert!(!told.contains(['\u{1b}', '\u{202e}']), "{told}");
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["error"], code, "{line}: {told}");
        assert!(told["message"].as_str().is_some_and(|text| !text.is_empty()), "{told}");
        // Whatever else is asked, the connection is over, and at once.
        peer.get_mut().set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        if index % 2 == 0 {
            _ = peer.get_mut().write_all(b"{\"v\":1,\"ask\":\"health\"}\n");
        }
        let mut rest = Vec::new();
        match peer.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
        }
        assert_eq!((rest, service.refused()), (Vec::new(), index as u64 + 1), "{line}");
    }
    assert!(service.client().watermark().is_ok());
}

#[test]
fn requests_may_come_in_pieces_and_many_at_once() {
    let service = Service::start();
    let mut peer = service.peer();
    for piece in
        [&b"{\"v\":1,\"as"[..], b"k\":\"watermark\"", b"}\n{\"v\":1,\"ask\":\"watermark\"}\n{\"v\""]
    {
        peer.get_mut().write_all(piece).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    for _ in 0..2 {
        assert!(answer(&mut peer)["seq"].is_u64());
    }
    let many = ":1,\"ask\":\"watermark\"}\n{\"v\"".repeat(50);
    peer.get_mut().write_all(many.as_bytes()).unwrap();
    for _ in 0..50 {
        assert!(answer(&mut peer)["seq"].is_u64());
    }
    // Who has said all that it wants still gets its answer.
    peer.get_mut().write_all(b":1,\"ask\":\"watermark\"}\n").unwrap();
    peer.get_mut().shutdown(std::net::Shutdown::Write).unwrap();
    assert!(answer(&mut peer)["seq"].is_u64());
    assert_eq!(peer.read_to_end(&mut Vec::new()).unwrap(), 0);
    assert_eq!(service.refused(), 0);
}

#[test]
fn a_flood_is_answered_within_its_budget_and_recording_goes_on() {
    const FLOOD: usize = 2_000;
    let service = Service::start();
    // Seven that say nothing, and one more that asks for more than anybody may.
    let idle: Vec<_> = (0..7).map(|_| service.peer()).collect();
    let mut peer = service.peer();
    let mut asking = peer.get_ref().try_clone().unwrap();
    let asked = std::thread::spawn(move || {
        let asked = protocol_line().repeat(FLOOD);
        asking.write_all(asked.as_bytes()).unwrap();
    });
    let (mut done, mut refused, begun) = (0, 0, Instant::now());
    for count in 0..FLOOD {
        let told = answer(&mut peer);
        match told["error"].as_str() {
            None => done += 1,
            Some("over_budget") => refused += 1,
            other => panic!("{other:?}"),
        }
        if count % 200 == 0 {
            service.recorder.record(Event::activity("Ping").succeeded()).wait().unwrap();
        }
    }
    asked.join().unwrap();
    let looks = u32::try_from(FLOOD / REQUESTS_AT_ONCE).unwrap();
    assert!(begun.elapsed() >= (looks - 1) * REST, "{:?} is too busy", begun.elapsed());
    assert_eq!(done + refused, FLOOD);
    assert!(done >= REQUESTS_MAX as usize && refused > 0, "{done} {refused}");
    assert_eq!(service.refused(), refused as u64);
    assert_eq!(service.recorder.health().status, Status::Green);
    // One more connection of this user is one too many, and each that ends makes room.
    let mut ninth = service.peer();
    assert_eq!(answer(&mut ninth)["error"], "over_budget");
    assert_eq!(ninth.read_to_end(&mut Vec::new()).unwrap(), 0);
    drop(idle);
    std::thread::sleep(Duration::from_millis(1500));
    service.client().append(&read()).unwrap();
}

fn protocol_line() -> String {
    "{\"v\":1,\"ask\":\"watermark\"}\n".to_owned()
}

#[test]
fn a_peer_that_takes_no_answers_costs_its_own_connection_only() {
    let service = Service::start();
    let mut deaf = service.peer();
    deaf.get_mut().set_nonblocking(true).unwrap();
    // Until neither side has room for more.
    let asked = protocol_line().repeat(100);
    let mut stuck = 0;
    while stuck < 50 {
        match deaf.get_mut().write(asked.as_bytes()) {
            Ok(written) if written > 0 => stuck = 0,
            Ok(_) => panic!("a socket that takes nothing"),
            Err(_) => {
                stuck += 1;
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
    std::thread::sleep(Duration::from_millis(1100));
    service.client().append(&read()).unwrap();
    service.recorder.record(Event::activity("Ping").succeeded()).wait().unwrap();
    // Nor does it hold up the end, for which its answer still waits.
    service.recorder.shutdown(Duration::from_secs(5)).unwrap();
}

#[test]
fn a_recorder_whose_socket_cannot_be_made_records_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    drop(Recorder::builder(&journal).open().unwrap());
    // Nothing that could just be replaced.
    fs::create_dir(journal.join("CONTROL")).unwrap();
    fs::set_permissions(
        journal.join("CONTROL"),
        std::os::unix::fs::PermissionsExt::from_mode(0o700),
    )
    .unwrap();
    let recorder = Recorder::builder(&journal).open().unwrap();
    recorder.record(Event::activity("Ping").succeeded()).wait().unwrap();
    let health = recorder.health();
    assert_eq!(health.status, Status::Yellow);
    assert!(health.reason.unwrap().contains("CONTROL could not be made"));
}

#[test]
fn where_nobody_writes_a_record_is_appended_alone_but_not_beside_a_writer() {
    let service = Service::start();
    let error = append_alone(service.journal(), &read()).unwrap_err();
    assert!(matches!(&error, Error::Journal(audit_journal::Error::InUse { .. })), "{error}");
    service.recorder.shutdown(SOON).unwrap();
    let place = append_alone(service.journal(), &read()).unwrap();
    let recorded = record(&service, place);
    assert_eq!(
        (&recorded["action"], &recorded["args"]["command"]),
        (&"JournalRead".into(), &"tail".into())
    );
    assert_eq!(recorded["ext"]["peer.process"], std::process::id());
    let program = std::env::current_exe().unwrap();
    assert_eq!(recorded["service"]["name"], *program.file_name().unwrap().to_string_lossy());
    let again = Recorder::builder(service.journal()).open().unwrap();
    assert_eq!(again.health().durable, place.seq + 3);
    let none = append_alone(service.directory.path().join("none"), &read());
    assert!(none.is_err());
}

#[test]
fn a_peer_that_takes_its_time_is_let_go_however_busy_it_seems() {
    let service = Service::start();
    let mut budget = Budget::default();
    let start = Instant::now();
    let mut goes_on = |connection: &mut Connection, seconds| {
        let now = start + Duration::from_secs(seconds);
        let (shared, waker) = (&*service.recorder.0.shared, Waker::noop());
        connection.serve(&mut Desk { shared, budget: &mut budget, waker, now })
    };
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let mut connection = Connection::new(ours, Peer { user: 1, process: 1 }, false);
    for second in 0..10 {
        theirs.write_all(b" ").unwrap();
        assert!(goes_on(&mut connection, second), "{second}");
    }
    // An answer begins the time for the next request.
    theirs.write_all(protocol_line().as_bytes()).unwrap();
    for second in 10..20 {
        assert!(goes_on(&mut connection, second), "{second}");
        theirs.write_all(b" ").unwrap();
    }
    assert!(!goes_on(&mut connection, 20));
}

#[test]
fn a_late_answer_is_not_taken_for_that_to_the_next_request() {
    let service = Service::start();
    let journal = service.journal();
    service.recorder.shutdown(SOON).unwrap();
    let listening = std::os::unix::net::UnixListener::bind(journal.join("CONTROL")).unwrap();
    let mut client = Client::connect(&journal, Duration::from_millis(50)).unwrap();
    let (mut slow, _) = listening.accept().unwrap();
    let error = client.append(&read()).unwrap_err();
    assert!(error.to_string().contains("timed out"), "{error}");
    let place = Appended { seq: 7, hash: audit_journal::Digest::of(b"") };
    _ = slow.write_all(&protocol::place(place));
    let error = client.append(&read()).unwrap_err();
    assert!(matches!(error, Error::Unreached { .. }), "{error}");
}
