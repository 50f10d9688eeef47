//! Files of keys: private, durable, there whole or not at all.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use audit_journal::{EventId, Timestamp};
use zeroize::Zeroizing;

use super::modes;

/// Thirty-two secret bytes, wiped when they are dropped.
pub type Secret = Zeroizing<[u8; KEY_BYTES]>;

const KEY_BYTES: usize = 32;
/// More than ten thousand keys; whatever is longer is no file of keys.
const TEXT_BYTES_MAX: u64 = 1 << 20;
/// Nobody is at a draft for so long.
const DRAFT_AGE_MAX: Duration = Duration::from_secs(60);

/// A place beside the journal's existing directory, with `ending` appended to its path, so never
/// inside it.
///
/// # Errors
/// Fails when the directory's path cannot be found out.
pub fn beside(journal: &Path, ending: &str) -> io::Result<PathBuf> {
    // However the path is spelt, with `.` or `..` or a separator at its end.
    let mut path = std::fs::canonicalize(journal)?.into_os_string();
    path.push(ending);
    Ok(path.into())
}

/// True if the file lies in the directory, or would, wherever links lead to.
pub fn is_inside(file: &Path, directory: &Path) -> bool {
    let Ok(directory) = std::fs::canonicalize(directory) else { return false };
    let parent = || match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => std::fs::canonicalize(parent),
        _ => std::fs::canonicalize("."),
    };
    let place = std::fs::canonicalize(file).ok().into_iter().chain(parent().ok());
    place.into_iter().any(|place| place.starts_with(&directory))
}

/// The user whom a key may belong to beside root: the owner of the journal's directory, as far as
/// there is one.
pub fn owner(journal: Option<&Path>) -> Option<u32> {
    modes::owner(&std::fs::metadata(journal?).ok()?)
}

/// Reads the key, if there is one, and removes what a start has left that died as it made it.
///
/// # Errors
/// Fails when the file cannot be read, is another user's, is readable by others, or holds no key.
pub fn read(path: &Path, owner: Option<u32>) -> io::Result<Option<Secret>> {
    let text = read_text(path, owner)?;
    text.map(|text| parse(&text).ok_or_else(no_key)).transpose()
}

/// Reads the key of a file that must be there, and changes nothing.
///
/// # Errors
/// Fails when the file cannot be read, is another user's, is readable by others, or holds no key.
pub fn read_existing(path: &Path, owner: Option<u32>) -> io::Result<Secret> {
    parse(&read_open(File::open(path)?, owner)?).ok_or_else(no_key)
}

/// The key that a text holds, if it holds one: 64 hexadecimal digits.
pub fn parse(text: &str) -> Option<Secret> {
    let text = text.trim();
    // Digit by digit, because a number may begin with `+`.
    if text.len() != 2 * KEY_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = Secret::default();
    for (place, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(key)
}

/// Makes the key, unless another process has made it meanwhile: then reads that.
///
/// It gets another name first, so that a key is there whole, and durable, or not at all.
///
/// # Errors
/// Fails when the file cannot be made, or [`read`] does.
pub fn create(path: &Path, owner: Option<u32>) -> io::Result<Secret> {
    let text = create_fresh(path, owner)?;
    parse(&text).ok_or_else(no_key)
}

/// Like [`create`], for a file that another process may have made with something else in it.
pub(super) fn create_fresh(path: &Path, owner: Option<u32>) -> io::Result<Zeroizing<String>> {
    create_text(path, owner, &[&digits(&random()?), "\n"])
}

/// Like [`create`], for a file that holds the text of all `parts`.
///
/// # Errors
/// Fails as [`create`] does, but that the text is not looked at.
pub fn create_text(
    path: &Path,
    owner: Option<u32>,
    parts: &[&str],
) -> io::Result<Zeroizing<String>> {
    let text = joined(parts);
    let draft = draft_of(path);
    write_draft(&draft, &text, modes::private)?;
    // Unlike a renaming, a link replaces no key that another process has made meanwhile.
    let linked = std::fs::hard_link(&draft, path);
    if linked.is_ok() {
        modes::sync_directory(path)?;
    }
    let _ = std::fs::remove_file(&draft);
    match linked {
        Ok(()) => {
            remove_drafts(path, Duration::ZERO);
            Ok(text)
        }
        // Whoever has made one may have removed this draft as well.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) =>
        {
            read_open(File::open(path)?, owner)
        }
        Err(error) => Err(error),
    }
}

/// Reads a file of keys, if it is there, and removes what a process has left that died as it made
/// it.
///
/// # Errors
/// Fails when the file cannot be read, is another user's, is readable by others, or is no text.
pub fn read_text(path: &Path, owner: Option<u32>) -> io::Result<Option<Zeroizing<String>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    // Who adds a key now needs its draft.
    let age = if modes::has_other_names(&file)? { Duration::ZERO } else { DRAFT_AGE_MAX };
    remove_drafts(path, age);
    read_open(file, owner).map(Some)
}

/// Puts `text` in the place of the file, whole and durable or not at all.
pub(super) fn replace_text(path: &Path, text: &str) -> io::Result<()> {
    replace(path, text, modes::private)
}

/// Adds to a file of keys, which is made if it is missing and begins with `head` then, the line that
/// `line` makes of what the file holds now.
///
/// # Errors
/// Fails when `line` does, or the file cannot be read or replaced. It is as it was then.
pub fn add_line(
    path: &Path,
    head: &str,
    line: impl FnOnce(&str) -> io::Result<Zeroizing<String>>,
) -> io::Result<()> {
    // Two that add a key at once must not lose one.
    let _lock = modes::lock_directory(path)?;
    let old = read_text(path, None)?;
    let old = old.as_deref().map_or(head, String::as_str);
    let line = line(old)?;
    let end = if old.ends_with('\n') { "" } else { "\n" };
    let text = joined(&[old, end, &line, "\n"]);
    replace_text(path, &text)
}

/// Adds lines that everybody may read to a file that everybody may read, unless they are in it.
///
/// # Errors
/// Fails when the file cannot be read or replaced.
pub fn publish(path: &Path, lines: &[String]) -> io::Result<()> {
    let mut text = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        opened => {
            let mut text = String::new();
            opened?.take(TEXT_BYTES_MAX).read_to_string(&mut text)?;
            text
        }
    };
    let missing: Vec<_> =
        lines.iter().filter(|line| !text.lines().any(|known| known == **line)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    missing.into_iter().for_each(|line| text.extend([line.as_str(), "\n"]));
    replace(path, &text, modes::public)
}

fn replace(path: &Path, text: &str, mode: fn(&mut OpenOptions)) -> io::Result<()> {
    let draft = draft_of(path);
    write_draft(&draft, text, mode)?;
    let replaced = modes::keep_owner(&draft, path).and_then(|()| std::fs::rename(&draft, path));
    if let Err(error) = replaced {
        let _ = std::fs::remove_file(&draft);
        return Err(error);
    }
    modes::sync_directory(path)?;
    remove_drafts(path, Duration::ZERO);
    Ok(())
}

/// Removes the drafts beside a file, of this age at least: nobody needs them, and each may hold a key.
pub(super) fn remove_drafts(path: &Path, age: Duration) {
    let (Some(name), Some(parent)) = (path.file_name().and_then(OsStr::to_str), path.parent())
    else {
        return;
    };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let is_draft = |found: &OsStr| {
        let unique = found.to_str().and_then(|found| found.strip_prefix(name)?.strip_prefix('.'));
        unique.and_then(EventId::parse).is_some()
    };
    // Whatever cannot be listed or removed now is so by the next start that can.
    for found in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let since = found.metadata().and_then(|metadata| metadata.modified());
        let is_old =
            age.is_zero() || since.is_ok_and(|since| since.elapsed().is_ok_and(|it| it > age));
        if is_draft(&found.file_name()) && is_old {
            let _ = std::fs::remove_file(found.path());
        }
    }
}

/// Fresh bytes from the operating system's random source.
///
/// # Errors
/// Fails when that gives none.
pub fn random() -> io::Result<Secret> {
    let mut key = Secret::default();
    getrandom::fill(key.as_mut_slice()).map_err(io::Error::other)?;
    Ok(key)
}

/// The key as a file holds it.
pub(super) fn digits(key: &Secret) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES));
    for nibble in key.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
        text.push(char::from_digit(nibble.into(), 16).unwrap_or_default());
    }
    text
}

/// One text, of which no part stays behind in memory that was outgrown.
fn joined(parts: &[&str]) -> Zeroizing<String> {
    let length = parts.iter().map(|part| part.len()).sum();
    let mut text = Zeroizing::new(String::with_capacity(length));
    parts.iter().for_each(|part| text.push_str(part));
    text
}

fn read_open(file: File, owner: Option<u32>) -> io::Result<Zeroizing<String>> {
    modes::refuse_foreign(&file, owner)?;
    modes::refuse_wider(&file)?;
    // Room for all of it, so that no part of it stays behind in memory that was outgrown.
    let length = file.metadata()?.len();
    if length > TEXT_BYTES_MAX {
        return Err(io::Error::other(
            "it is too long for a file of keys; restore it from a backup",
        ));
    }
    let mut text = Zeroizing::new(String::with_capacity(length as usize + 1));
    file.take(TEXT_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// Writes a draft; one that could not be written whole does not stay.
fn write_draft(path: &Path, text: &str, mode: fn(&mut OpenOptions)) -> io::Result<()> {
    write_text(path, text, mode).inspect_err(|_| _ = std::fs::remove_file(path))
}

fn write_text(path: &Path, text: &str, mode: fn(&mut OpenOptions)) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    mode(&mut options);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A name that no other process uses at the same time.
fn draft_of(path: &Path) -> PathBuf {
    let unique = EventId::new(Timestamp::now());
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{unique}"));
    draft.into()
}

fn no_key() -> io::Error {
    io::Error::other("it does not hold 64 hexadecimal digits; restore it from a backup")
}

#[cfg(test)]
mod tests;
