//! Older epochs: why they were set aside, and whether they are there.

use std::fs;
use std::path::Path;

use audit_runtime::{OnDamage, Recorder};

use super::{Said, copy_journal, doctor, files};
use crate::fixture::{Fixture, HOSTILE};

fn adopt(fixture: &Fixture, reason: &str) {
    fixture.run(&["adopt", "--new-epoch", reason, "@"]).ok();
}

#[test]
fn an_epoch_that_a_person_set_aside_is_told_and_is_no_warning() {
    let fixture = Fixture::new();
    doctor(&fixture).says(0, "epochs ok", "this is the first epoch");
    adopt(&fixture, HOSTILE);
    let said = doctor(&fixture);
    said.says(0, "epochs ok", "epoch 1 is current");
    said.says(0, "epochs ok", "epoch 0 was set aside in epochs/0 by `audited adopt` at 2");
    said.says(0, "epochs ok", "damaged places 0: ada");
    let printed = fixture.run(&["doctor", "@"]).out;
    assert!(printed.contains("ada\\u{1b}[2J"), "{printed}");
    assert!(!printed.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\u{2028}']), "{printed:?}");
    for number in 1..7 {
        adopt(&fixture, &format!("reason {number}"));
    }
    let said = doctor(&fixture);
    said.says(0, "epochs ok", "epoch 7 is current");
    said.says(0, "epochs ok", "reason 6");
    said.says(0, "epochs ok", "and 2 older ones; `audited verify` tells of all");
    assert!(!said.findings.join("").contains("reason 1"), "{:?}", said.findings);
}

#[test]
fn an_epoch_that_a_start_set_aside_for_its_damage_is_a_warning() {
    let fixture = Fixture::new();
    let text = fs::read_to_string(fixture.segment()).unwrap();
    fs::write(fixture.segment(), text.replace("admins-only", "admins-onlx")).unwrap();
    let builder = Recorder::builder(fixture.journal()).on_damage(OnDamage::NewEpoch);
    drop(builder.open().unwrap());
    let said = doctor(&fixture);
    let words = "by a start of the service at 2";
    said.says(0, "epochs warning epoch 0 was set aside in epochs/0", words);
    said.says(0, "epochs warning", "damaged places 1: it is damaged at seq 3");
    said.says(0, "epochs warning", "`audited verify --epoch 0`");
    // A person has looked at it: `repair` finds nothing new.
    fixture.run(&["repair", "--quarantine", "@"]).ok();
    doctor(&fixture).says(0, "epochs ok", "epoch 1 is current");
}

#[test]
fn an_epoch_that_is_gone_or_that_nothing_names_is_damage() {
    let fixture = Fixture::new();
    adopt(&fixture, "restored");
    let older = fixture.journal().join("epochs/0");
    let elsewhere = fixture.directory().join("elsewhere");
    fs::rename(&older, &elsewhere).unwrap();
    doctor(&fixture).says(1, "epochs failure", "epochs/0 is not there");
    assert_eq!(fixture.run(&["verify", "@"]).code, Some(1));
    fs::rename(&elsewhere, fixture.journal().join("epochs/1")).unwrap();
    let said = doctor(&fixture);
    said.says(1, "epochs failure", "epochs/1 is there, and nothing in the journal names it");
    said.says(1, "epochs failure", "epochs/0 is not there");
    fs::rename(fixture.journal().join("epochs/1"), &older).unwrap();
    doctor(&fixture).says(0, "epochs ok", "epoch 1 is current");
    fs::write(older.join("EPOCH"), "{\"v\":1,").unwrap();
    doctor(&fixture).says(2, "epochs failure", "epochs/0/EPOCH cannot be read");
    fs::remove_file(older.join("EPOCH")).unwrap();
    doctor(&fixture).says(1, "epochs failure", "epochs/0 holds an older journal, and its EPOCH");
}

/// Removes the records and all that vouches for them.
fn remove_parts(place: &Path) {
    ["WATERMARK", "checkpoint", "checkpoints"]
        .iter()
        .for_each(|name| fs::remove_file(place.join(name)).unwrap());
    ["seg", "tiles"].iter().for_each(|name| fs::remove_dir_all(place.join(name)).unwrap());
}

#[test]
fn an_epoch_that_is_half_set_aside_or_has_not_begun_needs_a_start() {
    let fixture = Fixture::new();
    adopt(&fixture, "restored");
    let moved = fixture.journal().join("epochs/1");
    copy_journal(&fixture.journal().join("epochs/0"), &moved);
    fs::rename(moved.join("EPOCH"), moved.join("MOVING")).unwrap();
    doctor(&fixture).says(0, "epochs warning", "epochs/1 holds a part of the journal only");
    remove_parts(&moved);
    let intended = doctor(&fixture);
    intended.says(0, "epochs ok", "epoch 1 is current");
    assert!(!intended.findings.join("").contains("epochs warning"), "{:?}", intended.findings);
    remove_parts(&fixture.journal());
    let said = doctor(&fixture);
    said.says(0, "epochs warning", "epoch 0 was set aside, and the one behind it has no record");
    said.says(0, "lag ok", "the next start of the service writes some");
    // The key of the older epoch serves the new one, too: a missing one is no matter of course.
    fs::remove_file(fixture.directory().join("audit.key")).unwrap();
    doctor(&fixture).says(0, "key warning", "restore the file");
    drop(fixture.recorder());
    doctor(&fixture).says(0, "epochs ok", "epoch 1 is current");
}

#[test]
fn an_older_epoch_is_no_journal_to_examine_and_stays_as_it_was() {
    let fixture = Fixture::new();
    adopt(&fixture, "restored");
    let older = fixture.journal().join("epochs/0");
    let changed = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    let before = (files(&older), changed(&older));
    let said = Said::of(fixture.run(&["doctor", "--json", "@/epochs/0"]));
    said.says(2, "epochs failure", "is an older epoch of a journal");
    assert!(said.findings.iter().all(|finding| !finding.starts_with("sync")));
    assert_eq!((files(&older), changed(&older)), before);
}
