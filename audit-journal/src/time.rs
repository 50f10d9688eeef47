//! Wall-clock and monotonic time: the timestamp of a record and the clocks that make it.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// The length of a timestamp as text: `2026-01-31T23:59:59.123456789Z`.
pub(crate) const TIMESTAMP_LEN: usize = 30;

/// A point in time, in whole nanoseconds since 1970-01-01T00:00:00 UTC.
///
/// It covers the years 1677 to 2262 and is written as RFC 3339 in UTC with nine fractional digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The time that lies `nanos` nanoseconds after the Unix epoch.
    pub const fn from_unix_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn unix_nanos(self) -> i64 {
        self.0
    }

    /// The system clock's time; a clock outside 1677–2262 is clamped to that range.
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }

    /// Reads the form that [`Display`](fmt::Display) writes, and only that form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_bytes(text.as_bytes())
    }

    pub(crate) fn parse_bytes(bytes: &[u8]) -> Option<Self> {
        let template = b"0000-00-00T00:00:00.000000000Z";
        let fits = |(byte, shape): (&u8, &u8)| match shape {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        };
        // Without a branch in the loop the compiler compares sixteen bytes at a time.
        let are_all = |all, pair| all & fits(pair);
        if bytes.len() != TIMESTAMP_LEN || !bytes.iter().zip(template).fold(true, are_all) {
            return None;
        }
        let digits = |from, to| bytes[from..to].iter().map(|digit| i64::from(digit - b'0'));
        let number =
            |from: usize, to: usize| digits(from, to).fold(0, |all, digit| all * 10 + digit);
        let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
        let (hour, minute, second) = (number(11, 13), number(14, 16), number(17, 19));
        let nanos = number(20, 29);
        let days = days_from_civil(year, month, day);
        if civil_from_days(days) != (year, month, day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
        seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(nanos).map(Self)
    }

    /// Appends the [`TIMESTAMP_LEN`] bytes of the text form.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        let seconds = self.0.div_euclid(NANOS_PER_SECOND);
        let nanos = self.0.rem_euclid(NANOS_PER_SECOND);
        let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
        let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        digits(&mut text[0..4], year);
        digits(&mut text[5..7], month);
        digits(&mut text[8..10], day);
        digits(&mut text[11..13], of_day / 3600);
        digits(&mut text[14..16], of_day / 60 % 60);
        digits(&mut text[17..19], of_day % 60);
        digits(&mut text[20..29], nanos);
        out.extend_from_slice(&text);
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let nanos = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => {
                i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos)
            }
        };
        Self(nanos)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(TIMESTAMP_LEN);
        self.write(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

/// Where the journal's times come from; replaced in tests that need a clock of their own.
pub trait Clock: Send + Sync {
    /// The wall-clock time.
    fn now(&self) -> Timestamp;

    /// Nanoseconds on a clock that never goes back, counted from an arbitrary start.
    fn monotonic_ns(&self) -> u64;
}

/// The clocks of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic_ns(&self) -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        let elapsed = START.get_or_init(Instant::now).elapsed();
        u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Writes `value` right-aligned into `text`, which holds zeros.
fn digits(text: &mut [u8], mut value: i64) {
    for place in text.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`], from the same source.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants_are_written_as_rfc_3339() {
        let cases = [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
            (1_767_225_599_123_456_789, "2025-12-31T23:59:59.123456789Z"),
            (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
            (i64::MIN, "1677-09-21T00:12:43.145224192Z"),
        ];
        for (nanos, text) in cases {
            let time = Timestamp::from_unix_nanos(nanos);
            assert_eq!(time.to_string(), text);
        }
    }

    #[test]
    fn every_day_of_six_centuries_reads_back() {
        for day in (-106_751..106_751).step_by(1) {
            let time = Timestamp::from_unix_nanos(day * SECONDS_PER_DAY * NANOS_PER_SECOND + 7);
            assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        }
    }

    #[test]
    fn other_forms_are_refused() {
        let refused = [
            "",
            "2025-12-31T23:59:59Z",
            "2025-02-30T00:00:00.000000000Z",
            "2025-12-31T24:00:00.000000000Z",
            "2025-12-31T23:59:60.000000000Z",
            "2025-12-31 23:59:59.000000000Z",
            "2025-12-31T23:59:59.00000000+Z",
            "9999-12-31T23:59:59.000000000Z",
        ];
        for text in refused {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
