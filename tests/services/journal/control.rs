//! The socket of a living writer, asked by other users than its own, and what a killed writer leaves of it.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, lchown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use audit_runtime::control::{Client, Entry, Error, Read, append_alone};
use audit_runtime::journal::{Error as JournalError, Reader};
use audit_runtime::{Event, Recorder};
use serde_json::Value;
use tempfile::TempDir;

use crate::tool;

/// Tells this binary to be a process of another user, or one that is killed.
const JOURNAL: &str = "AUDIT_TEST_CONTROL_JOURNAL";

/// The tests that are such a process then.
const ASKING: &str =
    "control::another_user_is_kept_out_by_the_system_and_where_that_fails_by_the_writer";
const SERVING: &str = "control::the_socket_of_a_killed_writer_is_replaced_by_the_next_one";
const ENDING: &str = "control::a_disk_that_does_not_let_the_socket_go_holds_up_no_shutdown";

const SOON: Duration = Duration::from_secs(10);

/// Users and groups that nobody has.
const READER: u32 = 65_431;
const READERS: u32 = 65_432;
const STRANGER: u32 = 65_433;

/// A journal in a directory that everybody may enter, and this binary where everybody may run it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        set_mode(place.0.path(), 0o755);
        fs::copy(std::env::current_exe().unwrap(), place.binary()).unwrap();
        set_mode(&place.binary(), 0o755);
        place
    }

    fn journal(&self) -> PathBuf {
        self.0.path().join("audit")
    }

    fn binary(&self) -> PathBuf {
        self.0.path().join("asks")
    }

    /// What a process of another user is answered when it wants a record appended.
    fn ask_as(&self, user: u32, group: u32, also: &str) -> String {
        let groups = match also {
            "" => "--clear-groups".to_owned(),
            also => format!("--groups={also}"),
        };
        let asked = Command::new("setpriv")
            .args([format!("--reuid={user}"), format!("--regid={group}"), groups])
            .arg(self.binary())
            .args(["--exact", "--nocapture", ASKING])
            .current_dir(self.0.path())
            .env(JOURNAL, self.journal())
            .output();
        let asked =
            asked.unwrap_or_else(|error| panic!("no setpriv: {error}; run: {}", tool::INSTALL));
        let said = String::from_utf8_lossy(&asked.stdout).into_owned();
        let answer = said.lines().find_map(|line| line.split_once("ANSWER "));
        let (_, answer) = answer.unwrap_or_else(|| {
            let complaint = String::from_utf8_lossy(&asked.stderr);
            panic!(
                "{said}{complaint}\nThis test needs root and Linux, because it acts as other users."
            )
        });
        answer.to_owned()
    }

    fn records(&self) -> Vec<Value> {
        let mut cursor = Reader::open(self.journal()).unwrap().cursor(0).unwrap();
        let lines = std::iter::from_fn(|| cursor.next().unwrap());
        lines.map(|line| serde_json::from_slice(line.bytes()).unwrap()).collect()
    }

    /// Every file with its bytes.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        for path in walk(&self.journal()) {
            let bytes = fs::read(&path).unwrap_or_default();
            files.push((path, bytes));
        }
        files
    }
}

fn walk(directory: &Path) -> Vec<PathBuf> {
    let mut paths = vec![directory.to_owned()];
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => paths.extend(walk(&path)),
            false => paths.push(path),
        }
    }
    paths.sort();
    paths
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn read() -> Entry {
    Entry::Read(Read::of("test"))
}

/// The process of another user.
fn ask(journal: &OsStr) {
    let asked = Client::connect(journal, SOON).and_then(|mut client| client.append(&read()));
    match asked {
        Ok(place) => println!("ANSWER {}", place.seq),
        Err(error) => println!("ANSWER {error}"),
    }
}

#[test]
fn another_user_is_kept_out_by_the_system_and_where_that_fails_by_the_writer() {
    if let Some(journal) = std::env::var_os(JOURNAL) {
        return ask(&journal);
    }
    let place = Place::new();
    let recorder = Recorder::builder(place.journal()).open().unwrap();
    let kept_out = place.ask_as(STRANGER, STRANGER, "");
    assert!(kept_out.contains("Permission denied"), "{kept_out}");
    // Somebody has opened what the service had closed.
    set_mode(&place.journal(), 0o711);
    set_mode(&place.journal().join("CONTROL"), 0o666);
    let refused = place.ask_as(STRANGER, STRANGER, "");
    assert!(refused.contains("not_allowed") && refused.contains("user 65433 may not"), "{refused}");
    assert_eq!(recorder.health().control_refused, 1);
    let records = place.records();
    assert!(records.iter().all(|record| record["action"] != "JournalRead"), "{records:?}");
    // The superuser may, whoever writes.
    let mut client = Client::connect(place.journal(), SOON).unwrap();
    client.append(&read()).unwrap();
    recorder.shutdown(SOON).unwrap();
}

#[test]
fn the_group_of_readers_may_ask_and_is_recorded_as_who_it_is() {
    let place = Place::new();
    let recorder = Recorder::builder(place.journal()).group(READERS).open().unwrap();
    for (group, also) in [(READERS, String::new()), (READER, READERS.to_string())] {
        let answer = place.ask_as(READER, group, &also);
        let seq: usize = answer.parse().unwrap_or_else(|_| panic!("{answer}"));
        let record = &place.records()[seq];
        assert_eq!(record["actor"]["id"], format!("uid:{READER}"));
        let process = record["ext"]["peer.process"].as_u64();
        assert!(process.is_some_and(|process| process > u64::from(std::process::id())), "{record}");
    }
    let kept_out = place.ask_as(STRANGER, STRANGER, "");
    assert!(kept_out.contains("Permission denied"), "{kept_out}");
    set_mode(&place.journal(), 0o755);
    set_mode(&place.journal().join("CONTROL"), 0o666);
    let refused = place.ask_as(STRANGER, STRANGER, "");
    assert!(refused.contains("not_allowed"), "{refused}");
    recorder.shutdown(SOON).unwrap();
}

#[test]
fn nothing_is_written_to_the_journal_of_another_user_that_nobody_serves() {
    let place = Place::new();
    drop(Recorder::builder(place.journal()).open().unwrap());
    for path in walk(&place.journal()) {
        let given = lchown(&path, Some(STRANGER), Some(STRANGER));
        given.unwrap_or_else(|error| panic!("{error}: this test needs root"));
    }
    let before = place.files();
    let error = append_alone(place.journal(), &read()).unwrap_err();
    assert!(matches!(error, Error::Foreign { owner: STRANGER, user: 0, .. }), "{error}");
    assert!(error.to_string().contains("run this as user 65433"), "{error}");
    assert_eq!(place.files(), before);
}

/// The service that is killed.
fn serve(journal: &OsStr) {
    let recorder = Recorder::builder(journal).open().unwrap();
    recorder.record(Event::activity("Work").succeeded()).wait().unwrap();
    println!("SERVES");
    std::thread::sleep(Duration::from_secs(600));
}

#[test]
fn a_peer_whose_process_the_system_does_not_show_to_the_writer_is_refused() {
    let place = Place::new();
    let mut service = Command::new("unshare")
        .args(["--pid", "--fork", "--kill-child", "--mount-proc"])
        .arg(place.binary())
        .args(["--exact", "--nocapture", SERVING])
        .env(JOURNAL, place.journal())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("no unshare: {error}; run: {}", tool::INSTALL));
    let said = BufReader::new(service.stdout.take().unwrap()).lines();
    assert!(said.map_while(Result::ok).any(|line| line.contains("SERVES")), "this needs root");
    let error = Client::connect(place.journal(), SOON).unwrap().append(&read()).unwrap_err();
    assert!(matches!(&error, Error::Refused { code, .. } if code == "not_allowed"), "{error}");
    assert!(error.to_string().contains("ask from the PID namespace of the service"), "{error}");
    service.kill().unwrap();
    service.wait().unwrap();
    assert!(place.records().iter().all(|record| record["action"] != "JournalRead"));
}

#[test]
fn the_socket_of_a_killed_writer_is_replaced_by_the_next_one() {
    if let Some(journal) = std::env::var_os(JOURNAL) {
        return serve(&journal);
    }
    let place = Place::new();
    let mut service = Command::new(place.binary())
        .args(["--exact", "--nocapture", SERVING])
        .env(JOURNAL, place.journal())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(service.stdout.take().unwrap()).lines();
    assert!(said.map_while(Result::ok).any(|line| line.contains("SERVES")));
    Client::connect(place.journal(), SOON).unwrap().append(&read()).unwrap();
    service.kill().unwrap();
    service.wait().unwrap();

    assert!(place.journal().join("CONTROL").exists());
    let error = Client::connect(place.journal(), SOON).unwrap_err();
    assert!(matches!(error, Error::NoWriter { .. }), "{error}");
    // What a killed writer leaves is for its service to mend.
    let error = append_alone(place.journal(), &read()).unwrap_err();
    assert!(matches!(error, Error::Journal(JournalError::Unclean { .. })), "{error}");
    let recorder = Recorder::builder(place.journal()).open().unwrap();
    Client::connect(place.journal(), SOON).unwrap().append(&read()).unwrap();
    recorder.shutdown(SOON).unwrap();
    assert!(!place.journal().join("CONTROL").exists());
    let readings =
        place.records().iter().filter(|record| record["action"] == "JournalRead").count();
    assert_eq!(readings, 2);
}

/// The service whose disk takes a second to remove the socket.
fn end(journal: &OsStr) {
    let recorder = Recorder::builder(journal).open().unwrap();
    let begun = Instant::now();
    let is_closed = recorder.shutdown(Duration::from_millis(200)).is_ok();
    println!("ENDED {is_closed} {}", begun.elapsed() < Duration::from_millis(900));
    // Without the last look that dropping the recorder would take.
    std::process::exit(0);
}

#[test]
fn a_disk_that_does_not_let_the_socket_go_holds_up_no_shutdown() {
    if let Some(journal) = std::env::var_os(JOURNAL) {
        return end(&journal);
    }
    let place = Place::new();
    let service = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "-e", "trace=?unlink,unlinkat"])
        .args(["-e", "inject=?unlink,unlinkat:delay_enter=1000000", "-P"])
        .arg(place.journal().join("CONTROL"))
        .arg(place.binary())
        .args(["--exact", "--nocapture", ENDING])
        .env(JOURNAL, place.journal())
        .output();
    let service =
        service.unwrap_or_else(|error| panic!("no strace: {error}; run: {}", tool::INSTALL));
    let said = String::from_utf8_lossy(&service.stdout);
    assert!(
        said.contains("ENDED false true"),
        "{said}{}",
        String::from_utf8_lossy(&service.stderr)
    );
}
