//! Whose the files are: the journal's directory belongs to the service's user, and so must all in it.

#[cfg(not(unix))]
pub(super) use other::{superusers, superusers_key};
#[cfg(unix)]
pub(super) use unix::{superusers, superusers_key};

#[cfg(unix)]
mod unix {
    //! Another user's files are refused as such; the superuser's are not, but nobody else opens them.

    use std::fs;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};

    const ROOT: u32 = 0;

    /// What the service's user cannot open in its own journal, and the command that mends it.
    pub(crate) fn superusers(journal: &Path) -> Option<String> {
        let user = service(journal)?;
        let mut open = vec![journal.to_owned()];
        let mut found: Vec<PathBuf> = Vec::new();
        while let Some(directory) = open.pop() {
            // What cannot be listed is told by the checks that need it.
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                let Ok(metadata) = entry.metadata() else { continue };
                if metadata.is_dir() {
                    open.push(entry.path());
                }
                if metadata.uid() == ROOT {
                    found.push(entry.path());
                }
            }
        }
        let first = found.iter().min()?;
        Some(format!(
            "{} belongs to the superuser ({} such in all), as if somebody had run the service or \
             `audited repair` so, and the service's user {user} cannot open it; run: chown -R \
             {user} {}",
            first.display(),
            found.len(),
            quoted(journal)
        ))
    }

    /// The same of the key, which has a place of its own.
    pub(crate) fn superusers_key(key: &Path, journal: &Path) -> Option<String> {
        let user = service(journal)?;
        let is_roots = fs::metadata(key).is_ok_and(|metadata| metadata.uid() == ROOT);
        is_roots.then(|| {
            format!(
                "{} belongs to the superuser, and the service's user {user} cannot read it; run: \
                 chown {user} {}",
                key.display(),
                quoted(key)
            )
        })
    }

    /// The service's user, unless that may open everything.
    fn service(journal: &Path) -> Option<u32> {
        fs::metadata(journal).ok().map(|metadata| metadata.uid()).filter(|user| *user != ROOT)
    }

    /// The path as one word of a shell command.
    fn quoted(path: &Path) -> String {
        format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
    }
}

#[cfg(not(unix))]
mod other {
    //! Owners are not compared here.

    use std::path::Path;

    pub(crate) fn superusers(_journal: &Path) -> Option<String> {
        None
    }

    pub(crate) fn superusers_key(_key: &Path, _journal: &Path) -> Option<String> {
        None
    }
}
