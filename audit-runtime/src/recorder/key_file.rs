//! The key of the keyed hashes: a file beside the journal's directory, made on the first start.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use audit_journal::{EventId, Timestamp};

use super::Error;
use crate::hash_key::HashKey;

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

/// Reads the key, if there is one.
///
/// # Errors
/// Fails when the file cannot be read, is readable by others, or holds no key.
pub(super) fn read(path: &Path) -> io::Result<Option<HashKey>> {
    match File::open(path) {
        Ok(file) => read_open(file).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the key of a file that must be there.
///
/// # Errors
/// Fails when the file cannot be read, is readable by others, or holds no key.
#[cfg(feature = "config")]
pub(super) fn read_existing(path: &Path) -> io::Result<HashKey> {
    read_open(File::open(path)?)
}

/// The key that a text holds, if it holds one.
pub(super) fn parsed(text: &str) -> Option<HashKey> {
    parse(text.trim()).map(HashKey::from_bytes)
}

fn read_open(mut file: File) -> io::Result<HashKey> {
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
pub(super) fn create(path: &Path) -> io::Result<HashKey> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let draft = draft_of(path);
    write_key(&draft, &key)?;
    // Unlike a renaming, a link replaces no key that another process has made meanwhile.
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Ok(()) => {
            permissions::sync_directory(path)?;
            Ok(HashKey::from_bytes(key))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read_open(File::open(path)?),
        Err(error) => Err(error),
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

    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    use std::path::Path;

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

    use std::fs::{File, OpenOptions};
    use std::io;
    use std::path::Path;

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
            let makers: Vec<_> = (0..8).map(|_| scope.spawn(|| create(&path))).collect();
            makers.into_iter().map(|maker| maker.join().unwrap().unwrap()).collect()
        });
        let pseudonym = read(&path).unwrap().unwrap().pseudonym("d", b"v");
        assert!(keys.iter().all(|key| key.pseudonym("d", b"v") == pseudonym));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.key");
        create(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.to_string().contains("0644"), "{error}");
    }

    #[test]
    fn a_damaged_key_is_refused_without_being_shown() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.key");
        create(&path).unwrap();
        for damaged in ["deadbeef".to_owned(), "+f".repeat(KEY_BYTES)] {
            std::fs::write(&path, &damaged).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains("64 hexadecimal digits") && !error.contains(&damaged));
        }
    }
}
