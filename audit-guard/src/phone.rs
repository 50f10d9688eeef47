//! Phone numbers: in international form (E.164), and as they are written in North America.

use crate::kind::Kind;
use crate::numbers::is_closed;
use crate::text::{Found, Text};

/// How many digits a number has with the code of its country.
const DIGITS: std::ops::RangeInclusive<usize> = 10..=15;
/// The longest one, with all that stands between its digits.
const NUMBER_BYTES_MAX: usize = 24;

/// A number whose first digit stands at `start` behind a plus, or whose area stands there in brackets.
pub(crate) fn at(text: &Text<'_>, start: usize) -> Option<Found> {
    let is_area = text.at(start) == Some(b'(');
    let (end, digits) = end_of_number(text, start)?;
    let good = if is_area {
        let number = text.slice(start..end);
        // `(415) 555-0132`: neither part begins with 0 or 1.
        let begins = |digit: Option<&u8>| matches!(digit, Some(b'2'..=b'9'));
        let local = number.get(5..).unwrap_or_default();
        let local = local.strip_prefix(b" ").unwrap_or(local);
        digits == 10
            && number.get(4) == Some(&b')')
            && begins(number.get(1))
            && begins(local.first())
            && matches!(local.get(3), Some(b'-' | b' ' | b'.'))
    } else {
        DIGITS.contains(&digits) && text.at(start) != Some(b'0')
    };
    let start = if is_area { start } else { start - 1 };
    let alone = !text.before(start).is_some_and(|byte| byte.is_ascii_alphanumeric());
    if good && alone && is_closed(text, end) { text.found(start..end, Kind::Phone) } else { None }
}

/// A number within a country that begins at `start`.
pub(crate) fn local(text: &Text<'_>, start: usize) -> Option<Found> {
    if text.at(start) == Some(b'0') { with_zero(text, start) } else { american(text, start) }
}

/// `09171234567`, `0412 123 45 67`: eleven digits, of which one zero is the first. No count is written so.
fn with_zero(text: &Text<'_>, start: usize) -> Option<Found> {
    let (end, digits) = end_of_number(text, start)?;
    let plain = end - start == digits;
    let four = text.run(start, 4, |byte| byte.is_ascii_digit()) == start + 4;
    let good = digits == 11
        && matches!(text.at(start + 1), Some(b'2'..=b'9'))
        && (plain || four && matches!(text.at(start + 4), Some(b'-' | b' ')));
    if good && is_closed(text, end) { text.found(start..end, Kind::Phone) } else { None }
}

/// `415-555-0132`: neither the area nor the exchange begins with 0 or 1.
fn american(text: &Text<'_>, start: usize) -> Option<Found> {
    let dashes = text.at(start + 3) == Some(b'-') && text.at(start + 7) == Some(b'-');
    let begins = |place: usize| matches!(text.at(place), Some(b'2'..=b'9'));
    if !dashes || !begins(start) || !begins(start + 4) {
        return None;
    }
    let (end, digits) = end_of_number(text, start)?;
    let good = digits == 10 && end == start + 12 && is_closed(text, end);
    if good { text.found(start..end, Kind::Phone) } else { None }
}

/// Where a number ends that begins at `start`, and how many digits it has.
///
/// Between two digits stands one sign at the most, but for brackets about an area.
fn end_of_number(text: &Text<'_>, start: usize) -> Option<(usize, usize)> {
    let (mut end, mut digits, mut between) = (start, 0, 0);
    for place in start..start + NUMBER_BYTES_MAX {
        match text.at(place) {
            Some(byte) if byte.is_ascii_digit() => {
                (end, between) = (place + 1, 0);
                digits += 1;
            }
            Some(b' ' | b'-' | b'.' | b'(' | b')') if between < 2 => between += 1,
            _ => break,
        }
    }
    (digits > 0).then_some((end, digits))
}
