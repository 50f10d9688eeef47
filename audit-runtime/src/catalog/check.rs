//! Compares the catalogue of this program with the one in a file, or writes that.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::differences;
use super::listed::{FORMAT, Listed};

/// The one value of `AUDIT_CATALOG`.
const WRITE: &str = "write";

/// What the environment asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// A file that is missing is written.
    Compare,
    /// A file that is missing is a mistake: nobody would commit it.
    CompareOnly,
    Write,
}

impl Wish {
    /// Reads the values of `AUDIT_CATALOG` and of `CI`, which the machines that build set.
    pub(super) fn of(catalog: Option<&OsStr>, ci: Option<&OsStr>) -> Result<Self, String> {
        let is_said = |value: &OsStr| !value.is_empty() && value != "false" && value != "0";
        match catalog.filter(|value| !value.is_empty()) {
            Some(value) if value == WRITE => Ok(Self::Write),
            Some(_) => {
                Err("AUDIT_CATALOG has one value, `write`, and was given another".to_owned())
            }
            None if ci.is_some_and(is_said) => Ok(Self::CompareOnly),
            None => Ok(Self::Compare),
        }
    }
}

/// What was done: nothing to tell, or that a file was written.
pub(super) fn check(path: &Path, wish: Wish, now: &Listed) -> Result<Option<String>, String> {
    let shown = path.display();
    match (read(path), wish) {
        (Ok(before), Wish::Write) => {
            let unversioned = differences::unversioned(&before, now);
            match unversioned.is_empty() {
                true => write(path, now).map(Some),
                false => Err(format!(
                    "{shown} is not written, since schemas have changed without a new version:\n    {}",
                    unversioned.join("\n    ")
                )),
            }
        }
        (_, Wish::Write) | (Err(Unread::Missing), Wish::Compare) => write(path, now).map(Some),
        (Err(Unread::Missing), Wish::CompareOnly) => Err(format!(
            "{shown} is missing: run this test where CI is not set, which writes it, and commit it"
        )),
        (Err(Unread::Other(why)), _) => Err(format!(
            "{shown} cannot be read: {why}; restore it, or write it anew with AUDIT_CATALOG=write"
        )),
        (Ok(before), _) => match differences::between(&before, now) {
            None => Ok(None),
            Some(text) => Err(format!(
                "this program's audit catalogue is not the one in {shown}:{text}\nif this is meant, \
                 run the test once with AUDIT_CATALOG=write, and commit what that changes in the file"
            )),
        },
    }
}

/// What has changed between two files, in prose.
pub(super) fn compare(before: &Path, now: &Path) -> io::Result<Option<String>> {
    let read = |path: &Path| {
        read(path)
            .map_err(|unread| match unread {
                Unread::Missing => io::Error::new(ErrorKind::NotFound, "it is missing"),
                Unread::Other(why) => io::Error::other(why),
            })
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    };
    Ok(differences::between(&read(before)?, &read(now)?))
}

/// What is said of waivers that should not be there any more, whatever the file has.
pub(super) fn stale(told: &[String]) -> String {
    format!(
        "waivers that are stale:\n    {}\nrecord what they leave out and remove them, or agree on another day",
        told.join("\n    ")
    )
}

enum Unread {
    Missing,
    Other(String),
}

fn read(path: &Path) -> Result<Listed, Unread> {
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Unread::Missing,
        _ => Unread::Other(error.to_string()),
    })?;
    let listed: Listed = serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Unread::Other(format!("line {line}, column {column} is not what this version wrote"))
    })?;
    match listed.format {
        FORMAT => Ok(listed.sorted()),
        _ => Err(Unread::Other("it has the format of another version of audited".to_owned())),
    }
}

/// Writes the file as a whole or not at all.
fn write(path: &Path, now: &Listed) -> Result<String, String> {
    let written =
        serde_json::to_string_pretty(now).map_err(io::Error::from).and_then(|mut text| {
            text.push('\n');
            let mut beside = path.as_os_str().to_owned();
            beside.push(".new");
            let beside = PathBuf::from(beside);
            fs::write(&beside, text)?;
            fs::rename(&beside, path)
        });
    let shown = path.display();
    written.map_err(|error| format!("{shown} cannot be written: {error}"))?;
    let Listed { actions, types, exceptions, waivers, .. } = now;
    let mut told = format!(
        "{shown} is written: {} actions, {} types, {} exceptions, {} waivers; read it through and commit it",
        actions.len(),
        types.len(),
        exceptions.len(),
        waivers.len()
    );
    for namesakes in differences::namesakes(now) {
        told.push_str(&format!("; one name for two: {namesakes}"));
    }
    Ok(told)
}

#[cfg(test)]
mod tests;
