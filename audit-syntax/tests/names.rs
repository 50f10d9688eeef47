//! The name rule, held against the public fields of real types.
//!
//! `names/fields.txt` is what `examples/public_fields.rs` lists of 286 crates: clients of clouds,
//! payment and chat, databases, web, TLS, command line and settings; at most 60 types of each.
//! Every field in which the rule sees a secret was judged by a person, in `names/judged.txt`:
//! `secret`, or `false` with what it is. Secrets that its words cannot show are in there as
//! `missed`; they were looked for among the names that sound like keys, codes, sessions and
//! connections, so there may be more of them.

#![allow(clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use audit_syntax::{sensitive_part, sensitive_part_of_number};

const FIELDS: &str = include_str!("names/fields.txt");
const JUDGED: &str = include_str!("names/judged.txt");

#[test]
fn the_rule_is_wrong_about_one_field_in_a_hundred() {
    let fields = fields();
    let types: BTreeSet<&str> =
        fields.keys().filter_map(|field| Some(field.rsplit_once('.')?.0)).collect();
    assert!(types.len() >= 3_000, "{} types", types.len());
    let judged = judged();
    let (mut found, mut wrong, mut missed) = (0, 0, 0);
    for (field, is_seen) in &fields {
        match (is_seen, judged.get(field.as_str())) {
            (true, Some(&("secret" | "missed"))) => found += 1,
            (true, _) => wrong += 1,
            (false, Some(&("secret" | "missed"))) => missed += 1,
            (false, _) => {}
        }
    }
    assert!(wrong * 200 < fields.len(), "{wrong} of {} fields are no secrets", fields.len());
    assert!((wrong + missed) * 100 < fields.len(), "{wrong} false and {missed} missed");
    assert!(found > wrong && found > missed, "{found} found, {wrong} false, {missed} missed");
}

/// A change of the rule shows here, field by field.
#[test]
fn the_rule_sees_what_was_judged() {
    let judged = judged();
    let mut differences = Vec::new();
    for (field, is_seen) in fields() {
        match (is_seen, judged.get(field.as_str())) {
            (true, None) => differences.push(format!("{field}: judge it")),
            (true, Some(&"missed")) => differences.push(format!("{field}: found now")),
            (false, Some(&("secret" | "false"))) => differences.push(format!("{field}: lost")),
            _ => {}
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_verdict_is_on_a_field_of_the_list() {
    let fields = fields();
    for (field, verdict) in judged() {
        assert!(fields.contains_key(field), "{field} is not in the list");
        assert!(matches!(verdict, "secret" | "false" | "missed"), "{field}: {verdict}");
    }
}

/// `crate-version Type.field`, and whether the rule sees a secret there.
fn fields() -> BTreeMap<String, bool> {
    let mut fields = BTreeMap::new();
    let mut owner = "";
    for line in FIELDS.lines() {
        let Some(listed) = line.strip_prefix("  ") else {
            owner = line;
            continue;
        };
        let Some((name, members)) = listed.split_once(": ") else { panic!("{line}") };
        for member in members.split(' ') {
            fields.insert(format!("{owner} {name}.{member}"), is_seen(member));
        }
    }
    fields
}

/// What `#[derive(Redact)]` asks: nothing of a boolean (`?`), less of a number (`#`).
fn is_seen(member: &str) -> bool {
    match (member.strip_suffix('?'), member.strip_suffix('#')) {
        (Some(_), _) => false,
        (_, Some(number)) => sensitive_part_of_number(number).is_some(),
        _ => sensitive_part(member).is_some(),
    }
}

/// The word of each verdict by its field.
fn judged() -> BTreeMap<&'static str, &'static str> {
    let judged = JUDGED.lines().map(|line| match line.split_once(": ") {
        Some((field, verdict)) => (field, verdict.split(',').next().unwrap_or_default()),
        None => panic!("{line}"),
    });
    judged.collect()
}
