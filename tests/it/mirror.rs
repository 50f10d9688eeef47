//! The mirror on standard output and in `tracing`, seen from outside a real process.

use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use audit_runtime::journal::{self, DirectoryStorage};
use audit_runtime::{Event, Mirror, Recorder, public};
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
    let tick = || Event::activity("Tick").field("filler", &public("x".repeat(4000))).succeeded();
    for _ in 0..100 {
        recorder.record(tick()).wait().unwrap();
    }
    // What the mirror leaves of the last page of the pipe is room for a few words.
    let filled = in_time(Duration::from_millis(500), fill_stdout);
    let is_free = !filled && in_time(PATIENCE, || drop(std::io::stdout().lock()));
    let is_closed = recorder.shutdown(Duration::from_secs(20)).is_ok();
    // Each of these is an event without a record, of which some are told.
    let alarm = move || (0..1000).for_each(|_| _ = recorder.record(tick()).wait());
    let is_told = in_time(PATIENCE, alarm);
    // A failed assertion would wait for standard output, so the exit code tells.
    let code = i32::from(is_free) + 2 * i32::from(is_closed) + 4 * i32::from(is_told);
    std::process::exit(code);
}

/// Writes more than a pipe holds, byte by byte, past the lock.
fn fill_stdout() {
    let stdout = std::io::stdout().as_fd().try_clone_to_owned().unwrap();
    let mut stdout = std::fs::File::from(stdout);
    (0..1 << 20).for_each(|_| stdout.write_all(b"\n").unwrap());
}

/// How long what must not wait for a reader may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// True if `work` is done by then.
fn in_time(patience: Duration, work: impl FnOnce() + Send + 'static) -> bool {
    let (done, waited) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        work();
        _ = done.send(());
    });
    waited.recv_timeout(patience).is_ok()
}

/// How the stuck service ends whose standard output, and perhaps its standard error, nobody reads.
#[track_caller]
fn stuck(with_stderr: bool) {
    let directory = tempfile::tempdir().unwrap();
    let (unread, pipe) = std::io::pipe().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["mirror::stuck_service", "--exact", "--nocapture"]);
    if with_stderr {
        command.stderr(pipe.try_clone().unwrap());
    }
    let journal = directory.path().join("audit");
    let mut child = command.env(STUCK_JOURNAL, &journal).stdout(pipe).spawn().unwrap();
    let code = child.wait().unwrap().code();
    drop(unread);
    assert_eq!(code, Some(1 + 2 + 4), "1: the lock is free, 2: the journal was closed, 4: told");
    let verified = journal::verify(&DirectoryStorage::read_only(&journal)).unwrap();
    assert!(verified.is_intact() && verified.records == 103, "{verified:?}");
}

#[test]
fn a_mirror_that_nobody_reads_keeps_neither_the_lock_nor_the_shutdown() {
    stuck(false);
}

#[test]
fn nor_does_it_keep_who_has_something_to_say_into_the_same_pipe() {
    stuck(true);
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
