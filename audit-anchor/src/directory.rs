//! A directory on another mount: what it holds is added to, and never written again.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use audit_journal::{Digest, Storage, Timestamp};
use audit_tlog::{Checkpoint, Note};

use crate::Anchor;
use crate::anchor::told;
use crate::found;
use crate::platform;

/// How much of a journal's name is in that of a file.
const ORIGIN_CHARS_MAX: usize = 64;

/// What they end with, behind the day.
const EXTENSION: &str = ".checkpoints";

/// More than the last checkpoint and a torn one behind it have.
const END_BYTES: u64 = 16 * 1024;

/// A directory, with a file for each journal and day (UTC) that has the checkpoints of the day, one behind the other.
///
/// `audited verify --anchor` takes the files as they are. The directory must be there. A checkpoint of more
/// records than the journal has speaks against it.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    name: String,
    group: Option<u32>,
    /// The file system that it has been on.
    device: Option<u64>,
}

impl Directory {
    /// The directory at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = format!("directory {}", path.display());
        Self { path, name, group: None, device: None }
    }

    /// Lets the Unix group with this id read new files: mode 0640 instead of 0600.
    pub fn group(mut self, id: Option<u32>) -> Self {
        self.group = id;
        self
    }

    /// That another file system lies there than before is most often a mount that is gone.
    fn check_mount(&mut self) -> io::Result<()> {
        let found = platform::device(&self.path).map_err(|error| {
            told(format_args!("cannot look at {}", self.path.display()), &error)
        })?;
        if self.device.is_some() && self.device != found {
            return Err(io::Error::other(format!(
                "another file system than before is at {}; mount it again, or restart the service if that is meant",
                self.path.display()
            )));
        }
        self.device = found;
        Ok(())
    }

    /// Fails if what is kept there of this journal speaks against the checkpoint.
    fn check_newest(&self, checkpoint: &Checkpoint) -> io::Result<()> {
        let newest = self.newest(&checkpoint.origin).map_err(|error| {
            told(format_args!("cannot read what {} has", self.path.display()), &error)
        })?;
        let Some(newest) = newest else { return Ok(()) };
        let (kept, size) = (newest.size, checkpoint.size);
        let why = match kept.cmp(&size) {
            Ordering::Less => return Ok(()),
            Ordering::Equal if newest.root == checkpoint.root => return Ok(()),
            Ordering::Equal => {
                format!("it has a checkpoint of {size} other records of this journal")
            }
            Ordering::Greater => {
                format!(
                    "it has a checkpoint of {kept} records of this journal, which has {size} now"
                )
            }
        };
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "{why}: the journal was rolled back or an older copy of it was put back, or another one with its \
                 name writes there; look with `audited verify --anchor`, and give a journal that begins anew \
                 another directory"
            ),
        ))
    }

    /// The newest checkpoint of the journal that is there, unless a crash has torn it: the end of its last file.
    fn newest(&self, origin: &str) -> io::Result<Option<Checkpoint>> {
        let stem = stem(origin);
        let mut last: Option<PathBuf> = None;
        for entry in self.path.read_dir()? {
            let entry = entry?;
            let path = entry.path();
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            // What is no plain file is not looked at, and told where it is in the way.
            let is_own = name.starts_with(&stem)
                && name.ends_with(EXTENSION)
                && entry.file_type()?.is_file();
            if is_own && last.as_ref().is_none_or(|last| *last < path) {
                last = Some(path);
            }
        }
        let Some(path) = last else { return Ok(None) };
        let mut file = File::open(path)?;
        let start = file.metadata()?.len().saturating_sub(END_BYTES);
        file.seek(SeekFrom::Start(start))?;
        last_of(BufReader::new(file.take(END_BYTES)), origin)
    }

    fn append(&self, path: &Path, note: &Note) -> io::Result<()> {
        let mut file = platform::append_to(path, self.group)?;
        // What a crash has left of a note must not spoil the next one.
        let gap = if ends_whole(&mut file)? { "" } else { "\n\n" };
        file.write_all(format!("{gap}{note}\n").as_bytes())?;
        file.sync_all()?;
        platform::sync_directory(&self.path)
    }
}

impl Anchor for Directory {
    fn name(&self) -> &str {
        &self.name
    }

    fn doubt(&self, journal: &Path) -> Option<String> {
        let (own, journal) = (platform::device(&self.path).ok()?, platform::device(journal).ok()?);
        (own.is_some() && own == journal).then(|| {
            "it is on the journal's own file system: who can rewrite the one can rewrite the other; give a \
             directory of another machine, mounted here"
                .to_owned()
        })
    }

    fn keep(
        &mut self,
        checkpoint: &Checkpoint,
        note: &Note,
        _: &Arc<dyn Storage>,
    ) -> io::Result<()> {
        self.check_mount()?;
        self.check_newest(checkpoint)?;
        let path = self.path.join(file_name(&checkpoint.origin, Timestamp::now()));
        self.append(&path, note)
            .map_err(|error| told(format_args!("cannot write to {}", path.display()), &error))
    }
}

/// True if the file is empty, or a whole entry stands at its end.
fn ends_whole(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() < 2 {
        return Ok(file.metadata()?.len() == 0);
    }
    let mut end = [0; 2];
    file.seek(SeekFrom::End(-2))?;
    file.read_exact(&mut end)?;
    Ok(end == *b"\n\n")
}

/// The last checkpoint of the journal in what is kept.
fn last_of(input: impl BufRead, origin: &str) -> io::Result<Option<Checkpoint>> {
    let notes = found(input)?.into_iter().rev();
    let mut checkpoints = notes.filter_map(|note| Checkpoint::parse(&note.text).ok());
    Ok(checkpoints.find(|checkpoint| checkpoint.origin == origin))
}

/// The file of a journal and a day.
fn file_name(origin: &str, now: Timestamp) -> String {
    format!("{}{:.10}{EXTENSION}", stem(origin), now.to_string())
}

/// What the files of a journal begin with: its name as far as a file can have it, and what tells it from others.
fn stem(origin: &str) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() { char } else { '-' };
    let shown: String = origin.chars().take(ORIGIN_CHARS_MAX).map(plain).collect();
    format!("{shown}.{:.8}.", Digest::of(origin.as_bytes()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(size: u64, leaf: &[u8]) -> (Checkpoint, Note) {
        let mut tree = audit_tlog::Frontier::default();
        (0..size).for_each(|_| tree.push(audit_tlog::leaf(leaf)));
        let checkpoint = Checkpoint::of("shop", &tree);
        let key = audit_tlog::SigningKey::from_seed("shop", [7; 32]).unwrap();
        let note = Note::sign(checkpoint.to_string(), &[&key]).unwrap();
        (checkpoint, note)
    }

    #[test]
    fn what_it_has_speaks_against_a_journal_that_was_rolled_back_also_after_a_restart_and_a_day() {
        let place = tempfile::tempdir().unwrap();
        let storage: Arc<dyn Storage> = Arc::new(audit_journal::MemoryStorage::new());
        let keep = |size, leaf: &[u8]| {
            let (checkpoint, note) = checkpoint(size, leaf);
            Directory::new(place.path()).keep(&checkpoint, &note, &storage)
        };
        keep(3, b"a").unwrap();
        keep(5, b"a").unwrap();
        keep(5, b"a").unwrap();
        let refused = |size, leaf: &[u8], reason: &str| {
            let error = keep(size, leaf).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(error.to_string().contains(reason), "{error}");
        };
        refused(4, b"a", "5 records of this journal, which has 4 now");
        refused(5, b"b", "5 other records");
        let today = file_name("shop", Timestamp::now());
        std::fs::rename(
            place.path().join(today),
            place.path().join(stem("shop") + "2001-01-01.checkpoints"),
        )
        .unwrap();
        std::fs::write(place.path().join("shop.00000000.2999-01-01.checkpoints"), "another's")
            .unwrap();
        refused(4, b"a", "5 records");
        keep(6, b"b").unwrap();
        refused(5, b"a", "6 records");
    }

    #[test]
    fn a_torn_checkpoint_at_the_end_is_passed_over() {
        let (_, note) = checkpoint(3, b"a");
        let (_, torn) = checkpoint(9, b"a");
        let torn = torn.to_string();
        let text = format!("{note}\n{}", &torn[..torn.find('\u{2014}').unwrap()]);
        let last = |text: &str, origin| last_of(text.as_bytes(), origin).unwrap();
        assert_eq!(last(&text, "shop").map(|found| found.size), Some(3));
        assert!(last(&text, "another").is_none() && last("", "shop").is_none());
    }

    #[test]
    fn files_of_days_and_of_journals_with_alike_names_are_apart() {
        let day = |text: &str| Timestamp::parse(text).unwrap();
        let (late, early) = ("2026-01-31T23:59:59.999999999Z", "2026-02-01T00:00:00.000000000Z");
        let name = file_name("shop/../audit", day(late));
        assert!(
            name.starts_with("shop----audit.") && name.ends_with(".2026-01-31.checkpoints"),
            "{name}"
        );
        assert_ne!(name, file_name("shop/../audit", day(early)));
        assert_ne!(name, file_name("shop-../audit", day(late)));
        assert!(file_name(&"x/".repeat(300), day(late)).len() < 128);
    }
}
