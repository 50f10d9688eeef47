//! What a file of rules may say, and every way to get it wrong.

use std::path::Path;

use super::super::rule::Rules;
use super::RulesError;

const GOOD: &str = r#"{"id":"a","kind":"event_count","by":["ip"],"n":5,"W":600}"#;

fn read(text: &str) -> Result<Rules, RulesError> {
    Rules::parse(Path::new("rules.json"), text)
}

/// The good rule with these members in place of its own, or beside them.
fn with(members: &str) -> String {
    let changed: serde_json::Value = serde_json::from_str(&format!("{{{members}}}")).unwrap();
    let mut rule: serde_json::Value = serde_json::from_str(GOOD).unwrap();
    for (name, value) in changed.as_object().unwrap() {
        rule[name] = value.clone();
    }
    format!("[{rule}]")
}

fn mistakes(text: &str) -> Vec<String> {
    read(text).map_or_else(|error| error.mistakes().collect(), |_| Vec::new())
}

#[test]
fn what_is_documented_reads() {
    let page = include_str!("../../../../docs/detection.md");
    let (_, after) = page.split_once("```json\n").unwrap();
    let (example, _) = after.split_once("```").unwrap();
    let rules = read(example).unwrap();
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id()).collect();
    assert_eq!(ids, ["bf_ip", "spray_ip", "compromise_ip"]);
    let first = rules.iter().next().unwrap();
    assert_eq!(first.title(), "Many logins from one address failed.");
    assert_eq!((first.allow.users.len(), first.allow.networks.len()), (1, 1));
    for members in [
        r#""cooldown":0,"lateness":0,"exemplars":0,"max_keys":1,"simulate":true"#,
        r#""category":"access","action":["A","B"],"outcome":["denied","failure"]"#,
        r#""allow":{"networks":["10.0.0.1","fd00::/8"]}"#,
    ] {
        assert!(read(&with(members)).is_ok(), "{members}");
    }
}

#[test]
fn each_mistake_is_refused_and_named() {
    for (members, named) in [
        (r#""id":"""#, "`id` must have"),
        (r#""id":"A b""#, "`id` must have"),
        (r#""id":7"#, "`id` must be a text"),
        (r#""id":"detector_saturated""#, "`id` is the name of"),
        (r#""kind":"count""#, "`kind` must be `event_count`"),
        (r#""by":[]"#, "`by` must list"),
        (r#""by":["ip","ip"]"#, "`by` must list"),
        (r#""by":["host"]"#, "`by` must list"),
        (r#""by":"ip""#, "`by` must be a list"),
        (r#""n":0"#, "`n` must be a whole number from 1 to 10000"),
        (r#""n":10001"#, "`n` must be"),
        (r#""n":1.5"#, "`n` must be"),
        (r#""n":-1"#, "`n` must be"),
        (r#""n":"5""#, "`n` must be"),
        (r#""n":99999999999999999999999"#, "`n` must be"),
        (r#""n":null"#, "`n` must be"),
        (r#""W":0"#, "`W` must be"),
        (r#""W":1e300"#, "`W` must be"),
        (r#""W":31622401"#, "`W` must be"),
        (r#""max_keys":0"#, "`max_keys` must be"),
        (r#""n":1000"#, "`max_keys` times `n`"),
        (r#""cooldown":-1"#, "`cooldown` must be"),
        (r#""lateness":true"#, "`lateness` must be"),
        (r#""exemplars":17"#, "`exemplars` must be"),
        (r#""outcome":[]"#, "`outcome` must have 1 to"),
        (
            r#""category":["activity","x"]"#,
            "`category` has the word `x`, which is not known; write one of authentication",
        ),
        (
            r#""severity":"bad""#,
            "`severity` has the word `bad`, which is not known; write one of informational",
        ),
        (r#""severity_if":{}"#, "`severity_if` must be a list"),
        (r#""severity_if":[{"users":["root"]}]"#, "`severity_if`: `severity` is missing"),
        (r#""severity_if":[{"severity":"low"}]"#, "`users` or `networks` is missing"),
        (r#""allow":{}"#, "`allow`: `users` or `networks` is missing"),
        (
            r#""allow":{"networks":["10.0.0.0/33"]}"#,
            "`networks` has `10.0.0.0/33`; write an address or a network",
        ),
        (r#""allow":{"users":["a"],"hosts":[]}"#, "`allow`: `hosts` is no key"),
        (r#""allow":[]"#, "this is no object"),
        (r#""title":"""#, "`title` must have"),
        (r#""remediation":"Do it.""#, "`remediation` must be a list"),
        (r#""simulate":1"#, "`simulate` must be true or false"),
        (r#""colour":"red""#, "`colour` is no key of this kind of rule; remove it"),
        (r#""field":"user""#, "`field` is no key of this kind"),
        (r#""first":"a""#, "`first` is no key of this kind"),
        (r#""kind":"value_count""#, "`field` is missing"),
        (r#""kind":"value_count","field":"ip""#, "`field` is `ip`, which is in `by`"),
        (
            r#""kind":"value_count","field":"port""#,
            "`field` has the word `port`, which is not known; write one of user",
        ),
        (
            r#""kind":"value_count","field":"user","n":1001"#,
            "`n` must be a whole number from 1 to 1000",
        ),
        (r#""kind":"temporal_ordered","first":"a""#, "`n` is no key of this kind"),
    ] {
        let told = mistakes(&with(members));
        assert!(told.iter().any(|one| one.contains(named)), "{members}: {told:?}");
        assert!(told.iter().all(|one| one.starts_with("rules.json:1: ")), "{told:?}");
    }
}

#[test]
fn what_is_not_known_is_answered_with_what_was_probably_meant() {
    for (members, named) in [
        (
            r#""outcome":"failed""#,
            "`outcome` has the word `failed`, which is not known; did you mean `failure`?",
        ),
        (r#""cooldwon":1"#, "`cooldwon` is no key of this kind of rule; did you mean `cooldown`?"),
        (r#""w":60"#, "did you mean `W`?"),
        (r#""threshold":60"#, "did you mean `n`?"),
        (r#""severity":"hihg""#, "did you mean `high`?"),
        (r#""category":"authn""#, "did you mean `authentication`?"),
        (
            r#""allow":{"user":["a"]}"#,
            "`allow`: `user` is no key of this kind of rule; did you mean `users`?",
        ),
    ] {
        let told = mistakes(&with(members));
        assert!(told.iter().any(|one| one.contains(named)), "{members}: {told:?}");
    }
}

#[test]
fn rules_that_do_not_fit_together_are_refused() {
    let follow = |id: &str, by: &str, first: &str| {
        format!(
            r#"{{"id":"{id}","kind":"temporal_ordered","by":["{by}"],"first":"{first}","W":60}}"#
        )
    };
    for (rules, named) in [
        (format!("[{GOOD},{GOOD}]"), "another rule `a`"),
        (format!("[{GOOD},{}]", follow("b", "ip", "c")), "`first` names no rule"),
        (
            format!("[{},{}]", GOOD.replace("\"a\"", "\"guess\""), follow("b", "ip", "gues")),
            "did you mean `guess`?",
        ),
        (format!("[{GOOD},{}]", follow("b", "user", "a")), "another `by`"),
        (format!("[{}]", follow("b", "ip", "b")), "names a `temporal_ordered` rule"),
        (format!("[{GOOD},{}]", follow("b", "ip", "")), "`first`"),
    ] {
        let told = mistakes(&rules);
        assert!(told.iter().any(|one| one.contains(named)), "{rules}: {told:?}");
    }
    assert!(read(&format!("[{},{GOOD}]", follow("b", "ip", "a"))).is_ok());
}

#[test]
fn all_mistakes_are_told_at_once_each_with_its_line() {
    let text = "[\n {\"id\":\"a\",\n  \"kind\":\"event_count\",\n  \"by\":[\"ip\"],\n  \"n\":0,\n  \"W\":0,\n  \"n\":2},\n {},\n 7\n]";
    let told = mistakes(text);
    let lines: Vec<&str> = told.iter().map(|one| one.split(':').nth(1).unwrap()).collect();
    assert_eq!(lines, ["5", "6", "7", "8", "8", "8", "8", "9"], "{told:#?}");
    assert!(told[2].contains("`n` is there twice"));
}

#[test]
fn what_is_no_list_is_refused_and_not_quoted() {
    for text in ["", "{}", "hunter2", "[hunter2]", "[", "[]", "null", "[null]", "\u{feff}[]"] {
        let told = mistakes(text);
        assert_eq!(told.len(), 1, "{text}: {told:?}");
        assert!(!told[0].contains("hunter2"), "{told:?}");
    }
    for empty in ["", "  \n", "\u{feff}\n"] {
        assert!(mistakes(empty)[0].contains("rules.json:1: the file is empty"), "{empty:?}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(mistakes(&deep).len(), 1);
    let named = mistakes(&with(r#""\u001b[2Jevil":1"#));
    assert!(named[0].contains("evil") && !named[0].contains('\u{1b}'), "{named:?}");
}

#[test]
fn the_hash_of_a_rule_covers_when_it_fires_and_not_what_it_says() {
    let hash = |members: &str| read(&with(members)).unwrap().iter().next().unwrap().hash();
    let plain = hash("");
    for same in [r#""title":"x""#, r#""severity":"high""#, r#""exemplars":3"#, r#""simulate":true"#]
    {
        assert_eq!(hash(same), plain, "{same}");
    }
    for other in [
        r#""n":6"#,
        r#""W":601"#,
        r#""cooldown":1"#,
        r#""lateness":1"#,
        r#""max_keys":7"#,
        r#""by":["user"]"#,
        r#""outcome":"failure""#,
        r#""category":"access""#,
        r#""action":"A""#,
        r#""allow":{"users":["x"]}"#,
        r#""allow":{"networks":["10.0.0.0/8"]}"#,
        r#""id":"b""#,
        r#""kind":"value_count","field":"user""#,
    ] {
        assert_ne!(hash(other), plain, "{other}");
    }
    let after = |first: &str| {
        let follow = r#"{"id":"z","kind":"temporal_ordered","by":["ip"],"first":"a","W":60}"#;
        let first = with(first);
        let text = format!("{},{follow}]", first.trim_end_matches(']'));
        read(&text).unwrap().iter().last().unwrap().hash()
    };
    assert_ne!(after(r#""n":6"#), after(""));
}
