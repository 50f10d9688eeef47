//! The records that tell of floods: written when a window is over, and at the latest with the orderly end.

use std::time::Instant;

use super::Committer;
use crate::recorder::floods::{Told, WINDOW};

/// What ended windows have left to tell, and when the running one began.
pub(super) struct Telling {
    began: Instant,
    /// Until it is durable: a full disk may have room again, and no window ends before that.
    untold: Vec<Told>,
}

impl Telling {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), untold: Vec::new() }
    }
}

impl Committer<'_> {
    /// Tells of the window that is over, if it is.
    pub(super) fn tell_floods(&mut self) {
        if self.floods.untold.is_empty() && self.floods.began.elapsed() >= WINDOW {
            self.floods.untold = self.shared.floods.end_window();
            self.floods.began = Instant::now();
        }
        self.write_floods();
    }

    /// Tells of the last window. What finds no room even now is lost, and counted.
    pub(super) fn tell_last_floods(&mut self) {
        self.write_floods();
        let last = self.shared.floods.close();
        self.floods.untold.extend(last);
        self.write_floods();
        let lost = std::mem::take(&mut self.floods.untold).iter().map(|told| told.count).sum();
        self.shared.count_lost(lost);
        self.shared.counters.interruptions.count_lost(lost);
    }

    fn write_floods(&mut self) {
        let cannot = self.journal.full().is_some() || self.shared.counters.failure().is_some();
        if cannot || self.floods.untold.is_empty() {
            return;
        }
        let untold = std::mem::take(&mut self.floods.untold).into_iter();
        let (staged, left): (Vec<_>, Vec<_>) = untold.partition(|told| self.stage_own(&told.event));
        self.floods.untold = left;
        if !self.settle() {
            self.floods.untold.extend(staged);
        }
    }
}
