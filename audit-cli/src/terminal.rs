//! Text for a terminal: whatever it says, it cannot move a cursor, end a line or reorder what is seen.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write as _;

use audit_consumers::{columns, is_deceptive, width};
use audit_runtime::Outcome;

/// Whether colours may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Coloured,
}

impl Style {
    /// Colours are for terminals only, and not where `NO_COLOR` says anything (no-color.org).
    pub(crate) fn choose(is_terminal: bool, no_color: Option<&OsStr>) -> Self {
        let wanted = no_color.is_none_or(OsStr::is_empty);
        if is_terminal && wanted { Self::Coloured } else { Self::Plain }
    }

    /// Colours text by how the record ended.
    pub(crate) fn outcome(self, outcome: Option<Outcome>, text: String) -> String {
        let colour = match outcome {
            Some(Outcome::Success) => 32,
            Some(Outcome::Denied | Outcome::Error | Outcome::Panic) => 31,
            _ => 33,
        };
        match self {
            Self::Plain => text,
            Self::Coloured => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
        }
    }
}

/// Shows deceptive characters as `\u{1b}`, and a backslash as two so that the one is not taken for
/// the other.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(|character| character == '\\' || is_deceptive(character)) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\\' => shown.push_str("\\\\"),
            other if is_deceptive(other) => _ = write!(shown, "{}", other.escape_unicode()),
            other => shown.push(other),
        }
    }
    shown.into()
}

/// Escapes text and fits it into a column: cut with `…`, or filled up with spaces.
pub(crate) fn cell(text: &str, columns_max: usize) -> String {
    let shown = escape(text);
    let taken = columns(&shown);
    if taken <= columns_max {
        return format!("{shown}{}", " ".repeat(columns_max - taken));
    }
    let mut cut = String::new();
    let mut left = columns_max.saturating_sub(1);
    for character in shown.chars() {
        let Some(rest) = left.checked_sub(width(character)) else { break };
        cut.push(character);
        left = rest;
    }
    format!("{cut}…{}", " ".repeat(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_shown_and_what_is_plain_stays() {
        assert_eq!(escape("Zoë 漢 😀 \"x\""), "Zoë 漢 😀 \"x\"");
        let hostile = "a\u{1b}[2J\n\r\t\u{7f}\u{9b}\u{202e}\u{2066}\u{2028}\u{200b}\u{e0041}";
        let shown = escape(hostile);
        assert!(shown.starts_with("a\\u{1b}[2J\\u{a}\\u{d}"), "{shown}");
        assert!(shown.is_ascii() && !shown.contains(char::is_control), "{shown}");
        assert_eq!(escape("\\u{1b}"), "\\\\u{1b}");
    }

    #[test]
    fn a_cell_has_its_width() {
        assert_eq!(cell("ab", 4), "ab  ");
        assert_eq!(cell("abcd", 4), "abcd");
        assert_eq!(cell("abcdé", 4), "abc…");
        assert_eq!(cell("\u{1b}\u{1b}", 8), "\\u{1b}\\…");
        assert_eq!(cell("漢字", 5), "漢字 ");
        assert_eq!(cell("漢字漢", 5), "漢字…");
        assert_eq!(cell("漢字漢", 4), "漢… ");
    }

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        let choose =
            |terminal, text: Option<&'static str>| Style::choose(terminal, text.map(OsStr::new));
        assert_eq!(choose(true, None), Style::Coloured);
        assert_eq!(choose(true, Some("")), Style::Coloured);
        assert_eq!(choose(true, Some("1")), Style::Plain);
        assert_eq!(choose(false, None), Style::Plain);
        assert_eq!(Style::Plain.outcome(None, "x".into()), "x");
        let red = Style::Coloured.outcome(Some(Outcome::Denied), "x".into());
        assert_eq!(red, "\u{1b}[31mx\u{1b}[0m");
    }
}
