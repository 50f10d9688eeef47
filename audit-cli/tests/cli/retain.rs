//! `audited retain`: what is old goes, with a record, and everything else stays and is explained.

use std::fs;
use std::sync::Arc;

use audit_runtime::{Clock, Event, Recorder, Timestamp};

use crate::fixture::Fixture;

const DAY_NS: i64 = 24 * 60 * 60 * 1_000_000_000;

/// A clock that is 800 days late.
struct Late;

impl Clock for Late {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(Timestamp::now().unix_nanos() - 800 * DAY_NS)
    }

    fn monotonic_ns(&self) -> u64 {
        audit_runtime::SystemClock.monotonic_ns()
    }
}

/// A journal whose first segments are 800 days old, and its service, which lives today.
fn service(fixture: &Fixture, retention_days_min: u32) -> Recorder {
    fs::remove_dir_all(fixture.journal()).unwrap();
    let builder = || {
        let builder = Recorder::builder(fixture.journal()).origin("example/shop");
        builder.segment_bytes_max(3_000).retention_days_min(retention_days_min)
    };
    let past = builder().clock(Arc::new(Late)).open().unwrap();
    fill(&past);
    past.shutdown(std::time::Duration::from_secs(10)).unwrap();
    let today = builder().open().unwrap();
    fill(&today);
    today
}

fn fill(recorder: &Recorder) {
    for _ in 0..30 {
        recorder.record(Event::activity("Work").succeeded()).wait().unwrap();
    }
}

fn configure(fixture: &Fixture, retention: &str) {
    let text = format!("journal = \"audit\"\n{retention}\n");
    fs::write(fixture.directory().join("audited.toml"), text).unwrap();
}

fn segments(fixture: &Fixture) -> Vec<String> {
    let names = fs::read_dir(fixture.journal().join("seg")).unwrap();
    let mut names: Vec<_> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(".jsonl"));
    names.sort_unstable();
    names
}

#[test]
fn what_is_old_goes_beside_a_living_service_and_every_command_says_so() {
    let fixture = Fixture::new();
    let service = service(&fixture, 365);
    configure(&fixture, "[retention]\ndefault_days = 700");
    let before = segments(&fixture);
    let shown = fixture.run(&["retain", "--dry-run"]).ok();
    assert!(shown.contains("goes\n") && shown.contains("stays until "), "{shown}");
    assert!(shown.contains("the service would remove seq 0 to "), "{shown}");
    assert_eq!(segments(&fixture), before);

    let shown = fixture.run(&["retain"]).ok();
    assert!(shown.contains(": pruned seq 0 to "), "{shown}");
    let after = segments(&fixture);
    assert!(after.len() < before.len() && before.contains(&after[0]), "{before:?} {after:?}");
    let first: u64 = after[0][..20].parse().unwrap();
    let verified = fixture.run(&["verify"]).ok();
    let told = format!("the records up to seq {} were pruned, as record ", first - 1);
    assert!(verified.contains(&told), "{verified}");
    assert!(verified.contains("audited retain: default 700 days"), "{verified}");
    let verified = fixture.run(&["verify", "--json"]).ok();
    let verified: serde_json::Value = serde_json::from_str(&verified).unwrap();
    assert_eq!(verified["pruned"]["last_seq"], first - 1);
    assert_eq!(verified["first_seq"], first);

    // Nothing more is old.
    let shown = fixture.run(&["retain"]).ok();
    assert!(shown.contains(": nothing goes"), "{shown}");
    fixture.run(&["tail", "--from", "0"]).fails(2, &["earlier records were pruned", "read from"]);
    fixture.run(&["show", "0"]).fails(2, &["earlier records were pruned"]);
    assert!(fixture.run(&["tail", "-n", "1000"]).ok().contains("pruned up to seq"));
    let counted = fixture.run(&["stats", "--json"]).ok();
    let counted: serde_json::Value = serde_json::from_str(&counted).unwrap();
    assert_eq!(counted["first_seq"], first);
    let checked = fixture.run(&["doctor"]);
    assert!(!checked.out.contains("prune") && checked.code != Some(1), "{checked:?}");
    drop(service);
}

#[test]
fn the_minimum_of_the_service_holds_whatever_the_file_here_says() {
    let fixture = Fixture::new();
    let service = service(&fixture, 900);
    configure(&fixture, "retention_days_min = 0\n[retention]\ndefault_days = 700");
    let before = segments(&fixture);
    for arguments in [&["retain"][..], &["retain", "--dry-run"]] {
        fixture.run(arguments).fails(2, &["(kept)", "800 days old, and the minimum is 900 days"]);
    }
    assert_eq!(segments(&fixture), before);
    drop(service);
}

#[test]
fn without_a_service_the_command_does_it_alone_under_the_settings_here() {
    let fixture = Fixture::new();
    drop(service(&fixture, 0));
    configure(&fixture, "retention_days_min = 900\n[retention]\ndefault_days = 700");
    let shown = fixture.run(&["retain"]).ok();
    assert!(shown.contains("retention_days_min") && shown.contains(": nothing goes"), "{shown}");
    configure(&fixture, "[retention]\naccess = 700");
    let shown = fixture.run(&["retain"]).ok();
    assert!(shown.contains("activity of record "), "{shown}");
    configure(&fixture, "[retention]\nactivity = 700");
    let shown = fixture.run(&["retain", "--dry-run"]).ok();
    assert!(shown.contains("would go; nothing was removed"), "{shown}");
    let shown = fixture.run(&["retain", "--json"]).ok();
    let told: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(told["pruned"]["first_seq"], 0);
    assert_eq!(told["segments"][0]["fate"], "goes");
    assert_eq!(told["before_seq"], told["pruned"]["last_seq"].as_u64().unwrap() + 1);
    assert!(fixture.run(&["verify"]).ok().contains("were pruned"));
    fixture.recorder().shutdown(std::time::Duration::from_secs(10)).unwrap();
}

#[test]
fn what_makes_no_sense_is_told_and_damage_ends_it() {
    let fixture = Fixture::new();
    fixture.run(&["retain", "@"]).fails(3, &["[retention]", "default_days"]);
    configure(&fixture, "[retention]\ndefault_days = 0");
    fixture.run(&["retain"]).fails(3, &["line 3", "`retention.default_days` is 0", "from 1 to"]);
    configure(&fixture, "[retention]\ndefault_days = 700");
    drop(service(&fixture, 0));
    let before = segments(&fixture);
    let first = fixture.journal().join("seg").join(&before[1]);
    let text = fs::read_to_string(&first).unwrap().replacen("Work", "Play", 1);
    fs::write(&first, text).unwrap();
    fixture.run(&["retain"]).fails(1, &["is damaged at seq"]);
    assert_eq!(segments(&fixture), before);
}

/// Fault 30: the same files, removed by somebody else.
#[test]
fn files_that_are_removed_without_the_record_are_named_and_no_command_takes_them_for_pruned() {
    let fixture = Fixture::new();
    drop(service(&fixture, 0));
    for name in &segments(&fixture)[..2] {
        fs::remove_file(fixture.journal().join("seg").join(name)).unwrap();
    }
    configure(&fixture, "[retention]\ndefault_days = 700");
    let verified = fixture.run(&["verify"]);
    assert_eq!(verified.code, Some(1));
    assert!(verified.out.contains("TAMPER missing seq=0 "), "{verified:?}");
    for command in ["tail", "stats", "retain"] {
        fixture.run(&[command]).fails(1, &["the segments before it are missing"]);
    }
    assert!(Recorder::builder(fixture.journal()).open().is_err());
}
