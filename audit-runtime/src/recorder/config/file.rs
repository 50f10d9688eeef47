//! `audited.toml`: which keys it has, in which lines.

use std::collections::BTreeSet;
use std::path::Path;

use audit_syntax::{nearest, quoted};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{self, KEYS, Key};
use super::value::Written;

/// Reads `text` and calls `set` for every known key, with its place and its value.
pub(super) fn read(
    file: &Path,
    text: &str,
    mistakes: &mut Vec<String>,
    mut set: impl FnMut(String, &'static Key, &str, Written) -> Result<(), String>,
) {
    let place = |offset: usize| {
        let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("{} line {line}", file.display())
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        // The message alone: the error would show the line, which may hold a secret.
        let offset = error.span().map_or(0, |span| span.start);
        mistakes.push(format!("{}: not TOML: {}", place(offset), quoted(error.message())));
    }
    // What is left of a broken file would give mistakes that nobody made.
    if errors.is_empty() {
        each_key(table.get_ref(), "", &mut |name, offset, value| {
            let place = place(offset);
            let mistake = match keys::named(name) {
                Some(key) => set(place, key, name, written(value)).err(),
                None => Some(format!("{place}: {}", unknown(name))),
            };
            mistakes.extend(mistake);
        });
    }
}

/// Calls `visit` with the full name, the place and the value of every key.
fn each_key(table: &DeTable<'_>, section: &str, visit: &mut impl FnMut(&str, usize, &DeValue<'_>)) {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in entries {
        let name = format!("{section}{}", key.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) if section.is_empty() && keys::is_section(&name) => {
                each_key(inner, &format!("{name}."), visit);
            }
            DeValue::Table(_) if section.is_empty() && keys::CONSUMERS.contains(&name.as_str()) => {
            }
            other => visit(&name, Spanned::span(key).start, other),
        }
    }
}

fn written(value: &DeValue<'_>) -> Written {
    match value {
        DeValue::String(text) => Written::Text(text.to_string()),
        DeValue::Integer(whole) => {
            Written::Whole(u64::from_str_radix(whole.as_str(), whole.radix()).ok())
        }
        DeValue::Float(_) => Written::Other("a fraction"),
        DeValue::Boolean(_) => Written::Other("true or false"),
        DeValue::Datetime(_) => Written::Other("a date"),
        DeValue::Array(_) => Written::Other("a list"),
        DeValue::Table(_) => Written::Other("a section"),
    }
}

fn unknown(name: &str) -> String {
    let shown = quoted(name);
    if keys::is_section(name) || keys::CONSUMERS.contains(&name) {
        return format!("{shown} is a section; write `[{name}]` and its keys in lines below it");
    }
    if let Some((section, key)) = name.split_once('.').filter(|(_, key)| keys::named(key).is_some())
    {
        return format!("{shown} is no setting; move `{key}` above the line `[{section}]`");
    }
    let sections = KEYS.iter().filter_map(|key| key.name.split_once('.')).map(|(name, _)| name);
    let sections = sections.chain(keys::CONSUMERS.iter().copied());
    let known: BTreeSet<&str> = KEYS.iter().map(|key| key.name).chain(sections).collect();
    match keys::sibling(name).or_else(|| nearest(name, known)) {
        Some(nearest) => format!("{shown} is no setting; did you mean `{nearest}`?"),
        None => {
            let known: Vec<_> = KEYS.iter().map(|key| key.name).collect();
            format!("{shown} is no setting; known are {}", known.join(", "))
        }
    }
}
