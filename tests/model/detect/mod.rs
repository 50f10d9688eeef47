//! Random rules on random events: the engine finds what a naive recount finds, however it is split, stopped and restored.

mod oracle;

use std::collections::BTreeMap;
use std::path::Path;

use audit_consumers::detect::{
    Address, Detector, Engine, Finding, Observed, Rules, StateKey, User,
};
use audit_runtime::{HashKey, Outcome, Timestamp};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use oracle::{Event, Found, Kind, Oracle, Rule};

const FIELDS: [&str; 3] = ["user", "ip", "target"];
const SECOND: i64 = 1_000_000_000;

/// Three rules that count and one that follows the first, with windows that a few events fill and leave.
/// Often two or all of those that count have the same keys.
fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let follows = (any::<bool>(), 1..20_i64, cooldown());
    (counting("a"), counting("b"), counting("c"), any::<[bool; 2]>(), follows).prop_map(
        |(a, b, c, is_alike, (backwards, window, cooldown))| {
            let alike = |rule, is_alike| if is_alike { with_keys_of(&a, rule) } else { rule };
            let (b, c) = (alike(b, is_alike[0]), alike(c, is_alike[1]));
            let kind = Kind::Ordered { first: a.id.clone() };
            let by = a.by.clone();
            let id = "after".to_owned();
            let keys_max = a.keys_max;
            let after =
                Rule { id, kind, by, outcome: None, window, cooldown, lateness: None, keys_max };
            // A rule may stand before the one that it follows.
            if backwards { vec![after, b, a, c] } else { vec![a, b, after, c] }
        },
    )
}

/// The rule with the events and keys of another one.
fn with_keys_of(other: &Rule, rule: Rule) -> Rule {
    let (by, outcome, lateness) = (other.by.clone(), other.outcome, other.lateness);
    let kind = match rule.kind {
        Kind::Values { n, field } if by.contains(&field) => {
            let field = FIELDS.into_iter().find(|field| !by.contains(field)).unwrap();
            Kind::Values { n, field }
        }
        kind => kind,
    };
    Rule { kind, by, outcome, lateness, keys_max: other.keys_max, ..rule }
}

fn cooldown() -> impl Strategy<Value = Option<i64>> {
    prop::option::of(0..30_i64)
}

fn counting(id: &'static str) -> impl Strategy<Value = Rule> {
    let by = prop::sample::subsequence(FIELDS.to_vec(), 1..=2);
    let outcome = prop::option::weighted(0.8, Just("failure"));
    let lateness = prop::option::weighted(0.2, 0..4_i64);
    let keys_max = prop_oneof![3 => Just(1000_usize), 1 => 1..4_usize];
    let numbers = (1..6_usize, 1..20_i64, any::<bool>());
    (by, outcome, numbers, cooldown(), lateness, keys_max).prop_map(
        move |(by, outcome, (n, window, distinct), cooldown, lateness, keys_max)| {
            let mut others = FIELDS.into_iter().filter(|field| !by.contains(field));
            let field = if n % 2 == 0 { others.next_back() } else { others.next() }.unwrap();
            let kind = if distinct { Kind::Values { n, field } } else { Kind::Events { n } };
            let id = id.to_owned();
            Rule { id, kind, by, outcome, window, cooldown, lateness, keys_max }
        },
    )
}

/// What an event adds to the one before it.
type Step = (i64, i64, Option<bool>, [Option<u8>; 3], bool, u8);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let ahead = prop_oneof![6 => 0..3_i64, 2 => 3..25_i64];
    // Mostly on time; at times late, a little early, or from a far future.
    let skew = prop_oneof![8 => Just(0_i64), 2 => -12..8_i64, 1 => Just(1_000_000_i64)];
    let field = || prop::option::weighted(0.95, 0..3_u8);
    let fields = [field(), field(), field()];
    prop::collection::vec(
        (ahead, skew, any::<Option<bool>>(), fields, prop::bool::weighted(0.1), 0..40_u8),
        1..80,
    )
}

/// Events of a journal, whose own clock is right, or of a file, which has none.
fn events(steps: Vec<Step>, is_journal: bool) -> Vec<Event> {
    let (mut clock, mut seq) = (1_000_000, 0);
    let event = |(ahead, skew, outcome, fields, is_drill, again): Step| {
        clock += ahead;
        // Some are delivered again, and their numbers may have gaps.
        seq = if again == 0 { seq } else { seq + 1 + u64::from(again == 1) };
        // Once in a while the machine's clock is set back.
        clock -= if again == 2 { 40 } else { 0 };
        let named = FIELDS.into_iter().zip(fields);
        let named = named.filter_map(|(name, value)| Some((name, format!("{name}{}", value?))));
        Event {
            seq,
            time: clock + skew,
            observed: is_journal.then_some(clock),
            outcome: match outcome {
                Some(true) => "success",
                Some(false) | None => "failure",
            },
            fields: named.collect::<BTreeMap<_, _>>(),
            drill: is_drill.then_some("drill-1"),
        }
    };
    steps.into_iter().map(event).collect()
}

fn parsed(rules: &[Rule]) -> Rules {
    let written: Vec<Json> = rules.iter().map(written).collect();
    Rules::parse(Path::new("rules.json"), &Json::from(written).to_string()).unwrap()
}

fn written(rule: &Rule) -> Json {
    let mut json =
        json!({"id": rule.id, "by": rule.by, "W": rule.window, "max_keys": rule.keys_max});
    let (kind, members) = match &rule.kind {
        Kind::Events { n } => ("event_count", json!({"n": n})),
        Kind::Values { n, field } => ("value_count", json!({"n": n, "field": field})),
        Kind::Ordered { first } => ("temporal_ordered", json!({"first": first})),
    };
    let further = json!({"kind": kind, "outcome": rule.outcome, "cooldown": rule.cooldown, "lateness": rule.lateness});
    for (name, value) in [members, further].iter().flat_map(|object| object.as_object().unwrap()) {
        if !value.is_null() {
            json[name] = value.clone();
        }
    }
    json
}

fn engine(rules: &[Rule]) -> Engine {
    Engine::new(parsed(rules), StateKey::derived(&HashKey::from_bytes([7; 32])))
}

fn observe(detector: &mut impl Detector, event: &Event) -> Vec<Finding> {
    let at = |seconds: i64| Timestamp::from_unix_nanos(seconds * SECOND);
    let mut observed = Observed::new(event.seq, at(event.time));
    observed.observed = event.observed.map(at);
    observed.outcome = Outcome::parse(event.outcome);
    observed.user = event.fields.get("user").map(User::exact);
    observed.address = event.fields.get("ip").map(Address::exact);
    observed.target = event.fields.get("target").map(|text| text.into());
    observed.drill = event.drill.map(Into::into);
    let mut findings = Vec::new();
    detector.observe(&observed, &mut findings);
    findings
}

fn found(finding: &Finding) -> Found {
    let seconds = |time: Timestamp| time.unix_nanos() / SECOND;
    Found {
        rule: finding.rule.to_string(),
        key: finding.key.clone(),
        seq: finding.seq,
        count: finding.count,
        at: seconds(finding.ts),
        first: seconds(finding.first),
        addresses: finding.addresses.clone(),
        exemplars: finding.exemplars.clone(),
        drill: finding.drill.clone(),
    }
}

#[test]
fn the_engine_finds_what_a_recount_finds() {
    let cases = (rules(), steps(), any::<bool>());
    let mut runner = proptest::test_runner::TestRunner::new(crate::config(1_000));
    let seen = std::cell::Cell::new(0);
    let tried = runner.run(&cases, |(rules, steps, is_journal)| {
        let (mut engine, mut oracle) = (engine(&rules), Oracle::default());
        for event in events(steps, is_journal) {
            let expected = oracle.observe(&rules, &event);
            let findings: Vec<Found> = observe(&mut engine, &event).iter().map(found).collect();
            prop_assert_eq!(&findings, &expected, "at {:?}", event);
            seen.set(seen.get() + expected.len());
        }
        Ok(())
    });
    tried.unwrap();
    assert!(
        seen.get() > 3_000,
        "only {} findings: the events no longer meet the rules",
        seen.get()
    );
}

#[test]
fn a_restart_at_any_event_finds_the_same() {
    let mut runner = proptest::test_runner::TestRunner::new(crate::config(150));
    let cases = (rules(), steps(), any::<bool>(), 0..4_usize);
    let tried = runner.run(&cases, |(rules, steps, is_journal, again)| {
        let events = events(steps, is_journal);
        let mut unbroken = engine(&rules);
        let expected: Vec<Finding> =
            events.iter().flat_map(|event| observe(&mut unbroken, event)).collect();
        let mut findings = Vec::new();
        let mut snapshot = engine(&rules).snapshot();
        for (index, event) in events.iter().enumerate() {
            let mut restarted = engine(&rules);
            let restored = restarted.restore(&snapshot).unwrap();
            prop_assert_eq!(&restored.fresh, &Vec::<String>::new());
            // Delivery is at least once: what came before the restart may come again.
            for repeated in &events[index.saturating_sub(again)..index] {
                prop_assert!(observe(&mut restarted, repeated).is_empty());
            }
            findings.extend(observe(&mut restarted, event));
            snapshot = restarted.snapshot();
        }
        prop_assert_eq!(findings, expected);
        prop_assert!(snapshot == unbroken.snapshot());
        Ok(())
    });
    tried.unwrap();
}

#[test]
fn a_rule_that_is_new_at_a_restart_sees_what_comes_after_it_and_the_others_go_on() {
    let mut runner = proptest::test_runner::TestRunner::new(crate::config(400));
    let cases =
        (rules(), counting("new"), steps(), any::<[bool; 3]>(), any::<prop::sample::Index>());
    let seen = std::cell::Cell::new(0);
    let tried = runner.run(&cases, |(mut rules, new, steps, [goes, is_alike, again], at)| {
        // Of what other rules have pushed out there is no oracle.
        rules.iter_mut().for_each(|rule| rule.keys_max = 1000);
        let new =
            if is_alike { with_keys_of(&rules[1], Rule { keys_max: 1000, ..new }) } else { new };
        let new = Rule { keys_max: 1000, ..new };
        let kept: Vec<Rule> =
            rules.iter().filter(|rule| !(goes && rule.id == "c")).cloned().collect();
        let changed: Vec<Rule> = kept.iter().cloned().chain([new.clone()]).collect();
        let events = events(steps, true);
        let at = at.index(events.len());
        let (mut engine, mut old, mut fresh) =
            (engine(&rules), Oracle::default(), Oracle::default());
        for (index, event) in events.iter().enumerate() {
            if index == at {
                engine = restarted(&engine, &changed, &["new"]);
            } else if index > at && again {
                engine = restarted(&engine, &changed, &[]);
            }
            let findings: Vec<Found> = observe(&mut engine, event).iter().map(found).collect();
            let mut expected = old.observe(if index < at { &rules } else { &kept }, event);
            let news =
                fresh.observe(if index < at { &[] } else { std::slice::from_ref(&new) }, event);
            seen.set(seen.get() + news.len());
            expected.extend(news);
            prop_assert_eq!(findings, expected, "at {:?}", event);
        }
        Ok(())
    });
    tried.unwrap();
    assert!(seen.get() > 300, "only {} findings of new rules", seen.get());
}

/// An engine for other rules, restored from a snapshot.
fn restarted(before: &Engine, rules: &[Rule], fresh: &[&str]) -> Engine {
    let mut engine = engine(rules);
    let restored = engine.restore(&before.snapshot()).unwrap();
    assert_eq!(restored.fresh, fresh);
    engine
}
