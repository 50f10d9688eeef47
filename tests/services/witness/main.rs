//! A journal and a witness that somebody else has written: what it cosigns counts, and what it refuses is told.
//!
//! This test needs Python 3.12 with the package aics-witness, and for the second verifier cryptography.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../alerts/certificates.rs"]
mod certificates;
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use audit_runtime::journal::{DirectoryStorage, Reader, Trust, Verification, verify_signed};
use audit_runtime::{
    Event, Health, Record, Recorder, RecorderBuilder, Signer as _, SigningKey, Status,
};
use serde_json::Value;
use tempfile::TempDir;

use certificates::Certificates;
use server::Witness;

const NAME: &str = "example.com/shop";

/// A journal, and a witness that knows it.
struct Place {
    witness: Witness,
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let witness = Witness::start(directory.path(), NAME, &key().verifier().to_string());
        Self { witness, directory }
    }

    fn journal(&self) -> PathBuf {
        self.directory.path().join("audit")
    }

    fn builder(&self) -> RecorderBuilder {
        Recorder::builder(self.journal()).origin(NAME).signer(key()).anchor_every_ms(20)
    }

    /// A service that has its checkpoints cosigned at once.
    fn open(&self) -> Recorder {
        let builder = self.builder().witness_url(self.witness.url());
        builder.witness_key(self.witness.key.to_string()).anchor_age_ms_max(1000).open().unwrap()
    }

    fn open_by_tls(&self, url: &str, ca_file: Option<&Path>) -> Recorder {
        let builder = self.builder().witness_url(url).witness_key(self.witness.key.to_string());
        let builder =
            ca_file.into_iter().fold(builder, |builder, path| builder.witness_ca_file(path));
        builder.open().unwrap()
    }

    /// The journal, judged by its own key and that of the witness.
    fn verified(&self) -> Verification {
        let (keys, witnesses) = (vec![key().verifier().clone()], vec![self.witness.key.clone()]);
        let trust = Trust { keys, witnesses, ..Trust::default() };
        verify_signed(&DirectoryStorage::read_only(self.journal()), &trust).unwrap()
    }

    /// What the verifier in Python says of the same.
    fn verified_in_python(&self) -> Value {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("second/verify.py");
        let keys = [key().verifier().to_string(), self.witness.key.to_string()];
        let ended = Command::new("python3")
            .arg("-B")
            .args([&program, &self.journal()])
            .args(["--key", &keys[0], "--witness", &keys[1]])
            .output()
            .unwrap();
        serde_json::from_slice(&ended.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&ended.stderr)))
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

    /// True if an alert says that the witness has what speaks against the journal.
    fn is_accused(&self) -> bool {
        self.alerts().iter().any(|alert| alert.contains("speaks against the audit journal"))
    }

    /// Copies the journal, as a backup does.
    fn backup(&self) {
        copy(&self.journal(), &self.directory.path().join("backup"));
    }

    /// Puts the copy in the journal's place.
    fn restore(&self) {
        fs::remove_dir_all(self.journal()).unwrap();
        copy(&self.directory.path().join("backup"), &self.journal());
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(NAME, [7; 32]).unwrap()
}

fn tick(recorder: &Recorder) {
    recorder.record(Event::activity("Tick").succeeded()).wait().unwrap();
}

/// The health, once it is as it should be.
#[track_caller]
fn awaited(recorder: &Recorder, is_so: impl Fn(&Health) -> bool) -> Health {
    let due = Instant::now() + Duration::from_secs(20);
    loop {
        let health = recorder.health();
        if is_so(&health) {
            return health;
        }
        assert!(Instant::now() < due, "{health:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn close(recorder: Recorder) {
    recorder.shutdown(Duration::from_secs(20)).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&entry.path(), &to),
            kind if kind.is_file() => _ = fs::copy(entry.path(), &to).unwrap(),
            _ => {}
        }
    }
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
}

/// True if all that the journal has is cosigned, as both verifiers say.
#[track_caller]
fn expect_whole(place: &Place) {
    let verified = place.verified();
    assert!(verified.is_intact(), "{verified:?}");
    assert_eq!(verified.anchored_size, Some(verified.records));
    assert_eq!(verified.anchored_by.as_deref(), Some("witness.example/w1"));
    let ours = serde_json::to_value(&verified).unwrap();
    let theirs = place.verified_in_python();
    assert_eq!(theirs["level"], "L3", "{theirs}");
    for member in ["records", "anchored_size", "anchored_at", "anchored_by"] {
        assert_eq!(ours[member], theirs[member], "{member}");
    }
    assert_eq!(place.witness.evidence(), 0);
}

#[test]
fn with_a_witness_level_3_needs_the_journal_and_two_public_keys() {
    let place = Place::new();
    for records in 1..=5 {
        let recorder = place.open();
        (0..records * 30).for_each(|_| tick(&recorder));
        awaited(&recorder, |health| health.anchored_size == Some(health.durable));
        close(recorder);
        expect_whole(&place);
    }
    // The witness serves the same checkpoint to whoever asks it.
    let kept =
        fs::read_to_string(place.journal().join(format!("anchors/{:08x}", place.witness.key.id())));
    assert_eq!(place.witness.latest(NAME), kept.unwrap());
}

#[test]
fn a_journal_that_was_rolled_back_is_refused_by_the_witness_and_told() {
    let place = Place::new();
    close(place.open());
    let before = place.verified().records;
    place.backup();
    let recorder = place.open();
    (0..10).for_each(|_| tick(&recorder));
    close(recorder);
    let cosigned = place.verified().anchored_size.unwrap();
    place.restore();
    assert_eq!(place.verified().anchored_size, Some(before), "the copy itself tells of nothing");
    let recorder = place.open();
    let red = awaited(&recorder, |health| health.status == Status::Red).reason.unwrap();
    let told = format!(
        "it has cosigned {cosigned} records of `{NAME}`, and the newest checkpoint here is of "
    );
    assert!(
        red.contains("`witness.example/w1` speaks against the journal") && red.contains(&told),
        "{red}"
    );
    awaited(&recorder, |_| place.is_accused());
    close(recorder);
    assert!(place.verified().anchored_size < Some(cosigned), "nothing more was cosigned");
}

#[test]
fn a_checkpoint_that_a_power_cut_has_taken_back_is_no_roll_back() {
    let place = Place::new();
    close(place.open());
    place.backup();
    let recorder = place.open();
    (0..10).for_each(|_| tick(&recorder));
    close(recorder);
    // The records are all there, and what was signed over the last of them is not.
    let backup = place.directory.path().join("backup");
    for name in ["checkpoint", "checkpoints"] {
        fs::copy(backup.join(name), place.journal().join(name)).unwrap();
    }
    fs::remove_dir_all(place.journal().join("anchors")).unwrap();
    copy(&backup.join("anchors"), &place.journal().join("anchors"));
    let recorder = place.open();
    awaited(&recorder, |health| {
        assert_ne!(health.status, Status::Red, "{health:?}");
        health.anchored_size == Some(health.durable)
    });
    close(recorder);
    assert!(!place.is_accused(), "{:?}", place.alerts());
    expect_whole(&place);
}

#[test]
fn a_journal_that_goes_on_from_a_copy_is_refused_as_a_fork() {
    let place = Place::new();
    close(place.open());
    place.backup();
    let recorder = place.open();
    tick(&recorder);
    close(recorder);
    place.restore();
    // It outgrows what was cosigned before the witness is asked.
    let unseen = place.builder().open().unwrap();
    (0..50).for_each(|_| tick(&unseen));
    close(unseen);
    let recorder = place.open();
    let red = awaited(&recorder, |health| health.status == Status::Red).reason.unwrap();
    assert!(red.contains("does not take the journal for one that goes on from the"), "{red}");
    close(recorder);
    assert!(place.witness.evidence() > 0, "the witness keeps what was signed as evidence");
}

/// Fault 31.
#[test]
fn a_witness_that_is_down_holds_up_no_record_and_is_caught_up_with() {
    let mut place = Place::new();
    let recorder = place.open();
    awaited(&recorder, |health| health.anchored_size.is_some());
    place.witness.stop();
    (0..200).for_each(|_| tick(&recorder));
    let yellow = awaited(&recorder, |health| {
        health.status == Status::Yellow && health.anchors[0].failure.is_some()
    });
    assert!(yellow.durable > yellow.anchored_size.unwrap() + 150, "{yellow:?}");
    let failure = yellow.anchors[0].failure.as_deref().unwrap_or_default();
    assert!(failure.contains("refused"), "{failure}");
    place.witness.go_on();
    awaited(&recorder, |health| {
        health.status == Status::Green && health.anchored_size >= Some(yellow.durable)
    });
    close(recorder);
    expect_whole(&place);
}

#[test]
fn what_another_key_has_cosigned_counts_for_nothing() {
    let place = Place::new();
    // That of 32 times 9, under the name of this witness.
    let other = "witness.example/w1+24b5d9fe+BP0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYY";
    let builder = place.builder().witness_url(place.witness.url()).witness_key(other);
    let recorder = builder.anchor_age_ms_max(1000).open().unwrap();
    let health = awaited(&recorder, |health| health.anchors[0].failure.is_some());
    let failure = health.anchors[0].failure.as_deref().unwrap_or_default();
    assert!(failure.contains("no cosignature by the key witness.example/w1+24b5d9fe"), "{failure}");
    close(recorder);
    assert_eq!(place.verified().anchored_size, None);
    assert!(!place.journal().join("anchors").exists());
}

#[test]
fn a_witness_behind_tls_is_believed_by_the_authority_that_is_named_and_by_no_other() {
    let (place, certificates) = (Place::new(), Certificates::make());
    let [certificate, key] = ["server.pem", "server.key"].map(|name| certificates.path(name));
    let (url, _front) = place.witness.with_tls(&certificate, &key);
    let ca = place.directory.path().join("ca.pem");
    fs::write(&ca, certificates.ca()).unwrap();
    let recorder = place.open_by_tls(&url, None);
    let health = awaited(&recorder, |health| health.anchors[0].failure.is_some());
    let failure = health.anchors[0].failure.as_deref().unwrap_or_default();
    assert!(failure.contains("certificate"), "{failure}");
    close(recorder);
    assert_eq!(place.verified().anchored_size, None);
    let recorder = place.open_by_tls(&url, Some(&ca));
    awaited(&recorder, |health| health.anchored_size == Some(health.durable));
    close(recorder);
    expect_whole(&place);
}
