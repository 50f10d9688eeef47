//! A signer that is slow, hangs or panics, and a key that is away or has just come: no record waits, and people are told.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use audit_runtime::journal::{DirectoryStorage, Journal, Modes, Options, Reader};
use audit_runtime::{
    Event, Recorder, Signer, SigningKey, SigningKeys, Status, VerifierKey, control,
};
use audit_tlog::Checkpoint;
use serde_json::Value;

use crate::support::{awaited, only, tick};

const NAME: &str = "example.com/shop";

fn key() -> SigningKey {
    SigningKey::from_seed(NAME, [7; 32]).unwrap()
}

/// What signs after a while, or panics.
struct Slow {
    key: SigningKey,
    pause: Duration,
    panics: bool,
}

impl Signer for Slow {
    fn verifier(&self) -> &VerifierKey {
        self.key.verifier()
    }

    fn sign(&self, text: &str) -> io::Result<Vec<u8>> {
        std::thread::sleep(self.pause);
        assert!(!self.panics, "a test");
        self.key.sign(text)
    }
}

fn with(journal: &Path, seconds: u64, panics: bool) -> Recorder {
    let signer = Slow { key: key(), pause: Duration::from_secs(seconds), panics };
    Recorder::builder(journal).origin(NAME).signer(signer).open().unwrap()
}

fn end(recorder: &Recorder) {
    recorder.shutdown(Duration::from_secs(10)).unwrap();
}

fn signed_size(journal: &Path) -> u64 {
    let note = Reader::open(journal).unwrap().checkpoint().unwrap().unwrap();
    Checkpoint::parse(&note.text).unwrap().size
}

/// The members of the only record of the journal of this name.
fn only_record(journal: &Path, name: &str) -> Value {
    let mut cursor = Reader::open(journal).unwrap().cursor(0).unwrap();
    let lines = std::iter::from_fn(|| cursor.next().unwrap());
    let records = lines.map(|line| serde_json::from_slice::<Value>(line.bytes()).unwrap());
    only(records.filter(|record| record["name"] == name).collect())["journal"].clone()
}

#[test]
fn no_receipt_waits_for_a_slow_signer_and_its_signatures_come() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let begun = Instant::now();
    let recorder = with(&journal, 3, false);
    // More than a checkpoint may lag behind, with receipts in between that are waited for.
    for _ in 0..50 {
        let receipts: Vec<_> =
            (0..100).map(|_| recorder.record(Event::activity("Tick").succeeded())).collect();
        receipts.into_iter().for_each(|receipt| _ = receipt.wait().unwrap());
    }
    let slowest = begun.elapsed();
    assert!(recorder.health().signed_size == 0 && slowest < Duration::from_secs(3), "{slowest:?}");
    assert_eq!(recorder.health().status, Status::Green, "it is not late yet");
    awaited(&recorder, |health| health.signed_size > 0);
    end(&recorder);
    with(&journal, 0, false).shutdown(Duration::from_secs(10)).unwrap();
    let last = Reader::open(&journal).unwrap().watermark().unwrap().unwrap();
    assert_eq!(signed_size(&journal), last, "the end waits a little");
}

#[test]
fn a_signer_that_hangs_or_panics_is_told_of_and_everything_is_recorded() {
    let directory = tempfile::tempdir().unwrap();
    for (name, seconds, panics, told) in
        [("hangs", 3600, false, "has not answered for "), ("panics", 0, true, "has panicked")]
    {
        let journal = directory.path().join(name);
        let recorder = with(&journal, seconds, panics);
        let health = awaited(&recorder, |health| health.unsigned.is_some());
        assert_eq!(health.status, Status::Yellow);
        let reason = health.reason.unwrap();
        assert!(reason.contains(told) && reason.contains("mend what signs"), "{reason}");
        tick(&recorder);
        assert_eq!(recorder.health().durable, 3);
        let begun = Instant::now();
        end(&recorder);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        end(&with(&journal, 0, false));
        assert!(signed_size(&journal) >= 6, "the next start signs all");
    }
}

#[test]
fn a_start_that_signs_what_it_finds_is_yellow_for_its_life_and_leaves_a_record() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    end(&Recorder::builder(&journal).open().unwrap());
    fs::remove_file(journal.join("checkpoint")).unwrap();
    let recorder = Recorder::builder(&journal).open().unwrap();
    tick(&recorder);
    let health = awaited(&recorder, |health| health.signed_size == health.durable);
    assert_eq!((health.status, health.unsigned), (Status::Yellow, None));
    let reason = health.reason.unwrap();
    assert!(reason.contains("the records 0 to 2 were signed by this start"), "{reason}");
    assert!(reason.contains("the newest checkpoint is gone"), "{reason}");
    end(&recorder);
    let told = only_record(&journal, "journal.signed_anew");
    assert_eq!(told, serde_json::json!({"reason": "checkpoint", "first_seq": 0, "last_seq": 2}));
    let recorder = Recorder::builder(&journal).open().unwrap();
    assert_eq!(recorder.health().status, Status::Green, "it is told once");
    end(&recorder);
}

#[test]
fn a_key_that_cannot_be_made_keeps_no_service_from_recording() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let place = directory.path().join("later/audit.signing");
    let builder = || Recorder::builder(&journal).signing_key_file(&place);
    let recorder = builder().open().unwrap();
    tick(&recorder);
    let health = recorder.health();
    assert_eq!((health.status, health.durable, health.signed_size), (Status::Yellow, 3, 0));
    let reason = health.unsigned.unwrap();
    assert!(reason.contains("later/audit.signing") && reason.contains("restart"), "{reason}");
    assert!(health.reason.unwrap().contains(&reason));
    end(&recorder);
    fs::create_dir(directory.path().join("later")).unwrap();
    let recorder = builder().open().unwrap();
    assert_eq!(recorder.health().unsigned, None);
    end(&recorder);
    let told = only_record(&journal, "journal.signed_anew");
    assert_eq!(told, serde_json::json!({"reason": "unsigned", "first_seq": 0, "last_seq": 3}));
    assert_eq!(signed_size(&journal), 7);
}

#[cfg(unix)]
#[test]
fn a_key_in_the_journals_directory_is_refused_whatever_leads_there() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    end(&Recorder::builder(&journal).open().unwrap());
    std::os::unix::fs::symlink(&journal, directory.path().join("link")).unwrap();
    for place in ["link/new.signing", "audit/../audit/new.signing"] {
        let place = directory.path().join(place);
        let error = Recorder::builder(&journal).signing_key_file(&place).open().unwrap_err();
        let error = error.to_string();
        assert!(error.contains("it lies in the journal's directory"), "{error}");
        assert!(error.contains("signing_key_file") && !journal.join("new.signing").exists());
    }
}

#[test]
fn a_given_signer_takes_the_place_of_an_older_one_with_its_word() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    end(&with(&journal, 0, false));
    let new = SigningKey::from_seed(NAME, [8; 32]).unwrap();
    let builder = Recorder::builder(&journal).signer(new.clone()).older_signer(key());
    let recorder = builder.open().unwrap();
    awaited(&recorder, |health| health.signed_size == health.durable);
    assert_eq!(recorder.health().status, Status::Green);
    end(&recorder);
    let told = only_record(&journal, "journal.key_rotated");
    let note = audit_tlog::Note::parse(told["rotation"].as_str().unwrap()).unwrap();
    let keys = [key().verifier().clone(), new.verifier().clone()];
    assert_eq!(note.signers(&keys).unwrap().len(), 2);
    let public = fs::read_to_string(directory.path().join("audit.vkey")).unwrap();
    assert_eq!(public, format!("{}\n{}\n", keys[0], keys[1]));
}

#[test]
fn a_visitor_knows_the_seals_of_all_keys_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, keys) = (directory.path().join("audit"), directory.path().join("audit.signing"));
    for _ in 0..2 {
        SigningKeys::add_to_file(&keys, Some(NAME)).unwrap();
        let recorder = Recorder::builder(&journal).segment_bytes_max(1).open().unwrap();
        (0..3).for_each(|_| tick(&recorder));
        end(&recorder);
    }
    let seal = fs::read(journal.join("seg/00000000000000000000.seal")).unwrap();
    control::append_alone(&journal, &control::Entry::Read(control::Read::of("tail"))).unwrap();
    assert_eq!(fs::read(journal.join("seg/00000000000000000000.seal")).unwrap(), seal);
    let storage = DirectoryStorage::open(&journal, Modes::default()).unwrap();
    let visiting: Options = SigningKeys::visiting(Some(&keys), &journal);
    let opened = Journal::open(std::sync::Arc::new(storage), visiting).unwrap();
    assert!(opened.signed_anew().is_none() && opened.key_rotation().is_none());
    assert!(opened.unsigned().is_none() && opened.signed_size() > 10);
}
