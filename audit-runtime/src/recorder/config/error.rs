//! What is wrong with a configuration: every mistake, each with its place and what is allowed.

use std::fmt;

/// A configuration that cannot be used, with all mistakes in it.
///
/// `Debug` prints the same text as `Display`, because that is what a `main` that returns an error
/// shows. Neither shows a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    mistakes: Vec<String>,
}

impl ConfigError {
    pub(super) fn one(mistake: String) -> Self {
        Self { mistakes: vec![mistake] }
    }

    /// Fails with `mistakes` if there are any.
    pub(super) fn unless_none(mistakes: Vec<String>) -> Result<(), Self> {
        if mistakes.is_empty() { Ok(()) } else { Err(Self { mistakes }) }
    }

    /// The mistakes, each a sentence that names its place and what to do.
    pub fn mistakes(&self) -> impl Iterator<Item = &str> {
        self.mistakes.iter().map(String::as_str)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mistakes.as_slice() {
            [only] => f.write_str(only),
            several => write!(f, "{} mistakes: {}", several.len(), several.join(" | ")),
        }
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}

/// A text from outside between backquotes: short, and with nothing in it that deceives.
pub(super) fn quoted(text: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    let shown: String = text.chars().take(CHARACTERS_MAX).flat_map(char::escape_debug).collect();
    let end = if text.chars().nth(CHARACTERS_MAX).is_some() { "…" } else { "" };
    format!("`{shown}{end}`")
}
