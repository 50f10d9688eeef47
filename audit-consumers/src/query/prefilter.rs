//! Passes over lines that cannot match, by their bytes, before any JSON is parsed.
//!
//! A text that a condition asks for stands in a line as it is, between quotes, or else with an escape
//! in it. So a line without a backslash that lacks the text cannot match; one with a backslash is
//! parsed. What the members are called and in which order they stand does not matter.

use memchr::memchr;
use memchr::memmem::Finder;

use super::condition::{Condition, Test};
use super::field::Field;
use super::pattern::Pattern;

/// Byte strings of which a matching line has at least one from each list.
#[derive(Debug, Default)]
pub(super) struct Prefilter {
    terms: Vec<Vec<Finder<'static>>>,
}

impl Prefilter {
    /// What a line must have to hold all `conditions`.
    pub(super) fn of(conditions: &[Condition]) -> Self {
        let terms = conditions.iter().filter_map(literals);
        Self::of_literals(terms)
    }

    /// What a line must have: one literal of each list. An empty literal excludes nothing.
    pub(super) fn of_literals(terms: impl IntoIterator<Item = Vec<String>>) -> Self {
        let telling = |literals: &Vec<String>| literals.iter().all(|literal| !literal.is_empty());
        let finder = |literal: String| Finder::new(literal.as_bytes()).into_owned();
        let terms = terms.into_iter().filter(telling);
        Self { terms: terms.map(|term| term.into_iter().map(finder).collect()).collect() }
    }

    /// False if no record that `body` may be read as can match.
    pub(super) fn may_match(&self, body: &[u8]) -> bool {
        let has_one = |any: &Vec<Finder<'_>>| any.iter().any(|it| it.find(body).is_some());
        self.terms.iter().all(has_one) || memchr(b'\\', body).is_some()
    }
}

/// Of these a line that holds the condition has at least one; `None` if nothing can be said.
fn literals(condition: &Condition) -> Option<Vec<String>> {
    if condition.is_negated {
        return None;
    }
    match (&condition.test, condition.field) {
        (Test::Texts(patterns), Field::Actor | Field::OnBehalfOf | Field::Target) => {
            Some(patterns.iter().map(named).collect())
        }
        (Test::Texts(patterns), _) => Some(patterns.iter().map(text).collect()),
        (Test::Words(words), _) => Some(words.iter().map(|word| format!("\"{word}\"")).collect()),
        (Test::Numbers(numbers), Field::Status) => {
            Some(numbers.iter().map(ToString::to_string).collect())
        }
        (Test::Networks(_), _) => Some(vec!["\"origin\"".to_owned()]),
        (Test::Flag(true), _) => Some(vec!["\"audit.drill\"".to_owned()]),
        _ => None,
    }
}

/// A text that is one member's value.
fn text(pattern: &Pattern) -> String {
    match (pattern.text(), pattern.is_prefix()) {
        ("", true) => String::new(),
        (text, true) => format!("\"{text}"),
        (text, false) => format!("\"{text}\""),
    }
}

/// A text that is one value, or a type and a name with a colon between them.
///
/// Which of its colons that is, is not known: the name, or the value as a whole, ends with what
/// stands behind the last one, or begins with it behind a quote or a colon.
fn named(pattern: &Pattern) -> String {
    match (pattern.text().rsplit_once(':'), pattern.is_prefix()) {
        (None, _) => text(pattern),
        (Some((_, end)), false) if !end.is_empty() => format!("{end}\""),
        (Some((_, end)), true) if !end.is_empty() => end.to_owned(),
        // Both are in the type, or in the whole value.
        (Some((kind, _)), _) => kind.rsplit(':').next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;

    fn may_match(query: &str, body: &str) -> bool {
        Prefilter::of(&Query::parse(query).unwrap().conditions).may_match(body.as_bytes())
    }

    #[test]
    fn a_line_without_the_text_is_passed_over_and_one_with_an_escape_is_not() {
        let body = r#""actor":{"type":"user","id":"42"},"action":"UpdateUser","outcome":"denied""#;
        for query in [
            "actor=user:42",
            "actor=42",
            "actor=user:*",
            "actor=us*",
            "actor=user:4*",
            "action=Update*",
            "action=DeleteUser,UpdateUser",
            "outcome=denied",
            "actor!=user:42",
            "",
        ] {
            assert!(may_match(query, body), "{query}");
        }
        for query in ["actor=user:4", "action=Update", "outcome=error", "drill=yes", "origin=::1"] {
            assert!(!may_match(query, body), "{query}");
            assert!(may_match(query, &format!("{body},\"x\":\"\\u0041\"")), "{query}");
        }
    }
}
