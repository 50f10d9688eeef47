//! A journal is signed from its first start on, with a key outside it that nobody is shown.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use audit_runtime::{Event, Recorder, Signer, SigningKey, SigningKeys, Status, VerifierKey};
use audit_tlog::{Checkpoint, Note};
use serde_json::Value;
use tempfile::TempDir;

use crate::config;
use crate::support::{awaited, only};

/// A directory for a journal, `audit`, and what lies beside it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn journal(&self) -> PathBuf {
        self.0.path().join("audit")
    }

    fn beside(&self, ending: &str) -> PathBuf {
        self.0.path().join(format!("audit{ending}"))
    }

    /// A start, a record and an orderly end of a real process.
    fn run(&self) -> Output {
        let output = config::run(self.0.path(), &[("AUDIT_JOURNAL", "audit")]);
        assert!(output.status.success(), "{output:?}");
        output
    }

    fn open_error(&self) -> String {
        let error = Recorder::builder(self.journal()).open().unwrap_err();
        assert_eq!(format!("{error:?}"), error.to_string());
        error.to_string()
    }

    fn public_key(&self) -> String {
        fs::read_to_string(self.beside(".vkey")).unwrap().trim_end().to_owned()
    }

    /// The newest checkpoint, which one of these keys must have signed.
    fn checkpoint(&self, keys: &[VerifierKey]) -> Checkpoint {
        let text = fs::read_to_string(self.journal().join("checkpoint")).unwrap();
        let note = Note::parse(&text).unwrap();
        note.signers(keys).unwrap();
        Checkpoint::parse(&note.text).unwrap()
    }

    /// The only record of a new key.
    fn only_rotation(&self) -> Note {
        let text =
            fs::read_to_string(self.journal().join("seg/00000000000000000000.jsonl")).unwrap();
        let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let records: Vec<Value> = records.collect();
        let is_rotation = |record: &&Value| record["action"] == "JournalKeyRotated";
        let rotation = only(records.iter().filter(is_rotation).cloned().collect());
        Note::parse(rotation["journal"]["rotation"].as_str().unwrap()).unwrap()
    }

    /// What of the private key must be found nowhere.
    fn seed(&self) -> String {
        let text = fs::read_to_string(self.beside(".signing")).unwrap();
        let key = text.lines().last().unwrap();
        assert!(key.starts_with("PRIVATE+KEY+"));
        key.splitn(5, '+').last().unwrap()[4..24].to_owned()
    }
}

/// All bytes below a directory.
fn contents(directory: &Path) -> Vec<u8> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let bytes =
            if path.is_dir() { contents(&path) } else { fs::read(&path).unwrap_or_default() };
        found.extend(bytes);
    }
    found
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

#[test]
fn the_first_start_makes_the_key_and_says_the_public_one_and_later_ones_use_it() {
    let place = Place::new();
    let first = place.run();
    let (public, seed) = (place.public_key(), place.seed());
    let key: VerifierKey = public.parse().unwrap();
    let told = said(&first);
    assert_eq!(told.matches(public.as_str()).count(), 1, "{told}");
    assert!(told.contains("keep a copy on another machine"), "{told}");
    let text = fs::read_to_string(place.journal().join("seg/00000000000000000000.jsonl")).unwrap();
    assert!(text.contains(&format!("\"origin\":\"{}\"", key.name())), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode =
            |ending| fs::metadata(place.beside(ending)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(".signing"), mode(".vkey") & 0o700), (0o600, 0o600));
    }
    let second = place.run();
    assert_eq!((place.public_key(), place.seed()), (public.clone(), seed.clone()));
    assert!(!said(&second).contains(&public), "{}", said(&second));

    // Debug, health and the journal itself.
    let builder = Recorder::builder(place.journal());
    let shown = format!("{builder:?}");
    let recorder = builder.open().unwrap();
    let health = recorder.health();
    let keys = SigningKeys::from_file(place.beside(".signing")).unwrap();
    let shown = [shown, format!("{recorder:?}{health:?}{keys:?}"), health.to_json()].concat();
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let journal = String::from_utf8_lossy(&contents(&place.journal())).into_owned();
    for text in [told, said(&second), shown, journal, place.public_key()] {
        assert!(!text.contains(&seed) && !text.contains("PRIVATE+KEY"), "{text}");
    }
}

#[test]
fn a_file_of_keys_that_cannot_be_trusted_is_refused_and_not_shown() {
    let place = Place::new();
    place.run();
    let (path, seed) = (place.beside(".signing"), place.seed());
    let whole = fs::read_to_string(&path).unwrap();
    let named = format!("cannot use the file of signing keys {}", path.display());
    for (text, reason) in [
        (whole.replace("+KEY+", "+"), "line 3: "),
        (
            whole.replace(&seed[..4], "AAAA"),
            "line 3: the key's id is not that of its name and its key",
        ),
        (place.public_key(), "line 1: a private key begins with `PRIVATE+KEY+`"),
        (String::new(), "it holds no key; restore it from a backup"),
    ] {
        fs::write(&path, text).unwrap();
        let told = place.open_error();
        assert!(told.contains(&named) && told.contains(reason), "{told}");
        assert!(told.contains("signing_key_file") && !told.contains(&seed[4..]), "{told}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::write(&path, &whole).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let told = place.open_error();
        assert!(told.contains("mode 0640") && told.contains("chmod 600"), "{told}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        place.run();
    }
}

#[test]
fn what_signs_can_be_given_and_lie_elsewhere() {
    let place = Place::new();
    let elsewhere = place.0.path().join("kept");
    let name = "example.com/shop";
    let key = SigningKeys::add_to_file(&elsewhere, Some(name)).unwrap();
    let builder = Recorder::builder(place.journal()).origin(name).signing_key_file(&elsewhere);
    builder.open().unwrap().shutdown(Duration::from_secs(10)).unwrap();
    assert_eq!(place.public_key(), key.to_string());

    let given = SigningKey::from_seed(name, [7; 32]).unwrap();
    let recorder = Recorder::builder(place.journal()).signer(given.clone()).open().unwrap();
    recorder.record(Event::activity("Tick").succeeded()).wait().unwrap();
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let both = format!("{key}\n{}", given.verifier());
    assert_eq!(place.public_key(), both, "an earlier public key is still needed");
    assert!(!place.beside(".signing").exists());
}

/// A key that cannot be used for a while.
struct Failing {
    key: SigningKey,
    fails: Arc<AtomicBool>,
}

impl Signer for Failing {
    fn verifier(&self) -> &VerifierKey {
        self.key.verifier()
    }

    fn sign(&self, text: &str) -> io::Result<Vec<u8>> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(io::Error::other("the key service does not answer"));
        }
        self.key.sign(text)
    }
}

#[test]
fn what_cannot_be_signed_is_recorded_and_told_and_signed_later() {
    let place = Place::new();
    let fails = Arc::new(AtomicBool::new(false));
    let key = SigningKey::from_seed("example.com/shop", [7; 32]).unwrap();
    let signer = Failing { key: key.clone(), fails: Arc::clone(&fails) };
    let recorder = Recorder::builder(place.journal()).signer(signer).open().unwrap();
    let tick = || recorder.record(Event::activity("Tick").succeeded()).wait().unwrap();
    tick();
    let signed = awaited(&recorder, |health| health.signed_size == health.durable);
    assert_eq!((signed.status, signed.unsigned), (Status::Green, None));

    fails.store(true, Ordering::Relaxed);
    tick();
    let unsigned = awaited(&recorder, |health| health.unsigned.is_some());
    assert_eq!((unsigned.status, unsigned.signed_size), (Status::Yellow, 3));
    let reason = unsigned.reason.unwrap();
    assert!(reason.contains("only the first 3 records are signed"), "{reason}");
    assert!(reason.contains("the key service does not answer"), "{reason}");
    tick();
    assert_eq!(recorder.health().durable, 5);

    fails.store(false, Ordering::Relaxed);
    let again = awaited(&recorder, |health| health.signed_size == 5);
    assert_eq!((again.status, again.unsigned), (Status::Green, None));
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    assert_eq!(place.checkpoint(&[key.verifier().clone()]).size, 6);
}

#[test]
fn a_new_key_is_recorded_with_the_word_of_the_one_before_it() {
    let place = Place::new();
    place.run();
    let old: VerifierKey = place.public_key().parse().unwrap();
    let before = place.checkpoint(std::slice::from_ref(&old));
    let new = SigningKeys::add_to_file(place.beside(".signing"), None).unwrap();
    let told = said(&place.run());
    assert!(told.contains("in place of") && told.contains("signed by both keys"), "{told}");
    assert_eq!(place.public_key(), format!("{old}\n{new}"));
    place.checkpoint(std::slice::from_ref(&new));
    place.run();
    let note = place.only_rotation();
    assert_eq!(note.text, format!("audited key rotation\n{before}{old}\n{new}\n"));
    assert_eq!(note.signers(&[old, new]).unwrap().len(), 2);
}

#[test]
fn a_new_key_without_the_one_before_it_vouches_for_itself_alone() {
    let place = Place::new();
    place.run();
    let old: VerifierKey = place.public_key().parse().unwrap();
    let before = place.checkpoint(std::slice::from_ref(&old));
    fs::remove_file(place.beside(".signing")).unwrap();
    let told = said(&place.run());
    assert!(told.contains("verifiers need the public keys of both"), "{told}");
    let public = place.public_key();
    let new: VerifierKey = public.lines().last().unwrap().parse().unwrap();
    assert_eq!(public, format!("{old}\n{new}"), "the earlier public key is still needed");
    let note = place.only_rotation();
    let former = format!("{}+{:08x}", old.name(), old.id());
    assert_eq!(note.text, format!("audited key rotation\n{before}{former}\n{new}\n"));
    let keys = [old, new];
    assert_eq!(note.signers(&keys).unwrap(), [&keys[1]]);
}
