//! What a text is compared with: the whole of it, or how it begins.

use std::fmt;

use super::text::quote;

/// A text to be found as it is, or the beginning of one.
///
/// ```
/// use audit_consumers::query::Pattern;
///
/// assert!(Pattern::exact("UpdateUser").matches("UpdateUser"));
/// assert!(Pattern::prefix("Update").matches("UpdateUser"));
/// assert!(!Pattern::exact("Update").matches("UpdateUser"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    text: String,
    is_prefix: bool,
}

impl Pattern {
    /// Texts that are `text`, letter by letter.
    pub fn exact(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_prefix: false }
    }

    /// Texts that begin with `text`; with an empty one, any text.
    pub fn prefix(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_prefix: true }
    }

    /// True if `text` is meant.
    pub fn matches(&self, text: &str) -> bool {
        if self.is_prefix { text.starts_with(&self.text) } else { text == self.text }
    }

    /// True if `kind:name` is meant, without putting it together.
    pub(super) fn matches_pair(&self, kind: &str, name: &str) -> bool {
        match self.text.strip_prefix(kind) {
            Some(rest) => match rest.strip_prefix(':') {
                Some(rest) if self.is_prefix => name.starts_with(rest),
                Some(rest) => name == rest,
                None => self.is_prefix && rest.is_empty(),
            },
            None => self.is_prefix && kind.starts_with(&self.text),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_prefix(&self) -> bool {
        self.is_prefix
    }
}

/// A text is meant as it is, whatever characters it has.
impl<T: Into<String>> From<T> for Pattern {
    fn from(text: T) -> Self {
        Self::exact(text)
    }
}

/// As the language of queries has it.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        quote(f, &self.text, self.is_prefix)?;
        f.write_str(if self.is_prefix { "*" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_matches_as_the_text_that_it_makes() {
        let texts = ["", "u", "user", "user:", "user:4", "user:42", "a:b", "a:b:c", ":", "4"];
        let pairs =
            [("user", "42"), ("user", ""), ("a", "b:c"), ("a:b", "c"), ("", "4"), ("u", "")];
        for text in texts {
            for pattern in [Pattern::exact(text), Pattern::prefix(text)] {
                for (kind, name) in pairs {
                    let whole = pattern.matches(&format!("{kind}:{name}"));
                    assert_eq!(pattern.matches_pair(kind, name), whole, "{pattern} {kind}:{name}");
                }
            }
        }
    }
}
