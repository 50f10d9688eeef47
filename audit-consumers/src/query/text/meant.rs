//! What somebody probably meant by a name that the language does not have, or by a severity in words.

use audit_runtime::Severity;
use audit_syntax::nearest;

use crate::query::field::Field;

/// Names that others use, and those of the language.
const NAMES: &[(&str, &str)] = &[
    ("user", "actor"),
    ("who", "actor"),
    ("ip", "origin"),
    ("address", "origin"),
    ("object", "target"),
    ("result", "outcome"),
    ("detector", "rule"),
];

/// The name that is probably meant.
pub(super) fn name(written: &str) -> Option<&'static str> {
    let small = written.to_lowercase();
    let alias = NAMES.iter().find(|(other, _)| *other == small).map(|(_, meant)| *meant);
    alias.or_else(|| nearest(small.as_str(), Field::names()))
}

/// The number of a severity that was written as a word.
pub(super) fn severity(name: &str, written: &str) -> Option<u8> {
    let is_severity = Field::parse(name) == Some(Field::Severity);
    Severity::parse(&written.to_lowercase()).filter(|_| is_severity).map(Severity::as_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_name_leads_to_one_that_is_known() {
        for (other, meant) in NAMES {
            assert!(Field::parse(meant).is_some() && Field::parse(other).is_none(), "{other}");
        }
        assert_eq!(
            (name("USER"), name("Outcome"), name("colour")),
            (Some("actor"), Some("outcome"), None)
        );
    }

    #[test]
    fn a_severity_has_a_number() {
        assert_eq!((severity("severity", "High"), severity("seq", "high")), (Some(4), None));
    }
}
