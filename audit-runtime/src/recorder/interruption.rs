//! What keeps the journal from recording for a while: a full disk, or one that does not answer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use audit_journal::{Interruption, Timestamp};

use super::answer::Unrecorded;

/// Tells callers of an interruption as it is, and keeps count of what no record tells of yet.
#[derive(Debug)]
pub(super) struct Interruptions {
    /// How long the disk may take.
    limit: Duration,
    started: Instant,
    /// When the committer began its present work, in nanoseconds from the start; 0 while it waits.
    work_began: AtomicU64,
    is_full: AtomicBool,
    full: Mutex<Option<Arc<str>>>,
    is_untold: AtomicBool,
    untold: Mutex<Option<Untold>>,
    /// How many actions without a record are told of in the journal.
    told: AtomicU64,
}

/// What was missed since the last record that tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Untold {
    /// When the first of it was missed.
    pub(super) since: Timestamp,
    /// A full disk is why, or why some of it.
    pub(super) was_full: bool,
    /// Events that were not recorded.
    pub(super) lost: u64,
    /// Actions that were refused, or went on without waiting for their record.
    pub(super) unrecorded: u64,
}

impl Untold {
    /// As the record that tells of it has it.
    pub(super) fn in_record(&self) -> Interruption {
        let Self { since, was_full, lost, unrecorded } = *self;
        Interruption { after: if was_full { "full" } else { "stalled" }, since, lost, unrecorded }
    }
}

impl Interruptions {
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            limit,
            started: Instant::now(),
            work_began: AtomicU64::new(0),
            is_full: AtomicBool::new(false),
            full: Mutex::default(),
            is_untold: AtomicBool::new(false),
            untold: Mutex::default(),
            told: AtomicU64::new(0),
        }
    }

    /// Notes that the committer begins what the disk may hold up.
    pub(super) fn begin_work(&self) {
        self.work_began.store(self.elapsed().max(1), Relaxed);
    }

    /// Notes that the disk has answered; returns how long that took, if it was too long.
    pub(super) fn end_work(&self) -> Option<Duration> {
        let stalled = self.stalled();
        self.work_began.store(0, Relaxed);
        stalled
    }

    /// How long the disk has not answered, if that is too long.
    pub(super) fn stalled(&self) -> Option<Duration> {
        let began = self.work_began.load(Relaxed);
        if began == 0 {
            return None;
        }
        let working = Duration::from_nanos(self.elapsed().saturating_sub(began));
        (working > self.limit).then_some(working)
    }

    /// Why the disk is full, if it is.
    pub(super) fn full(&self) -> Option<Arc<str>> {
        if !self.is_full.load(Relaxed) {
            return None;
        }
        lock(&self.full).clone()
    }

    /// Refuses all events from now on, or takes them again.
    pub(super) fn set_full(&self, reason: Option<Arc<str>>) {
        let is_full = reason.is_some();
        *lock(&self.full) = reason;
        self.is_full.store(is_full, Relaxed);
    }

    /// Counts events that were lost to a full disk.
    pub(super) fn count_lost(&self, events: u64) {
        if events > 0 {
            self.count(true, |untold| untold.lost += events);
        }
    }

    /// Counts an action without a record if an interruption is why.
    pub(super) fn count_unrecorded(&self, why: &Unrecorded) {
        use Unrecorded::{DeadlineExpired, JournalFull, Stalled};
        if matches!(why, JournalFull(_) | Stalled(_) | DeadlineExpired(_)) {
            self.count(matches!(why, JournalFull(_)), |untold| untold.unrecorded += 1);
        }
    }

    /// Takes what is to be told.
    pub(super) fn take_untold(&self) -> Option<Untold> {
        if !self.is_untold.load(Relaxed) {
            return None;
        }
        let mut untold = lock(&self.untold);
        self.is_untold.store(false, Relaxed);
        untold.take()
    }

    /// Puts back what could not be told.
    pub(super) fn put_back(&self, missed: Untold) {
        self.count(missed.was_full, |untold| {
            untold.since = missed.since;
            untold.lost += missed.lost;
            untold.unrecorded += missed.unrecorded;
        });
    }

    /// Notes that a durable record tells of it.
    pub(super) fn note_told(&self, missed: Untold) {
        self.told.fetch_add(missed.unrecorded, Relaxed);
    }

    /// How many actions without a record are told of in the journal.
    pub(super) fn told(&self) -> u64 {
        self.told.load(Relaxed)
    }

    fn count(&self, is_full: bool, add: impl FnOnce(&mut Untold)) {
        let mut untold = lock(&self.untold);
        let since = Timestamp::now();
        let nothing = Untold { since, was_full: false, lost: 0, unrecorded: 0 };
        let untold = untold.get_or_insert(nothing);
        untold.was_full |= is_full;
        add(untold);
        self.is_untold.store(true, Relaxed);
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_work_that_takes_too_long_is_a_stall() {
        let interruptions = Interruptions::new(Duration::from_millis(20));
        assert_eq!(interruptions.stalled(), None);
        interruptions.begin_work();
        assert_eq!(interruptions.end_work(), None);
        interruptions.begin_work();
        std::thread::sleep(Duration::from_millis(30));
        assert!(interruptions.stalled() >= Some(Duration::from_millis(30)));
        assert!(interruptions.end_work().is_some());
        assert_eq!(interruptions.stalled(), None);
    }

    #[test]
    fn what_could_not_be_told_is_told_later_with_what_came_since() {
        let interruptions = Interruptions::new(Duration::ZERO);
        assert_eq!(interruptions.take_untold(), None);
        interruptions.count_lost(2);
        interruptions.count_unrecorded(&Unrecorded::Stopped);
        let first = interruptions.take_untold().unwrap();
        assert_eq!((first.lost, first.unrecorded), (2, 0));
        interruptions.count_unrecorded(&Unrecorded::Stalled(Duration::ZERO));
        interruptions.put_back(first);
        let both = interruptions.take_untold().unwrap();
        assert_eq!(both, Untold { unrecorded: 1, ..first });
        assert_eq!(interruptions.take_untold(), None);
    }

    #[test]
    fn a_full_disk_and_a_silent_one_are_told_apart() {
        let interruptions = Interruptions::new(Duration::ZERO);
        let was_full = || interruptions.take_untold().map(|untold| untold.was_full);
        interruptions.count_unrecorded(&Unrecorded::Stalled(Duration::ZERO));
        assert_eq!(was_full(), Some(false));
        interruptions.count_unrecorded(&Unrecorded::JournalFull("no room".into()));
        assert_eq!(was_full(), Some(true), "also if no event was lost");
        interruptions.count_lost(1);
        interruptions.count_unrecorded(&Unrecorded::Stalled(Duration::ZERO));
        assert_eq!(was_full(), Some(true));
        interruptions.count_lost(0);
        assert_eq!(was_full(), None);
    }
}
