//! A directory on another mount: what it holds is added to, and never written again.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use audit_journal::{Digest, Storage, Timestamp};
use audit_tlog::{Checkpoint, Note};

use crate::Anchor;
use crate::anchor::told;
use crate::platform;

/// How much of a journal's name is in that of a file.
const ORIGIN_CHARS_MAX: usize = 64;

/// A directory, with a file for each journal and day (UTC) that has the checkpoints of the day, one behind the other.
///
/// `audited verify --anchor` takes the files as they are. The directory must be there.
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
        let path = self.path.join(file_name(&checkpoint.origin, Timestamp::now()));
        self.append(&path, note)
            .map_err(|error| told(format_args!("cannot write to {}", path.display()), &error))
    }
}

/// True if the file is empty, or a whole entry stands at its end.
fn ends_whole(file: &mut std::fs::File) -> io::Result<bool> {
    if file.metadata()?.len() < 2 {
        return Ok(file.metadata()?.len() == 0);
    }
    let mut end = [0; 2];
    file.seek(SeekFrom::End(-2))?;
    file.read_exact(&mut end)?;
    Ok(end == *b"\n\n")
}

/// The journal's name as far as a file can have it, what tells it from others, and the day.
fn file_name(origin: &str, now: Timestamp) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() { char } else { '-' };
    let shown: String = origin.chars().take(ORIGIN_CHARS_MAX).map(plain).collect();
    let (digest, now) = (Digest::of(origin.as_bytes()).to_string(), now.to_string());
    format!("{shown}.{:.8}.{:.10}.checkpoints", digest, now)
}

#[cfg(test)]
mod tests {
    use super::*;

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
