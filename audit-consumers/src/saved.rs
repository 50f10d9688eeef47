//! A file that is replaced whole, or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::owner::Owner;

/// What a consumer keeps for the journal in the directory `journal` lies beside that, never inside.
#[cfg(feature = "alerts")]
pub(crate) fn beside(journal: &Path, ending: &str) -> PathBuf {
    // However the path is spelt, with `.` or `..` or a separator at its end.
    let journal = journal.canonicalize().unwrap_or_else(|_| journal.to_owned());
    let mut name = journal.into_os_string();
    name.push(ending);
    name.into()
}

/// A file with what a consumer keeps. Only its user may read it.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    path: PathBuf,
    owner: Owner,
}

impl Saved {
    /// The file at `path`, which need not be there yet.
    pub(crate) fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), owner: Owner::default() }
    }

    /// The same for the owner of a journal, whoever runs this.
    #[cfg(feature = "alerts")]
    pub(crate) fn for_owner(self, owner: Owner) -> Self {
        Self { owner, ..self }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What was saved last; `None` if nothing was.
    ///
    /// # Errors
    /// Fails when the file cannot be read.
    pub(crate) fn load(&self) -> Result<Option<Vec<u8>>, Error> {
        match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some).map_err(Error::state("read", &self.path)),
        }
    }

    /// Puts `content` in the place of what was saved before, durably.
    ///
    /// # Errors
    /// Fails when that cannot be done; what was saved before is there then.
    pub(crate) fn replace(&self, content: &[u8]) -> Result<(), Error> {
        let draft = self.draft();
        let written = self.make(&draft).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&draft, &self.path)?;
            self.sync_directory()
        });
        written.map_err(Error::state("write", &self.path))
    }

    /// An empty file that only the owner may open, in place of what a save has left that was cut off.
    fn make(&self, draft: &Path) -> io::Result<File> {
        match fs::remove_file(draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.owner.make(draft),
        }
    }

    fn draft(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        name.into()
    }

    /// Makes the new name durable, where directories can be synced.
    fn sync_directory(&self) -> io::Result<()> {
        if cfg!(windows) {
            return Ok(());
        }
        let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_there_whole_and_for_its_user_only() {
        let directory = tempfile::tempdir().unwrap();
        let saved = Saved::at(directory.path().join("state"));
        assert_eq!(saved.load().unwrap(), None);
        saved.replace(b"one").unwrap();
        saved.replace(b"2").unwrap();
        assert_eq!(saved.load().unwrap().unwrap(), b"2");
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(
                &fs::metadata(saved.path()).unwrap().permissions(),
            );
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_save_that_was_cut_off_leaves_the_one_before() {
        let directory = tempfile::tempdir().unwrap();
        let saved = Saved::at(directory.path().join("state"));
        saved.replace(b"whole").unwrap();
        fs::write(saved.draft(), b"ha").unwrap();
        assert_eq!(saved.load().unwrap().unwrap(), b"whole");
        saved.replace(b"next").unwrap();
        assert_eq!(saved.load().unwrap().unwrap(), b"next");
    }
}
