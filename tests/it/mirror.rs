//! The mirror on standard output and in `tracing`, seen from outside a real process.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use audit_runtime::{Event, Mirror, Recorder, journal, public};
use tracing_subscriber::filter::LevelFilter;

/// Tells the child where its journal is; without it the child has nothing to do.
const JOURNAL: &str = "AUDIT_TEST_MIRRORED_JOURNAL";
const TRACED_JOURNAL: &str = "AUDIT_TEST_TRACED_JOURNAL";

/// Not a test by itself: the process whose standard output the test below reads.
#[test]
fn mirrored_service() {
    let Ok(journal) = std::env::var(JOURNAL) else {
        return;
    };
    // As quiet as a service can be told to be: the journal is not a log level.
    tracing_subscriber::fmt().with_max_level(LevelFilter::OFF).init();
    let recorder = Recorder::builder(journal).mirror(Mirror::Stdout).open().unwrap();
    for _ in 0..100 {
        recorder.record(Event::activity("Tick").succeeded()).wait().unwrap();
    }
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    assert_eq!(recorder.health().mirror_lost, 0);
}

/// Tells the child where its journal is, whose mirror nobody reads.
const STUCK_JOURNAL: &str = "AUDIT_TEST_STUCK_JOURNAL";

/// Not a test by itself: the process whose standard output is full.
#[test]
fn stuck_service() {
    let Ok(journal) = std::env::var(STUCK_JOURNAL) else {
        return;
    };
    let recorder = Recorder::builder(journal).mirror(Mirror::Stdout).open().unwrap();
    for _ in 0..100 {
        let event = Event::activity("Tick").field("filler", &public("x".repeat(4000)));
        recorder.record(event.succeeded()).wait().unwrap();
    }
    let (taken, took) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        drop(std::io::stdout().lock());
        taken.send(()).unwrap();
    });
    // A failed assertion would wait for standard output, so the exit code tells.
    let is_free = took.recv_timeout(Duration::from_secs(5)).is_ok();
    let is_closed = recorder.shutdown(Duration::from_secs(20)).is_ok();
    std::process::exit(i32::from(is_free) + 2 * i32::from(is_closed));
}

#[test]
fn a_mirror_that_nobody_reads_keeps_neither_the_lock_nor_the_shutdown() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["mirror::stuck_service", "--exact", "--nocapture"])
        .env(STUCK_JOURNAL, directory.path().join("audit"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let unread = child.stdout.take();
    let code = child.wait().unwrap().code();
    drop(unread);
    assert_eq!(code, Some(1 + 2), "1: the lock is free, 2: the journal was closed");
}

fn mirrored_lines(journal: &Path) -> Vec<u8> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["mirror::mirrored_service", "--exact", "--nocapture", "--test-threads=1"])
        .env(JOURNAL, journal)
        .env("RUST_LOG", "off")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    // The test harness says what it runs without ending its line.
    let journal_line = |line: &'_ [u8]| {
        let start = line.windows(6).position(|bytes| bytes == b"{\"v\":1")?;
        Some(line[start..].to_vec())
    };
    let lines = output.stdout.split_inclusive(|byte| *byte == b'\n');
    lines.filter_map(journal_line).collect::<Vec<_>>().concat()
}

#[test]
fn standard_output_has_the_exact_lines_and_they_verify() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let mirrored = mirrored_lines(&journal);
    let written = std::fs::read(journal.join("seg/00000000000000000000.jsonl")).unwrap();
    assert!(mirrored == written, "the mirror differs from the journal");
    let verified = journal::verify_lines(std::io::Cursor::new(mirrored)).unwrap();
    assert!(verified.findings.is_empty());
    assert_eq!(verified.records, 103);
}

/// Not a test by itself: a service whose mirror goes to `tracing`, which prints it.
#[test]
fn traced_service() {
    let Ok(journal) = std::env::var(TRACED_JOURNAL) else {
        return;
    };
    tracing_subscriber::fmt().with_target(true).with_ansi(false).init();
    let recorder = Recorder::builder(journal).mirror(Mirror::Tracing).open().unwrap();
    recorder.record(Event::activity("Tick").succeeded()).wait().unwrap();
    recorder.shutdown(Duration::from_secs(5)).unwrap();
}

#[test]
fn tracing_has_every_line_under_the_target_audit() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["mirror::traced_service", "--exact", "--nocapture"])
        .env(TRACED_JOURNAL, &journal)
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let written = std::fs::read_to_string(journal.join("seg/00000000000000000000.jsonl")).unwrap();
    assert_eq!(written.lines().count(), 4);
    for line in written.lines() {
        assert!(printed.contains(&format!("INFO audit: {line}")), "{line} is not in {printed}");
    }
}
