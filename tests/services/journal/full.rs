//! Disks that are really full: a small file system in memory, and a limit on the size of files.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use audit_runtime::journal::{DirectoryStorage, Reader, verify};
use audit_runtime::{Event, Recorded, Recorder, Status, Unrecorded, audited, public};
use serde_json::Value;

/// Tell this binary to be the process whose disk is full, and where that disk is.
const SMALL_DISK: &str = "AUDIT_TEST_SMALL_DISK";
const LIMITED: &str = "AUDIT_TEST_LIMITED_FILES";

const EVENT_BYTES: usize = 3000;

#[audited(action = "DeleteUser")]
fn delete_user(ran: &mut bool) -> Result<(), Unrecorded> {
    *ran = true;
    Ok(())
}

#[audited(action = "ReadUser")]
fn read_user() -> u32 {
    7
}

/// A file system of 4 MiB, mounted where only one process sees it; it goes with that process.
#[test]
fn a_full_file_system_refuses_by_policy_and_recording_resumes_when_it_is_freed() {
    if let Some(disk) = std::env::var_os(SMALL_DISK) {
        return fill_and_free(Path::new(&disk));
    }
    let directory = tempfile::tempdir().unwrap();
    let mount = "mount -t tmpfs -o size=4m,mode=700 tmpfs \"$0\" && exec \"$@\"";
    let ended = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", mount])
        .arg(directory.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("full::a_full_file_system_refuses_by_policy_and_recording_resumes_when_it_is_freed")
        .env(SMALL_DISK, directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(
        ended.status.success() && said.contains(DONE),
        "{said}\nIf no file system could be mounted: run this as root, or allow user namespaces"
    );
}

const DONE: &str = "the disk was full, and was freed";

fn fill_and_free(disk: &Path) {
    let journal = disk.join("journal");
    let recorder = Recorder::builder(&journal).open().unwrap();
    let ballast = disk.join("ballast");
    let whole = usize::try_from(fs::metadata(journal.join("RESERVE")).unwrap().len()).unwrap();
    assert_eq!(whole, 1 << 20);
    // What is left has room for some events and a part of one.
    fs::write(&ballast, vec![1; (4 << 20) - whole - (64 << 10)]).unwrap();
    let mut acknowledged = record_until_full(&recorder);
    assert!(acknowledged.len() > 5, "{}", acknowledged.len());
    assert_eq!(fs::metadata(journal.join("RESERVE")).unwrap().len(), 0);
    check_policy(&recorder);
    // The looks for room in the meantime leave nothing behind.
    std::thread::sleep(Duration::from_millis(2500));
    check_policy(&recorder);
    fs::remove_file(&ballast).unwrap();
    wait_for_room(&recorder);
    acknowledged.push(recorder.record(event()).wait().unwrap());
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let told = check_journal(&journal, &acknowledged);
    assert_eq!(told["JournalFull"], 1);
    assert_eq!(told["JournalResumed"], 1);
    // The event that found the disk full is there, and those after it were refused: one that ended
    // the recording, and two reads for each look at the policy.
    assert_eq!((told["lost"], told["unrecorded"]), (3, 4));
    eprintln!("{DONE}");
}

/// A write is cut short at the limit and then fails; emptying the reserve does not help.
#[test]
fn a_limit_on_files_cuts_a_write_short_and_nothing_torn_stays() {
    if let Some(journal) = std::env::var_os(LIMITED) {
        return meet_the_limit(Path::new(&journal));
    }
    let directory = tempfile::tempdir().unwrap();
    // Without the signal that a shell ignores for its children, the process would be killed.
    let limited = "trap '' XFSZ; exec \"$@\"";
    let ended = Command::new("prlimit")
        .args(["--fsize=1500000:", "sh", "-c", limited, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("full::a_limit_on_files_cuts_a_write_short_and_nothing_torn_stays")
        .env(LIMITED, directory.path().join("journal"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && said.contains(DONE), "{said}");
}

fn meet_the_limit(journal: &Path) {
    let recorder = Recorder::builder(journal).open().unwrap();
    let mut acknowledged = record_until_full(&recorder);
    let segment = fs::read(journal.join("seg/00000000000000000000.jsonl")).unwrap();
    assert!(segment.len() > 1_490_000 && segment.ends_with(b"\"}\n"), "{}", segment.len());
    check_policy(&recorder);
    raise_limit();
    wait_for_room(&recorder);
    acknowledged.push(recorder.record(event()).wait().unwrap());
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let told = check_journal(journal, &acknowledged);
    assert_eq!(told["JournalResumed"], 1);
    assert_eq!((told["lost"], told["unrecorded"]), (2, 2));
    eprintln!("{DONE}");
}

/// Lets this process's files grow again, as an operator would from outside.
fn raise_limit() {
    let process = std::process::id().to_string();
    let raised = Command::new("prlimit").args(["--pid", &process, "--fsize=unlimited"]).status();
    assert!(raised.unwrap().success());
}

fn event() -> Event {
    Event::activity("Fill").field("fill", &public("x".repeat(EVENT_BYTES))).succeeded()
}

/// What was acknowledged before the first event that was not.
fn record_until_full(recorder: &Recorder) -> Vec<Recorded> {
    let mut acknowledged = Vec::new();
    loop {
        match recorder.record(event()).wait() {
            Ok(recorded) => acknowledged.push(recorded),
            Err(Unrecorded::JournalFull(_)) => return acknowledged,
            Err(other) => panic!("{other}"),
        }
    }
}

/// What must be recorded does not run, what need not does, and the health says why.
fn check_policy(recorder: &Recorder) {
    let mut ran = false;
    let refused = recorder.enter(|| delete_user(&mut ran));
    assert!(matches!(refused, Err(Unrecorded::JournalFull(_))), "{refused:?}");
    assert!(!ran, "the body ran");
    assert_eq!(recorder.enter(read_user), 7);
    let health = recorder.health();
    assert_eq!(health.status, Status::Red);
    assert!(health.reason.unwrap().contains("has no room since"));
}

fn wait_for_room(recorder: &Recorder) {
    let freed = Instant::now();
    while recorder.health().status == Status::Red {
        assert!(freed.elapsed() < Duration::from_secs(10), "{:?}", recorder.health());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The journal is whole and has everything that was acknowledged; counts its actions and its losses.
fn check_journal(journal: &Path, acknowledged: &[Recorded]) -> HashMap<String, u64> {
    let verification = verify(&DirectoryStorage::read_only(journal)).unwrap();
    assert!(verification.is_intact() && verification.unfinished.is_none(), "{verification:#?}");
    let mut cursor = Reader::open(journal).unwrap().cursor(0).unwrap();
    let mut told = HashMap::from([("lost".to_owned(), 0), ("unrecorded".to_owned(), 0)]);
    let mut found = Vec::new();
    let mut expected = 0;
    while let Some(line) = cursor.next().unwrap() {
        assert_eq!(line.seq(), expected, "a hole in the sequence");
        expected += 1;
        let record: Value = serde_json::from_slice(line.bytes()).unwrap();
        let action = record["action"].as_str().unwrap().to_owned();
        if action == "Fill" {
            found.push(Recorded::Durable { seq: line.seq(), hash: line.hash() });
        }
        for member in ["lost", "unrecorded"] {
            *told.get_mut(member).unwrap() += record["journal"][member].as_u64().unwrap_or(0);
        }
        *told.entry(action).or_default() += 1;
    }
    assert_eq!(found, acknowledged, "other events are there than were acknowledged");
    told
}
