//! A full disk: the segment is cut back to its durable end, and the writer goes on when there is room.

use super::Journal;
use crate::batch::Author;
use crate::control::{self, Interruption};
use crate::error::Error;
use crate::storage::Access;
use crate::time::Timestamp;

/// Since when the disk has been full, and how that was found.
#[derive(Clone, Debug)]
pub(super) struct Full {
    since: Timestamp,
    cause: String,
}

impl Journal {
    /// [`Error::Full`], from the commit that met a full disk until [`resume`](Self::resume) succeeds.
    pub fn full(&self) -> Option<Error> {
        let Full { since, cause } = self.full.clone()?;
        Some(Error::Full { since, cause })
    }

    /// Why the journal was opened without a reserve against a full disk, if it was.
    pub fn reserve_flaw(&self) -> Option<&str> {
        self.reserve.flaw()
    }

    /// Looks whether a full disk has room again, by filling the reserve. If so, records how many
    /// events and actions had no record meanwhile, and takes records again, unless that was the last
    /// there was room for: [`full`](Self::full) tells.
    ///
    /// Returns false, and takes none, if the disk is not full or has no room yet.
    ///
    /// # Errors
    /// Fails as [`commit`](Self::commit) does, but never with [`Error::Full`].
    pub fn resume(&mut self, lost: u64, unrecorded: u64) -> Result<bool, Error> {
        self.check_usable()?;
        let resumed = self.try_to_resume(lost, unrecorded);
        self.poison_on_error(resumed)
    }

    /// Stages the record of an interruption that is over.
    ///
    /// # Errors
    /// [`Error::Full`] while the disk is, [`Error::Poisoned`] after a failed commit.
    pub fn append_resumed(&mut self, missed: &Interruption) -> Result<(), Error> {
        self.check_usable()?;
        self.check_room()?;
        self.append_checked(&control::resumed(self.envelope(), missed), Author::Journal);
        Ok(())
    }

    pub(super) fn check_room(&self) -> Result<(), Error> {
        self.full().map_or(Ok(()), Err)
    }

    /// Writes the staged batch again, with a record of the full disk, where the reserve was.
    ///
    /// # Errors
    /// Returns `error` if it is another one. [`Error::Full`] if the batch had to be given up.
    pub(super) fn make_room(&mut self, error: Error) -> Result<(), Error> {
        if !error.is_no_room() {
            return Err(error);
        }
        self.cut_back()?;
        if self.full.is_some() {
            self.give_up_batch();
            return self.check_room();
        }
        self.reserve.release(&*self.storage);
        self.enter_full(&error);
        if self.write_if_room()? {
            return Ok(());
        }
        // The batch may be larger than the reserve, which then has room for the record alone.
        self.give_up_batch();
        self.stage_full();
        match self.write_if_room()? {
            true => self.settle()?,
            false => self.give_up_batch(),
        }
        self.check_room()
    }

    /// Takes no more events from now on, and stages the record that says so.
    pub(super) fn enter_full(&mut self, error: &Error) {
        let cause = error.to_string();
        self.full = Some(Full { since: self.options.clock.now(), cause });
        self.stage_full();
    }

    fn try_to_resume(&mut self, lost: u64, unrecorded: u64) -> Result<bool, Error> {
        self.begin_commit();
        let Some(full) = self.full.clone() else {
            return Ok(false);
        };
        if self.reserve.make(&*self.storage).is_err() {
            return Ok(false);
        }
        let since = full.since;
        let missed = Interruption { after: "full", since, lost, unrecorded };
        self.append_checked(&control::resumed(self.envelope(), &missed), Author::Journal);
        if self.write_if_room()? {
            // What finds no room from here on finds the disk full anew.
            self.full = None;
            match self.settle() {
                Err(Error::Full { .. }) => self.full = Some(full),
                settled => return settled.map(|()| true),
            }
        } else {
            self.give_up_batch();
        }
        self.reserve.release(&*self.storage);
        Ok(false)
    }

    /// Stages the record of the full disk, behind what is staged and in the segment that is open: a
    /// start that has not told of torn bytes leaves them to the next one, which looks there.
    fn stage_full(&mut self) {
        let Some(Full { cause, .. }) = &self.full else { return };
        let body = control::full(self.envelope(), cause);
        if self.staged.is_empty() {
            self.stage_header();
        }
        self.stage(&body, Author::Journal);
    }

    /// False, and the segment is cut back, if there was no room.
    fn write_if_room(&mut self) -> Result<bool, Error> {
        match self.write_staged() {
            Err(error) if error.is_no_room() => self.cut_back().map(|()| false),
            written => written.map(|()| true),
        }
    }

    /// Cuts what was written of the batch, so that no torn line stays.
    fn cut_back(&mut self) -> Result<(), Error> {
        if self.segment.file.is_none() {
            return Ok(());
        }
        // What else stands under the name now is not the writer's to cut.
        self.check_files()?;
        let (storage, name) = (&*self.storage, &self.segment.name);
        storage
            .open(name, Access::Overwrite)
            // What is written here next must not meet bytes of what was cut, after a power cut.
            .and_then(|mut file| file.truncate(self.segment.length).and_then(|()| file.sync()))
            .map_err(Error::io(storage, "cut back", name))
    }

    /// Forgets the staged batch: the chain goes on from its durable end.
    fn give_up_batch(&mut self) {
        self.staged.clear();
        self.chain = self.durable;
        self.watch.give_up_jumps();
        if let Some(Ok(signed)) = &mut self.signed {
            signed.give_up_change();
        }
        self.stopped = false;
    }
}
