//! What is wrong with the text of a query, with a caret under the very place.

use std::fmt;
use std::ops::Range;

use crate::text::columns;

/// How much of a long text is shown on each side of the place, in characters.
const SHOWN_MAX: usize = 60;

/// How much of a word is repeated in a sentence, in characters.
pub(super) const WORD_MAX: usize = 40;

/// A text that is no query: what is wrong, where, and what to write instead.
///
/// It prints three lines: the sentence, the text, and carets with the advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    pub(super) message: String,
    pub(super) advice: String,
    pub(super) text: String,
    pub(super) place: Range<usize>,
}

impl QueryError {
    /// What is wrong, as a sentence's beginning.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to write instead.
    pub fn advice(&self) -> &str {
        &self.advice
    }

    /// The bytes of the text that are wrong; none of them if something is missing there.
    pub fn place(&self) -> Range<usize> {
        self.place.clone()
    }

    /// The text around the place, escaped, and the carets under it.
    fn excerpt(&self) -> (String, String) {
        let part = |range: Range<usize>| self.text.get(range).unwrap_or_default();
        let (before, after) = (part(0..self.place.start), part(self.place.end..self.text.len()));
        let before: String = last_characters(before, SHOWN_MAX);
        let place: String = part(self.place.clone()).chars().take(SHOWN_MAX).collect();
        let after: String = after.chars().take(SHOWN_MAX).collect();
        let [before, place, after] = [before, place, after].map(|text| shown(&text));
        let carets = "^".repeat(columns(&place).max(1));
        let indent = " ".repeat(columns(&before));
        (format!("{before}{place}{after}"), format!("{indent}{carets}"))
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, carets) = self.excerpt();
        write!(f, "{}\n  {text}\n  {carets} {}", self.message, self.advice)
    }
}

impl std::error::Error for QueryError {}

fn last_characters(text: &str, most: usize) -> String {
    let skipped = text.chars().count().saturating_sub(most);
    text.chars().skip(skipped).collect()
}

/// A word of the text in a sentence, short and without characters that deceive.
pub(super) fn word(text: &str) -> String {
    let cut: String = text.chars().take(WORD_MAX).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("`{}{more}`", shown(&cut))
}

/// The text with what could deceive shown as `\u{1b}`.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if super::is_deceptive(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}
