//! `keys new --signing`, `keys show` and `keys rotate`, and what `doctor` says of the key that signs.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use audit_runtime::Recorder;

use crate::fixture::Fixture;

impl Fixture {
    fn signing(&self) -> PathBuf {
        self.directory().join("audit.signing")
    }

    /// The public keys beside the journal.
    fn public(&self) -> String {
        fs::read_to_string(self.directory().join("audit.vkey")).unwrap()
    }

    /// The seeds, which nothing may print.
    fn seeds(&self) -> Vec<String> {
        let text = fs::read_to_string(self.signing()).unwrap();
        let keys = text.lines().filter(|line| line.starts_with("PRIVATE+KEY+"));
        keys.map(|key| key.splitn(5, '+').last().unwrap()[4..24].to_owned()).collect()
    }
}

#[test]
fn the_public_keys_are_shown_and_no_private_one() {
    let fixture = Fixture::new();
    let file = fixture.signing().display().to_string();
    let shown = fixture.run(&["keys", "show", "@"]).ok();
    assert_eq!(shown, fixture.public());
    assert!(shown.starts_with("example/shop+") && shown.lines().count() == 1, "{shown}");
    assert_eq!(fixture.run(&["keys", "show", &file]).ok(), shown);

    let rotated = fixture.run(&["keys", "rotate", "@"]).ok();
    assert!(rotated.contains("from the service's next start on"), "{rotated}");
    let both = fixture.run(&["keys", "show", "@"]).ok();
    let added = both.strip_prefix(&shown).unwrap();
    assert!(added.starts_with("example/shop+") && rotated.contains(added), "{rotated}");
    assert_eq!(fixture.public(), shown, "it counts from the next start on");
    assert_eq!(fixture.seeds().len(), 2);
    for seed in fixture.seeds() {
        assert!(![&both, &rotated].iter().any(|said| said.contains(&seed)));
    }
}

#[test]
fn what_a_command_writes_is_signed_with_the_key_that_the_settings_name() {
    let fixture = Fixture::empty();
    let builder = Recorder::builder(fixture.journal());
    let recorder = builder.signing_key_file(fixture.directory().join("kept")).open().unwrap();
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let settings = "journal = \"audit\"\nsigning_key_file = \"kept\"\n";
    fs::write(fixture.directory().join("audited.toml"), settings).unwrap();
    fixture.run(&["tail", "@"]).ok();
    let checkpoint = fs::read_to_string(fixture.journal().join("checkpoint")).unwrap();
    let lines = fixture.lines();
    assert!(lines.iter().any(|line| line.contains("journal.read")));
    assert_eq!(checkpoint.lines().nth(1), Some(lines.len().to_string().as_str()));
    assert!(!fixture.signing().exists());
}

#[test]
fn a_key_can_be_made_beforehand_and_needs_a_name() {
    let fixture = Fixture::new();
    let path = fixture.directory().join("kept.signing").display().to_string();
    let named = ["keys", "new", "--signing", &path, "--name", "example/kept"];
    fixture.run(&named[..4]).fails(2, &["kept.signing", "needs a name: the journal's origin"]);
    let made = fixture.run(&named).ok();
    let shown = fixture.run(&["keys", "show", &path]).ok();
    assert!(shown.starts_with("example/kept+") && made.contains(&shown), "{made}");
    fixture.run(&named).fails(3, &["kept.signing already", "audited keys rotate"]);
    assert_eq!(fixture.run(&["keys", "show", &path]).ok(), shown);
    let other = fixture.directory().join("other.signing").display().to_string();
    let spaced = ["keys", "new", "--signing", &other, "--name", "two words"];
    fixture.run(&spaced).fails(2, &["the name of a key must not be empty and has no spaces"]);
    let bare = ["keys", "new", "x", "--name", "example/kept"];
    assert_eq!(fixture.run(&bare).code, Some(3));
}

#[test]
fn what_is_no_file_of_keys_is_told_and_left_alone() {
    let fixture = Fixture::new();
    let text = fs::read_to_string(fixture.signing()).unwrap();
    let seed = fixture.seeds().remove(0);
    fs::write(fixture.signing(), text.replace("KEY+example", "KEY+someone")).unwrap();
    for command in ["show", "rotate"] {
        let run = fixture.run(&["keys", command, "@"]);
        run.fails(2, &["audit.signing", "line 3: the key's id is not that"]);
        assert!(!run.err.contains(&seed), "{}", run.err);
    }
    fs::remove_file(fixture.signing()).unwrap();
    for command in ["show", "rotate"] {
        let run = fixture.run(&["keys", command, "@"]);
        run.fails(2, &["there is no file", "audit.signing", "first start makes it"]);
    }
    assert!(!fixture.signing().exists());
    let nowhere = fixture.directory().join("nowhere").display().to_string();
    fixture.run(&["keys", "show", &nowhere]).fails(2, &["there is no journal in"]);
}

/// Verifies with the public keys beside the journal, or with these alone.
fn level(fixture: &Fixture, keys: &str) -> serde_json::Value {
    let run = fixture.run(&["verify", "@", "--json", "--key", keys]);
    assert_eq!(run.code, Some(0), "{run:?}");
    serde_json::from_str::<serde_json::Value>(&run.out).unwrap()["level"].clone()
}

#[test]
fn what_others_write_is_signed_as_well_and_a_key_is_followed_over_its_change() {
    let fixture = Fixture::new();
    let first = fixture.public().trim().to_owned();
    // A reading leaves a record, between a start and an end of its own.
    fixture.run(&["tail", "@"]).ok();
    assert_eq!(level(&fixture, &first), "L2");
    fixture.run(&["keys", "rotate", "@"]).ok();
    // It is for the service to begin with the new key.
    fixture.run(&["tail", "@"]).ok();
    assert_eq!((level(&fixture, &first), fixture.public().lines().count()), ("L2".into(), 1));
    fixture.recorder().shutdown(Duration::from_secs(10)).unwrap();
    assert_eq!(fixture.public().lines().count(), 2);
    assert_eq!(level(&fixture, &first), "L2");
    let second = fixture.public().lines().last().unwrap().to_owned();
    fixture.run(&["adopt", "--new-epoch", "restored", "@"]).ok();
    assert_eq!(level(&fixture, &second), "L2");
}

#[test]
fn a_key_that_was_lost_needs_both_public_keys_from_then_on() {
    let fixture = Fixture::new();
    let first = fixture.public().trim().to_owned();
    fs::remove_file(fixture.signing()).unwrap();
    fixture.recorder().shutdown(Duration::from_secs(10)).unwrap();
    let run = fixture.run(&["verify", "@", "--key", &first]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let both = fixture.directory().join("audit.vkey").display().to_string();
    assert_eq!(level(&fixture, &both), "L2");
}
