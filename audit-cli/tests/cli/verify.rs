//! `verify` names every damage, says what it cannot tell, and its exit codes can be relied on.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::fixture::{Fixture, Run};

/// Runs `audited verify -` on `lines`.
fn verify_stream(fixture: &Fixture, lines: &[String], arguments: &[&str]) -> Run {
    let mut command = fixture.command(&[&["verify", "-"], arguments].concat());
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    Run::of(child.wait_with_output().unwrap())
}

fn replace(fixture: &Fixture, lines: &[String]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(fixture.segment(), text).unwrap();
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn an_intact_journal_passes_and_the_limit_of_that_is_said() {
    let fixture = Fixture::new();
    let out = fixture.run(&["verify", "@"]).ok();
    assert!(out.contains("7 records, seq 0 to 6") && out.contains("level L1"), "{out}");
    assert!(out.contains("UNSIGNED, UNANCHORED: anyone who can write here can rewrite it"));
    fixture.run(&["verify", "@", "--require", "L1"]).ok();
    let run = fixture.run(&["verify", "@", "--json"]);
    let expected = serde_json::json!({
        "level": "L1", "signed_size": null, "anchored_size": null, "anchored_at": null, "anchored_by": null, "unchecked": [], "records": 7, "first_seq": 0, "last_seq": 6,
        "findings": [], "unfinished": null, "epochs": [], "origin": "example/shop",
    });
    assert_eq!(json(&run), expected);
    assert_eq!(run.out.lines().count(), 1);
}

#[test]
fn damage_is_code_1_although_nobody_reads_on() {
    let fixture = Fixture::new();
    let mut lines = fixture.lines();
    lines[3] = lines[3].replace("admins-only", "admins-onlx");
    replace(&fixture, &lines);
    let mut command = fixture.command(&["verify", "@"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let run = Run::of(child.wait_with_output().unwrap());
    assert_eq!((run.code, run.err.as_str()), (Some(1), ""));
}

#[test]
fn progress_is_told_where_it_is_asked_for_and_threads_change_no_word() {
    let fixture = Fixture::new();
    let quiet = fixture.run(&["verify", "@"]);
    assert_eq!(quiet.err, "");
    let told = fixture.run(&["verify", "@", "--progress", "--threads", "3"]);
    assert_eq!((told.code, &told.out), (Some(0), &quiet.out));
    assert!(
        told.err.starts_with("verify: 7 records in ") && told.err.lines().count() == 1,
        "{}",
        told.err
    );
    assert_eq!(fixture.run(&["verify", "@", "--threads", "0"]).code, Some(3));
}

#[test]
fn an_edited_byte_is_named() {
    let fixture = Fixture::new();
    let mut lines = fixture.lines();
    lines[3] = lines[3].replace("admins-only", "admins-onlx");
    replace(&fixture, &lines);
    let run = fixture.run(&["verify", "@"]);
    assert_eq!((run.code, run.err.as_str()), (Some(1), ""));
    let offset: usize = lines[..3].iter().map(|line| line.len() + 1).sum();
    let named = format!(
        "TAMPER edited seq=3 segment=seg/00000000000000000000.jsonl line=4 offset={offset} expected="
    );
    assert!(run.out.lines().next().unwrap().starts_with(&named), "{}", run.out);
    assert!(run.out.contains("no level reached") && !run.out.contains("UNSIGNED"), "{}", run.out);

    let run = fixture.run(&["verify", "@", "--json"]);
    let report = json(&run);
    assert_eq!((run.code, &report["level"]), (Some(1), &Value::Null));
    let finding = &report["findings"][0];
    assert_eq!(finding["kind"], "edited");
    assert_eq!((&finding["seq"], &finding["line"]), (&Value::from(3), &Value::from(4)));
    assert_eq!(finding["offset"], offset);
    assert!(finding["reason"].is_string() && finding["segment"].is_string());
    // What was changed is worse than what cannot be checked.
    assert_eq!(fixture.run(&["verify", "@", "--require", "L3"]).code, Some(1));
}

#[test]
fn a_removed_a_doubled_and_a_cut_record_are_named() {
    let fixture = Fixture::new();
    let lines = fixture.lines();
    let removed = [&lines[..3], &lines[4..]].concat();
    let doubled = [&lines[..4], &lines[3..]].concat();
    let cases = [
        (removed, "missing seq=3"),
        (doubled, "inserted seq=3"),
        (lines[..6].to_vec(), "truncated seq=6"),
    ];
    for (lines, finding) in cases {
        replace(&fixture, &lines);
        let run = fixture.run(&["verify", "@"]);
        assert_eq!(run.code, Some(1), "{}", run.out);
        assert!(run.out.starts_with(&format!("TAMPER {finding} ")), "{}", run.out);
    }
}

#[test]
fn a_level_that_this_build_cannot_check_is_refused() {
    let fixture = Fixture::new();
    for level in ["L2", "L3"] {
        let run = fixture.run(&["verify", "@", "--require", level]);
        run.fails(2, &[level, "L1"]);
        let run = fixture.run(&["verify", "@", "--json", "--require", level]);
        run.fails(2, &[level]);
        assert_eq!(json(&run)["level"], "L1");
    }
}

#[test]
fn a_shipped_mirror_is_checked_from_wherever_it_begins() {
    let fixture = Fixture::new();
    let lines = fixture.lines();
    let whole = verify_stream(&fixture, &lines, &[]).ok();
    assert!(whole.contains("7 records, seq 0 to 6") && !whole.contains("begin at"), "{whole}");
    let part = verify_stream(&fixture, &lines[3..], &[]).ok();
    assert!(part.contains("the lines begin at seq 3: its own hash and all before it"), "{part}");
    assert!(part.contains("missing behind the last one"), "{part}");
    let unchecked = |lines| json(&verify_stream(&fixture, lines, &["--json"]))["unchecked"].clone();
    assert_eq!(unchecked(&lines), serde_json::json!(["end"]));
    assert_eq!(unchecked(&lines[3..]), serde_json::json!(["start", "end"]));

    let mut edited = lines[2..].to_vec();
    edited[1] = edited[1].replace("admins-only", "admins-onlx");
    let run = verify_stream(&fixture, &edited, &["--json"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(json(&run)["findings"][0]["seq"], 3);
    verify_stream(&fixture, &[], &[]).fails(2, &["no record"]);
}

#[test]
fn a_header_that_cannot_be_read_is_no_clean_bill() {
    let fixture = Fixture::new();
    fs::write(fixture.segment(), "nonsense\n").unwrap();
    assert_eq!(fixture.run(&["verify", "@"]).code, Some(1));
    fs::remove_file(fixture.journal().join("WATERMARK")).unwrap();
    assert_eq!(fixture.run(&["verify", "@"]).code, Some(1));
    fs::write(fixture.segment(), "half a line").unwrap();
    fixture.run(&["verify", "@"]).fails(2, &["no record", "nothing can be said"]);
}

#[test]
fn what_a_failed_sync_left_is_noted_and_no_damage() {
    let fixture = Fixture::new();
    let frozen = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/superseded"));
    // Over a file of the service's own, so that the modes are its own as well.
    let next = fixture.journal().join("seg/00000000000000000004.jsonl");
    fs::copy(fixture.segment(), &next).unwrap();
    for name in ["WATERMARK", "seg/00000000000000000000.jsonl", "seg/00000000000000000004.jsonl"] {
        let bytes = fs::read(frozen.join(name)).unwrap();
        fs::write(fixture.journal().join(name), bytes).unwrap();
    }
    let out = fixture.run(&["verify", "@"]).ok();
    let note = "NOTE superseded seq=4 segment=seg/00000000000000000000.jsonl line=5 offset=";
    assert!(out.starts_with(note) && out.contains("level L1"), "{out}");
    let run = fixture.run(&["verify", "@", "--json"]);
    let report = json(&run);
    assert_eq!((run.code, &report["level"]), (Some(0), &Value::from("L1")));
    assert_eq!(report["findings"][0]["kind"], "superseded");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    let tail = fixture.run(&["tail", "@", "--json"]).ok();
    assert_eq!(tail.lines().count() as u64, report["records"].as_u64().unwrap());
}

#[cfg(unix)]
#[test]
fn what_the_service_would_refuse_is_told_beside_the_check() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = Fixture::new();
    let moved = fixture.directory().join("elsewhere.jsonl");
    fs::rename(fixture.segment(), &moved).unwrap();
    std::os::unix::fs::symlink(&moved, fixture.segment()).unwrap();
    fixture.run(&["verify", "@"]).fails(2, &["000.jsonl", "symbolic link; remove it"]);
    fs::rename(&moved, fixture.segment()).unwrap();
    fs::set_permissions(fixture.journal(), fs::Permissions::from_mode(0o755)).unwrap();
    let run = fixture.run(&["verify", "@", "--json"]);
    run.fails(0, &["audit has mode 0755", "would refuse"]);
    assert_eq!(json(&run)["level"], "L1");
}
