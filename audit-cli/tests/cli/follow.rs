//! `tail --follow` beside a live writer, up to the durable watermark.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use audit_runtime::Event;
use audit_runtime::journal::{DirectoryStorage, Journal, Modes, Options};

use crate::fixture::Fixture;

/// A running `audited`, ended with the test.
struct Following {
    child: Child,
    lines: Receiver<String>,
    complaints: Receiver<String>,
}

impl Following {
    fn start(fixture: &Fixture, arguments: &[&str]) -> Self {
        let mut command = fixture.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        let complaints = lines_of(child.stderr.take().unwrap());
        Self { child, lines, complaints }
    }

    fn next(&self, within: Duration) -> Option<String> {
        self.lines.recv_timeout(within).ok()
    }
}

fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    let mut read = BufReader::new(stream).lines().map_while(Result::ok);
    thread::spawn(move || read.try_for_each(|line| send.send(line)));
    lines
}

impl Drop for Following {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn wait_until(is_so: impl Fn() -> bool) {
    let due = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < due, "waited for too long");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_new_record_is_printed_within_two_seconds() {
    let fixture = Fixture::new();
    let following = Following::start(&fixture, &["tail", "@", "--follow", "-n", "1"]);
    assert!(following.next(Duration::from_secs(10)).unwrap().contains("JournalStop"));
    for own in ["JournalStart", "JournalRead", "JournalStop"] {
        assert!(following.next(Duration::from_secs(10)).unwrap().contains(own));
    }
    let recorder = fixture.recorder();
    assert!(following.next(Duration::from_secs(2)).unwrap().contains("JournalStart"));
    for action in ["First", "Second"] {
        recorder.record(Event::activity(action).succeeded()).wait().unwrap();
        assert!(following.next(Duration::from_secs(2)).unwrap().contains(action));
    }
    assert_eq!(following.next(Duration::from_millis(300)), None);
}

#[test]
fn a_record_that_is_not_there_yet_is_waited_for_and_that_is_said_once() {
    let fixture = Fixture::new();
    let following = Following::start(&fixture, &["tail", "@", "--follow", "--from", "13"]);
    let said = following.complaints.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(said.starts_with("audited: there is no record 13 yet: "), "{said}");
    assert!(said.contains("ends at record 6; waiting"), "{said}");
    assert_eq!(following.next(Duration::from_millis(300)), None);
    // Records 7 to 9 are the reading's own.
    let left = || {
        fixture.lines().last().unwrap().contains("\"JournalStop\"") && fixture.lines().len() == 10
    };
    wait_until(left);
    let recorder = fixture.recorder();
    for action in ["First", "Second", "Third"] {
        recorder.record(Event::activity(action).succeeded()).wait().unwrap();
    }
    let first = following.next(Duration::from_secs(2)).unwrap();
    assert!(first.contains(" 13 ") && first.contains("Third"), "{first}");
    assert_eq!(following.complaints.try_recv().ok(), None);
}

#[test]
fn a_line_past_the_watermark_is_not_printed_while_its_writer_lives() {
    let fixture = Fixture::new();
    let open = || {
        let storage = DirectoryStorage::open(fixture.journal(), Modes::default()).unwrap();
        Journal::open(Arc::new(storage), Options::default()).unwrap()
    };
    let mut live = open();
    // A line that fits the chain and was written, but never became durable.
    live.append(b"\"id\":\"undurable\"").unwrap();
    let mut segment = fs::OpenOptions::new().append(true).open(fixture.segment()).unwrap();
    segment.write_all(live.staged()).unwrap();

    let printed = fixture.run(&["tail", "@", "--json"]).unrecorded("nobody listens").ok();
    assert!(printed.contains("JournalStart") && !printed.contains("undurable"), "{printed}");
    let following = Following::start(&fixture, &["tail", "@", "--follow", "--json", "-n", "1"]);
    assert!(following.next(Duration::from_secs(10)).unwrap().contains("JournalStart"));
    assert_eq!(following.next(Duration::from_millis(500)), None);
    // Without its writer, it is the last whole record of the journal.
    drop(live);
    assert!(following.next(Duration::from_secs(2)).unwrap().contains("undurable"));
}

#[test]
fn every_command_works_beside_a_live_writer() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    recorder.record(Event::activity("Ping").succeeded()).wait().unwrap();
    for command in [&["tail", "@"][..], &["show", "8", "@"], &["stats", "@"], &["verify", "@"]] {
        fixture.run(command).ok();
    }
    recorder.record(Event::activity("Ping").succeeded()).wait().unwrap();
    recorder.shutdown(Duration::from_secs(10)).unwrap();
}

#[test]
fn a_closed_pipe_ends_it_without_a_word() {
    let fixture = Fixture::new();
    // Someone who follows finds out at the next record, so records go on coming.
    let recorder = fixture.recorder();
    for arguments in
        [&["tail", "@"][..], &["tail", "@", "--follow"], &["stats", "@"], &["verify", "@"]]
    {
        let mut command = fixture.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let deadline = Instant::now() + Duration::from_secs(10);
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "{arguments:?} goes on for ever");
            let ping = Event::activity("Ping").succeeded();
            recorder.record(ping).wait().unwrap();
            thread::sleep(Duration::from_millis(10));
        };
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}
