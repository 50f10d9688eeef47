//! What is wrong with a text that has not the form it should have.

use std::error::Error;
use std::fmt;

/// A text that is none of this form: where, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The line of the text, from 1; 0 where it is the text as a whole.
    pub line: usize,
    /// What is wrong there, as a sentence.
    pub reason: &'static str,
}

impl Malformed {
    pub(crate) const fn whole(reason: &'static str) -> Self {
        Self { line: 0, reason }
    }

    pub(crate) const fn at(line: usize, reason: &'static str) -> Self {
        Self { line, reason }
    }

    /// The same in a text in which this one begins behind `lines` others.
    pub(crate) fn behind(self, lines: usize) -> Self {
        Self { line: if self.line == 0 { 0 } else { self.line + lines }, ..self }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(self.reason),
            line => write!(f, "line {line}: {}", self.reason),
        }
    }
}

impl Error for Malformed {}
