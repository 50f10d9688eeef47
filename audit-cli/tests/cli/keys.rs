//! `keys new`, `pseudonym` and `reveal`: from the key to the value that only its holder can read.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use audit_runtime::{Event, Keys, Recorder, Redact, Redaction, public};
use serde::Serializer;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Run};

/// What is to be sealed, and of whom.
struct Sealed(&'static str, Option<&'static str>);

impl Redact for Sealed {
    fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        let sealed =
            how.redactor().and_then(|keys| keys.seal("User.email", self.1, self.0.as_bytes()));
        serializer.serialize_str(sealed.as_deref().unwrap_or("[redacted]"))
    }
}

struct Pseudonym(&'static str);

impl Redact for Pseudonym {
    fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        let hash = how.redactor().and_then(|keys| keys.pseudonym("email", self.0.as_bytes()));
        serializer.serialize_str(hash.as_deref().unwrap_or("[redacted]"))
    }
}

const CANARY: &str = "ada.lovelace@example.com";
const NAME: &str = "ada lovelace";

impl Fixture {
    fn keys(&self) -> PathBuf {
        self.directory().join("audit.keys")
    }

    fn new_key(&self) -> String {
        let out = self.run(&["keys", "new", "@.keys"]).ok();
        out.split_whitespace().nth(3).unwrap().to_owned()
    }

    /// Records a change of an address, and tells the number of its record.
    fn change(recorder: &Recorder, email: Sealed) -> String {
        recorder.enter(|| {
            let change = Event::activity("ChangeEmail").field("email", &email);
            let change = change.field("joined", &Pseudonym(NAME)).succeeded();
            recorder.record(change).wait().unwrap();
        });
        (recorder.health().durable - 1).to_string()
    }

    fn changed(&self, email: Sealed) -> String {
        let recorder = self.recorder();
        let seq = Self::change(&recorder, email);
        recorder.shutdown(Duration::from_secs(10)).unwrap();
        seq
    }

    fn record(&self, seq: &str) -> Value {
        serde_json::from_str(&self.lines()[seq.parse::<usize>().unwrap()]).unwrap()
    }

    fn reveal(&self, seq: &str) -> Run {
        self.run(&["reveal", seq, "args.email", "@"])
    }

    /// Runs a command with `NAME` on standard input.
    fn looked_up(&self, arguments: &[&str]) -> Run {
        Self::piped(&mut self.command(arguments))
    }

    fn piped(command: &mut Command) -> Run {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that fails before it reads has closed its end.
        _ = writeln!(child.stdin.take().unwrap(), "{NAME}");
        Run::of(child.wait_with_output().unwrap())
    }

    fn reveals(&self) -> Vec<Value> {
        let lines = self.lines();
        let records = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        records.filter(|record| record["action"] == "JournalReveal").collect()
    }
}

#[test]
fn a_sealed_value_is_revealed_to_who_holds_the_key_and_that_is_recorded() {
    let fixture = Fixture::new();
    let first = fixture.new_key();
    let mode = fs::metadata(fixture.keys()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let older = fixture.changed(Sealed(CANARY, None));
    let second = fixture.new_key();
    let recorder = fixture.recorder();
    let newer = Fixture::change(&recorder, Sealed("bob@example.com", None));
    let text = fixture.record(&older)["args"]["email"].as_str().unwrap().to_owned();
    assert!(text.starts_with(&format!("enc:{first}:User.email:")), "{text}");
    assert!(fixture.lines().iter().all(|line| !line.contains("lovelace")));

    // By the service that lives, and then without one.
    assert_eq!(fixture.reveal(&newer).ok(), "bob@example.com\n");
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    assert_eq!(fixture.reveal(&older).ok(), format!("{CANARY}\n"));
    let reveals = fixture.reveals();
    let said: Vec<_> = reveals.iter().map(|record| record["args"].clone()).collect();
    let expected = [(&newer, second), (&older, first)].map(|(seq, key)| {
        json!({"seq": seq.parse::<u64>().unwrap(), "field": "args.email", "key_id": key})
    });
    assert_eq!(said, expected);
    assert!(
        reveals.iter().all(|record| record["actor"]["id"].as_str().unwrap().starts_with("uid:"))
    );
    assert!(fixture.lines().iter().all(|line| !line.contains("lovelace")));
    fixture.run(&["verify", "@"]).ok();
}

#[test]
fn nothing_is_revealed_that_cannot_be_recorded() {
    let fixture = Fixture::new();
    fixture.new_key();
    let seq = fixture.changed(Sealed(CANARY, None));
    // A writer that listens to nobody holds the lock.
    let recorder = fixture.recorder();
    fs::remove_file(fixture.journal().join("CONTROL")).unwrap();
    let refused = fixture.reveal(&seq);
    refused.fails(2, &["nothing is revealed", "could not be recorded"]);
    assert_eq!(refused.out, "");
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    assert_eq!(fixture.reveal(&seq).ok(), format!("{CANARY}\n"));
}

#[test]
fn what_cannot_be_revealed_is_told_with_its_reason() {
    let fixture = Fixture::new();
    let id = fixture.new_key();
    let seq = fixture.changed(Sealed(CANARY, None));
    let reveal = |arguments: &[&str]| fixture.run(&[&["reveal"], arguments, &["@"]].concat());
    reveal(&["999", "args.email"]).fails(2, &["there is no record 999"]);
    reveal(&[&seq, "args.name"]).fails(2, &["no text at `args.name`", "sealed is args.email"]);
    reveal(&["3", "args.name"]).fails(2, &["no text at `args.name`", "nothing in it is sealed"]);
    reveal(&[&seq, "action"]).fails(2, &["`action`", "is not sealed", "audited show"]);
    let keys = fs::read_to_string(fixture.keys()).unwrap();
    fs::set_permissions(fixture.keys(), fs::Permissions::from_mode(0o644)).unwrap();
    reveal(&[&seq, "args.email"]).fails(2, &["audit.keys", "0644", "chmod 600"]);
    fs::remove_file(fixture.keys()).unwrap();
    fixture.new_key();
    reveal(&[&seq, "args.email"]).fails(2, &[&id, "which is not here", "audit.keys"]);
    // A value that somebody has moved here from another journal, whose key is known as well.
    fs::write(fixture.keys(), &keys).unwrap();
    let text = fixture.record(&seq)["args"]["email"].as_str().unwrap().to_owned();
    let moved = fixture.directory().join("moved");
    let recorder = Recorder::builder(&moved).origin("example/other");
    let recorder = recorder.keys(Keys::from_file(fixture.keys()).unwrap()).open().unwrap();
    recorder.record(Event::activity("A").field("email", &public(text)).succeeded()).wait().unwrap();
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    fs::rename(fixture.keys(), fixture.directory().join("moved.keys")).unwrap();
    let revealed = fixture.run(&["reveal", "2", "args.email", moved.to_str().unwrap()]);
    revealed.fails(1, &["cannot be read", &id, "moved here from another journal"]);
    assert_eq!(revealed.out, "");
    let named = ["reveal", "2", "args.email", "--origin", "example/shop", moved.to_str().unwrap()];
    assert_eq!(fixture.run(&named).ok(), format!("{CANARY}\n"));
    assert!(fixture.reveals().is_empty());
}

#[test]
fn the_value_of_an_erased_subject_is_gone() {
    let fixture = Fixture::new();
    let seq = fixture.changed(Sealed(CANARY, Some("42")));
    assert_eq!(fixture.reveal(&seq).ok(), format!("{CANARY}\n"));
    let id = Keys::beside(&fixture.journal()).unwrap().erase_subject("42").unwrap().unwrap();
    let gone = fixture.reveal(&seq);
    gone.fails(2, &[&id, "was erased", "nobody can read it again"]);
    assert_eq!(gone.out, "");
    assert_eq!(fixture.reveals().len(), 1);
    fixture.run(&["verify", "@"]).ok();
}

#[test]
fn a_value_is_revealed_from_an_older_epoch_with_the_keys_of_today() {
    let fixture = Fixture::new();
    fixture.new_key();
    let seq = fixture.changed(Sealed(CANARY, None));
    fixture.run(&["adopt", "--new-epoch", "restored", "@"]).ok();
    let older = fixture.journal().join("epochs/0");
    let out = fixture.run(&["reveal", &seq, "args.email", older.to_str().unwrap()]).ok();
    assert_eq!(out, format!("{CANARY}\n"));
    assert_eq!(fixture.reveals()[0]["args"]["epoch"], 0);
}

#[test]
fn a_pseudonym_is_found_in_the_records_that_have_it() {
    let fixture = Fixture::new();
    let seq = fixture.changed(Sealed(CANARY, None));
    let out = fixture.looked_up(&["pseudonym", "-", "@", "--field", "email"]).ok();
    assert_eq!(fixture.record(&seq)["args"]["joined"], out.trim_end());
    let unnamed = fixture.looked_up(&["pseudonym", "-", "@"]).ok();
    let domains: Vec<_> =
        unnamed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(domains, ["session", "actor", "path", "method", "id"]);
}

#[test]
fn a_value_that_is_an_argument_is_warned_about_and_not_repeated() {
    let fixture = Fixture::new();
    let seq = fixture.changed(Sealed(CANARY, None));
    let run = fixture.run(&["pseudonym", NAME, "@", "--field", "email"]);
    assert_eq!(fixture.record(&seq)["args"]["joined"], run.out.trim_end());
    assert!(run.err.contains("shell's history") && !run.err.contains(NAME), "{}", run.err);
    let mut command = fixture.command(&["pseudonym", "--field", "args.email"]);
    let run = Fixture::piped(command.env("AUDIT_JOURNAL", fixture.journal()));
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    assert!(run.err.contains("unless a mark says so, it is `email`"), "{}", run.err);
    assert_ne!(fixture.record(&seq)["args"]["joined"], run.out.trim_end());
}

#[test]
fn a_pseudonym_is_told_under_every_key_that_may_have_made_it() {
    let fixture = Fixture::new();
    let seq = fixture.changed(Sealed(CANARY, None));
    let key = fixture.directory().join("audit.key");
    let older = fs::read_to_string(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let lookup = || fixture.looked_up(&["pseudonym", "-", "@", "--field", "email"]);
    lookup().fails(2, &["there is no key yet", "restore it"]);
    fs::write(fixture.keys(), format!("hash {older}")).unwrap();
    fs::set_permissions(fixture.keys(), fs::Permissions::from_mode(0o600)).unwrap();
    let newer = fixture.changed(Sealed(CANARY, None));
    let joined = |seq: &str| fixture.record(seq)["args"]["joined"].as_str().unwrap().to_owned();
    let out = lookup().ok();
    let told: Vec<&str> = out.lines().collect();
    assert_eq!(told, [joined(&newer), joined(&seq)]);
    assert_ne!(told[0], told[1]);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o604)).unwrap();
    lookup().fails(2, &["audit.key", "0604"]);
}

#[test]
fn settings_of_this_journal_name_its_keys_and_those_of_another_do_not() {
    let fixture = Fixture::new();
    let elsewhere = fixture.directory().join("ring");
    fixture.run(&["keys", "new", elsewhere.to_str().unwrap()]).ok();
    let toml = fixture.directory().join("audited.toml");
    fs::write(&toml, "journal = \"audit\"\nkeys = \"file:ring\"\n").unwrap();
    let keys = Keys::from_file(&elsewhere).unwrap();
    let recorder = Recorder::builder(fixture.journal()).keys(keys).open().unwrap();
    let seq = Fixture::change(&recorder, Sealed(CANARY, None));
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    assert_eq!(fixture.run(&["reveal", &seq, "args.email"]).ok(), format!("{CANARY}\n"));
    fs::create_dir(fixture.directory().join("other")).unwrap();
    fs::write(&toml, "journal = \"other\"\nkeys = \"file:ring\"\n").unwrap();
    fixture.reveal(&seq).fails(2, &["which is not here"]);
}
