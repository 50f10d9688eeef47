//! Times and spans of time as the language of queries writes them.

use std::time::Duration;

use audit_runtime::Timestamp;

const NANOS_PER_SECOND: u128 = 1_000_000_000;
const NANOS_PER_DAY: i64 = 86_400_000_000_000;

/// The words that begin a range of time.
pub(super) const TIMES: [&str; 4] = ["since", "until", "last", "on"];

/// The units of a span, the longest first; those under a second are there so that any span prints.
const UNITS: [(&str, u128); 8] = [
    ("w", 7 * 86_400 * NANOS_PER_SECOND),
    ("d", 86_400 * NANOS_PER_SECOND),
    ("h", 3_600 * NANOS_PER_SECOND),
    ("m", 60 * NANOS_PER_SECOND),
    ("s", NANOS_PER_SECOND),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Where a range of time begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    At(Timestamp),
    /// So long before the query is asked.
    Last(Duration),
}

/// A range of time: its first instant, and the first one behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
}

impl Window {
    pub(super) fn contains(&self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to)
    }

    /// True if no instant from `first` to `last`, both included, lies in it.
    pub(super) fn misses(&self, first: Timestamp, last: Timestamp) -> bool {
        self.from.is_some_and(|from| last < from) || self.to.is_some_and(|to| first >= to)
    }
}

impl Start {
    /// The instant that is meant by who asks at `now`.
    pub(super) fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(time) => time,
            Self::Last(span) => {
                let nanos = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
                Timestamp::from_unix_nanos(now.unix_nanos().saturating_sub(nanos))
            }
        }
    }
}

/// Reads `2026-11-22`, `2026-11-22T10:30Z` or the same with seconds and a fraction of them.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let Some((date, of_day)) = text.split_once('T') else {
        return Timestamp::parse(&format!("{text}T00:00:00.000000000Z"));
    };
    let of_day = of_day.strip_suffix('Z')?;
    let (seconds, fraction) = of_day.split_once('.').unwrap_or((of_day, "0"));
    let seconds =
        if seconds.len() == "10:30".len() { format!("{seconds}:00") } else { seconds.to_owned() };
    let is_fraction =
        (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    is_fraction.then(|| Timestamp::parse(&format!("{date}T{seconds}.{fraction:0<9}Z")))?
}

/// The shortest form that [`time`] reads back.
pub(super) fn time_text(time: Timestamp) -> String {
    let (text, nanos) = (time.to_string(), time.unix_nanos());
    if nanos.rem_euclid(NANOS_PER_DAY) == 0 {
        return text.chars().take("2026-11-22".len()).collect();
    }
    let digits = text.trim_end_matches('Z').trim_end_matches('0');
    let whole_seconds = "2026-11-22T10:30:00".len();
    if digits.len() > whole_seconds + 1 {
        return format!("{digits}Z");
    }
    text.chars().take(whole_seconds).chain(['Z']).collect()
}

/// The first instant of the day behind the one that begins at `day`; `None` behind the last there is.
pub(super) fn next_day(day: Timestamp) -> Option<Timestamp> {
    day.unix_nanos().checked_add(NANOS_PER_DAY).map(Timestamp::from_unix_nanos)
}

/// Reads `24h`, `30m`, `7d`; not zero, and no longer than there are times.
pub(super) fn span(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let nanos = number.parse::<u128>().ok()?.checked_mul(*nanos)?;
    let nanos = i64::try_from(nanos).ok().filter(|nanos| *nanos > 0)?;
    Some(Duration::from_nanos(nanos.unsigned_abs()))
}

/// In the longest unit that measures the span exactly.
pub(super) fn span_text(span: Duration) -> String {
    let nanos = span.as_nanos();
    let unit = UNITS.iter().find(|(_, unit)| nanos.is_multiple_of(*unit));
    unit.map_or(String::new(), |(name, unit)| format!("{}{name}", nanos / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_back_in_their_shortest_form() {
        for (text, shortest) in [
            ("2026-11-22", "2026-11-22"),
            ("2026-11-22T00:00Z", "2026-11-22"),
            ("2026-11-20T10:30Z", "2026-11-20T10:30:00Z"),
            ("2026-11-20T10:30:20Z", "2026-11-20T10:30:20Z"),
            ("2026-11-20T10:30:20.500Z", "2026-11-20T10:30:20.5Z"),
            ("2026-11-20T10:30:00.000000001Z", "2026-11-20T10:30:00.000000001Z"),
            ("1969-12-31", "1969-12-31"),
        ] {
            let read = time(text).unwrap();
            assert_eq!(time_text(read), shortest);
            assert_eq!(time(shortest), Some(read));
        }
        for other in ["", "2026", "2026-13-01", "2026-11-22T10:30", "2026-11-22T10Z", "9999-01-01"]
        {
            assert_eq!(time(other), None, "{other}");
        }
    }

    #[test]
    fn spans_read_back_in_their_longest_unit() {
        for (text, longest) in [("24h", "1d"), ("90m", "90m"), ("7d", "1w"), ("1500ms", "1500ms")] {
            let read = span(text).unwrap();
            assert_eq!(span_text(read), longest);
            assert_eq!(span(longest), Some(read));
        }
        for other in ["", "24", "h", "0h", "-1h", "1y", "1.5h", "99999999999999d"] {
            assert_eq!(span(other), None, "{other}");
        }
    }

    #[test]
    fn a_range_has_its_first_instant_and_not_its_last() {
        let at = Timestamp::from_unix_nanos;
        let window = Window { from: Some(at(10)), to: Some(at(20)) };
        assert_eq!(
            [9, 10, 19, 20].map(|time| window.contains(at(time))),
            [false, true, true, false]
        );
        assert!(window.misses(at(0), at(9)) && window.misses(at(20), at(30)));
        assert!(!window.misses(at(0), at(10)) && !window.misses(at(19), at(30)));
        assert!(!Window::default().misses(at(0), at(0)));
        assert_eq!(Start::Last(Duration::from_nanos(3)).at(at(10)), at(7));
        assert_eq!(Start::Last(Duration::MAX).at(at(i64::MIN)), at(i64::MIN));
    }
}
