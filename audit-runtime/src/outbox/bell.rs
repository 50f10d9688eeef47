//! The bell that wakes the relays of this process when something was put into an outbox.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often it was rung. One bell serves all databases: being woken for nothing costs one look.
static RINGS: Mutex<u64> = Mutex::new(0);
static RUNG: Condvar = Condvar::new();

/// Wakes all relays.
pub(super) fn ring() {
    let mut rings = lock();
    *rings = rings.wrapping_add(1);
    drop(rings);
    RUNG.notify_all();
}

/// How often the bell has been rung so far.
pub(super) fn rings() -> u64 {
    *lock()
}

/// Waits for another ring than those in `heard`, but not longer than `limit`; true if there was one.
pub(super) fn wait(heard: &mut u64, limit: Duration) -> bool {
    let (rings, _) = RUNG
        .wait_timeout_while(lock(), limit, |rings| *rings == *heard)
        .unwrap_or_else(PoisonError::into_inner);
    let rung = *rings != *heard;
    *heard = *rings;
    rung
}

fn lock() -> MutexGuard<'static, u64> {
    RINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_before_or_during_the_wait_is_heard_once() {
        let patience = Duration::from_secs(60);
        let mut heard = rings();
        ring();
        assert!(wait(&mut heard, patience));
        std::thread::scope(|threads| {
            threads.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                ring();
            });
            assert!(wait(&mut heard, patience));
        });
    }
}
