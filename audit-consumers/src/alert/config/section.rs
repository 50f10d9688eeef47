//! One section of the file: its keys are taken one by one, and what is left over is a mistake.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use audit_syntax::{nearest, quoted};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::secret::SecretPlace;

/// The keys of one channel, with all mistakes that are found in them.
pub(super) struct Section<'a, 'd> {
    pub(super) name: &'a str,
    pub(super) place: String,
    pub(super) base: &'a Path,
    keys: &'a DeTable<'d>,
    at: &'a dyn Fn(usize) -> String,
    mistakes: &'a mut Vec<String>,
    known: BTreeSet<&'static str>,
    is_good: bool,
    takes_all: bool,
}

impl<'a, 'd> Section<'a, 'd> {
    pub(super) fn new(
        name: &'a str,
        place: String,
        keys: &'a DeTable<'d>,
        at: &'a dyn Fn(usize) -> String,
        base: &'a Path,
        mistakes: &'a mut Vec<String>,
    ) -> Self {
        let known = BTreeSet::new();
        Self { name, place, base, keys, at, mistakes, known, is_good: true, takes_all: false }
    }

    /// The text of a key, if it is there.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        match self.value(key)? {
            (_, DeValue::String(text)) if !text.trim().is_empty() => Some(text.to_string()),
            (offset, _) => self.wrong(offset, key, "\"TEXT\""),
        }
    }

    /// Like [`text`](Self::text), for what must be there.
    pub(super) fn needed(&mut self, key: &'static str) -> Option<String> {
        self.need(key);
        self.text(key)
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&mut self, key: &'static str, words: &[(T, &str)]) -> Option<T> {
        let allowed: Vec<_> = words.iter().map(|(_, word)| format!("\"{word}\"")).collect();
        let (offset, value) = self.value(key)?;
        let text = if let DeValue::String(text) = value { text.as_ref() } else { "" };
        match words.iter().find(|(_, word)| *word == text) {
            Some((found, _)) => Some(*found),
            None => self.wrong(offset, key, &allowed.join(" or ")),
        }
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        match self.value(key)? {
            (_, DeValue::Boolean(flag)) => Some(*flag),
            (offset, _) => self.wrong(offset, key, "true or false"),
        }
    }

    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let (offset, value) = self.value(key)?;
        let number = match value {
            DeValue::Integer(whole) => u64::from_str_radix(whole.as_str(), whole.radix()).ok(),
            _ => None,
        };
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        number.filter(|number| range.contains(number)).or_else(|| self.wrong(offset, key, &allowed))
    }

    /// A list of texts, or one text alone.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.need(key);
        let (offset, value) = self.value(key)?;
        let texts = match value {
            DeValue::String(text) => Some(vec![text.to_string()]),
            DeValue::Array(values) => values
                .iter()
                .map(|value| match value.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        let texts = texts.filter(|texts: &Vec<String>| !texts.is_empty());
        texts.or_else(|| self.wrong(offset, key, "[\"TEXT\", \"TEXT\"]"))
    }

    /// A path, which starts at the directory of the file.
    pub(super) fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        self.text(key).map(|path| self.base.join(path))
    }

    /// The place of a secret. What stands here instead may be the secret itself, so it is never shown.
    pub(super) fn secret(&mut self, key: &'static str) -> Option<SecretPlace> {
        let (offset, value) = self.value(key)?;
        let place = match value {
            DeValue::String(text) => SecretPlace::parse(text, self.base),
            _ => None,
        };
        if place.is_none() {
            self.mistake(offset, &format!(
                "`{key}` must name the place of a secret: write \"env:NAME\", with NAME in capitals, or \
                 \"file:PATH\"; if the secret itself stood here, replace it, others may have read it"
            ));
        }
        place
    }

    /// Reports a key that is missing.
    pub(super) fn need(&mut self, key: &'static str) {
        if !self.keys.contains_key(key) {
            let told = format!(
                "{}: `{key}` is missing in [alerts.channel.{}]; write it",
                self.place, self.name
            );
            self.known.insert(key);
            self.mistakes.push(told);
            self.is_good = false;
        }
    }

    /// Reports every key that nothing has asked for; true if there was no mistake at all.
    pub(super) fn end(&mut self) -> bool {
        let unknown: Vec<_> = self
            .keys
            .iter()
            .filter_map(|(key, _)| {
                let is_unknown = !self.takes_all && !self.known.contains(key.get_ref().as_ref());
                is_unknown.then(|| (Spanned::span(key).start, key.get_ref().to_string()))
            })
            .collect();
        let known: Vec<&str> = self.known.iter().copied().collect();
        for (offset, key) in unknown {
            self.mistake(offset, &unknown_key(&key, &known));
        }
        self.is_good
    }

    /// Takes all keys for known, in a build that does not know this kind.
    #[cfg(not(all(feature = "email", feature = "webhook")))]
    pub(super) fn skip_all(&mut self) {
        self.takes_all = true;
    }

    fn value(&mut self, key: &'static str) -> Option<(usize, &'a DeValue<'d>)> {
        self.known.insert(key);
        let (name, value) = self.keys.get_key_value(key)?;
        Some((Spanned::span(name).start, value.get_ref()))
    }

    fn wrong<T>(&mut self, offset: usize, key: &str, allowed: &str) -> Option<T> {
        self.mistake(
            offset,
            &format!("`{key}` is something else than it may be; write `{key} = {allowed}`"),
        );
        None
    }

    fn mistake(&mut self, offset: usize, told: &str) {
        self.mistakes.push(format!("{}: {told}", (self.at)(offset)));
        self.is_good = false;
    }
}

/// What is said of a key of `section` that is none.
pub(super) fn unknown(section: &str, key: &str, known: &[&str]) -> String {
    let told = unknown_key(key, known);
    if told.contains("did you mean") { told } else { format!("{told}, each behind `{section}`") }
}

fn unknown_key(key: &str, known: &[&str]) -> String {
    let shown = quoted(key);
    match nearest(key, known.iter().copied()) {
        Some(meant) => format!("{shown} is no setting here; did you mean `{meant}`?"),
        None => format!("{shown} is no setting here; known are {}", known.join(", ")),
    }
}
