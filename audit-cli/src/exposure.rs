//! What of a journal's files its service would refuse, although every record may be as it was.

#[cfg(unix)]
pub(crate) use unix::found;

/// Elsewhere the directory's own access rules hold.
#[cfg(not(unix))]
pub(crate) fn found(_: &std::path::Path) -> Option<String> {
    None
}

#[cfg(unix)]
mod unix {
    //! Links, and modes that let everybody in.

    use std::fs::{self, Metadata};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::{Path, PathBuf};

    /// The first such file, in the order of their names, as one sentence.
    ///
    /// What cannot be looked at is left for the check itself to report.
    pub(crate) fn found(journal: &Path) -> Option<String> {
        let mut paths = Vec::new();
        for directory in [journal, &journal.join("seg")] {
            let entries = fs::read_dir(directory).into_iter().flatten().flatten();
            paths.extend(entries.map(|entry| entry.path()));
        }
        paths.sort();
        // The directory itself may be reached through a link.
        let itself = fs::metadata(journal).ok().and_then(|metadata| flaw(journal, &metadata));
        let inside = |path: &PathBuf| flaw(path, &fs::symlink_metadata(path).ok()?);
        itself.or_else(|| paths.iter().find_map(inside))
    }

    fn flaw(path: &Path, metadata: &Metadata) -> Option<String> {
        let mode = metadata.permissions().mode() & 0o7777;
        let flaw = if metadata.is_symlink() {
            "is a symbolic link".to_owned()
        } else if mode & 0o007 != 0 {
            format!("has mode {mode:04o}")
        } else {
            return None;
        };
        Some(format!(
            "{} {flaw}: the records are checked all the same, but its service would refuse this \
             journal; find out who did that",
            path.display()
        ))
    }
}
