//! What somebody probably meant by a word that records do not have.

use audit_syntax::nearest;

/// Words that others use, and those that records have. No word stands for two things.
const WORDS: &[(&str, &str)] = &[
    ("ok", "success"),
    ("succeeded", "success"),
    ("successful", "success"),
    ("failed", "failure"),
    ("fail", "failure"),
    ("deny", "denied"),
    ("refused", "denied"),
    ("forbidden", "denied"),
    ("errored", "error"),
    ("panicked", "panic"),
    ("aborted", "cancelled"),
    ("timed_out", "timeout"),
    ("authn", "authentication"),
    ("login", "authentication"),
    ("authz", "authorization"),
    ("insert", "create"),
    ("get", "read"),
    ("list", "read"),
    ("write", "update"),
    ("change", "update"),
    ("remove", "delete"),
    ("run", "execute"),
    ("begin", "intent"),
    ("start", "intent"),
];

/// The one of `words` that is probably meant.
pub(crate) fn word<'w>(written: &str, words: &[&'w str]) -> Option<&'w str> {
    let small = written.to_lowercase();
    let known = |meant: &str| words.iter().find(|word| **word == meant).copied();
    let alias = WORDS.iter().find(|(other, _)| *other == small).map(|(_, meant)| *meant);
    alias.and_then(known).or_else(|| nearest(small.as_str(), words.iter().copied()))
}

#[cfg(test)]
mod tests {
    use audit_runtime::{Category, Operation, Outcome, Phase};

    use super::*;

    #[test]
    fn every_word_leads_to_one_that_records_have() {
        let known: Vec<&str> = [
            Outcome::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
            Category::ALL.iter().map(|word| word.as_str()).collect(),
            Operation::ALL.iter().map(|word| word.as_str()).collect(),
            Phase::ALL.iter().map(|word| word.as_str()).collect(),
        ]
        .concat();
        for (other, meant) in WORDS {
            assert!(known.contains(meant) && !known.contains(other), "{other}: {meant}");
        }
    }

    #[test]
    fn capitals_do_not_hide_what_is_meant() {
        assert_eq!(word("FAILED", &["success", "failure"]), Some("failure"));
        assert_eq!(word("Denied", &["denied"]), Some("denied"));
        assert_eq!(word("failed", &["create"]), None);
    }
}
