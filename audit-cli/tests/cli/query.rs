//! `query` and `story` on real journals: what they find, what they tell of what they read, and what they leave.

use std::fs;
use std::time::Duration;

use audit_runtime::control::{Entry, Finding, append};
use audit_runtime::{Actor, CorrelationId, Event, EventId, Http, Recorder, Target};
use serde_json::Value;

use crate::fixture::{Fixture, HOSTILE, Run};

/// The first column of each row before the empty line.
fn seqs(out: &str) -> Vec<u64> {
    let rows = out.lines().take_while(|row| !row.is_empty());
    rows.map(|row| row.split_whitespace().next().unwrap().parse().unwrap()).collect()
}

fn token(out: &str) -> String {
    out.split_once("--after ").unwrap().1.lines().next().unwrap().to_owned()
}

#[test]
fn query_finds_the_newest_first_and_tells_what_it_read() {
    let fixture = Fixture::new();
    let out = fixture.run_on_copy(&["query", "actor=user:42", "@"]).ok();
    assert_eq!(seqs(&out), [3, 2]);
    assert!(out.contains("\n2 records, and no more\n"), "{out}");
    let read = "in 1 segment, each checked against the chain: seq 0 to 6";
    assert!(out.contains("read 7 records (") && out.contains(read), "{out}");
    let query = |text: &str, more: &[&str]| {
        let arguments = [&["query", text, "@"], more].concat();
        seqs(&fixture.run_on_copy(&arguments).ok())
    };
    assert_eq!(query("actor=user:ada", &["--oldest-first"]), [2, 3]);
    assert_eq!(query("action=DeleteInvoice outcome=denied", &[]), [3]);
    assert_eq!(query("target=Team:3", &[]), [5]);
    assert_eq!(query("origin=192.0.2.0/24 last 1h", &[]), [4, 2]);
    assert_eq!(query("category!=journal until 2026-01-01", &[]), [0; 0]);
    assert_eq!(query("", &["-n", "3"]), [6, 5, 4]);
    assert_eq!(query(&format!("actor=\"{HOSTILE}\""), &[]), [5]);
}

#[test]
fn pages_follow_each_other_and_a_token_is_of_its_query_and_journal() {
    let fixture = Fixture::new();
    let run = |text: &str, more: &[&str]| {
        fixture.run_on_copy(&[&["query", text, "@", "-n", "3"], more].concat())
    };
    let first = run("", &[]).ok();
    let after = token(&first);
    let second = run("", &["--after", &after]).ok();
    let third = run("", &["--after", &token(&second)]).ok();
    let all = [seqs(&first), seqs(&second), seqs(&third)].concat();
    assert_eq!(all, [6, 5, 4, 3, 2, 1, 0]);
    run("actor=*", &["--after", &after]).fails(3, &["of another query", "very same text"]);
    run("", &["--after", &after, "--oldest-first"]).fails(3, &["in another order"]);
    run("", &["--after", &after[1..]]).fails(3, &["no token of a page", "copy it whole"]);
    let other = Fixture::new();
    let elsewhere = other.run_on_copy(&["query", "", "@", "-n", "3", "--after", &after]);
    elsewhere.fails(3, &["is not this one", "without a token"]);
}

#[test]
fn query_counts_and_prints_one_object() {
    let fixture = Fixture::new();
    let out = fixture.run_on_copy(&["query", "category!=journal", "@", "--count"]).ok();
    assert!(out.starts_with("4 records\nread 7 records"), "{out}");
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&fixture.run_on_copy(arguments).ok()).unwrap()
    };
    let counted = json(&["query", "severity>=3", "@", "--count", "--json"]);
    assert_eq!((&counted["count"], &counted["query"]), (&1.into(), &"severity>=3".into()));
    let found = json(&["query", "action=UpdateUser", "@", "--json"]);
    let lines = fixture.lines();
    assert_eq!(found["records"][0], serde_json::from_str::<Value>(&lines[5]).unwrap());
    assert_eq!((&found["next"], &found["whole"]), (&Value::Null, &true.into()));
    assert_eq!(found["scan"]["checked"], serde_json::json!([[0, 6]]));
    let out = fixture.run_on_copy(&["query", "action=UpdateUser", "@", "--json"]).ok();
    assert!(out.contains(&lines[5]), "the line is there byte for byte: {out}");
}

#[test]
fn a_mistake_has_a_caret_and_reads_nothing() {
    let fixture = Fixture::new();
    let before = fixture.lines();
    let run = fixture.run(&["query", "outcome=deneid \u{1b}[2J", "@"]);
    let said = "audited: `outcome` is never `deneid`\n  outcome=deneid \\u{1b}[2J\n          \
                ^^^^^^ did you mean `denied`?\n";
    assert_eq!((run.code, run.err.as_str(), run.out.as_str()), (Some(3), said, ""));
    assert_eq!(fixture.lines(), before);
}

#[test]
fn a_finding_shows_its_rule_and_key_and_is_found_by_its_rule() {
    let fixture = Fixture::new();
    let mut finding = Finding::of("bf_user", HOSTILE);
    finding.count = 6;
    append(fixture.journal(), &Entry::Finding(finding), Duration::from_secs(10)).unwrap();
    let out = fixture.run_on_copy(&["query", "rule=bf_user", "@"]).ok();
    let row = out.lines().next().unwrap();
    assert!(
        row.contains("DetectorFinding") && row.contains(" bf_user, 6 for ada\\u{1b}[2J"),
        "{row}"
    );
    assert_eq!(seqs(&out).len(), 1);
    assert!(fixture.run_on_copy(&["tail", "@"]).ok().contains(row));
    assert_eq!(seqs(&fixture.run_on_copy(&["query", "rule=bf_ip", "@"]).ok()), [0; 0]);
}

#[test]
fn each_query_and_story_leaves_a_record_of_what_was_asked_and_how_much_was_shown() {
    let fixture = Fixture::new();
    let last = |arguments: &[&str]| -> Value {
        fixture.run(arguments);
        let lines = fixture.lines();
        let records = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let reading = records.rev().find(|record| record["action"] == "JournalRead");
        reading.unwrap()["args"].clone()
    };
    let said = last(&["query", "actor=ada", "@", "-n", "9"]);
    let expected = serde_json::json!({
        "command": "query", "first_seq": 2, "last_seq": 3, "count": 2, "filter": "actor=ada -n 9"
    });
    assert_eq!(said, expected);
    let said = last(&["query", "actor=nobody", "@", "--count"]);
    assert_eq!((&said["count"], &said["filter"]), (&0.into(), &"actor=nobody --count".into()));
    let long = format!("actor={}", "é".repeat(2_000));
    let said = last(&["query", &long, "@"]);
    let filter = said["filter"].as_str().unwrap();
    assert!(filter.len() <= 1024 && filter.ends_with("é… -n 50"), "{filter}");
    let said = last(&["story", "seq=3", "@"]);
    let expected = serde_json::json!({
        "command": "story", "first_seq": 3, "last_seq": 3, "count": 1, "filter": "seq=3"
    });
    assert_eq!(said, expected);
}

#[test]
fn damage_is_told_and_what_is_behind_it_is_found_all_the_same() {
    let fixture = Fixture::new();
    let recorder = Recorder::builder(fixture.journal()).segment_bytes_max(1).open().unwrap();
    for id in 0..3 {
        let event = Event::activity("Ping").target(Target::new("Host", id)).succeeded();
        recorder.record(event).wait().unwrap();
    }
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let text = fs::read_to_string(fixture.segment()).unwrap();
    fs::write(fixture.segment(), text.replace("DeleteInvoice", "CreateInvoice")).unwrap();
    let run = fixture.run_on_copy(&["query", "category!=journal", "@"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let (seqs, out) = (seqs(&run.out), &run.out);
    assert_eq!(seqs.last(), Some(&2));
    assert!(!seqs.contains(&3) && seqs.len() == 4, "{out}");
    assert!(out.contains("DAMAGED seg/00000000000000000000.jsonl, line 4: its hash"), "{out}");
    assert!(out.contains("records 3 to 7 could not be read; `audited verify`"), "{out}");
    let run = fixture.run_on_copy(&["query", "actor=user:42", "@", "--count", "--json"]);
    let counted: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, &counted["whole"]), (Some(1), &false.into()));
    assert_eq!(counted["scan"]["damage"][0]["from_seq"], 3);
}

/// A request whose event caused one of another request.
fn connected(fixture: &Fixture) -> EventId {
    let recorder = fixture.recorder();
    let correlation = |id: &str| CorrelationId::from_client(id).unwrap();
    let ordered = Event::activity("PlaceOrder").correlation_id(correlation("r-1"));
    let ordered = ordered.actor(Actor::user("1").named(HOSTILE)).succeeded();
    let id = ordered.id();
    let paid = Event::activity("TakePayment").correlation_id(correlation("r-2")).caused_by(id);
    let paid = paid.succeeded();
    let mailed = Event::activity("SendMail").caused_by(paid.id()).failed("bounced");
    let other = Event::activity("PlaceOrder").correlation_id(correlation("r-3")).succeeded();
    let viewed = Event::activity("ViewOrder").correlation_id(correlation("r-1")).succeeded();
    for event in [ordered, paid, other, mailed, viewed] {
        recorder.record(event).wait().unwrap();
    }
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    id
}

#[test]
fn a_story_has_what_followed_under_its_cause() {
    let fixture = Fixture::new();
    let id = connected(&fixture);
    let told = |of: &str| -> Vec<String> {
        let out = fixture.run_on_copy(&["story", of, "@"]).ok();
        let rows = out.lines().skip(1).take_while(|row| !row.is_empty());
        rows.map(|row| row[22..].split(" user:").next().unwrap().trim_end().to_owned()).collect()
    };
    let whole = [
        "PlaceOrder success",
        "  TakePayment success system - (correlation r-2)",
        "    SendMail failure system - bounced",
        "ViewOrder success system -",
    ];
    for of in ["r-1", "correlation=r-1", "seq=8", &format!("id={id}")] {
        assert_eq!(told(of), whole, "{of}");
    }
    // From its middle the same records are reached, but for the rest of the first request.
    assert_eq!(told("r-2").len(), 3);
    let out = fixture.run_on_copy(&["story", "r-1", "@"]).ok();
    let raw = |character: char| character.is_control() && character != '\n';
    assert!(out.starts_with("correlation r-1: 4 records from 20") && !out.contains(raw), "{out}");
    assert!(out.contains(" +0.0"), "{out}");
    let out = fixture.run_on_copy(&["story", "r-1", "@", "--json"]).ok();
    let story: Value = serde_json::from_str(&out).unwrap();
    let depths: Vec<_> =
        story["records"].as_array().unwrap().iter().map(|it| &it["depth"]).collect();
    assert_eq!(depths, [0, 1, 2, 0]);
    assert_eq!(story["records"][1]["record"]["action"], "TakePayment");
}

#[test]
fn a_story_that_is_not_there_is_told() {
    let fixture = Fixture::new();
    let run = |of: &str| -> Run { fixture.run_on_copy(&["story", of, "@"]) };
    run("3").fails(2, &["no record has the correlation id `3`", "`seq=25`"]);
    run("seq=99").fails(2, &["no event with the number 99"]);
    run("seq=x").fails(3, &["no number of a record"]);
    run("id=7").fails(3, &["no id of a record"]);
}

#[test]
fn stats_leave_exercises_out_and_say_how_many() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    for is_drill in [true, false, true] {
        let event = Event::activity("Evacuate");
        let event = if is_drill { event.extra("audit.drill", &true) } else { event };
        recorder.record(event.succeeded()).wait().unwrap();
    }
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let out = fixture.run_on_copy(&["stats", "@"]).ok();
    assert!(out.contains("\ndrills     2, not counted below\n"), "{out}");
    assert!(out.contains("\n         1 Evacuate\n"), "{out}");
    assert!(out.contains("\nsummarised 0, in floods\n"), "{out}");
    assert_eq!(seqs(&fixture.run_on_copy(&["query", "drill=yes", "@"]).ok()).len(), 2);
    let shown = fixture.run_on_copy(&["query", "action=Evacuate", "@"]).ok();
    assert_eq!(seqs(&shown).len(), 3);
    assert_eq!(
        seqs(&fixture.run_on_copy(&["query", "action=Evacuate drill=no", "@"]).ok()).len(),
        1
    );
}

#[test]
fn what_a_flood_left_is_told_by_tail_stats_and_queries_and_forged_by_nobody() {
    let fixture = Fixture::new();
    let settings = Recorder::builder(fixture.journal()).origin("example/shop");
    let recorder = settings.flood_source_max(32).open().unwrap();
    let access = || Event::access(Http::routed("GET", "/")).actor(Actor::anonymous());
    for _ in 0..40 {
        recorder.record(access().succeeded()).wait().unwrap();
    }
    let forged = Event::security("AccessFlood").field("count", &1_000_u32).succeeded();
    recorder.record(forged).wait().unwrap();
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let out = fixture.run_on_copy(&["stats", "@"]).ok();
    assert!(out.contains("\nsummarised 8, in floods\n"), "{out}");
    let rows = fixture.run_on_copy(&["tail", "@", "-n", "2"]).ok();
    assert!(rows.contains("AccessFlood") && rows.contains(" 8 events only counted"), "{rows}");
    let found = fixture.run_on_copy(&["query", "action=AccessFlood", "@"]).ok();
    assert_eq!(seqs(&found).len(), 2);
}
