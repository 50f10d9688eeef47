//! The last day of a waiver.

use syn::{Error, LitStr};

const FORM: &str = "write the last day on which this holds, as `until = \"2028-06-30\"`";
const YEARS: std::ops::RangeInclusive<i64> = 2000..=2199;

/// A day that there is.
pub(super) struct Date {
    /// As it was written.
    pub(super) text: LitStr,
    /// The days since 1970-01-01.
    pub(super) day: i64,
}

impl Date {
    /// Reads `2028-06-30`.
    pub(super) fn read(text: LitStr) -> syn::Result<Self> {
        let written = text.value();
        let bytes = written.as_bytes();
        let is_shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(place, byte)| match place {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !is_shaped {
            return Err(Error::new(text.span(), FORM));
        }
        let mut parts = written.split('-').map(|part| part.parse().unwrap_or_default());
        let mut next = || parts.next().unwrap_or_default();
        let (year, month, day) = (next(), next(), next());
        if !YEARS.contains(&year) || !(1..=days_of(year, month)).contains(&day) {
            let message = format!("there is no day `{written}` between 2000 and 2199");
            return Err(Error::new(text.span(), message));
        }
        Ok(Self { day: days_since_1970(year, month, day), text })
    }
}

/// How many days a month has; none where there is no such month.
fn days_of(year: i64, month: i64) -> i64 {
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let years: i64 =
        (1970..year).map(|year| (1..=12).map(|month| days_of(year, month)).sum::<i64>()).sum();
    let months: i64 = (1..month).map(|month| days_of(year, month)).sum();
    years + months + day - 1
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn day(text: &str) -> Option<i64> {
        Date::read(LitStr::new(text, Span::call_site())).ok().map(|date| date.day)
    }

    #[test]
    fn days_are_counted_and_those_that_there_are_not_are_refused() {
        assert_eq!(day("2000-03-01"), Some(11_017));
        assert_eq!(day("2024-02-29"), Some(19_782));
        assert_eq!(day("2100-03-01"), Some(47_541));
        for refused in [
            "2023-02-29",
            "2100-02-29",
            "2031-13-01",
            "2031-00-01",
            "2031-01-00",
            "2031-04-31",
            "1999-01-01",
            "2200-01-01",
            "2031-1-1",
            "2031/01/01",
            "31-01-2031",
            "",
            "2031-01-011",
        ] {
            assert_eq!(day(refused), None, "{refused}");
        }
    }
}
