//! The record that a reading of the journal leaves in it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use audit_runtime::control::{Client, Entry, Error, Read, append_alone};
use audit_runtime::journal;
use audit_runtime::journal::Line;

use crate::failure;

/// How long a service may take to record it; its own deadline is five seconds unless it is set.
pub(crate) const DEADLINE: Duration = Duration::from_secs(6);

/// How long a service may hold the lock without listening, when it starts and when it ends.
const BETWEEN_MAX: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

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

    /// Leaves a record that all from `first` on is read, as long as somebody looks.
    pub(crate) fn leave_endless_record(mut self, first: u64) {
        self.read.first_seq = Some(first);
        self.append();
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
        if let Err(error) = append(&journal, &Entry::Read(read)) {
            let left = if is_unknown(&error) { "may have left no" } else { "left no" };
            failure::warn(&format!("this reading {left} record in the journal: {error}"));
        }
    }
}

/// Has `entry` appended: by the service that lives, else alone.
pub(crate) fn append(journal: &Path, entry: &Entry) -> Result<(), Error> {
    let appended =
        ask_or(journal, |service| service.append(entry), || append_alone(journal, entry));
    appended.map(|_| ())
}

/// Asks the service that lives; where none does, this process does the same `alone`.
pub(crate) fn ask_or<T>(
    journal: &Path,
    ask: impl Fn(&mut Client) -> Result<T, Error>,
    alone: impl Fn() -> Result<T, Error>,
) -> Result<T, Error> {
    let due = Instant::now() + BETWEEN_MAX;
    loop {
        let asked = Client::connect(journal, DEADLINE).and_then(|mut service| ask(&mut service));
        let unasked = match asked {
            Err(unasked @ Error::NoWriter { .. }) => unasked,
            Err(Error::Refused { code, message }) if code == "stopped" => {
                Error::Refused { code, message }
            }
            answered => return answered,
        };
        match alone() {
            // A service is about to listen, or does so no more and still holds the lock.
            Err(Error::Journal(journal::Error::InUse { .. })) if Instant::now() < due => {
                thread::sleep(PAUSE);
            }
            Err(Error::Journal(journal::Error::InUse { .. })) => return Err(unasked),
            done => return done,
        }
    }
}

/// True if the record may be there all the same.
fn is_unknown(error: &Error) -> bool {
    match error {
        Error::Unreached { .. } => true,
        Error::Refused { code, .. } => code == "unknown",
        _ => false,
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
