//! What is wrong with the settings of alerts: every mistake, each with its place and what is allowed.

use std::fmt;

/// Settings that cannot be used, with all mistakes in them.
///
/// `Debug` prints the same text as `Display`. Neither shows a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct SettingsError {
    mistakes: Vec<String>,
}

impl SettingsError {
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

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mistakes.as_slice() {
            [only] => f.write_str(only),
            several => write!(f, "{} mistakes: {}", several.len(), several.join(" | ")),
        }
    }
}

impl fmt::Debug for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for SettingsError {}

/// A text from outside between backquotes: short, and with nothing in it that deceives.
pub(super) fn quoted(text: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    format!("`{}`", crate::alert::text::line(text, CHARACTERS_MAX))
}
