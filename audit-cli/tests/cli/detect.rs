//! `audited detect` on files of attempts, on standard input and on a journal; and what it refuses.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use audit_runtime::{Actor, Event, Origin, public};
use serde_json::{Value, json};

use crate::fixture::{Fixture, HOSTILE, Run};

fn attacks(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join("tests/data/attacks").join(name).display().to_string()
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn golden(name: &str) -> Vec<Value> {
    objects(&fs::read_to_string(attacks(name)).unwrap())
}

/// Runs `audited detect` with `input` on its standard input.
fn piped(fixture: &Fixture, arguments: &[&str], input: &[u8]) -> Run {
    let mut command = fixture.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let run = Run::of(child.wait_with_output().unwrap());
    // A run that ends early leaves what it did not read.
    _ = writer.join().unwrap();
    run
}

fn written(fixture: &Fixture, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let file = fixture.directory().join(name);
    fs::write(&file, text).unwrap();
    file
}

#[test]
fn attempts_give_the_golden_findings_from_a_file_and_from_standard_input() {
    let fixture = Fixture::new();
    let rules = attacks("golden_rules.json");
    for name in ["elastic_auth", "synthetic"] {
        let (file, expected) =
            (attacks(&format!("{name}.jsonl")), golden(&format!("golden_{name}.jsonl")));
        let out = fixture.run(&["detect", "--rules", &rules, &file, "--json"]).ok();
        assert!(objects(&out) == expected, "{name}");
        let named = ["detect", "--rules", &rules, "--format", "attempts", &file, "--json"];
        assert!(fixture.run(&named).ok() == out, "{name}");
        // The ends of lines of another system, a mark before the first, and blank lines between.
        let text = fs::read_to_string(&file).unwrap();
        let text = format!("\u{feff}{}\r\n\r\n", text.trim_end().replace('\n', "\r\n \t\r\n"));
        let piped = piped(&fixture, &["detect", "-", "--json", "--rules", &rules], text.as_bytes());
        assert!(piped.ok() == out, "{name}");
    }
}

#[test]
fn a_journal_tells_what_was_found_and_keeps_that_it_was_read() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    let origin = |port| Origin::peer(([192, 0, 2, 9], port).into());
    let login = |actor: Actor| Event::authentication("password").actor(actor).origin(origin(4000));
    for _ in 0..6 {
        recorder.record(login(Actor::unknown_user("hunter2")).failed("no_user")).wait().unwrap();
        let drill = login(Actor::user("7")).extra("audit.drill", &public(&"d-1"));
        recorder.record(drill.failed("bad_password")).wait().unwrap();
    }
    recorder.record(login(Actor::user("42")).succeeded()).wait().unwrap();
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let before = fixture.lines().len();

    let out = fixture.run(&["detect", "@", "--json"]).ok();
    let found = objects(&out);
    let rules = |drill: Option<&str>| -> Vec<&str> {
        let of = found.iter().filter(|finding| finding["drill"].as_str() == drill);
        of.map(|finding| finding["rule"].as_str().unwrap()).collect()
    };
    assert_eq!(rules(None), ["bf_ip", "bf_user_ip", "bf_user", "compromise_ip"]);
    assert_eq!(rules(Some("d-1")), ["bf_ip", "bf_user_ip", "bf_user"]);
    assert!(!out.contains("hunter2"), "{out}");
    let taken = found.last().unwrap();
    assert_eq!((&taken["key"], &taken["severity"]), (&json!(["192.0.2.9"]), &json!("critical")));
    assert!(taken["remediation"].as_array().unwrap().len() > 1 && taken["title"].is_string());

    let lines = fixture.lines();
    let records = objects(&lines.join("\n"));
    let added: Vec<&Value> = records[before..].iter().map(|record| &record["action"]).collect();
    assert!(added.contains(&&json!("JournalRead")), "{added:?}");
    let read = records.iter().find(|record| record["action"] == "JournalRead").unwrap();
    assert_eq!(read["args"]["command"], "detect");
    assert_eq!(read["args"]["filter"], "built-in rules");
    assert_eq!(read["args"]["count"], before);
    assert!(
        added.iter().all(|action| action.as_str().unwrap().starts_with("Journal")),
        "{added:?}"
    );
}

#[test]
fn lines_that_are_no_attempts_are_named_and_not_repeated() {
    let fixture = Fixture::new();
    let good = fs::read_to_string(attacks("elastic_auth.jsonl")).unwrap();
    let (first, rest) = good.split_once('\n').unwrap();
    let long = "hunter2".repeat(2 << 20);
    let bad =
        format!("{first}\nhunter2\n{long}\n{{\"ts\":\"hunter2\",\"outcome\":\"failure\"}}\n{rest}");
    let file = written(&fixture, "attempts.jsonl", bad).display().to_string();
    let rules = attacks("golden_rules.json");
    let run = fixture.run(&["detect", &file, "--json", "--rules", &rules]);
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert!(objects(&run.out) == golden("golden_elastic_auth.jsonl"));
    let told: Vec<&str> = run.err.lines().collect();
    assert_eq!(told.len(), 4, "{told:?}");
    for (line, says) in
        [(0, ":2: it is no JSON object"), (1, ":3: it is longer"), (2, ":4: its `ts`")]
    {
        assert!(told[line].contains(says), "{told:?}");
    }
    assert!(told[3].contains(" has 3 lines that are no attempts"), "{told:?}");
    assert!(!run.err.contains("hunter2"));
    let many = piped(&fixture, &["detect", "-"], "x\n".repeat(500).as_bytes());
    assert_eq!((many.code, many.err.lines().count()), (Some(2), 12), "{}", many.err);
    assert_eq!(many.out, "", "nothing was read, so nothing is said to be absent");
    assert!(many.err.contains("nothing was looked at: none of the 500 lines of standard input"));
    let some = format!("{first}\nhunter2\n");
    let some = piped(&fixture, &["detect", "-"], some.as_bytes());
    assert_eq!(some.out, "nothing was found in the 1 attempt that could be read\n");
    assert_eq!(some.code, Some(2), "{}", some.err);
}

#[test]
fn records_that_are_no_events_are_counted_and_the_exit_code_says_so() {
    use audit_runtime::journal::{DirectoryStorage, Journal, Options};

    let fixture = Fixture::new();
    let storage = std::sync::Arc::new(DirectoryStorage::open_existing(fixture.journal()).unwrap());
    let mut journal = Journal::open(storage, Options::default()).unwrap();
    journal.append(b"\"odd\":1").unwrap();
    journal.commit().unwrap();
    drop(journal);
    let run = fixture.run_on_copy(&["detect", "@"]).unrecorded("was not closed in order");
    run.fails(2, &["1 records are no audit events", "not known"]);
    assert!(run.out.contains("records that could be read\n"), "{}", run.out);
}

#[test]
fn mistakes_in_rules_are_all_told() {
    let fixture = Fixture::new();
    let rules = written(&fixture, "rules.json", "[{\"id\":\"a\",\n\"n\":0},\n{\"\\u001b\":1}]");
    let rules = rules.display().to_string();
    let run = fixture.run(&["detect", "--rules", &rules, &attacks("synthetic.jsonl")]);
    assert_eq!((run.code, run.out.as_str()), (Some(3), ""), "{}", run.err);
    for says in [
        "rules.json:1: rule `a`: `kind` is missing",
        "rules.json:3: `id` is missing",
        "no rule was applied",
    ] {
        assert!(run.err.contains(says), "{says}: {}", run.err);
    }
    assert!(!run.err.contains('\u{1b}'));
    #[cfg(feature = "alerts")]
    assert_eq!(fixture.run(&["watch", "--rules", &rules, "@"]).err, run.err);
    let missing = fixture.run(&["detect", "--rules", "absent.json", "@"]);
    missing.fails(3, &["cannot read the rules in absent.json"]);
    let large = written(&fixture, "large.json", " ".repeat((1 << 20) + 1)).display().to_string();
    fixture.run(&["detect", "--rules", &large, "@"]).fails(3, &["larger than 1048576 bytes"]);
}

#[test]
fn a_table_shows_hostile_names_harmlessly() {
    let fixture = Fixture::new();
    let line =
        json!({"ts": "2026-01-01T00:00:00Z", "outcome": "failure", "user": HOSTILE, "ip": "1"});
    let out = piped(&fixture, &["detect", "-"], format!("{line}\n").repeat(6).as_bytes()).ok();
    assert!(out.starts_with("time ") && out.lines().count() == 4, "{out}");
    assert!(
        out.contains("ada\\u{1b}[2J") && !out.contains('\u{1b}') && !out.contains('\u{202e}'),
        "{out}"
    );
}

#[test]
fn what_is_not_there_is_told() {
    let fixture = Fixture::new();
    let empty = written(&fixture, "empty.jsonl", "").display().to_string();
    let said = fixture.run(&["detect", &empty]).ok();
    assert_eq!(said, "nothing was looked at: there is no attempt\n");
    let said = fixture.run_on_copy(&["detect", "@"]).ok();
    assert_eq!(said, "nothing was found in 7 records\n");
    assert_eq!(fixture.run(&["detect", &empty, "--json"]).ok(), "");
    let absent = fixture.run(&["detect", "absent"]);
    absent.fails(2, &["absent"]);
    assert_eq!(absent.out, "", "what was not read is not said to hold nothing");
    fixture.run(&["detect", "--format", "attempts", "absent"]).fails(2, &["cannot read absent"]);
    fixture.run(&["detect", "--format", "attempts", "@"]).fails(2, &["cannot read"]);
    fixture.run(&["detect", "--format", "journal", &empty]).fails(2, &[]);
    fixture.run(&["detect", "--format", "journal", "-"]).fails(3, &["standard input"]);
}
