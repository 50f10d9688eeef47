//! When a failed delivery is tried again, and when no more.
//!
//! The wait is drawn evenly from zero to a bound that doubles with each try, so that what failed
//! together is not tried again together ("full jitter": Marc Brooker, "Exponential Backoff And
//! Jitter", AWS Architecture Blog).

use std::time::Duration;

const FIRST_MS: u64 = 1_000;
const WAIT_MS_MAX: u64 = 15 * 60 * 1_000;

/// How long a receiver may ask to be left alone: longer would let it silence a channel.
const ASKED_MAX: Duration = Duration::from_secs(60 * 60);

/// How long is tried, from the first try on.
pub(crate) const TRIED_MS_MAX: i64 = 72 * 60 * 60 * 1_000;

/// How often is tried at the least, because the process may not have run all the while.
pub(crate) const TRIES_MIN: u32 = 10;

/// The longest that any delivery waits; what seems to wait longer was put off by a wrong clock.
pub(crate) const DUE_MS_MAX: i64 = 60 * 60 * 1_000;

/// The wait after so many tries; `random` is any number, and the receiver may ask for more.
pub(crate) fn wait(tries: u32, random: u64, asked: Option<Duration>) -> Duration {
    let doubled = FIRST_MS.saturating_mul(1 << tries.saturating_sub(1).min(20));
    let bound = doubled.min(WAIT_MS_MAX);
    let jittered = Duration::from_millis(random % (bound + 1));
    asked.map_or(jittered, |asked| jittered.max(asked.min(ASKED_MAX)))
}

/// True if there was no success for so long that none is to be expected.
pub(crate) fn is_over(first_try_ms: i64, now_ms: i64, tries: u32) -> bool {
    tries >= TRIES_MIN && now_ms.saturating_sub(first_try_ms) >= TRIED_MS_MAX
}

/// A number that nobody can foretell; without a random source the clock's is good enough here.
pub(crate) fn random() -> u64 {
    getrandom::u64().unwrap_or_else(|_| super::times::now_ms().unsigned_abs() * 0x9e37_79b9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_from_a_second_to_a_quarter_of_an_hour() {
        let longest = |tries| wait(tries, u64::MAX - u64::MAX % (bound(tries) + 1) - 1, None);
        fn bound(tries: u32) -> u64 {
            [1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000]
                .get(tries as usize)
                .copied()
                .unwrap_or(900_000)
        }
        for tries in 0..40 {
            assert_eq!(longest(tries), Duration::from_millis(bound(tries)), "{tries}");
            assert_eq!(wait(tries, 0, None), Duration::ZERO);
        }
    }

    #[test]
    fn waits_are_spread_over_all_of_it() {
        let mut waits: Vec<_> = (0..400).map(|_| wait(20, random(), None)).collect();
        waits.sort();
        waits.dedup();
        assert!(waits.len() > 300, "only {} different waits", waits.len());
        assert!(waits[0] < Duration::from_secs(90));
        assert!(waits[waits.len() - 1] > Duration::from_secs(810));
    }

    #[test]
    fn a_receiver_is_left_alone_for_an_hour_at_most() {
        let asked = |seconds| wait(1, 0, Some(Duration::from_secs(seconds)));
        assert_eq!(asked(7), Duration::from_secs(7));
        assert_eq!(asked(1 << 40), Duration::from_secs(3_600));
    }

    #[test]
    fn it_ends_after_three_days_of_trying() {
        assert!(!is_over(0, TRIED_MS_MAX - 1, 500));
        assert!(is_over(0, TRIED_MS_MAX, 500));
        assert!(!is_over(0, TRIED_MS_MAX * 2, TRIES_MIN - 1), "the machine was off");
    }
}
