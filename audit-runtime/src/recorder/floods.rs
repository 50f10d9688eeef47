//! Floods: of what strangers send beyond a measure, one record for each source says how much it was.

mod summary;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Shared;
use crate::event::{Event, Flood, Source};
use summary::Summary;

pub(super) use summary::Told;

/// How long events are counted before a record tells of them; the committer ends a window with its next look.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

/// The least that may be written of a source in a window: more than the built-in rules of detection look for.
pub(super) const WRITTEN_MIN: u64 = 32;

/// How many sources are told apart in a window; all others are one.
const SOURCES_MAX: usize = 4096;

/// What is written, and what is counted from there on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// Events of one source in one window; of all that are not told apart together, too.
    pub(super) source_max: u64,
    /// Events of all sources in one window.
    pub(super) total_max: u64,
    /// Logins that failed are counted as well.
    pub(super) with_logins: bool,
}

/// The window that is running, for each kind of flood: a flood of the one does not hide what comes of the other.
pub(super) struct Floods {
    measure: Measure,
    access: Mutex<Window>,
    denials: Mutex<Window>,
    logins: Mutex<Window>,
}

/// What strangers have sent since the last records that tell of it.
#[derive(Default)]
struct Window {
    sources: HashMap<Source, Tally>,
    written: u64,
    is_closed: bool,
}

#[derive(Default)]
struct Tally {
    written: u64,
    // Few sources come to have one.
    counted: Option<Box<Summary>>,
}

impl Floods {
    pub(super) fn new(measure: Measure) -> Self {
        Self {
            measure,
            access: Mutex::default(),
            denials: Mutex::default(),
            logins: Mutex::default(),
        }
    }

    /// True if the event is counted, and must not be written.
    pub(super) fn count(&self, event: &Event) -> bool {
        if self.measure.source_max == u64::MAX && self.measure.total_max == u64::MAX {
            return false;
        }
        let window = match event.flood() {
            Some(Flood::Access) => &self.access,
            Some(Flood::Denials) => &self.denials,
            Some(Flood::Logins) if self.measure.with_logins => &self.logins,
            _ => return false,
        };
        lock(window).count(event, self.measure)
    }

    /// Ends the window that is running, and returns what its records are to tell.
    pub(super) fn end_window(&self) -> Vec<Told> {
        self.take(false)
    }

    /// Ends the last window: from now on nothing is counted, since nobody would tell of it.
    pub(super) fn close(&self) -> Vec<Told> {
        self.take(true)
    }

    fn take(&self, is_last: bool) -> Vec<Told> {
        let windows = [
            (Flood::Access, &self.access),
            (Flood::Denials, &self.denials),
            (Flood::Logins, &self.logins),
        ];
        let ended = windows.into_iter().flat_map(|(flood, window)| {
            let next = Window { is_closed: is_last, ..Window::default() };
            let ended = std::mem::replace(&mut *lock(window), next);
            ended
                .sources
                .into_iter()
                .filter_map(move |(source, tally)| Some(Told::new(flood, source, *tally.counted?)))
        });
        ended.collect()
    }
}

impl Shared {
    /// True if the event is part of a flood, and counted.
    ///
    /// What were counted while nothing can be recorded would be told too late, or never.
    pub(super) fn count_in_flood(&self, event: &Event) -> bool {
        let is_counted = self.obstacle().is_none() && self.floods.count(event);
        if is_counted {
            self.counters.summarised.fetch_add(1, Relaxed);
        }
        is_counted
    }
}

impl Window {
    fn count(&mut self, event: &Event, measure: Measure) -> bool {
        if self.is_closed {
            return false;
        }
        let source = Source::of(event.origin.as_deref());
        let has_room = self.sources.len() < SOURCES_MAX || self.sources.contains_key(&source);
        let source = if has_room { source } else { Source::Others };
        let tally = self.sources.entry(source).or_default();
        if tally.written < measure.source_max && self.written < measure.total_max {
            tally.written += 1;
            self.written += 1;
            return false;
        }
        tally.counted.get_or_insert_with(|| Box::new(Summary::of(event))).count(event);
        true
    }
}

fn lock(window: &Mutex<Window>) -> MutexGuard<'_, Window> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}
