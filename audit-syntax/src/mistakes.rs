//! What is wrong with settings: every mistake, each with its place and what to do.

use std::fmt;

/// Settings that cannot be used, with all mistakes in them.
///
/// `Debug` prints the same text as `Display`, because that is what a `main` that returns an error
/// shows. Neither shows a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Mistakes {
    mistakes: Vec<String>,
}

impl Mistakes {
    /// One mistake, a sentence that names its place and what to do.
    pub fn one(mistake: String) -> Self {
        Self { mistakes: vec![mistake] }
    }

    /// Several, in their order, of which there is one at least; what is told twice in the same words is
    /// told once.
    pub fn all(mistakes: impl IntoIterator<Item = String>) -> Self {
        let mut told: Vec<String> = Vec::new();
        for mistake in mistakes {
            if !told.contains(&mistake) {
                told.push(mistake);
            }
        }
        Self { mistakes: told }
    }

    /// Fails with `mistakes` if there are any.
    ///
    /// # Errors
    /// Has them all, as [`all`](Self::all) does.
    pub fn unless_none(mistakes: impl IntoIterator<Item = String>) -> Result<(), Self> {
        let all = Self::all(mistakes);
        if all.mistakes.is_empty() { Ok(()) } else { Err(all) }
    }

    /// The mistakes, each a sentence that names its place and what to do.
    pub fn mistakes(&self) -> impl Iterator<Item = &str> {
        self.mistakes.iter().map(String::as_str)
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mistakes.as_slice() {
            [only] => f.write_str(only),
            several => write!(f, "{} mistakes: {}", several.len(), several.join(" | ")),
        }
    }
}

impl fmt::Debug for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Mistakes {}

/// A text from outside between backquotes: short, and with nothing in it that deceives.
pub fn quoted(text: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    let shown: String = text.chars().take(CHARACTERS_MAX).flat_map(char::escape_debug).collect();
    let end = if text.chars().nth(CHARACTERS_MAX).is_some() { "…" } else { "" };
    format!("`{shown}{end}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_twice_is_said_once() {
        let told = ["a", "b", "a"].map(str::to_owned);
        let error = Mistakes::unless_none(told).unwrap_err();
        assert_eq!(format!("{error} {error:?}"), "2 mistakes: a | b 2 mistakes: a | b");
        assert_eq!(Mistakes::one("a".to_owned()).to_string(), "a");
        assert_eq!(Mistakes::unless_none([]), Ok(()));
    }

    #[test]
    fn a_text_from_outside_deceives_nobody() {
        assert_eq!(quoted("a\u{1b}[2J\u{202e}"), "`a\\u{1b}[2J\\u{202e}`");
        assert_eq!(quoted(&"é".repeat(61)), format!("`{}…`", "é".repeat(60)));
    }
}
