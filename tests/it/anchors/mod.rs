//! Checkpoints are kept elsewhere: in a directory, by a syslog server, and by whatever a program adds.

mod outage;
mod server;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audit_runtime::anchor::Anchor;
use audit_runtime::journal::{
    DirectoryStorage, Reader, Storage, Trust, Verification, verify_signed,
};
use audit_runtime::{Health, Record, Recorder, RecorderBuilder, Signer as _, SigningKey, Status};
use audit_tlog::{Checkpoint, Note};
use serde_json::Value;
use tempfile::TempDir;

use crate::config;
use crate::support::{awaited, only, tick, wait_for};
use server::{Datagrams, Server};

const NAME: &str = "example.com/shop";

/// A journal, and beside it what its anchors keep.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn journal(&self) -> PathBuf {
        self.0.path().join("audit")
    }

    fn kept(&self) -> PathBuf {
        self.0.path().join("kept")
    }

    /// A recorder that gives its anchors each checkpoint at once.
    fn builder(&self) -> RecorderBuilder {
        let builder = Recorder::builder(self.journal()).origin(NAME).signer(key());
        builder.anchor_every_ms(20)
    }

    /// The checkpoints in the files of the directory.
    fn in_directory(&self) -> Vec<Note> {
        let files = fs::read_dir(self.kept()).unwrap().map(|entry| entry.unwrap().path());
        let text: String = files.map(|path| fs::read_to_string(path).unwrap()).collect();
        let parts: Vec<&str> = text.split_terminator("\n\n").collect();
        let whole = |part: &[&str]| Note::parse(&format!("{}\n\n{}\n", part[0], part[1])).unwrap();
        parts.chunks(2).map(whole).collect()
    }

    /// The journal, judged by the key and by what an anchor has kept.
    fn verified(&self, anchors: Vec<Note>) -> Verification {
        let trust = Trust { keys: vec![key().verifier().clone()], anchors, ..Trust::default() };
        verify_signed(&DirectoryStorage::read_only(self.journal()), &trust).unwrap()
    }

    /// The descriptions of the alerts that were recorded.
    fn alerts(&self) -> Vec<String> {
        let mut cursor = Reader::open(self.journal()).unwrap().cursor(0).unwrap();
        let mut alerts = Vec::new();
        while let Some(line) = cursor.next().unwrap() {
            let record = Record::parse(&line).unwrap();
            if record.action == "AlertRaised" {
                alerts.push(record.description.clone().unwrap());
            }
        }
        alerts
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(NAME, [7; 32]).unwrap()
}

fn close(recorder: Recorder) {
    recorder.shutdown(Duration::from_secs(20)).unwrap();
}

/// True if all that the journal has is anchored by these.
#[track_caller]
fn expect_whole(place: &Place, anchors: Vec<Note>) {
    let verified = place.verified(anchors);
    assert!(verified.is_intact(), "{verified:?}");
    assert_eq!(verified.anchored_size, Some(verified.records));
}

#[test]
fn a_directory_and_a_server_have_the_last_checkpoint_of_a_service_that_has_ended() {
    let place = Place::new();
    fs::create_dir(place.kept()).unwrap();
    let server = Server::start(0);
    let builder = place.builder().anchor_directory(place.kept()).anchor_syslog(server.address());
    let recorder = builder.open().unwrap();
    tick(&recorder);
    let health = awaited(&recorder, |health| health.anchored_size == Some(health.durable));
    assert_eq!((health.status, health.anchor_age_s), (Status::Green, Some(0)));
    let names: Vec<_> = health.anchors.iter().map(|anchor| anchor.name.as_str()).collect();
    let directory = format!("directory {}", place.kept().display());
    assert_eq!(names, [&directory, &format!("syslog {}", server.address()), "log"]);
    assert!(health.to_json().contains("\"anchored_size\":"), "{}", health.to_json());
    close(recorder);
    expect_whole(&place, place.in_directory());
    expect_whole(&place, server.checkpoints());

    // A later run adds to what an earlier one has kept, and to what a crash has left of a note.
    let file = fs::read_dir(place.kept()).unwrap().next().unwrap().unwrap().path();
    let torn = fs::read_to_string(&file).unwrap() + "example.com/shop\n99\n\n";
    fs::write(&file, &torn).unwrap();
    close(place.builder().anchor_directory(place.kept()).open().unwrap());
    let grown = fs::read_to_string(&file).unwrap();
    assert!(grown.starts_with(&torn) && grown.len() > torn.len(), "{grown}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_is_rolled_back_is_found_by_what_the_anchors_have() {
    let place = Place::new();
    fs::create_dir(place.kept()).unwrap();
    close(place.builder().anchor_directory(place.kept()).open().unwrap());
    let backup = place.0.path().join("backup");
    copy(&place.journal(), &backup);
    let recorder = place.builder().anchor_directory(place.kept()).open().unwrap();
    tick(&recorder);
    close(recorder);
    fs::remove_dir_all(place.journal()).unwrap();
    fs::rename(&backup, place.journal()).unwrap();
    assert!(place.verified(Vec::new()).is_intact(), "its own signatures tell of nothing");
    let verified = place.verified(place.in_directory());
    assert!(!verified.is_intact(), "{verified:?}");
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

#[cfg(unix)]
#[test]
fn what_somebody_has_put_in_the_place_of_a_file_is_not_written_to() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    let place = Place::new();
    fs::create_dir(place.kept()).unwrap();
    let own = fs::metadata(place.kept()).unwrap().gid();
    close(place.builder().group(own).anchor_directory(place.kept()).open().unwrap());
    let file = fs::read_dir(place.kept()).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);

    let victim = place.0.path().join("victim");
    let plant: [fn(&PathBuf, &PathBuf); 3] = [
        |victim, file| symlink(victim, file).unwrap(),
        |victim, file| fs::hard_link(victim, file).unwrap(),
        |_, file| fs::create_dir(file).unwrap(),
    ];
    for plant in plant {
        _ = fs::remove_file(&file);
        fs::write(&victim, "untouched").unwrap();
        plant(&victim, &file);
        let builder = place.builder().group(own).anchor_directory(place.kept());
        let recorder = builder.open().unwrap();
        let failed = awaited(&recorder, |health| health.anchors[0].failure.is_some());
        let why = failed.anchors[0].failure.as_deref().unwrap();
        assert!(why.ends_with(": it is no plain file with one name; remove it"), "{why}");
        close(recorder);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    }
}

#[cfg(unix)]
#[test]
fn what_somebody_has_put_in_the_place_of_the_checkpoint_is_given_to_no_anchor() {
    let place = Place::new();
    fs::create_dir(place.kept()).unwrap();
    let recorder = place.builder().anchor_directory(place.kept()).open().unwrap();
    tick(&recorder);
    awaited(&recorder, |health| health.anchored_size == Some(health.durable));
    let genuine = Checkpoint::parse(&place.in_directory()[0].text).unwrap();
    let larger = Checkpoint { size: u64::MAX, ..genuine }.to_string();
    let other = SigningKey::from_seed(NAME, [8; 32]).unwrap();
    let note = Note::sign(larger, &[&other]).unwrap().to_string();
    fs::write(place.journal().join("checkpoint"), note).unwrap();
    let failed = awaited(&recorder, |health| health.anchors[0].failure.is_some());
    let why = failed.anchors[0].failure.as_deref().unwrap();
    assert!(why.contains("not what the writer has signed: no trusted key"), "{why}");
    tick(&recorder);
    let is_abreast = |health: &Health| health.anchored_size == Some(health.durable);
    awaited(&recorder, |health| is_abreast(health) && health.anchors[0].failure.is_none());
    close(recorder);
    expect_whole(&place, place.in_directory());
}

#[test]
fn datagrams_arrive_and_confirm_nothing() {
    let place = Place::new();
    let path = place.0.path().join("log");
    for (number, datagrams) in [Datagrams::udp(), Datagrams::unix(&path)].into_iter().enumerate() {
        let recorder = place.builder().anchor_syslog(datagrams.address()).open().unwrap();
        let signed = awaited(&recorder, |health| {
            health.anchors[0].size == Some(health.durable) && health.signed_size == health.durable
        });
        assert_eq!((signed.anchored_size, signed.anchor_age_s), (None, None), "{number}");
        close(recorder);
        expect_whole(&place, datagrams.checkpoints());
    }
}

/// One that has a larger checkpoint than it is given.
struct Ahead;

impl Anchor for Ahead {
    fn name(&self) -> &str {
        "witness"
    }

    fn keep(&mut self, _: &Checkpoint, _: &Note, _: &Arc<dyn Storage>) -> io::Result<()> {
        let reason = "it has one of 4711 records\n\u{1b}[2J\u{202e}";
        Err(io::Error::new(io::ErrorKind::InvalidData, reason))
    }
}

#[test]
fn an_anchor_that_speaks_against_the_journal_turns_the_health_red_at_once() {
    let place = Place::new();
    let recorder = place.builder().anchor(Ahead).open().unwrap();
    let red = awaited(&recorder, |health| health.status == Status::Red);
    let reason = red.reason.unwrap();
    assert!(
        reason.contains("`witness` speaks against the journal: it has one of 4711"),
        "{reason}"
    );
    assert!(!reason.contains(['\n', '\u{1b}', '\u{202e}']), "{reason:?}");
    wait_for(|| !place.alerts().is_empty());
    tick(&recorder);
    std::thread::sleep(Duration::from_millis(2500));
    let alert = only(place.alerts().into_iter().map(Into::into).collect());
    assert_eq!(
        alert,
        "The anchor `witness` has a checkpoint that speaks against the audit journal"
    );
    close(recorder);
}

/// One that fails by a panic.
struct Panicking;

impl Anchor for Panicking {
    fn name(&self) -> &str {
        "panicking"
    }

    fn keep(&mut self, _: &Checkpoint, _: &Note, _: &Arc<dyn Storage>) -> io::Result<()> {
        panic!("an anchor of the program's own");
    }
}

#[test]
fn an_anchor_that_panics_has_failed() {
    let place = Place::new();
    let recorder = place.builder().anchor(Panicking).anchor_age_ms_max(10).open().unwrap();
    let has_failed = |health: &Health| health.anchors[0].failure.is_some();
    let yellow = awaited(&recorder, |health| health.status == Status::Yellow && has_failed(health));
    assert!(yellow.reason.as_deref().unwrap().ends_with(": it panicked"), "{yellow:?}");
    tick(&recorder);
    close(recorder);
}

#[test]
fn what_cannot_be_an_anchor_is_refused_before_anything_is_made() {
    let place = Place::new();
    let builder = || Recorder::builder(place.journal());
    for (builder, words) in [
        (builder().anchor_syslog("logs.example.com"), "`anchor_syslog` cannot be used: write"),
        (builder().anchor_every_ms(0), "`anchor_every_ms` cannot be used: 0 leaves no pause"),
        (builder().anchor_log_every_ms(0), "`anchor_log_every_ms` cannot be used"),
    ] {
        let error = builder.open().unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert!(!place.journal().exists());
}

#[test]
fn a_start_that_gets_no_thread_for_its_anchors_ends_the_journal_in_order() {
    let place = Place::new();
    let run = |variables: &[(&str, &str)]| {
        config::run(place.0.path(), &[&[("AUDIT_JOURNAL", "audit")], variables].concat())
    };
    // No machine has room for a stack of so many bytes.
    let refused = run(&[("RUST_MIN_STACK", "4611686018427387904")]);
    let said = format!("{refused:?}");
    assert!(!refused.status.success() && said.contains("os error"), "{said}");
    assert!(run(&[]).status.success());
    let mut cursor = Reader::open(place.journal()).unwrap().cursor(0).unwrap();
    let lines = std::iter::from_fn(|| cursor.next().unwrap());
    let records: Vec<Value> =
        lines.map(|line| serde_json::from_slice(line.bytes()).unwrap()).collect();
    let starts: Vec<_> =
        records.iter().filter(|record| record["action"] == "JournalStart").collect();
    assert_eq!(starts.len(), 2);
    assert!(starts.iter().all(|start| start["journal"]["unclean"] == false), "{starts:?}");
}

#[test]
fn a_directory_beside_the_journal_is_said_to_protect_little_and_the_log_has_checkpoints() {
    let place = Place::new();
    fs::create_dir(place.kept()).unwrap();
    let run = |kept: &str| {
        let variables = [("AUDIT_JOURNAL", "audit"), ("AUDIT_ANCHOR_DIRECTORY", kept)];
        let output = config::run(place.0.path(), &variables);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let said = run("kept");
    assert!(said.contains("kept` protects little: it is on the journal's own file"), "{said}");
    assert!(said.contains("audit: checkpoint=\"audited/"), "{said}");
    assert!(!place.in_directory().is_empty());
    // Memory, if that is another file system here.
    if let Ok(other) = tempfile::tempdir_in("/dev/shm") {
        let said = run(other.path().to_str().unwrap());
        assert!(!said.contains("protects little"), "{said}");
        assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1);
    }
}
