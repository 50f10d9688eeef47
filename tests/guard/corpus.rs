//! Recall on the labelled strings of `tests/data/sanitize`, by rule; what they are is in its NOTICE.

use std::collections::BTreeMap;
use std::path::Path;

use audit_guard::scrub;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The share of secrets that must be found.
const RECALL_MIN: f64 = 0.75;
/// The share that must be found of the numbers of persons, many of which nothing tells from an id.
const PERSONAL_RECALL_MIN: f64 = 0.4;
/// The share that must be found of each kind of number that has check digits.
const CHECKED_RECALL_MIN: f64 = 0.8;

/// How many strings were changed, of how many.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    changed: u32,
    all: u32,
}

impl Share {
    fn of_one(self) -> f64 {
        f64::from(self.changed) / f64::from(self.all.max(1))
    }
}

/// The shares by kind, rule and label; all rules of a kind together are the rule `*`.
fn shares() -> BTreeMap<(String, String, bool), Share> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sanitize/dev.jsonl");
    let mut shares: BTreeMap<_, Share> = BTreeMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let word = |name: &str| row[name].as_str().unwrap().to_owned();
        let text = STANDARD.decode(word("text_base64")).unwrap();
        let changed = !scrub(&String::from_utf8_lossy(&text)).caught.is_empty();
        for rule in [word("rule"), "*".to_owned()] {
            let secret = row["secret"] == true;
            let share = shares.entry((word("kind"), rule, secret)).or_default();
            share.changed += u32::from(changed);
            share.all += 1;
        }
    }
    shares
}

#[test]
fn secrets_of_the_labelled_strings_are_found() {
    let shares = shares();
    for ((kind, rule, secret), share) in &shares {
        let label = if *secret { "secret" } else { "harmless" };
        let Share { changed, all } = share;
        println!("{kind:7} {rule:26} {label:8} {changed:4} of {all:4} {:.3}", share.of_one());
    }
    let share = |kind: &str, rule: &str, secret: bool| shares[&(kind.into(), rule.into(), secret)];
    let (found, touched) = (share("secret", "*", true), share("secret", "*", false));
    let precision = f64::from(found.changed) / f64::from(found.changed + touched.changed);
    println!("secrets: recall {:.3}, precision {precision:.3}", found.of_one());
    assert!(found.of_one() >= RECALL_MIN, "{found:?}");
    // The harmless ones are near misses, made to fool scanners: four of five must be left alone.
    assert!(touched.of_one() <= 0.2, "{touched:?}");
    for rule in ["iban", "credit_card"] {
        assert!(share("pii", rule, true).of_one() >= CHECKED_RECALL_MIN, "{rule}");
    }
    let (found, touched) = (share("pii", "*", true), share("pii", "*", false));
    let precision = f64::from(found.changed) / f64::from(found.changed + touched.changed);
    println!("personal: recall {:.3}, precision {precision:.3}", found.of_one());
    assert!(found.of_one() >= PERSONAL_RECALL_MIN, "{found:?}");
    assert!(touched.of_one() <= 0.04, "{touched:?}");
}
