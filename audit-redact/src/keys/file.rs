//! Files of keys: private, durable, there whole or not at all.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use audit_journal::{EventId, Timestamp};
use zeroize::Zeroizing;

use super::modes;

/// Thirty-two secret bytes, wiped when they are dropped.
pub type Secret = Zeroizing<[u8; KEY_BYTES]>;

const KEY_BYTES: usize = 32;
/// More than ten thousand keys; whatever is longer is no file of keys.
const TEXT_BYTES_MAX: u64 = 1 << 20;

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
    write_text(&draft, &text, modes::private)?;
    // Unlike a renaming, a link replaces no key that another process has made meanwhile.
    let linked = std::fs::hard_link(&draft, path);
    if linked.is_ok() {
        modes::sync_directory(path)?;
    }
    let _ = std::fs::remove_file(&draft);
    match linked {
        Ok(()) => {
            remove_drafts(path);
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
    if modes::has_other_names(&file)? {
        remove_drafts(path);
    }
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
    write_text(&draft, text, mode)?;
    let replaced = modes::keep_owner(&draft, path).and_then(|()| std::fs::rename(&draft, path));
    if let Err(error) = replaced {
        let _ = std::fs::remove_file(&draft);
        return Err(error);
    }
    modes::sync_directory(path)?;
    remove_drafts(path);
    Ok(())
}

/// Removes the drafts beside a file that has its name: nobody needs them, and each may hold a key.
pub(super) fn remove_drafts(path: &Path) {
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
        if is_draft(&found.file_name()) {
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
mod tests {
    use super::*;

    #[test]
    fn the_key_lies_beside_the_journal_however_that_is_spelt() {
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("audit");
        std::fs::create_dir(&journal).unwrap();
        let expected = std::fs::canonicalize(directory.path()).unwrap().join("audit.key");
        for spelling in
            [journal.clone(), journal.join(""), journal.join("."), journal.join("../audit")]
        {
            assert_eq!(beside(&spelling, ".key").unwrap(), expected);
        }
    }

    #[test]
    fn the_key_is_made_once_and_leaves_no_draft() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.key");
        let keys: Vec<_> = std::thread::scope(|scope| {
            let makers: Vec<_> = (0..8).map(|_| scope.spawn(|| create(&path, None))).collect();
            makers.into_iter().map(|maker| maker.join().unwrap().unwrap()).collect()
        });
        let key = read(&path, None).unwrap().unwrap();
        assert!(keys.iter().all(|made| **made == *key));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.key");
        create(&path, None).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = read(&path, None).unwrap_err();
        assert!(error.to_string().contains("0644"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_of_another_user_is_refused() {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.key");
        create(&path, None).unwrap();
        let me = owner(Some(directory.path())).unwrap();
        assert!(read(&path, Some(me)).is_ok());
        // Only root can give a file away; for others the journal is another user's.
        let (theirs, expected) = match chown(&path, Some(me + 1), None) {
            Ok(()) => (me + 1, me),
            Err(_) => (me, me + 1),
        };
        assert_eq!(std::fs::metadata(&path).unwrap().uid(), theirs);
        let error = read(&path, Some(expected)).unwrap_err().to_string();
        let told = [format!("user {theirs}"), format!("`chown {expected}`")];
        assert!(told.iter().all(|told| error.contains(told)), "{error}");
    }

    #[test]
    fn a_start_that_died_as_it_made_the_key_leaves_nothing_behind_for_ever() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.key");
        let names = || std::fs::read_dir(directory.path()).unwrap().count();
        let others = ["audit.key.old", "audit.key2.01890a5d-ac96-774b-bcce-b302099a8057"];
        others.iter().for_each(|name| std::fs::write(directory.path().join(name), "").unwrap());
        // It died before the key had its name.
        write_text(&draft_of(&path), "draft", modes::private).unwrap();
        assert!(read(&path, None).unwrap().is_none());
        let key = create(&path, None).unwrap();
        assert_eq!(names(), 1 + others.len());
        // It died after that.
        std::fs::hard_link(&path, draft_of(&path)).unwrap();
        assert!(*read(&path, None).unwrap().unwrap() == *key);
        assert_eq!(names(), 1 + others.len());
    }

    #[test]
    fn what_is_published_is_added_once_and_nothing_is_taken_away() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.vkey");
        let lines = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        publish(&path, &lines(&["one"])).unwrap();
        std::fs::write(&path, "one\nnote").unwrap();
        publish(&path, &lines(&["one", "two"])).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\nnote\ntwo\n");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_the_superuser_adds_leaves_the_file_to_its_owner() {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.keys");
        let add = || add_line(&path, "# keys\n", |_| Ok(Zeroizing::new("key".to_owned())));
        add().unwrap();
        // Only root can give a file away.
        let given = chown(&path, Some(4711), None).is_ok();
        let owner = std::fs::metadata(&path).unwrap().uid();
        add().unwrap();
        let found = std::fs::metadata(&path).unwrap();
        assert_eq!((found.uid(), found.mode() & 0o777), (owner, 0o600), "{given}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "# keys\nkey\nkey\n");
    }

    #[test]
    fn a_damaged_key_is_refused_without_being_shown() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.key");
        create(&path, None).unwrap();
        for damaged in ["deadbeef".to_owned(), "+f".repeat(KEY_BYTES)] {
            std::fs::write(&path, &damaged).unwrap();
            let error = read(&path, None).unwrap_err().to_string();
            assert!(error.contains("64 hexadecimal digits") && !error.contains(&damaged));
        }
    }
}
