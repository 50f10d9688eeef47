//! A disk that does not answer for a while: the system call that syncs is held up for three seconds.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use audit_runtime::journal::{DirectoryStorage, verify};
use audit_runtime::{Durability, Event, Recorder, Status, Unrecorded, audited};

use crate::tool::INSTALL;

/// Tells this binary to be the process whose disk is held up.
const JOURNAL: &str = "AUDIT_TEST_SILENT_JOURNAL";

const DONE: &str = "the disk was silent, and answered";
const QUEUE_BYTES: usize = 64 << 10;

#[audited(action = "DeleteUser")]
fn delete_user() -> Result<(), Unrecorded> {
    Ok(())
}

#[test]
fn a_disk_that_does_not_answer_refuses_at_once_and_recording_goes_on_when_it_does() {
    if let Some(journal) = std::env::var_os(JOURNAL) {
        return meet_the_silence(Path::new(&journal));
    }
    let directory = tempfile::tempdir().unwrap();
    let ended = Command::new("strace")
        .args(["--follow-forks", "--quiet=all", "--output=/dev/null", "--trace=fdatasync"])
        .arg("--inject=fdatasync:delay_enter=3s:when=10")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("silent::a_disk_that_does_not_answer_refuses_at_once_and_recording_goes_on_when_it_does")
        .env(JOURNAL, directory.path().join("journal"))
        .output();
    let ended = ended.unwrap_or_else(|error| panic!("no strace: {error}; run: {INSTALL}"));
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && said.contains(DONE), "{said}");
}

fn meet_the_silence(journal: &Path) {
    let settings = Recorder::builder(journal).wait_ms_max(300).queue_bytes_max(QUEUE_BYTES);
    let recorder = settings.open().unwrap();
    let mut acknowledged = 0;
    let silent_since = loop {
        let asked = Instant::now();
        match recorder.record(Event::activity("Work").succeeded()).wait() {
            Ok(_) => acknowledged += 1,
            Err(Unrecorded::DeadlineExpired(_)) => break asked,
            Err(other) => panic!("{other}"),
        }
        assert!(acknowledged < 100, "no disk was held up");
    };
    while recorder.health().status != Status::Red {
        assert!(silent_since.elapsed() < Duration::from_secs(2), "the health does not say so");
    }
    let before = memory_kib();
    let (mut refused, mut lost) = (0, 0);
    let queued = || Event::activity("Read").durability(Durability::Queued).succeeded();
    while recorder.health().status == Status::Red {
        let asked = Instant::now();
        if recorder.enter(delete_user).is_err() {
            refused += 1;
        }
        lost += u32::from(recorder.record(queued()).wait().is_err());
        // Waiting for the deadline would take longer than this.
        assert!(asked.elapsed() < Duration::from_millis(250), "{:?}", asked.elapsed());
        assert!(recorder.health().queued_bytes <= QUEUE_BYTES as u64);
        std::thread::sleep(Duration::from_millis(1));
        assert!(silent_since.elapsed() < Duration::from_secs(10), "{:?}", recorder.health());
    }
    let silence = silent_since.elapsed();
    assert!(silence > Duration::from_millis(2500), "{silence:?}");
    assert!(refused > 50 && lost > 0, "{refused} refused, {lost} lost");
    let grown = memory_kib().saturating_sub(before);
    assert!(grown < 16 << 10, "{grown} KiB more");
    recorder.enter(delete_user).unwrap();
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    assert!(verify(&DirectoryStorage::read_only(journal)).unwrap().is_intact());
    eprintln!("{DONE}");
}

/// What this process has in memory.
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
