//! Records on their way to the disk: staged behind a header where one is due, then written.

use super::Journal;
use crate::batch::Author;
use crate::control::{self, Header, Previous, Reason};
use crate::error::Error;
use crate::line::Stamp;
use crate::quarantine::Quarantined;
use crate::start::OpenSegment;
use crate::storage::append_all;

impl Journal {
    /// Stages a record, in a new segment if one is due.
    pub(super) fn append_checked(&mut self, body: &[u8], author: Author) {
        if self.staged.is_empty() {
            if let Some(reason) = self.rotation() {
                self.open_segment(reason, None);
            }
            self.stage_header();
        }
        self.stage(body, author);
    }

    pub(super) fn record_start(
        &mut self,
        torn: &[Quarantined],
        unclean: bool,
    ) -> Result<(), Error> {
        self.stage_header();
        for torn in torn {
            let body = control::recovered(self.envelope(), torn);
            self.stage(&body, Author::Journal);
        }
        let body = control::start(self.envelope(), &self.boot, &self.options.writer, unclean);
        self.stage(&body, Author::Journal);
        if let Some(anew) = self.signed_anew().cloned() {
            let body = control::signed_anew(self.envelope(), &anew);
            self.stage(&body, Author::Journal);
        }
        self.stage_change();
        self.commit()?;
        self.sign_due();
        Ok(())
    }

    pub(super) fn rotation(&self) -> Option<Reason> {
        // A segment that has not begun yet is neither large nor old.
        if self.header.is_some() {
            return None;
        }
        if self.segment.length >= self.options.segment_bytes_max {
            return Some(Reason::Size);
        }
        // A clock that was set back gives no age, so the segment just goes on.
        let now = self.options.clock.now().unix_nanos();
        let age = now.saturating_sub(self.segment.opened.unix_nanos());
        let is_old =
            u128::try_from(age).is_ok_and(|age| age >= self.options.segment_age_max.as_nanos());
        is_old.then_some(Reason::Age)
    }

    /// Begins a new segment; its file is made when the batch is committed. The present one ends with
    /// its last durable record, at the byte `length` if its file may not.
    pub(super) fn open_segment(&mut self, reason: Reason, length: Option<u64>) {
        let previous = Previous {
            segment: self.segment.name.clone(),
            last_seq: self.chain.next - 1,
            hash: self.chain.tip,
            length,
        };
        let opened = self.options.clock.now();
        self.segment = OpenSegment::new(self.chain.next, opened);
        self.header = Some(Header { reason, previous: Some(previous), epoch: None });
    }

    /// Stages the header that the open segment still has to begin with, if so.
    pub(super) fn stage_header(&mut self) {
        if let Some(header) = &self.header {
            let (envelope, open) = (self.envelope(), (self.options.open)());
            let body = control::segment(envelope, &self.origin, header, &open);
            // A full disk may have kept it waiting, and the next start takes the header's word.
            self.segment.opened = envelope.time;
            self.stage(&body, Author::Journal);
        }
    }

    pub(super) fn stage(&mut self, body: &[u8], author: Author) {
        let stamp = Stamp {
            seq: self.chain.next,
            observed: self.options.clock.now(),
            boot: &self.boot,
            mono: self.options.clock.monotonic_ns(),
        };
        self.staged.push(&mut self.chain, &stamp, body, author);
    }

    pub(super) fn write_staged(&mut self) -> Result<(), Error> {
        let storage = &*self.storage;
        let segment = &mut self.segment;
        let io = |doing| Error::io(storage, doing, &segment.name);
        let file = match &mut segment.file {
            Some(file) => file,
            None => segment.file.insert(storage.create(&segment.name).map_err(io("create"))?),
        };
        append_all(&mut **file, &self.staged.lines).map_err(io("append to"))
    }
}
