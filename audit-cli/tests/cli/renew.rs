//! `adopt` and `repair` set a journal aside whole, say so, and `verify` tells of it for ever.

use std::fs;
use std::path::{Path, PathBuf};

use audit_runtime::{OnDamage, Recorder};
use serde_json::Value;

use crate::fixture::{Fixture, Run};

/// Changes one byte of a record, so that no service starts over the journal.
fn damage(fixture: &Fixture) {
    let text = fs::read_to_string(fixture.segment()).unwrap();
    fs::write(fixture.segment(), text.replace("admins-only", "admins-onlx")).unwrap();
}

/// Every file below a directory with its bytes, without those that serve any epoch.
fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if !["LOCK", "RESERVE", "EPOCH"].iter().any(|name| path.ends_with(name)) {
            files.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

fn bytes(files: &[(PathBuf, Vec<u8>)]) -> Vec<&[u8]> {
    files.iter().map(|(_, bytes)| bytes.as_slice()).collect()
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn a_damaged_journal_is_repaired_by_a_new_epoch_that_names_the_damage_for_ever() {
    let fixture = Fixture::new();
    damage(&fixture);
    let before = files(&fixture.journal());
    let refused = Recorder::builder(fixture.journal()).open().unwrap_err().to_string();
    assert!(refused.contains("audited repair --quarantine"), "{refused}");

    let out = fixture.run(&["repair", "--quarantine", "@"]).ok();
    assert!(out.contains("epoch 0 was set aside, byte for byte, in epochs/0"), "{out}");
    assert!(out.contains("DAMAGED edited seq=3 segment=seg/00000000000000000000.jsonl"), "{out}");
    assert!(out.contains("epoch 1 begins with seq 0: example/shop#1"), "{out}");
    let older = fixture.journal().join("epochs/0");
    assert_eq!(bytes(&files(&older)), bytes(&before));

    // The service starts with the origin it always had, and the gap stays named.
    for _ in 0..2 {
        drop(fixture.recorder());
        let out = fixture.run(&["verify", "@"]).ok();
        assert!(out.contains("epoch 0 in epochs/0: unchanged since it was set aside"), "{out}");
        assert!(out.contains("damaged places: 1\n  DAMAGED edited seq=3"), "{out}");
        assert!(out.contains("level L1"), "{out}");
    }
    let older = fixture.run(&["verify", "@", "--epoch", "0"]);
    assert_eq!(older.code, Some(1));
    assert!(older.out.starts_with("TAMPER edited seq=3 "), "{}", older.out);
    fixture.run(&["verify", "@/epochs/0"]).fails(2, &["--epoch NUMBER"]);
    fixture.run(&["verify", "-", "--epoch", "0"]).fails(3, &["--epoch"]);
    fixture.run(&["verify", "@", "--epoch", "7"]).fails(2, &["there is no journal"]);

    let again = fixture.run(&["repair", "--quarantine", "@"]).ok();
    assert!(again.contains("there is no damage, and nothing was changed"), "{again}");
    let again = json(&fixture.run(&["repair", "--quarantine", "@", "--json"]));
    assert_eq!((&again["epoch"], &again["set_aside"]), (&Value::Null, &Value::Null));
    assert!(!fixture.journal().join("epochs/1").exists());
}

#[test]
fn an_older_epoch_that_was_changed_is_tampering() {
    let fixture = Fixture::new();
    damage(&fixture);
    fixture.run(&["repair", "--quarantine", "@"]).ok();
    let segment = fixture.journal().join("epochs/0/seg/00000000000000000000.jsonl");
    let whole = fs::read_to_string(&segment).unwrap();
    // Undoing the damage would hide that it was there.
    fs::write(&segment, whole.replace("admins-onlx", "admins-only")).unwrap();
    let run = fixture.run(&["verify", "@"]);
    assert_eq!((run.code, run.err.as_str()), (Some(1), ""));
    assert!(run.out.contains("TAMPER epoch 0 in epochs/0 changed: seg/0"), "{}", run.out);
    assert!(run.out.contains("no level reached"), "{}", run.out);
    let report = json(&fixture.run(&["verify", "@", "--json"]));
    assert_eq!(
        (&report["level"], &report["epochs"][0]["state"]),
        (&Value::Null, &"changed".into())
    );
    fs::remove_dir_all(fixture.journal().join("epochs")).unwrap();
    let run = fixture.run(&["verify", "@"]);
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("TAMPER epoch 0 in epochs/0 missing"), "{}", run.out);
}

#[test]
fn a_journal_is_adopted_with_a_reason_that_cannot_harm_a_terminal() {
    let fixture = Fixture::new();
    let reason = "restored from \u{1b}[2J the backup of \u{202e}monday";
    let run = fixture.run(&["adopt", "--new-epoch", reason, "@", "--json"]);
    let report = json(&run);
    assert_eq!((&report["epoch"], &report["origin"]), (&1.into(), &"example/shop#1".into()));
    assert_eq!(report["set_aside"]["cause"], "adopted");
    assert_eq!(
        (&report["set_aside"]["records"], &report["set_aside"]["damage"]),
        (&7.into(), &0.into())
    );
    let shown = fixture.run(&["show", "0", "@"]).ok();
    let verified = fixture.run(&["verify", "@"]).ok();
    for text in [shown, verified] {
        assert!(text.contains("restored from") && text.contains("the backup of"), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
    }
    let tail = fixture.run(&["tail", "@"]).ok();
    assert!(tail.contains("epoch 1, adopted"), "{tail}");
    fixture.run(&["verify", "@", "--epoch", "0"]).ok();
    fixture.run(&["adopt", "--new-epoch", "  ", "@"]).fails(3, &["the reason is empty"]);
    let run = fixture.run(&["adopt", "@"]);
    assert_eq!((run.code, run.out.as_str()), (Some(3), ""));
}

#[test]
fn nothing_is_set_aside_under_a_living_writer_or_where_there_is_nothing() {
    let fixture = Fixture::new();
    let service = fixture.recorder();
    for command in [&["adopt", "--new-epoch", "why", "@"][..], &["repair", "--quarantine", "@"]] {
        fixture.run(command).fails(2, &["has a writer already: shop 1.0, process"]);
    }
    assert!(!fixture.journal().join("epochs").exists());
    drop(service);
    let empty = fixture.directory().join("empty");
    for place in [empty.as_path(), &fixture.directory().join("absent")] {
        if place == empty {
            fs::create_dir(place).unwrap();
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                fs::set_permissions(place, fs::Permissions::from_mode(0o700)).unwrap();
            }
        }
        let place = place.display().to_string();
        fixture.run(&["adopt", "--new-epoch", "why", &place]).fails(2, &["there is no journal"]);
    }
    assert_eq!(fs::read_dir(&empty).unwrap().count(), 0, "something was made there");
}

#[test]
fn a_journal_whose_name_is_lost_takes_the_one_that_it_is_given() {
    let fixture = Fixture::new();
    fs::write(fixture.segment(), "nonsense\n").unwrap();
    let run = fixture.run(&["repair", "--quarantine", "@", "--origin", "example/shop"]);
    assert!(run.ok().contains("example/shop#1"));
    drop(fixture.recorder());
}

#[cfg(unix)]
#[test]
fn the_group_of_readers_may_read_the_new_epoch_too() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let fixture = Fixture::new();
    let journal = fixture.journal();
    let group = fs::metadata(&journal).unwrap().gid();
    for dir in ["", "seg"] {
        fs::set_permissions(journal.join(dir), fs::Permissions::from_mode(0o2750)).unwrap();
    }
    fixture.run(&["adopt", "--new-epoch", "why", "@"]).ok();
    let mode = |name: &str| fs::metadata(journal.join(name)).unwrap().mode() & 0o7777;
    assert_eq!(["seg", "epochs", "epochs/0"].map(mode), [0o2750; 3]);
    let new = ["seg/00000000000000000000.jsonl", "WATERMARK", "epochs/0/EPOCH"];
    assert_eq!(new.map(mode), [0o640; 3]);
    drop(Recorder::builder(&journal).group(group).open().unwrap());
}

#[test]
fn a_service_that_goes_on_by_itself_is_seen_from_outside() {
    let fixture = Fixture::new();
    damage(&fixture);
    let builder = Recorder::builder(fixture.journal()).origin("example/shop");
    drop(builder.on_damage(OnDamage::NewEpoch).open().unwrap());
    let out = fixture.run(&["verify", "@"]).ok();
    assert!(
        out.contains(" damage: it is damaged at seq 3") && out.contains("DAMAGED edited seq=3"),
        "{out}"
    );
    let stats = fixture.run(&["stats", "@"]).ok();
    assert!(stats.contains("example/shop#1"), "{stats}");
}
