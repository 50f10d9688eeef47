//! Parsing whose errors keep the place of a mistake and withhold the text around it.
//!
//! Most parsers quote what they refuse: a secret that stands in the wrong place, or has one character
//! too many, then stands in the error and in every log that the error reaches. The functions here answer
//! with a [`ParseError`] instead, which cannot hold any of it.
//!
//! | input | what to write |
//! |---|---|
//! | JSON | [`json`], or `?` on a `serde_json::Error`, which turns into a [`ParseError`] |
//! | TOML | `parse::toml` (feature `toml`) |
//! | YAML | `parse::format(text, serde_yaml::from_str, serde_yaml::from_str, \|error\| error.location().map(\|at\| (at.line(), at.column())))` |
//! | an environment variable | [`env_var`] |
//! | anything with `FromStr` | [`from_str`] |
//! | all variables at once, with `envy` | `parse::with((), \|()\| envy::from_env(), \|_\| None)` |
//! | bytes as text | `parse::with(bytes, String::from_utf8, \|_\| None)` |
//! | bytes as a C string | `parse::with(bytes, CString::new, \|_\| None)` |
//! | a pattern | `parse::with(pattern, Regex::new, \|_\| None)` |
//! | a header's value | `parse::with(bytes, HeaderValue::from_bytes, \|_\| None)` |
//! | a command line, with `clap` | `parse::with(arguments, Cli::try_parse_from, \|_\| None)`, which also answers `--help` with an error |
//!
//! `&text[a..b]` is not among them: where it does not fit it panics, and quotes the text; write
//! `text.get(a..b)`.

use std::env::{self, VarError};
use std::error::Error;
use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny};

use crate::Withheld;

/// Why a text was refused, and where; never what stands there.
///
/// `Display` and `Debug` print the same, and there is no source:
///
/// ```
/// use audit_runtime::parse;
///
/// let text = "{\n  \"password\": [\"hunter2\"]\n}";
/// let error = parse::json::<std::collections::BTreeMap<String, u32>>(text).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "line 2, column 14: a value is not of the expected type or form; its content is withheld",
/// );
/// assert_eq!(format!("{error:?}"), error.to_string());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ParseError {
    kind: ParseErrorKind,
    place: Place,
}

/// What kind of mistake a parser met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The text breaks the grammar of its format.
    Malformed,
    /// A value has the wrong type or form, or is not known, missing or there twice.
    Mismatched,
    /// The text ends before it is complete.
    Incomplete,
    /// The text could not be read.
    Unreadable,
    /// The text is no valid Unicode.
    NotUnicode,
    /// There is no text.
    Missing,
    /// The parser says no more than that it refused.
    Refused,
}

#[derive(Clone, PartialEq, Eq)]
enum Place {
    Unknown,
    At { line: usize, column: usize },
    Variable(String),
}

impl ParseError {
    /// An error of this kind, for parsers that are not known here.
    pub const fn new(kind: ParseErrorKind) -> Self {
        Self { kind, place: Place::Unknown }
    }

    /// The same error, at a line and a column, both counted from 1.
    #[must_use]
    pub fn at(self, line: usize, column: usize) -> Self {
        Self { place: Place::At { line, column }, ..self }
    }

    /// What kind of mistake it is.
    pub const fn kind(&self) -> ParseErrorKind {
        self.kind
    }

    /// The line of the mistake, from 1, where the parser tells it.
    pub const fn line(&self) -> Option<usize> {
        match self.place {
            Place::At { line, .. } => Some(line),
            Place::Unknown | Place::Variable(_) => None,
        }
    }

    /// The column of the mistake, from 1, where the parser tells it.
    pub const fn column(&self) -> Option<usize> {
        match self.place {
            Place::At { column, .. } => Some(column),
            Place::Unknown | Place::Variable(_) => None,
        }
    }
}

/// Parses JSON.
///
/// # Errors
/// Fails when `text` is no JSON, or not that of a `T`.
pub fn json<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, ParseError> {
    Ok(serde_json::from_str(text)?)
}

/// Parses TOML, whose own error prints the whole line.
///
/// # Errors
/// Fails when `text` is no TOML, or not that of a `T`.
#[cfg(feature = "toml")]
pub fn toml<T: de::DeserializeOwned>(text: &str) -> Result<T, ParseError> {
    let place = |error: &toml::de::Error| {
        let before = text.get(..error.span()?.start)?;
        let line = before.rsplit('\n').next()?;
        Some((before.matches('\n').count() + 1, line.chars().count() + 1))
    };
    format(text, toml::from_str, toml::from_str, place)
}

/// Parses a text by a function of serde that reads any type; `grammar` is that function once more.
///
/// It reads for nothing what `parse` has refused: where it goes through, the text is well-formed, and it
/// is a value that is not what was expected. `place` tells line and column of the error, if that knows
/// them.
///
/// # Errors
/// Fails when `parse` does, whose error is dropped.
pub fn format<'t, T, E>(
    text: &'t str,
    parse: impl FnOnce(&'t str) -> Result<T, E>,
    grammar: impl FnOnce(&'t str) -> Result<IgnoredAny, E>,
    place: impl FnOnce(&E) -> Option<(usize, usize)>,
) -> Result<T, ParseError> {
    with(text, parse, place).map_err(|error| ParseError {
        kind: match grammar(text) {
            Ok(IgnoredAny) => ParseErrorKind::Mismatched,
            Err(_) => ParseErrorKind::Malformed,
        },
        ..error
    })
}

/// Parses a text by its type's `FromStr`.
///
/// # Errors
/// Fails when `text` is not that of a `T`.
pub fn from_str<T: FromStr>(text: &str) -> Result<T, ParseError> {
    text.parse().map_err(|_| ParseError::new(ParseErrorKind::Mismatched))
}

/// The text of an environment variable; the error names the variable.
///
/// # Errors
/// Fails when there is no variable `name`, or it is no Unicode, which the standard error would quote.
pub fn env_var(name: &str) -> Result<String, ParseError> {
    env::var(name).map_err(|error| ParseError {
        kind: match error {
            VarError::NotPresent => ParseErrorKind::Missing,
            VarError::NotUnicode(_) => ParseErrorKind::NotUnicode,
        },
        place: Place::Variable(name.to_owned()),
    })
}

/// Parses `input` with any function; `place` tells line and column of its error, if that knows them.
///
/// # Errors
/// Fails when `parse` does, whose error is dropped.
pub fn with<I, T, E>(
    input: I,
    parse: impl FnOnce(I) -> Result<T, E>,
    place: impl FnOnce(&E) -> Option<(usize, usize)>,
) -> Result<T, ParseError> {
    parse(input).map_err(|error| {
        let refused = ParseError::new(ParseErrorKind::Refused);
        match place(&error) {
            Some((line, column)) => refused.at(line, column),
            None => refused,
        }
    })
}

/// Deserializes a field and withholds its value from the error: for fields that are marked
/// `#[sensitive]` and keep their type. `Sensitive` does so by itself.
///
/// ```
/// #[derive(Debug, serde::Deserialize)]
/// struct Login {
///     #[serde(deserialize_with = "audit_runtime::withheld")]
///     pin: u32,
/// }
///
/// let error = serde_json::from_str::<Login>(r#"{"pin":"hunter2"}"#).unwrap_err();
/// assert!(error.to_string().starts_with("a sensitive value is not what is expected"));
/// assert!(error.to_string().ends_with("at line 1 column 17"));
/// ```
///
/// As with every `deserialize_with`, an `Option` that may be left out needs `default` too.
///
/// # Errors
/// Fails when the `Deserialize` of the value does.
pub fn withheld<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map_err(|_| de::Error::custom(Withheld))
}

impl From<serde_json::Error> for ParseError {
    fn from(error: serde_json::Error) -> Self {
        use serde_json::error::Category;

        let refused = Self::new(match error.classify() {
            Category::Syntax => ParseErrorKind::Malformed,
            Category::Data => ParseErrorKind::Mismatched,
            Category::Eof => ParseErrorKind::Incomplete,
            Category::Io => ParseErrorKind::Unreadable,
        });
        match error.line() {
            0 => refused,
            line => refused.at(line, error.column()),
        }
    }
}

impl fmt::Display for ParseErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the text is not well-formed",
            Self::Mismatched => "a value is not of the expected type or form",
            Self::Incomplete => "the text ends too early",
            Self::Unreadable => "the text cannot be read",
            Self::NotUnicode => "the text is not valid Unicode",
            Self::Missing => "there is no text",
            Self::Refused => "the text was refused",
        })
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Unknown => {}
            Place::At { line, column } => write!(f, "line {line}, column {column}: ")?,
            Place::Variable(name) => {
                write!(f, "environment variable `{}`: ", name.escape_debug())?;
            }
        }
        match self.kind {
            ParseErrorKind::Missing => write!(f, "{}", self.kind),
            kind => write!(f, "{kind}; its content is withheld"),
        }
    }
}

impl fmt::Debug for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ParseError {}

#[cfg(test)]
mod tests;
