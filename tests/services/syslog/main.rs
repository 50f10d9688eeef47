//! Checkpoints in what rsyslogd has written: over TCP, UDP and a socket of this machine.
//!
//! This test needs rsyslogd.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod server;

use std::path::Path;
use std::time::{Duration, Instant};

use audit_runtime::anchor::found;
use audit_runtime::journal::{DirectoryStorage, Trust, Verification, verify_signed};
use audit_runtime::{Event, Recorder, Signer as _, SigningKey};
use audit_tlog::Note;

use server::Server;

const NAME: &str = "example.com/shop";
const SOON: Duration = Duration::from_secs(20);

fn key() -> SigningKey {
    SigningKey::from_seed(NAME, [7; 32]).unwrap()
}

fn open(journal: &Path, address: &str) -> Recorder {
    // Two journals of one name and key would be a fork.
    let name = format!("{NAME}/{}", journal.display());
    let builder = Recorder::builder(journal).origin(name).signer(key()).anchor_syslog(address);
    builder.anchor_every_ms(50).anchor_age_ms_max(1000).open().unwrap()
}

fn tick(recorder: &Recorder) {
    recorder.record(Event::activity("Tick").succeeded()).wait().unwrap();
}

#[track_caller]
fn wait_for(mut is_so: impl FnMut() -> bool) {
    let due = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < due, "it never came to that");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn verified(journal: &Path, anchors: Vec<Note>) -> Verification {
    let trust = Trust { keys: vec![key().verifier().clone()], anchors, ..Trust::default() };
    verify_signed(&DirectoryStorage::read_only(journal), &trust).unwrap()
}

/// The checkpoints in what the server has written, once those speak of the whole journal.
fn wait_until_whole(server: &Server, journal: &Path) {
    wait_for(|| {
        let verified = verified(journal, found(&*server.messages()).unwrap());
        assert!(verified.is_intact(), "{verified:?}");
        verified.anchored_size == Some(verified.records)
    });
}

#[test]
fn what_the_server_writes_shows_the_whole_journal_whichever_way_it_came() {
    let server = Server::start(0);
    for (number, address) in [server.tcp(), server.udp(), server.socket()].iter().enumerate() {
        let journal = server.place().join(format!("audit-{number}"));
        let recorder = open(&journal, address);
        tick(&recorder);
        recorder.shutdown(SOON).unwrap();
        wait_until_whole(&server, &journal);
    }
}

#[test]
fn a_server_that_was_down_has_the_newest_checkpoint_once_it_is_back() {
    let first = Server::start(0);
    let (port, place) = (first.port(), tempfile::tempdir().unwrap());
    let journal = place.path().join("audit");
    let recorder = open(&journal, &first.tcp());
    wait_for(|| recorder.health().anchored_size == Some(recorder.health().durable));
    drop(first);
    tick(&recorder);
    wait_for(|| recorder.health().anchors[0].is_stale);
    let second = Server::start(port);
    wait_for(|| recorder.health().anchored_size == Some(recorder.health().durable));
    recorder.shutdown(SOON).unwrap();
    wait_until_whole(&second, &journal);
}
