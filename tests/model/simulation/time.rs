//! Clocks that go on by the schedule's steps alone, and random bits that repeat with the seed.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use audit_runtime::journal::Entropy;
use audit_runtime::{Clock, EventId, Timestamp};

const START_NS: i64 = 1_767_225_600_000_000_000;
const MILLISECOND_NS: i64 = 1_000_000;

/// A wall clock and a monotonic one.
pub(super) struct Clocks {
    wall: AtomicI64,
    monotonic: AtomicU64,
}

impl Clocks {
    pub(super) fn new() -> Self {
        Self { wall: AtomicI64::new(START_NS), monotonic: AtomicU64::new(0) }
    }

    pub(super) fn pass(&self, ms: u64) {
        self.jump(i64::try_from(ms).unwrap());
        self.monotonic.fetch_add(ms * MILLISECOND_NS.unsigned_abs(), Ordering::Relaxed);
    }

    pub(super) fn jump(&self, ms: i64) {
        self.wall.fetch_add(ms * MILLISECOND_NS, Ordering::Relaxed);
    }

    /// The machine has started anew.
    pub(super) fn reboot(&self) {
        self.monotonic.store(0, Ordering::Relaxed);
    }

    /// Both in nanoseconds, the wall clock first.
    pub(super) fn both(&self) -> (i64, u64) {
        (self.now().unix_nanos(), self.monotonic_ns())
    }
}

impl Clock for Clocks {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(self.wall.load(Ordering::Relaxed))
    }

    fn monotonic_ns(&self) -> u64 {
        self.monotonic.load(Ordering::Relaxed)
    }
}

/// Counts up.
#[derive(Default)]
pub(super) struct Counted(AtomicU64);

impl Entropy for Counted {
    fn bits(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    fn id(&self, _time: Timestamp) -> EventId {
        EventId::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0000 + u128::from(self.bits()))
    }
}
