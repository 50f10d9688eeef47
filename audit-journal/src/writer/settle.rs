//! The end of a commit: what was written becomes durable, in a new segment if its sync fails.

use std::io;

use super::Journal;
use crate::control::Reason;
use crate::error::Error;
use crate::line::Chain;
use crate::watermark;

impl Journal {
    /// Makes what was written durable, and lets readers see it.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        if let Err(error) = self.sync_segment() {
            // A segment without a durable record would be followed by one of the same name.
            if self.segment.length == 0 {
                return Err(error);
            }
            self.failed_sync = Some(error);
            self.stage_again();
            self.write_staged().or_else(|error| self.make_room(error))?;
            self.sync_segment()?;
        }
        let lack_of_room = self.publish(self.chain)?;
        self.segment.length += self.staged.lines.len() as u64;
        let begins_segment = self.header.take().is_some();
        if let Some(Ok(signed)) = &mut self.signed {
            signed.feed(&self.staged, &self.durable, begins_segment);
        }
        self.committed_from = self.durable.next;
        self.durable = self.chain;
        std::mem::swap(&mut self.staged, &mut self.committed);
        self.staged.clear();
        self.watermark.set(self.durable.next);
        self.watch.keep_jumps();
        if let Some(error) = lack_of_room
            && self.full.is_none()
        {
            // The batch is durable. The record of the full disk goes with the next commit.
            self.enter_full(&error);
        }
        Ok(())
    }

    /// Stages the batch once more, behind the last durable record and in a new segment.
    ///
    /// The file whose sync failed is closed here. It is neither synced nor written nor cut again:
    /// what it holds behind its last durable record may be in memory only.
    fn stage_again(&mut self) {
        let refused = std::mem::take(&mut self.staged);
        self.chain = self.durable;
        self.open_segment(Reason::SyncFailed, Some(self.segment.length));
        self.stage_header();
        for (author, body) in refused.bodies() {
            self.stage(body, author);
        }
    }

    fn sync_segment(&mut self) -> Result<(), Error> {
        let synced = match &mut self.segment.file {
            Some(file) => file.sync(),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        synced.map_err(Error::io(&*self.storage, "sync", &self.segment.name))
    }

    /// Lets readers see what is durable; returns the error of a disk that had room for that only
    /// where the reserve was.
    fn publish(&mut self, durable: Chain) -> Result<Option<Error>, Error> {
        let storage = &*self.storage;
        let mut publish = || {
            let written = self.publisher.publish(&durable);
            written.map_err(Error::io(storage, "write", watermark::NAME))
        };
        match publish() {
            // Where nothing is written in place, this takes room as well.
            Err(error) if error.is_no_room() => {
                self.reserve.release(storage);
                publish().map(|()| Some(error))
            }
            published => published.map(|()| None),
        }
    }
}
