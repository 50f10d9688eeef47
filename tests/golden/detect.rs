//! Frozen findings: real and made-up attacks, as a file of attempts and as a journal, give exactly these.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use audit_consumers::detect::{Attempt, Detector, Engine, Finding, Observed, Rules, StateKey};
use audit_runtime::journal::{Journal, MemoryStorage, Options, Reader};
use audit_runtime::{Clock, EventId, HashKey, Record, Timestamp};
use serde_json::{Value as Json, json};

fn attacks(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/attacks").join(name)
}

fn lines(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(attacks(name)).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn objects(name: &str) -> Vec<Json> {
    lines(name).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn golden_rules() -> Rules {
    let file = attacks("golden_rules.json");
    Rules::parse(&file, &std::fs::read_to_string(&file).unwrap()).unwrap()
}

fn engine(rules: Rules) -> Engine {
    Engine::new(rules, StateKey::derived(&HashKey::from_bytes([1; 32])))
}

/// What the engine finds in a file of attempts, in the form of the golden files.
fn found_in_attempts(name: &str, rules: Rules) -> Vec<Json> {
    let (mut engine, mut found) = (engine(rules), Vec::new());
    for (index, line) in lines(name).iter().enumerate() {
        let attempt = Attempt::parse(index as u64, line.as_bytes()).unwrap();
        let mut findings = Vec::new();
        engine.observe(&attempt.event, &mut findings);
        found.extend(findings.iter().map(|finding| told(finding, &attempt.ts, attempt.line)));
    }
    found
}

fn told(finding: &Finding, ts: &str, line: Option<u64>) -> Json {
    json!({"rule": &*finding.rule, "key": finding.key, "ts": ts, "count": finding.count, "line": line})
}

/// The journal's clock, which the test sets.
#[derive(Default)]
struct Set(AtomicI64);

impl Set {
    fn set(&self, time: &str) {
        self.0.store(Timestamp::parse(time).unwrap().unix_nanos(), Ordering::Relaxed);
    }
}

impl Clock for Set {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(self.0.load(Ordering::Relaxed))
    }

    fn monotonic_ns(&self) -> u64 {
        0
    }
}

fn time(event: &Json) -> String {
    event["ts"].as_str().unwrap().replace('Z', ".000000000Z")
}

/// What the engine finds in a journal with these events, and the line of each that it found it at.
fn found_in_journal(events: &[Json], rules: Rules) -> Vec<(Finding, Json)> {
    let (storage, clock) = (MemoryStorage::new(), Arc::new(Set::default()));
    let options = Options { clock: clock.clone(), reserve_bytes: 0, ..Options::default() };
    clock.set(&time(&events[0]));
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    for (index, event) in events.iter().enumerate() {
        let time = time(event);
        clock.set(&time);
        let id = EventId::from_u128(index as u128).to_string();
        let mut body = json!({
            "id": id, "time": time, "category": "authentication", "action": "Login", "name": "login",
            "severity": 2, "outcome": event["outcome"], "actor": {"type": "user", "id": event["user"]},
            "origin": {"ip": event["ip"], "trust": "peer"},
        });
        for (name, value) in event["also"].as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let body = body.to_string();
        journal.append_encoded(&body.as_bytes()[1..body.len() - 1]).unwrap();
        journal.commit().unwrap();
    }
    let (mut engine, mut found) = (engine(rules), Vec::new());
    let mut cursor = Reader::over(Arc::new(storage)).cursor(0).unwrap();
    while let Some(line) = cursor.next().unwrap() {
        let record = Record::parse(&line).unwrap();
        let mut findings = Vec::new();
        if let Some(event) = Observed::of(&record) {
            engine.observe(&event, &mut findings);
        }
        // The journal has records of its own between them.
        let mut ids = (0..events.len()).map(|index| EventId::from_u128(index as u128));
        let event = ids.position(|id| id == record.id).map(|index| events[index].clone());
        found.extend(findings.into_iter().map(|finding| (finding, event.clone().unwrap())));
    }
    found
}

#[test]
fn attempts_give_the_golden_findings() {
    for name in ["elastic_auth", "synthetic"] {
        let found = found_in_attempts(&format!("{name}.jsonl"), golden_rules());
        let expected = objects(&format!("golden_{name}.jsonl"));
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "{name}, finding {index}");
        }
        assert_eq!(found.len(), expected.len(), "{name}");
    }
}

#[test]
fn a_journal_with_the_same_attempts_gives_the_same_findings() {
    let found = found_in_journal(&objects("elastic_auth.jsonl"), golden_rules());
    let found: Vec<Json> = found
        .iter()
        .map(|(finding, event)| {
            told(finding, event["ts"].as_str().unwrap(), event["line"].as_u64())
        })
        .collect();
    assert_eq!(found, objects("golden_elastic_auth.jsonl"));
}

#[test]
fn the_built_in_rules_find_what_the_golden_rules_find_and_probing() {
    let logins = found_in_attempts("synthetic.jsonl", Rules::builtin());
    assert_eq!(logins, objects("golden_synthetic.jsonl"));

    let denied = |index: u64, category: &str, seconds: u64| {
        let target = json!([{"type": "Invoice", "id": index.to_string()}]);
        json!({
            "ts": format!("2026-02-01T00:{:02}:{:02}Z", seconds / 60, seconds % 60), "user": "Mallory",
            "ip": "192.0.2.1", "outcome": "denied", "also": {"category": category, "targets": target},
        })
    };
    // The same targets again do not count, and at 300 seconds the first is out of the window.
    let slow: Vec<Json> = (0..20).map(|index| denied(index % 9, "activity", 10 * index)).collect();
    assert_eq!(found_in_journal(&slow, Rules::builtin()), []);
    let at_the_end = [0, 30, 60, 90, 120, 150, 180, 210, 240, 300];
    let numbered = || at_the_end.into_iter().enumerate();
    let outside: Vec<Json> = numbered().map(|(i, s)| denied(i as u64, "activity", s)).collect();
    assert_eq!(found_in_journal(&outside, Rules::builtin()), []);
    let either = |i: usize| if i.is_multiple_of(2) { "activity" } else { "authorization" };
    let inside: Vec<Json> =
        numbered().map(|(i, s)| denied(i as u64, either(i), s.min(299))).collect();
    let found = found_in_journal(&inside, Rules::builtin());
    let [(finding, _)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((&*finding.rule, finding.count), ("authz_probe", 10));
    assert_eq!((finding.key.as_slice(), finding.seq), (["mallory".to_owned()].as_slice(), 11));
    assert_eq!(finding.addresses, ["192.0.2.1"]);
    assert_eq!(finding.exemplars, [4, 5, 6, 7, 8, 9, 10, 11]);
}

#[test]
fn every_built_in_rule_fires_on_what_is_made_up() {
    let found = objects("golden_synthetic.jsonl");
    for rule in Rules::builtin().iter().filter(|rule| rule.id() != "authz_probe") {
        assert!(found.iter().any(|finding| finding["rule"] == rule.id()), "{}", rule.id());
    }
    for rule in Rules::builtin().iter() {
        assert!(rule.title().ends_with('.') && rule.remediation().len() >= 2, "{}", rule.id());
    }
    assert_eq!(Rules::builtin().iter().count(), 9);
}
