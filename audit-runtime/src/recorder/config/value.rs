//! A value as it was written, and as the setting that it is checked to be.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::keys::{Apply, Change, Classify, Key, Kind};
use crate::recorder::RecorderBuilder;
use audit_anchor::Syslog;
use audit_redact::keys::file as key_file;
use audit_redact::{HashKey, Keys, Tightness};
use audit_syntax::quoted;

/// A value as the file or the environment has it.
pub(super) enum Written {
    /// A string of the file.
    Text(String),
    /// A whole number of the file; none if it is out of all ranges.
    Whole(Option<u64>),
    /// Anything else that the file may have, by the name of its type.
    Other(&'static str),
    /// The text of a variable, which may stand for a number, too.
    Variable(String),
}

/// A value that fits its setting, with the method that takes it.
#[derive(Clone)]
pub(super) enum Value {
    Journal(PathBuf),
    Path(PathBuf, Apply<PathBuf>),
    Text(String, Apply<String>),
    Number(u64, Apply<u64>),
    Word(Change),
    Secret(Secret, Apply<HashKey>),
    Ring(Secret, Apply<Keys>),
    Class(String, Tightness, Classify),
    Days(u64),
}

/// For how many days records may be kept: up to a hundred years.
const DAYS: RangeInclusive<u64> = 1..=36_525;

/// Where a secret is kept.
#[derive(Clone)]
pub(super) enum Secret {
    Variable(String),
    File(PathBuf),
}

impl Value {
    /// Checks what was written; paths in it start at `base`.
    ///
    /// # Errors
    /// Says what is allowed instead.
    pub(super) fn check(
        key: &Key,
        name: &str,
        written: Written,
        base: &Path,
    ) -> Result<Self, String> {
        match &key.kind {
            Kind::Number(range, apply) => {
                Ok(Self::Number(number(key.name, written, range)?, *apply))
            }
            Kind::Days => Ok(Self::Days(number(name, written, &DAYS)?)),
            Kind::Word(words) => {
                let names: Vec<_> = words.iter().map(|(name, _)| format!("\"{name}\"")).collect();
                let allowed = names.join(", ");
                let text = text(key, written, &allowed)?;
                let found = words.iter().find(|(name, _)| *name == text);
                let (_, apply) = found.ok_or_else(|| {
                    format!("`{}` is {}; write one of {allowed}", key.name, quoted(&text))
                })?;
                Ok(Self::Word(*apply))
            }
            Kind::Text(bytes_max, apply) => {
                let text = text(key, written, "\"TEXT\"")?;
                let fits = text.len() <= *bytes_max;
                fits.then_some(Self::Text(text, *apply)).ok_or_else(|| {
                    format!("`{}` is longer than {bytes_max} bytes; shorten it", key.name)
                })
            }
            Kind::Syslog(apply) => {
                let address = text(key, written, "\"tcp://HOST:PORT\"")?;
                match Syslog::at(&address) {
                    Ok(_) => Ok(Self::Text(address, *apply)),
                    Err(advice) => Err(format!("`{}` is {}; {advice}", key.name, quoted(&address))),
                }
            }
            Kind::Journal => Ok(Self::Journal(base.join(text(key, written, "\"PATH\"")?))),
            Kind::Path(apply) => Ok(Self::Path(base.join(text(key, written, "\"PATH\"")?), *apply)),
            Kind::Secret(apply) => Ok(Self::Secret(Secret::check(key, written, base)?, *apply)),
            Kind::Ring(apply) => Ok(Self::Ring(Secret::check(key, written, base)?, *apply)),
            Kind::Class(apply) => tightness(name, written, *apply),
        }
    }

    /// Gives the value to `builder`.
    ///
    /// # Errors
    /// Says why a secret cannot be had.
    pub(super) fn apply(&self, builder: RecorderBuilder) -> Result<RecorderBuilder, String> {
        Ok(match self {
            Self::Journal(_) | Self::Days(_) => builder,
            Self::Path(path, apply) => apply(builder, path.clone()),
            Self::Text(text, apply) => apply(builder, text.clone()),
            Self::Number(number, apply) => apply(builder, *number),
            Self::Word(apply) => apply(builder),
            Self::Secret(secret, apply) => {
                let key = secret.read(builder.journal())?;
                apply(builder, key)
            }
            Self::Ring(secret, apply) => {
                let keys = secret.read_ring(builder.journal())?;
                apply(builder, keys)
            }
            Self::Class(name, tightness, apply) => apply(builder, name.clone(), *tightness),
        })
    }
}

impl Secret {
    /// What stands here instead of a place may be the secret itself, so it is never shown.
    fn check(key: &Key, written: Written, base: &Path) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{}` must name the place of a secret: write \"env:NAME\" or \"file:PATH\"; if the \
                 secret itself stood here, replace it, others may have read it",
                key.name
            )
        };
        let (Written::Text(text) | Written::Variable(text)) = written else {
            return Err(wrong());
        };
        match text.split_once(':') {
            // Later errors show the name of the place, which must not be the key either.
            Some((_, name)) if holds_key(name) => Err(wrong()),
            Some(("env", name)) if is_variable(name) => Ok(Self::Variable(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(base.join(path))),
            _ => Err(wrong()),
        }
    }

    /// Reads the ring of keys from where it is kept.
    pub(super) fn read_ring(&self, journal: Option<&Path>) -> Result<Keys, String> {
        let keys = match self {
            Self::Variable(name) => Keys::from_variable(name),
            Self::File(path) => Keys::of_owner(path, key_file::owner(journal)),
        };
        keys.map_err(|cause| format!("{cause} (`keys` names it)"))
    }

    /// Reads the secret from where it is kept.
    pub(super) fn read(&self, journal: Option<&Path>) -> Result<HashKey, String> {
        match self {
            Self::Variable(name) => {
                let named = format!("the variable {name}, which `hash_key` names,");
                let text = std::env::var(name)
                    .map_err(|_| format!("{named} is not set; set it to 64 hexadecimal digits"))?;
                key_file::parse(&text)
                    .map(|key| HashKey::from_bytes(*key))
                    .ok_or_else(|| format!("{named} does not hold 64 hexadecimal digits"))
            }
            Self::File(path) => {
                let read = key_file::read_existing(path, key_file::owner(journal));
                read.map(|key| HashKey::from_bytes(*key)).map_err(|cause| {
                    let path = path.display().to_string();
                    format!(
                        "cannot use the key file {}: {cause} (`hash_key` names it)",
                        quoted(&path)
                    )
                })
            }
        }
    }
}

impl Written {
    /// How the type is called in a sentence.
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Variable(_) => "a text",
            Self::Whole(_) => "a number",
            Self::Other(kind) => kind,
        }
    }
}

fn tightness(name: &str, written: Written, apply: Classify) -> Result<Value, String> {
    let words = Tightness::ALL.map(|tightness| format!("\"{}\"", tightness.word())).join(", ");
    let (Written::Text(word) | Written::Variable(word)) = &written else {
        return Err(format!("`{name}` is {}; write one of {words}", written.kind()));
    };
    let found = Tightness::ALL.into_iter().find(|tightness| tightness.word() == word);
    let found =
        found.ok_or_else(|| format!("`{name}` is {}; write one of {words}", quoted(word)))?;
    let class = name.split_once('.').map_or(name, |(_, class)| class);
    Ok(Value::Class(class.to_owned(), found, apply))
}

fn number(name: &str, written: Written, range: &RangeInclusive<u64>) -> Result<u64, String> {
    let wrong = |shown: String| {
        let (least, most) = (range.start(), range.end());
        format!("`{name}` is {shown}; write a whole number from {least} to {most}")
    };
    let number = match written {
        Written::Whole(number) => number.ok_or_else(|| wrong("out of range".into()))?,
        Written::Variable(text) => text.parse().map_err(|_| wrong(quoted(&text)))?,
        other => return Err(wrong(other.kind().to_owned())),
    };
    if range.contains(&number) { Ok(number) } else { Err(wrong(number.to_string())) }
}

/// True if a key may stand in the text: so many hexadecimal digits in a row as one has.
fn holds_key(text: &str) -> bool {
    text.as_bytes().windows(64).any(|run| run.iter().all(u8::is_ascii_hexdigit))
}

fn text(key: &Key, written: Written, allowed: &str) -> Result<String, String> {
    match written {
        Written::Text(text) | Written::Variable(text) if text.is_empty() => {
            Err(format!("`{0}` is empty; write `{0} = {allowed}` or leave it out", key.name))
        }
        Written::Text(text) | Written::Variable(text) => Ok(text),
        other => Err(format!("`{0}` is {1}; write `{0} = {allowed}`", key.name, other.kind())),
    }
}

/// True for what can be the name of a variable.
fn is_variable(name: &str) -> bool {
    let first_is_letter =
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    first_is_letter && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
