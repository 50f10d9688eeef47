//! Whose files a watch makes: those of the journal's owner, also where the superuser runs it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use crate::shell::quoted;

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

    /// What to do about those of the files that are not this owner's own: the command that gives over what
    /// another user has made, and what to remove. `None` if there are none.
    ///
    /// Whoever may write beside the journal may have put a link there, and root, who runs the command, would
    /// give away what it leads to. So it names plain files of a single name only, and follows no link that is
    /// put in their place meanwhile.
    pub(crate) fn mend(self, files: &[PathBuf]) -> Option<String> {
        let (user, group) = self.0?;
        let (mut foreign, mut planted) = (Vec::new(), Vec::new());
        for path in files {
            match standing(path, user) {
                Standing::Own => {}
                Standing::Foreign => foreign.push(quoted(path)),
                Standing::Planted => planted.push(quoted(path)),
            }
        }
        let give = (!foreign.is_empty()).then(|| {
            let foreign = foreign.join(" ");
            format!(
                "it was made by another user than the journal's; run: chown -h {user}:{group} {foreign}"
            )
        });
        let remove = (!planted.is_empty()).then(|| {
            let planted = planted.join(" ");
            format!("no watch has made this link or odd file; find out who did, and remove it: {planted}")
        });
        // The command stands at the end, to be copied.
        let advice: Vec<String> = remove.into_iter().chain(give).collect();
        (!advice.is_empty()).then(|| advice.join("; "))
    }
}

/// Whose a file is.
enum Standing {
    /// The owner's, or nothing is there.
    Own,
    /// A plain file of another user's.
    Foreign,
    /// What leads to something that is not the owner's, or is no plain file.
    Planted,
}

fn standing(path: &Path, user: u32) -> Standing {
    let Ok(found) = fs::symlink_metadata(path) else { return Standing::Own };
    // A link of the owner's own to a file of the owner's is a way to keep it elsewhere.
    let leads_home =
        || fs::metadata(path).is_ok_and(|found| found.is_file() && found.uid() == user);
    match (found.uid() == user, found.is_file()) {
        (true, true) => Standing::Own,
        (true, false) if leads_home() => Standing::Own,
        (false, true) if found.nlink() == 1 => Standing::Foreign,
        _ => Standing::Planted,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, chown, lchown, symlink};

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
                format!("run: chown -h {OTHER}:{OTHER} '{}/it'\\''s'", place.path().display());
            assert!(mend.unwrap().ends_with(&command));
        }
    }

    #[test]
    fn what_a_link_leads_to_is_never_given_away() {
        let place = tempfile::tempdir().unwrap();
        let (journal, owner) = journal(place.path());
        let in_place = |name: &str| place.path().join(name);
        let (theirs, own) = (in_place("theirs"), in_place("own"));
        fs::write(&theirs, "").unwrap();
        fs::write(&own, "").unwrap();
        _ = chown(&own, Some(owner), None);
        let links = [in_place("link"), in_place("dangling"), in_place("second name")];
        symlink(&theirs, &links[0]).unwrap();
        symlink(in_place("absent"), &links[1]).unwrap();
        fs::hard_link(&theirs, &links[2]).unwrap();
        let moved = in_place("moved");
        symlink(&own, &moved).unwrap();
        _ = lchown(&moved, Some(owner), None);
        _ = lchown(&links[1], Some(owner), None);
        let files = [links.as_slice(), &[moved.clone(), own.clone()]].concat();
        let told = Owner::of(&journal).mend(&files).unwrap();
        assert!(!told.contains("chown"), "{told}");
        let is_root = fs::metadata(&theirs).unwrap().uid() != owner;
        for (link, is_told) in links.iter().zip([is_root, true, is_root]) {
            assert_eq!(told.contains(&quoted(link)), is_told, "{told}");
        }
        assert!([moved, own].iter().all(|path| !told.contains(&quoted(path))), "{told}");
        // Beside a file that is only another user's, the command names that alone.
        let made = in_place("made by another");
        fs::write(&made, "").unwrap();
        let files = [links.as_slice(), std::slice::from_ref(&made)].concat();
        let told = Owner::of(&journal).mend(&files).unwrap();
        let (remove, command) = told.split_once("; run: ").unwrap_or((&told, ""));
        assert!(links.iter().all(|link| !command.contains(&quoted(link))), "{command}");
        assert!(remove.contains(&quoted(&links[1])), "{told}");
        assert_eq!(command.contains(&quoted(&made)), is_root, "{told}");
    }
}
