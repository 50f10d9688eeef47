//! What a writer looks after without being asked: its files, its clock, and that it is seen to live.

use std::io;

use super::Journal;
use crate::batch::Author;
use crate::control;
use crate::error::Error;
use crate::watermark;

/// How many records may be committed before the files are looked after again.
const RECORDS_MAX: u64 = 4096;

/// How far the wall clock may differ from the monotonic one before it is recorded.
const JUMP_NS_MAX: u64 = 5_000_000_000;

/// What was seen at the last look.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// How much was durable when the files were last found in place.
    checked: u64,
    /// Both clocks in nanoseconds: the wall clock, then the monotonic one.
    clocks: Option<(i64, u64)>,
    /// Both before a jump whose record is not durable yet.
    before_jump: Option<(i64, u64)>,
    /// How much was durable when that last changed, and the monotonic clock then.
    recorded: Option<(u64, u64)>,
}

impl Watch {
    /// Notes that all records of jumps are durable.
    pub(super) fn keep_jumps(&mut self) {
        self.before_jump = None;
    }

    /// Forgets a jump whose record was given up, so that it is seen again.
    pub(super) fn give_up_jumps(&mut self) {
        self.clocks = self.before_jump.take().or(self.clocks);
    }
}

impl Journal {
    /// What is due without any event: looks whether the journal's files are still its own, signs what has
    /// become durable, and stages the record of a clock that jumped, and a heartbeat after a time without records. To be
    /// called once a second or so, before a batch; [`commit`](Self::commit) writes what it staged.
    ///
    /// # Errors
    /// [`Error::Displaced`] if a file was removed or replaced, [`Error::Io`] if that cannot be found
    /// out: the writer then takes nothing more. [`Error::Poisoned`] after an earlier failure.
    pub fn tick(&mut self) -> Result<(), Error> {
        self.check_usable()?;
        let checked = self.check_files();
        self.poison_on_error(checked)?;
        self.remove_some();
        self.sign();
        if self.full.is_none() {
            self.watch_clock();
            self.stage_change();
            self.beat();
        }
        Ok(())
    }

    /// Stages a record if the wall clock has jumped since the last look; to be called before a batch,
    /// so that the record stands before those that the jump shows in.
    pub fn watch_clock(&mut self) {
        if self.full.is_some() || self.poison.is_some() {
            return;
        }
        let clock = &self.options.clock;
        let (wall, mono) = (clock.now().unix_nanos(), clock.monotonic_ns());
        let Some((wall_before, mono_before)) = self.watch.clocks.replace((wall, mono)) else {
            return;
        };
        let passed = i64::try_from(mono.saturating_sub(mono_before)).unwrap_or(i64::MAX);
        let jump = wall.saturating_sub(wall_before).saturating_sub(passed);
        if jump.unsigned_abs() > JUMP_NS_MAX {
            self.watch.before_jump.get_or_insert((wall_before, mono_before));
            self.append_checked(&control::clock(self.envelope(), jump), Author::Journal);
        }
    }

    /// Stages a heartbeat if nothing was recorded for long enough.
    fn beat(&mut self) {
        let now = self.options.clock.monotonic_ns();
        let durable = self.durable.next;
        let since = match self.watch.recorded {
            Some((seen, since)) if seen == durable => since,
            _ => now,
        };
        self.watch.recorded = Some((durable, since));
        let idle = now.saturating_sub(since);
        let every = u64::try_from(self.options.heartbeat.as_nanos()).unwrap_or(u64::MAX);
        if idle >= every && self.staged.is_empty() {
            let body = control::heartbeat(self.envelope(), idle, every);
            self.append_checked(&body, Author::Journal);
        }
    }

    pub(super) fn check_files_if_due(&mut self) -> Result<(), Error> {
        if self.chain.next - self.watch.checked < RECORDS_MAX {
            // Whoever took the lock away has let another writer in, whose records must not meet ours.
            return self.check_in_place("LOCK", self.lock.is_in_place());
        }
        self.check_files()
    }

    /// Finds out whether the open files are those that everybody else finds under their names.
    pub(super) fn check_files(&mut self) -> Result<(), Error> {
        let segment = self.segment.file.as_ref().map(|file| file.is_in_place());
        let files = [
            (self.segment.name.as_str(), segment.unwrap_or(Ok(true))),
            ("LOCK", self.lock.is_in_place()),
            (watermark::NAME, self.publisher.is_in_place()),
        ];
        for (name, found) in files {
            self.check_in_place(name, found)?;
        }
        self.watch.checked = self.durable.next;
        Ok(())
    }

    fn check_in_place(&self, name: &str, found: io::Result<bool>) -> Result<(), Error> {
        if found.map_err(Error::io(&*self.storage, "look for", name))? {
            return Ok(());
        }
        Err(Error::Displaced { journal: self.storage.describe(), name: name.to_owned() })
    }
}
