//! The key of the keyed hashes: a file beside the journal's directory, made on the first start.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use audit_journal::{EventId, Timestamp};

use super::Error;
use audit_redact::HashKey;

const KEY_BYTES: usize = 32;

/// The default place: the path of the journal's existing directory with `.key` appended, so never
/// inside it.
///
/// # Errors
/// Fails when the directory's path cannot be found out.
pub(super) fn beside(journal: &Path) -> Result<PathBuf, Error> {
    // However the path is spelt, with `.` or `..` or a separator at its end.
    let canonical = std::fs::canonicalize(journal);
    let canonical =
        canonical.map_err(|cause| Error::KeyFile { path: journal.to_owned(), cause })?;
    let mut path = canonical.into_os_string();
    path.push(".key");
    Ok(path.into())
}

/// The user whom a key may belong to beside root: the owner of the journal's directory, as far as
/// there is one.
pub(super) fn owner(journal: Option<&Path>) -> Option<u32> {
    permissions::owner(&std::fs::metadata(journal?).ok()?)
}

/// Reads the key, if there is one, and removes what a start has left that died as it made it.
///
/// # Errors
/// Fails when the file cannot be read, is another user's, is readable by others, or holds no key.
pub(super) fn read(path: &Path, owner: Option<u32>) -> io::Result<Option<HashKey>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    if permissions::has_other_names(&file)? {
        remove_drafts(path);
    }
    read_open(file, owner).map(Some)
}

/// Reads the key of a file that must be there, and changes nothing.
///
/// # Errors
/// Fails when the file cannot be read, is another user's, is readable by others, or holds no key.
#[cfg(feature = "config")]
pub(super) fn read_existing(path: &Path, owner: Option<u32>) -> io::Result<HashKey> {
    read_open(File::open(path)?, owner)
}

/// The key that a text holds, if it holds one.
pub(super) fn parsed(text: &str) -> Option<HashKey> {
    parse(text.trim()).map(HashKey::from_bytes)
}

fn read_open(mut file: File, owner: Option<u32>) -> io::Result<HashKey> {
    permissions::refuse_foreign(&file, owner)?;
    permissions::refuse_wider(&file)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    parsed(&text).ok_or_else(|| {
        io::Error::other("it does not hold 64 hexadecimal digits; restore it from a backup")
    })
}

/// Makes the key, unless another process has made it meanwhile: then reads that.
///
/// It gets another name first, so that a key is there whole, and durable, or not at all.
///
/// # Errors
/// Fails when the file cannot be made, or [`read`] does.
pub(super) fn create(path: &Path, owner: Option<u32>) -> io::Result<HashKey> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let draft = draft_of(path);
    write_key(&draft, &key)?;
    // Unlike a renaming, a link replaces no key that another process has made meanwhile.
    let linked = std::fs::hard_link(&draft, path);
    if linked.is_ok() {
        permissions::sync_directory(path)?;
    }
    let _ = std::fs::remove_file(&draft);
    match linked {
        Ok(()) => {
            remove_drafts(path);
            Ok(HashKey::from_bytes(key))
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

/// Removes the drafts beside a key that has its name: nobody needs them, and each may hold a key.
fn remove_drafts(path: &Path) {
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

fn write_key(path: &Path, key: &[u8; KEY_BYTES]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    permissions::private(&mut options);
    let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut file = options.open(path)?;
    file.write_all(format!("{text}\n").as_bytes())?;
    file.sync_all()
}

/// A name that no other process uses at the same time.
fn draft_of(path: &Path) -> PathBuf {
    let unique = EventId::new(Timestamp::now());
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{unique}"));
    draft.into()
}

fn parse(text: &str) -> Option<[u8; KEY_BYTES]> {
    // Digit by digit, because a number may begin with `+`.
    if text.len() != 2 * KEY_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; KEY_BYTES];
    for (place, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(unix)]
mod permissions {
    //! Owner-only files on systems that have owners.

    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
    use std::path::Path;

    const ROOT: u32 = 0;

    pub(super) fn owner(metadata: &Metadata) -> Option<u32> {
        Some(metadata.uid())
    }

    /// True if the file is also found elsewhere, as a key is whose draft was not removed.
    pub(super) fn has_other_names(file: &File) -> io::Result<bool> {
        Ok(file.metadata()?.nlink() > 1)
    }

    pub(super) fn refuse_foreign(file: &File, owner: Option<u32>) -> io::Result<()> {
        let found = file.metadata()?.uid();
        match owner {
            Some(owner) if ![owner, ROOT].contains(&found) => Err(io::Error::other(format!(
                "it belongs to user {found}, who knows the key and could replace it, and the \
                 journal to user {owner}; if it can be trusted, run `chown {owner}` on it"
            ))),
            _ => Ok(()),
        }
    }

    pub(super) fn private(options: &mut OpenOptions) {
        options.mode(0o600);
    }

    /// Makes the name of `path` durable.
    pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
        match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => File::open(parent)?.sync_all(),
            None => File::open(".")?.sync_all(),
        }
    }

    pub(super) fn refuse_wider(file: &File) -> io::Result<()> {
        let mode = file.metadata()?.permissions().mode() & 0o777;
        if mode & 0o077 == 0 {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "its mode {mode:04o} lets others read the key; run `chmod 600` on it"
        )))
    }
}

#[cfg(not(unix))]
mod permissions {
    //! Systems without Unix modes: the directory's access list protects the file.

    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::path::Path;

    pub(super) fn owner(_: &Metadata) -> Option<u32> {
        None
    }

    /// True, since a look at what lies beside it does no harm.
    pub(super) fn has_other_names(_: &File) -> io::Result<bool> {
        Ok(true)
    }

    pub(super) fn refuse_foreign(_: &File, _: Option<u32>) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn private(_: &mut OpenOptions) {}

    pub(super) fn sync_directory(_: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn refuse_wider(_: &File) -> io::Result<()> {
        Ok(())
    }
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
            assert_eq!(beside(&spelling).unwrap(), expected);
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
        let pseudonym = read(&path, None).unwrap().unwrap().pseudonym("d", b"v");
        assert!(keys.iter().all(|key| key.pseudonym("d", b"v") == pseudonym));
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
        write_key(&draft_of(&path), &[1; KEY_BYTES]).unwrap();
        assert!(read(&path, None).unwrap().is_none());
        let key = create(&path, None).unwrap();
        assert_eq!(names(), 1 + others.len());
        // It died after that.
        std::fs::hard_link(&path, draft_of(&path)).unwrap();
        let read = read(&path, None).unwrap().unwrap();
        assert_eq!(read.pseudonym("d", b"v"), key.pseudonym("d", b"v"));
        assert_eq!(names(), 1 + others.len());
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
