//! Floods: of what strangers send beyond a measure, one record for each source says how much it was.

mod summary;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::BuildHasher;
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

/// How many sources are told apart in a window: single ones, prefixes that others share, and still wider ones.
const SOURCES_MAX: [usize; 3] = [4096, 1024, 256];

/// How many of these one prefix may hold once half of them are taken: whoever has many addresses does not take
/// the places of all others.
const SHARE_MAX: usize = 64;

/// What may be written of one prefix once half of what may be of all is, by how wide it is: all that is due to as
/// many sources, and of one that holds such prefixes four times that.
const SHARE_WRITTEN_MAX: [u64; SOURCES_MAX.len()] =
    [u64::MAX, SHARE_MAX as u64 * WRITTEN_MIN, 4 * SHARE_MAX as u64 * WRITTEN_MIN];

/// How many kinds of event of one source are written, each once, behind its measure.
const KINDS_MAX: usize = 64;

/// What is written, and what is counted from there on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// Events of one source in one window; of those that share a prefix together, too.
    pub(super) source_max: u64,
    /// Events of all sources in one window, but for what is due to each; and as many again of kinds that a source
    /// had not sent before.
    pub(super) total_max: u64,
    /// Logins that failed are counted as well.
    pub(super) with_logins: bool,
}

/// The window that is running, for each kind of flood: a flood of the one does not hide what comes of the other.
pub(super) struct Floods {
    measure: Measure,
    windows: [Mutex<Window>; Flood::ALL.len()],
}

/// What strangers have sent since the last records that tell of it.
#[derive(Default)]
struct Window {
    sources: HashMap<Source, Tally>,
    /// How many places of each width are taken.
    taken: [usize; SOURCES_MAX.len()],
    shares: HashMap<Source, Share>,
    written: u64,
    /// What was written because it was the first of its kind.
    firsts: u64,
    is_closed: bool,
}

#[derive(Clone, Copy, Default)]
struct Share {
    places: usize,
    /// Since half of what may be written of all was.
    written: u64,
}

#[derive(Default)]
struct Tally {
    written: u64,
    /// What it has sent: each route, with each class of status.
    kinds: Vec<u64>,
    // Few sources come to have one.
    counted: Option<Box<Summary>>,
}

impl Floods {
    pub(super) fn new(measure: Measure) -> Self {
        Self { measure, windows: Default::default() }
    }

    /// True if the event is counted, and must not be written.
    pub(super) fn count(&self, event: &Event) -> bool {
        if self.measure.source_max == u64::MAX && self.measure.total_max == u64::MAX {
            return false;
        }
        self.window(event).is_some_and(|window| lock(window).count(event, self.measure))
    }

    /// True if the event is of those that are counted in a flood.
    pub(super) fn concern(&self, event: &Event) -> bool {
        self.window(event).is_some()
    }

    fn window(&self, event: &Event) -> Option<&Mutex<Window>> {
        let flood = event.flood()?;
        let is_counted = flood != Flood::Logins || self.measure.with_logins;
        is_counted.then(|| self.window_of(flood))
    }

    fn window_of(&self, flood: Flood) -> &Mutex<Window> {
        &self.windows[flood as usize]
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
        let ended = Flood::ALL.into_iter().flat_map(|flood| {
            let next = Window { is_closed: is_last, ..Window::default() };
            let ended = std::mem::replace(&mut *lock(self.window_of(flood)), next);
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
        let source = self.place(Source::of(event.origin.as_deref()));
        let kind = self.sources.hasher().hash_one(summary::kind(event));
        let so_far = self.sources.get(&source).map_or(0, |tally| tally.written);
        let is_within = so_far < measure.source_max && self.takes(source, so_far, measure);
        let tally = self.sources.entry(source).or_default();
        let is_first = tally.is_first(kind);
        if is_within {
            tally.written += 1;
            return false;
        }
        if is_first && self.firsts < measure.total_max {
            self.firsts += 1;
            return false;
        }
        tally.counted.get_or_insert_with(|| Box::new(Summary::of(event))).count(event);
        true
    }

    /// Takes room for one more of `source`, of which `so_far` are written; false if there is none. What detection
    /// needs to see of a single source there is for each, as far as its prefixes have a share left.
    fn takes(&mut self, source: Source, so_far: u64, measure: Measure) -> bool {
        let is_scarce = self.written >= measure.total_max / 2;
        if is_scarce {
            let is_due = source.width() == 0 && so_far < WRITTEN_MIN;
            let is_left = |of: Source| self.share(of).written < SHARE_WRITTEN_MAX[of.width()];
            if !(is_due || self.written < measure.total_max) || !prefixes(source).all(is_left) {
                return false;
            }
            prefixes(source).for_each(|of| self.shares.entry(of).or_default().written += 1);
        }
        self.written += 1;
        true
    }

    fn share(&self, of: Source) -> Share {
        self.shares.get(&of).copied().unwrap_or_default()
    }

    /// Where `source` is counted: by itself, or with the narrowest prefix that has or finds a place.
    fn place(&mut self, mut source: Source) -> Source {
        while source != Source::Others && !self.sources.contains_key(&source) {
            if self.has_room(source) {
                self.taken[source.width()] += 1;
                for wider in prefixes(source) {
                    self.shares.entry(wider).or_default().places += 1;
                }
                break;
            }
            source = source.wider();
        }
        source
    }

    fn has_room(&self, source: Source) -> bool {
        let (taken, places) = (self.taken[source.width()], SOURCES_MAX[source.width()]);
        let is_left = |of| self.share(of).places < SHARE_MAX;
        taken < places / 2 || (taken < places && prefixes(source).all(is_left))
    }
}

impl Tally {
    /// True for the first event of this kind, as long as there are not too many of them.
    fn is_first(&mut self, kind: u64) -> bool {
        let is_first = self.kinds.len() < KINDS_MAX && !self.kinds.contains(&kind);
        if is_first {
            self.kinds.push(kind);
        }
        is_first
    }
}

/// The prefixes that `source` lies in.
fn prefixes(source: Source) -> impl Iterator<Item = Source> {
    let wider = |of: &Source| Some(of.wider()).filter(|wider| *wider != Source::Others);
    std::iter::successors(wider(&source), wider)
}

fn lock(window: &Mutex<Window>) -> MutexGuard<'_, Window> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}
