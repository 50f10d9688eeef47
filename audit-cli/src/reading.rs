//! The record that a reading of the journal leaves in it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use audit_runtime::control::{Entry, Read, append};
use audit_runtime::journal::Line;

use crate::failure::{self, Exit, Failure};

/// How long a service may take to record it; its own deadline is five seconds unless it is set.
pub(crate) const DEADLINE: Duration = Duration::from_secs(6);

/// What a command has shown of a journal.
#[derive(Clone)]
pub(crate) struct Reading {
    journal: PathBuf,
    read: Read,
}

impl Reading {
    /// Nothing yet, of the journal that `command` reads; `filter` is what was asked for.
    pub(crate) fn of(journal: &Path, command: &str, filter: Option<String>) -> Self {
        let mut read = Read::of(command);
        read.filter = filter;
        let place = current(journal);
        read.epoch = place.as_ref().and_then(|(_, epoch)| *epoch);
        let journal = place.map_or_else(|| journal.to_owned(), |(current, _)| current);
        Self { journal, read }
    }

    /// Counts a record that is shown.
    pub(crate) fn count(&mut self, line: &Line) {
        let read = &mut self.read;
        read.first_seq.get_or_insert(line.seq());
        read.last_seq = Some(line.seq());
        read.count = Some(read.count.unwrap_or(0) + 1);
    }

    /// Counts none if none is counted yet: that there is nothing is an answer, too.
    pub(crate) fn count_none(&mut self) {
        self.read.count.get_or_insert(0);
    }

    /// Leaves a record that all from `first` on is read, as long as somebody looks.
    pub(crate) fn leave_endless_record(mut self, first: u64) {
        self.read.first_seq = Some(first);
        self.append();
    }

    /// Ends a command that has `printed`: what is left of its output goes out, then the record of it is left.
    pub(crate) fn end(
        self,
        printed: Result<Exit, Failure>,
        out: &mut impl Write,
    ) -> Result<Exit, Failure> {
        let flushed = out.flush();
        self.leave_record();
        printed.and_then(|exit| Ok(flushed.map(|()| exit)?))
    }

    /// Leaves a record of what was shown, if anything was. It comes after the output, so that nobody
    /// waits for a service while the lock is held.
    pub(crate) fn leave_record(self) {
        if self.read.count.is_some() {
            self.append();
        }
    }

    /// No reading fails because its record does.
    fn append(self) {
        let Self { journal, read } = self;
        if let Err(error) = append(&journal, &Entry::Read(read), DEADLINE) {
            let left = if error.may_be_recorded() { "may have left no" } else { "left no" };
            failure::warn(&format!("this reading {left} record in the journal: {error}"));
        }
    }
}

/// The journal that an older epoch is of, and its number: the epoch itself is never written again.
pub(crate) fn current(journal: &Path) -> Option<(PathBuf, Option<u64>)> {
    if !journal.join("EPOCH").exists() {
        return None;
    }
    let epoch = journal.canonicalize().ok()?;
    let number = epoch.file_name().and_then(OsStr::to_str)?.parse().ok();
    let epochs =
        epoch.parent().filter(|parent| parent.file_name() == Some(OsStr::new("epochs")))?;
    Some((epochs.parent()?.to_owned(), number))
}
