//! `audited reveal`: a sealed value in clear, once it is recorded who has asked for it.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use audit_runtime::control::{Entry, Reveal as Revealed, append};
use audit_runtime::journal::Line;
use audit_runtime::redact::keys::Sealed;
use audit_runtime::redact::{OpenError, Redactor};
use serde_json::Value;

use crate::arguments::Reveal;
use crate::config;
use crate::failure::{Exit, Failure};
use crate::reading;
use crate::show::{absent, opaque};
use crate::terminal;

/// How many of the sealed fields a message names.
const NAMED_MAX: usize = 8;

pub(crate) fn run(arguments: &Reveal, out: &mut impl Write) -> Result<Exit, Failure> {
    let Reveal { seq, field, .. } = arguments;
    let named = config::journal(arguments.journal.as_deref())?;
    let reader = config::reader(&named)?;
    let line = reader.cursor(*seq)?.next()?.ok_or_else(|| absent(*seq))?;
    let text = sealed_text(&line, *seq, field)?;
    let (journal, epoch) = reading::current(&named).unwrap_or_else(|| (named.clone(), None));
    let origin = arguments.origin.clone().map_or_else(|| reader.origin(), Ok)?;
    let (value, key_id) = open(&origin, &journal, &text, *seq, field)?;
    let mut revealed = Revealed::of(*seq, field, key_id);
    revealed.epoch = epoch;
    // Before anything is shown: what nobody can account for nobody gets to see.
    append(&journal, &Entry::Reveal(revealed), reading::DEADLINE).map_err(|error| {
        Failure::Undecided(format!(
            "nothing is revealed, because it could not be recorded who has asked for it: {error}"
        ))
    })?;
    write(out, &value)?;
    Ok(Exit::Ok)
}

/// The text at the path `field` of the line, which must be a sealed value.
fn sealed_text(line: &Line, seq: u64, field: &str) -> Result<String, Failure> {
    let record: Value = serde_json::from_slice(line.bytes()).map_err(|_| opaque(seq))?;
    let mut texts = Vec::new();
    collect(&mut texts, String::new(), &record);
    let is_asked = |path: &str| path == field || terminal::escape(path) == field;
    match texts.iter().find(|(path, _)| is_asked(path)) {
        Some((_, text)) if Sealed::parse(text).is_some() => Ok((*text).to_owned()),
        Some(_) => Err(Failure::Undecided(format!(
            "`{field}` of record {seq} is not sealed: `audited show {seq}` prints it as it is"
        ))),
        None => {
            let sealed = texts.iter().filter(|(_, text)| Sealed::parse(text).is_some());
            let sealed: Vec<&str> = sealed.map(|(path, _)| path.as_str()).collect();
            let has = match sealed.as_slice() {
                [] => "nothing in it is sealed".to_owned(),
                paths if paths.len() > NAMED_MAX => {
                    format!("sealed are {} and more", paths[..NAMED_MAX].join(", "))
                }
                paths => format!("sealed is {}", paths.join(", ")),
            };
            Err(Failure::Undecided(format!("record {seq} has no text at `{field}`; {has}")))
        }
    }
}

/// Every text in `value` with its path, as `show` prints that.
fn collect<'a>(texts: &mut Vec<(String, &'a str)>, path: String, value: &'a Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let dot = if path.is_empty() { "" } else { "." };
                collect(texts, format!("{path}{dot}{name}"), value);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                collect(texts, format!("{path}[{index}]"), element);
            }
        }
        Value::String(text) => texts.push((path, text)),
        _ => {}
    }
}

/// The value, and the id of the key that opened it.
fn open(
    origin: &str,
    journal: &Path,
    text: &str,
    seq: u64,
    field: &str,
) -> Result<(Vec<u8>, String), Failure> {
    let settings = config::settings(journal)?;
    let keys = settings.sealing_keys(journal);
    let keys = keys.map_err(|error| Failure::Undecided(error.to_string()))?;
    let opened = Redactor::new(origin).with_keys(keys).open(text);
    let key_id = Sealed::parse(text).map_or("", |sealed| sealed.key_id());
    match opened {
        Ok(value) => Ok((value, key_id.to_owned())),
        Err(OpenError::UnknownKey(id)) => Err(Failure::Undecided(format!(
            "`{field}` of record {seq} is sealed by the key {id}, which is not here; restore it \
             from the backup to {}.keys or {0}.subjects, or name its file with the setting `keys`",
            journal.display()
        ))),
        Err(error @ OpenError::Altered(_)) => {
            Err(Failure::Tampered(format!("`{field}` of record {seq} cannot be read: {error}")))
        }
        Err(error) => {
            Err(Failure::Undecided(format!("`{field}` of record {seq} cannot be read: {error}")))
        }
    }
}

/// Writes the bytes as they are, but for a terminal, which they must not take over.
fn write(out: &mut impl Write, value: &[u8]) -> io::Result<()> {
    if io::stdout().is_terminal() {
        let text = String::from_utf8_lossy(value);
        return writeln!(out, "{}", terminal::escape(&text));
    }
    out.write_all(value)?;
    out.write_all(b"\n")
}
