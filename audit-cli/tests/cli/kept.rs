//! What was kept elsewhere and does not count is told, and decides nothing where it should have.

use std::fs;
use std::sync::Arc;

use audit_runtime::journal::{DirectoryStorage, Journal, Modes, Options};
use audit_tlog::{Note, Signer as _, SigningKey};
use serde_json::Value;

use crate::fixture::Fixture;

const WITNESS: &str = "witness.example/w1+24b5d9fe+BP0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYY";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed("example/shop", [seed; 32]).unwrap()
}

/// A closed journal, its public key, and its newest checkpoint.
fn signed() -> (Fixture, String, Note) {
    let fixture = Fixture::empty();
    let storage = DirectoryStorage::open(fixture.journal(), Modes::default()).unwrap();
    let origin = Some("example/shop".to_owned());
    let options = Options { origin, signer: Some(Arc::new(key(1))), ..Options::default() };
    let mut journal = Journal::open(Arc::new(storage), options).unwrap();
    journal.append(b"\"text\":\"record\"").unwrap();
    journal.commit().unwrap();
    journal.close().unwrap();
    let newest = fs::read_to_string(fixture.journal().join("checkpoint")).unwrap();
    (fixture, key(1).verifier().to_string(), Note::parse(&newest).unwrap())
}

fn keep(fixture: &Fixture, notes: &[&Note]) {
    let notes: Vec<_> = notes.iter().map(ToString::to_string).collect();
    fs::write(fixture.directory().join("kept"), notes.join("\n")).unwrap();
}

#[test]
fn an_anchor_that_no_trusted_key_has_signed_is_told_with_the_reason() {
    let (fixture, vkey, newest) = signed();
    let other = Note::sign(newest.text.clone(), &[&key(2)]).unwrap();
    keep(&fixture, &[&other]);
    let arguments = ["verify", "@", "--key", &vkey, "--anchor", "kept"];
    let run = fixture.run(&arguments);
    let told =
        "NOT COMPARED the note in anchor, line 1, of 4 records: no trusted key has signed it\n";
    assert!(run.code == Some(2) && run.out.contains(told), "{run:?}");
    assert!(run.err.contains("cannot be compared: the note in anchor"), "{run:?}");
    keep(&fixture, &[&other, &newest]);
    let out = fixture.run(&[&arguments[..], &["--require", "L3"]].concat()).ok();
    assert!(!out.contains("NOT COMPARED"), "one of as many records agrees: {out}");
}

#[test]
fn anchors_of_other_journals_are_named_and_so_is_another_journal() {
    let (fixture, vkey, newest) = signed();
    let other = newest.text.replace("example/shop", "example/old");
    let other = Note::sign(other, &[&key(1)]).unwrap();
    keep(&fixture, &[&newest, &other]);
    let arguments = ["verify", "@", "--key", &vkey, "--anchor", "kept", "--require", "L3"];
    let out = fixture.run(&arguments).ok();
    let told = "NOTE trusted keys have signed checkpoints of other journals, which were passed over: example/old";
    assert!(out.contains(told), "{out}");
    let run = fixture.run(&[&arguments[..], &["--json"]].concat());
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(report["passed_over"], serde_json::json!(["example/old"]));
    assert_eq!(report["origin"], "example/shop");
    fixture.run(&[&arguments[..], &["--origin", "example/shop"]].concat()).ok();
    let run = fixture.run(&[&arguments[..], &["--origin", "example/sho"]].concat());
    run.fails(2, &["this journal's name is `example/shop`", "another journal"]);
    fixture.run(&["verify", "-", "--origin", "x"]).fails(3, &["leave out --origin"]);
}

#[test]
fn witnesses_are_asked_for_by_themselves_and_how_long_ago() {
    let (fixture, vkey, newest) = signed();
    keep(&fixture, &[&newest]);
    let both = ["verify", "@", "--key", &vkey, "--anchor", "kept", "--witness", WITNESS];
    fixture.run(&both).fails(2, &["nothing of this journal was cosigned"]);
    let frozen = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/signed");
    let golden =
        SigningKey::from_seed("example.com/golden", [1; 32]).unwrap().verifier().to_string();
    let aged = |most: &str| {
        let witnessed = ["verify", frozen, "--key", &golden, "--witness", WITNESS];
        fixture.run(&[&witnessed[..], &["--anchor-age-max", most]].concat())
    };
    assert_eq!(aged("4294967295").code, Some(0));
    let run = aged("60");
    assert!(
        run.code == Some(2) && run.err.contains("seconds old, and --anchor-age-max is 60"),
        "{run:?}"
    );
    let run = fixture.run(&["verify", "@", "--key", &vkey, "--anchor-age-max", "60"]);
    assert!(run.code == Some(3) && run.err.contains("--witness"), "{run:?}");
    let frozen_anchor = format!("{frozen}/checkpoint");
    let arguments =
        ["verify", frozen, "--key", &golden, "--witness", WITNESS, "--anchor", &frozen_anchor];
    let run = fixture.run(&[&arguments[..], &["--anchor-age-max", "60"]].concat());
    assert!(run.code == Some(2) && run.err.contains("--anchor-age-max needs a time"), "{run:?}");
}

#[test]
fn an_epoch_in_the_journals_own_place_is_refused() {
    let (fixture, vkey, _) = signed();
    fs::write(fixture.journal().join("EPOCH"), "{}\n").unwrap();
    fixture.run(&["verify", "@", "--key", &vkey]).fails(2, &["audited verify --epoch NUMBER"]);
}
