//! Whose files a watch makes: those of the journal's owner, also where the superuser runs it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

const ROOT: u32 = 0;

/// What only the owner may read and write.
const PRIVATE: u32 = 0o600;

/// The user and the group of a journal's directory; nobody if that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Owner(Option<(u32, u32)>);

impl Owner {
    /// Whose the directory `journal` is.
    pub(crate) fn of(journal: &Path) -> Self {
        Self(fs::metadata(journal).ok().map(|found| (found.uid(), found.gid())))
    }

    /// Makes the file, private and empty, for this owner.
    ///
    /// Only a file that did not exist is given away: what stands there already may be a link to another.
    ///
    /// # Errors
    /// Fails when it is there, cannot be made, or cannot be given to its owner.
    pub(crate) fn make(self, path: &Path) -> io::Result<File> {
        let file = File::options().write(true).create_new(true).mode(PRIVATE).open(path)?;
        let maker = file.metadata()?;
        match self.0 {
            // Whoever is not the superuser cannot give files away, and need not.
            Some((user, group))
                if maker.uid() == ROOT && (user, group) != (maker.uid(), maker.gid()) =>
            {
                fchown(&file, Some(user), Some(group))?;
            }
            _ => {}
        }
        Ok(file)
    }

    /// The file, made if it is missing.
    ///
    /// # Errors
    /// Fails when it cannot be made, or cannot be opened for writing.
    pub(crate) fn make_or_open(self, path: &Path) -> io::Result<File> {
        match self.make(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                File::options().write(true).open(path)
            }
            made => made,
        }
    }

    /// The command that gives those of the files to their owner that are somebody else's; `None` if there
    /// are none.
    pub(crate) fn mend(self, files: &[PathBuf]) -> Option<String> {
        let (user, group) = self.0?;
        let is_foreign =
            |path: &&PathBuf| fs::metadata(path).is_ok_and(|found| found.uid() != user);
        let foreign: Vec<String> =
            files.iter().filter(is_foreign).map(|path| quoted(path)).collect();
        (!foreign.is_empty()).then(|| {
            format!(
                "it was made by another user than the journal's; run: chown {user}:{group} {}",
                foreign.join(" ")
            )
        })
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

    use super::*;

    const OTHER: u32 = 4_242;

    /// A directory that belongs to somebody else, if root runs this; whose it is.
    fn journal(place: &Path) -> (PathBuf, u32) {
        let journal = place.join("audit");
        fs::create_dir(&journal).unwrap();
        _ = chown(&journal, Some(OTHER), Some(OTHER));
        let owner = fs::metadata(&journal).unwrap().uid();
        (journal, owner)
    }

    #[test]
    fn what_is_made_is_the_owners_and_private() {
        let place = tempfile::tempdir().unwrap();
        let (journal, owner) = journal(place.path());
        let path = place.path().join("file");
        for _ in 0..2 {
            Owner::of(&journal).make_or_open(&path).unwrap();
            let found = fs::metadata(&path).unwrap();
            assert_eq!((found.uid(), found.permissions().mode() & 0o777), (owner, PRIVATE));
        }
        assert_eq!(Owner::of(&journal).mend(&[path]), None);
    }

    #[test]
    fn what_is_there_already_is_given_to_nobody() {
        let place = tempfile::tempdir().unwrap();
        let (journal, _) = journal(place.path());
        let (theirs, link) = (place.path().join("it's"), place.path().join("link"));
        fs::write(&theirs, "").unwrap();
        let before = fs::metadata(&theirs).unwrap().uid();
        symlink(&theirs, &link).unwrap();
        Owner::of(&journal).make_or_open(&link).unwrap();
        assert_eq!(fs::metadata(&theirs).unwrap().uid(), before);
        assert!(Owner::of(&journal).make(&link).is_err());
        let mend = Owner::of(&journal).mend(&[theirs.clone(), place.path().join("absent")]);
        if before == OTHER || fs::metadata(&journal).unwrap().uid() == before {
            assert_eq!(mend, None);
        } else {
            let command =
                format!("run: chown {OTHER}:{OTHER} '{}/it'\\''s'", place.path().display());
            assert!(mend.unwrap().ends_with(&command));
        }
    }
}
