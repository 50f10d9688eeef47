//! The time at which an event counts: never ahead of the journal's clock, and never going back with an event.

use audit_runtime::Timestamp;

use super::observed::Observed;

pub(super) const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// How far an event may be ahead of the journal's clock.
const AHEAD_NS_MAX: i64 = 5 * NANOS_PER_SECOND;

/// The times at which events have counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    /// The time of the last event; before the first one, the beginning of time.
    pub(super) now_ns: i64,
    /// The latest time of any event. Nothing that is kept is later.
    pub(super) latest_ns: i64,
}

/// When an event counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) now_ns: i64,
    /// How long before that it happened.
    pub(super) late_ns: i64,
    /// True if an event has counted at a later time: the clock has gone back.
    pub(super) is_back: bool,
}

impl Default for Clock {
    fn default() -> Self {
        Self { now_ns: i64::MIN, latest_ns: i64::MIN }
    }
}

impl Clock {
    /// Goes on to an event. One from the future counts as at the journal's clock, one from the past as
    /// at the latest time. Where there is no journal's clock, the event's own time stands for it.
    ///
    /// The clock goes back only if the journal's does, so no event can stop it.
    pub(super) fn advance(&mut self, event: &Observed<'_>) -> Moment {
        let time_ns = event.time.unix_nanos();
        let journal_ns = event.observed.map_or(time_ns, Timestamp::unix_nanos);
        let limit_ns = journal_ns.saturating_add(AHEAD_NS_MAX);
        let now_ns = time_ns.clamp(self.now_ns.min(limit_ns), limit_ns);
        let is_back = now_ns < self.latest_ns;
        *self = Self { now_ns, latest_ns: self.latest_ns.max(now_ns) };
        Moment { now_ns, late_ns: now_ns.saturating_sub(time_ns).max(0), is_back }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Advances by events with these times and journal's times in seconds.
    fn moments(times: &[(i64, Option<i64>)]) -> Vec<(i64, i64)> {
        let at = |seconds: i64| Timestamp::from_unix_nanos(seconds * NANOS_PER_SECOND);
        let mut clock = Clock::default();
        let mut moment = |(time, observed): &(i64, Option<i64>)| {
            let event = Observed { observed: observed.map(at), ..Observed::new(0, at(*time)) };
            let moment = clock.advance(&event);
            (moment.now_ns / NANOS_PER_SECOND, moment.late_ns / NANOS_PER_SECOND)
        };
        times.iter().map(&mut moment).collect()
    }

    #[test]
    fn the_future_is_clamped_to_the_journals_clock_and_the_past_to_the_latest() {
        let times = [(100, Some(100)), (9_999, Some(101)), (102, Some(103)), (50, Some(107))];
        assert_eq!(moments(&times), [(100, 0), (106, 0), (106, 4), (106, 56)]);
    }

    #[test]
    fn a_clock_that_was_wrong_and_is_set_right_takes_the_engine_along() {
        assert_eq!(moments(&[(9_999, Some(9_999)), (100, Some(100))]), [(9_999, 0), (105, 5)]);
    }

    #[test]
    fn without_a_journals_clock_one_odd_time_does_not_stand_in_the_way_of_the_next() {
        assert_eq!(
            moments(&[(100, None), (9_999, None), (101, None)]),
            [(100, 0), (9_999, 0), (106, 5)]
        );
        assert_eq!(
            moments(&[(100, None), (97, None), (101, None)]),
            [(100, 0), (100, 3), (101, 0)]
        );
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let mut clock = Clock::default();
        for nanos in [i64::MAX, i64::MIN, 0, i64::MAX] {
            clock.advance(&Observed::new(0, Timestamp::from_unix_nanos(nanos)));
        }
    }
}
