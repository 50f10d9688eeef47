//! When a segment is due, and which faults nobody need notice.

use std::time::Duration;

use audit_runtime::Clock as _;

use super::line;
use super::oracle::Oracle;
use super::steps::Setup;
use super::time::Clocks;
use crate::disk::Fault;

/// When the next batch must begin a segment.
pub(super) struct Rotation {
    bytes_max: u64,
    age_max: Duration,
    /// When the segment was opened that the next batch goes to.
    opened: i64,
    /// Why the next batch begins a segment, if it does.
    pub(super) due: Option<&'static str>,
    /// Why it may do so: a writer on a full disk that looked for room has decided that or has not.
    doubtful: Vec<&'static str>,
}

/// True if a call that has met this may fail.
pub(super) fn is_serious(fault: &Fault) -> bool {
    !fault.is_harmless()
}

impl Rotation {
    pub(super) fn of(setup: &Setup) -> Self {
        let (bytes_max, age_max) = (setup.segment_bytes_max, setup.segment_age_max);
        Self { bytes_max, age_max, opened: 0, due: None, doubtful: Vec::new() }
    }

    /// What is settled ends in a segment that is as old as its header says.
    pub(super) fn settle(&mut self, oracle: &Oracle, clocks: &Clocks) {
        let header = oracle.segment_start().map(|start| line::observed(&oracle.settled[start]));
        let opened = header.and_then(|time| audit_runtime::Timestamp::parse(&time));
        self.opened = opened.unwrap_or(clocks.now()).unix_nanos();
        (self.due, self.doubtful) = (None, Vec::new());
    }

    /// The first record of a batch is staged.
    pub(super) fn look(&mut self, oracle: &Oracle, clocks: &Clocks) {
        let age = u128::try_from(clocks.now().unix_nanos() - self.opened);
        let is_old = age.is_ok_and(|age| age >= self.age_max.as_nanos());
        let is_long = oracle.segment_length() >= self.bytes_max;
        let due = if is_long { Some("size") } else { is_old.then_some("age") };
        self.due = self.due.or(due);
    }

    /// The same, if a writer that looked for room has found so much that it staged a record.
    pub(super) fn look_if_room(&mut self, oracle: &Oracle, clocks: &Clocks) {
        let due = self.due;
        self.look(oracle, clocks);
        self.doubtful.extend(self.due);
        self.due = due;
    }

    /// A sync has failed, and a batch was given up as there was no room for it in a new segment, if
    /// it was its sync and not that of the reserve or of what was cut.
    pub(super) fn may_give_up_after_failed_sync(&mut self) {
        self.doubtful.push("sync_failed");
    }

    /// True if the next batch may stand in a segment without a durable record, which no other can
    /// follow: one that is due, or one that a batch was given up in.
    pub(super) fn may_begin_segment(&self) -> bool {
        self.due.is_some() || !self.doubtful.is_empty()
    }

    /// Why the batch that begins with this line must have a header, or may have the one it has.
    pub(super) fn reason(&self, first: &[u8]) -> Option<&'static str> {
        let header = line::header(Some(&first.to_vec()));
        let told = header.map(|header| line::text(&header["reason"]));
        let doubtful = self.doubtful.iter().find(|reason| told.as_deref() == Some(reason));
        doubtful.copied().or(self.due)
    }
}
