//! How many messages a channel may send: a bucket of tokens that fills up as time goes by.

use std::time::{Duration, Instant};

/// How many messages a channel may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many in a minute, at the least one.
    pub per_minute: u32,
    /// How many at once after a silence, at the least one.
    pub burst: u32,
}

impl Default for Rate {
    fn default() -> Self {
        Self { per_minute: 30, burst: 10 }
    }
}

/// The tokens that are left. Only the last may be spent on a digest, so that a few alerts come one by
/// one, and of many all come at once.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: Rate,
    tokens: f64,
    filled: Instant,
}

/// What may be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// One alert.
    One,
    /// All that wait, in one message.
    All,
    /// Nothing, for so long.
    None(Duration),
}

impl Bucket {
    pub(crate) fn new(rate: Rate, now: Instant) -> Self {
        let rate = Rate { per_minute: rate.per_minute.max(1), burst: rate.burst.max(1) };
        Self { rate, tokens: f64::from(rate.burst), filled: now }
    }

    /// What may be sent now.
    pub(crate) fn allowed(&mut self, now: Instant) -> Allowed {
        let per_second = f64::from(self.rate.per_minute) / 60.0;
        let gone = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + gone * per_second).min(f64::from(self.rate.burst));
        self.filled = now;
        if self.tokens >= 2.0 {
            Allowed::One
        } else if self.tokens >= 1.0 {
            Allowed::All
        } else {
            // A little more, so that rounding does not leave a sliver to wait for.
            let wait = (1.0 - self.tokens) / per_second + 0.001;
            Allowed::None(Duration::from_secs_f64(wait))
        }
    }

    /// Spends the token of a message.
    pub(crate) fn spend(&mut self) {
        self.tokens = (self.tokens - 1.0).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_come_one_by_one_and_the_rest_together() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Rate { per_minute: 30, burst: 3 }, start);
        for expected in [Allowed::One, Allowed::One, Allowed::All] {
            assert_eq!(bucket.allowed(start), expected);
            bucket.spend();
        }
        let Allowed::None(wait) = bucket.allowed(start) else { panic!("a token too many") };
        assert!(wait > Duration::from_millis(1_999) && wait < Duration::from_millis(2_010));
        assert_eq!(bucket.allowed(start + wait), Allowed::All);
        bucket.spend();
        assert_eq!(bucket.allowed(start + Duration::from_secs(600)), Allowed::One);
    }

    #[test]
    fn no_more_than_the_rate_and_one_burst_is_sent_in_any_time() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Rate { per_minute: 60, burst: 5 }, start);
        let sent = (0..100_000).filter(|tick| {
            let may =
                !matches!(bucket.allowed(start + Duration::from_millis(*tick)), Allowed::None(_));
            if may {
                bucket.spend();
            }
            may
        });
        let sent = sent.count();
        assert!((100..=105).contains(&sent), "{sent} in 100 seconds");
    }

    #[test]
    fn a_rate_of_nothing_is_the_least_there_is() {
        let mut bucket = Bucket::new(Rate { per_minute: 0, burst: 0 }, Instant::now());
        assert_eq!(bucket.allowed(Instant::now()), Allowed::All);
    }
}
