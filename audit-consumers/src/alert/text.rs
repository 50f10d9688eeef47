//! Text from outside, made fit for one line: nothing in it ends a line, hides or reorders what is seen.

use std::fmt::Write as _;

use audit_runtime::Digest;

use crate::is_deceptive;

/// The longest text of one part of an alert that is shown, in characters; the journal has the rest.
pub(crate) const PART_CHARACTERS_MAX: usize = 500;

/// The longest error that is kept, in characters.
const ERROR_CHARACTERS_MAX: usize = 300;

/// What marks a drill; nothing else may look like it.
pub(crate) const DRILL: &str = "[DRILL]";

/// The text in one line of at most so many characters, with what deceives shown as `\u{202e}`.
pub(crate) fn line(text: &str, characters_max: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(4 * characters_max));
    let mut left = characters_max;
    for character in text.chars() {
        let Some(fewer) = left.checked_sub(1) else {
            shown.push('…');
            break;
        };
        left = fewer;
        if is_deceptive(character) {
            _ = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// One part of an alert in one line; what says that it is a drill says so no more.
pub(crate) fn part(text: &str) -> String {
    unmarked(line(text, PART_CHARACTERS_MAX))
}

/// The text, in which nothing says that it is a drill.
pub(crate) fn unmarked(text: String) -> String {
    if !text.to_ascii_uppercase().contains(DRILL) {
        return text;
    }
    text.replace('[', "(").replace(']', ")")
}

/// What a server or the system said, short enough to be kept.
pub(crate) fn error(text: &str) -> String {
    line(text, ERROR_CHARACTERS_MAX)
}

/// The id of an alert as a word that may stand in a header: itself if it is one, else its hash.
///
/// It has no full stop, because one separates the id from the time in what a webhook signs.
pub(crate) fn token(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/:".contains(&byte);
    if (1..=128).contains(&id.len()) && id.bytes().all(plain) {
        return id.to_owned();
    }
    format!("sha256-{}", Digest::of(id.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_shown_and_the_rest_stays() {
        assert_eq!(line("Zoë 漢 <b>", 20), "Zoë 漢 <b>");
        let shown = line("a\r\nBcc: x\u{202e}\u{0}\u{85}", 99);
        assert_eq!(shown, "a\\u{d}\\u{a}Bcc: x\\u{202e}\\u{0}\\u{85}");
        assert_eq!(line("漢字漢字", 2), "漢字…");
        assert_eq!(line("漢字", 2), "漢字");
    }

    #[test]
    fn nothing_but_a_drill_says_that_it_is_one() {
        assert_eq!(part("x [DriLL] y [z]"), "x (DriLL) y (z)");
        assert_eq!(part("x [drills] y"), "x [drills] y");
    }

    #[test]
    fn an_id_that_is_no_word_is_hashed() {
        assert_eq!(token("ab/cd:1_2-3"), "ab/cd:1_2-3");
        for odd in ["", "a b", "a\r\nX: y", "a.b", "é", &"x".repeat(129)] {
            let token = token(odd);
            assert!(token.starts_with("sha256-") && token.len() == 50, "{token}");
        }
        assert_ne!(token("a.b"), token("a.c"));
    }
}
