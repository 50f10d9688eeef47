//! A word from a closed set, as a reader finds it that may be older than the writer.

use std::fmt;

use serde::{Deserialize, Deserializer};

use crate::event::{ActorKind, Category, Operation, Outcome, Phase, Trust};

/// A word from a closed set, or one that a newer writer has added to the set.
///
/// ```
/// use audit_runtime::{Outcome, record::Word};
///
/// assert!(Word::Known(Outcome::Denied) == Outcome::Denied);
/// assert!(Word::Other("deferred".into()) != Outcome::Denied);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Word<T> {
    /// A word that this version knows.
    Known(T),
    /// Any other word.
    Other(String),
}

impl<T: Copy> Word<T> {
    /// The word, if this version knows it.
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(word) => Some(*word),
            Self::Other(_) => None,
        }
    }
}

impl<T: Vocabulary> PartialEq<T> for Word<T> {
    fn eq(&self, other: &T) -> bool {
        matches!(self, Self::Known(word) if word == other)
    }
}

impl<T: fmt::Display> fmt::Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(word) => word.fmt(f),
            Self::Other(word) => f.pad(word),
        }
    }
}

impl<'de, T: Vocabulary> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Ok(T::parse(&word).map_or(Self::Other(word), Self::Known))
    }
}

/// A closed set of words, each with its written form.
trait Vocabulary: PartialEq + Sized {
    fn parse(word: &str) -> Option<Self>;
}

macro_rules! vocabulary {
    ($($name:ident),+) => {
        $(impl Vocabulary for $name {
            fn parse(word: &str) -> Option<Self> {
                Self::parse(word)
            }
        })+
    };
}

vocabulary!(ActorKind, Category, Operation, Outcome, Phase, Trust);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_newer_writer_is_kept_and_equals_no_known_one() {
        let words: [Word<Outcome>; 2] = serde_json::from_str(r#"["denied","deferred"]"#).unwrap();
        assert!(words[0] == Outcome::Denied);
        assert_eq!(words[1].known(), None);
        assert_eq!(words[1].to_string(), "deferred");
        assert!(Outcome::ALL.iter().all(|outcome| words[1] != *outcome));
    }
}
