//! Numbers of cards and of social security: issuers, lengths, ranges, check digits, boundaries.

use std::ops::Range;

use crate::iban;
use crate::kind::Kind;
use crate::runs::{is_in_class, is_sign};
use crate::text::{Found, Text};
use crate::{persons, phone, tokens};

/// The digits of the shortest and the longest card number (ISO/IEC 7812-1).
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// No number without a separator is shorter.
const SIGNS_MIN: usize = 9;

/// The first card, account or number of a person in the run that begins at `start`, and the end of what was looked at.
///
/// All of these begin where a word of digits and capitals does.
pub(crate) fn in_run(text: &Text<'_>, start: usize) -> (Option<Found>, usize) {
    let mut place = start;
    while let Some(byte) = text.at(place).filter(|byte| is_in_class(*byte)) {
        let mut end = place + 1;
        let found = if is_sign(byte) {
            end = text.run(end, usize::MAX, is_sign);
            at_word(text, place..end)
        } else if byte == b'(' && is_open(text.before(place)) {
            phone::at(text, place)
        } else {
            None
        };
        if found.is_some() {
            return (found, place);
        }
        place = end;
    }
    (None, place)
}

fn at_word(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    // Times, counts and short words are told soonest.
    let Range { start, end } = word;
    let (length, before, behind) = (end - start, text.before(start), text.at(end));
    let may_go_on = length >= SIGNS_MIN || length >= 3 && behind == Some(b'-');
    if !text.at(start)?.is_ascii_digit() {
        let account = if length >= 4 { iban::at(text, start) } else { None };
        let may = may_go_on && is_open(before);
        return account.or_else(|| if may { persons::at(text, start) } else { None });
    }
    if before == Some(b'+') {
        return phone::at(text, start);
    }
    let is_grouped = matches!(length, 4 | 6) && behind == Some(b' ');
    if !(is_grouped || may_go_on) || !is_open(before) {
        return None;
    }
    card(text, start)
        .or_else(|| if behind == Some(b'|') { tokens::facebook(text, start) } else { None })
        .or_else(|| if may_go_on { persons::at(text, start) } else { None })
        .or_else(|| phone::local(text, start))
}

/// A card number that begins at `start`: digits in one block, or in groups with one separator.
fn card(text: &Text<'_>, start: usize) -> Option<Found> {
    // Nearly all dates and times are no issuer's.
    if !matches!(text.slice(start..start + 2), [b'2', b'2'..=b'7'] | [b'3'..=b'6', _]) {
        return None;
    }
    let mut digits = [0_u8; 20];
    let mut length = 0;
    let mut groups = [0_usize; 6];
    let mut group = 0;
    let mut separator = None;
    let mut place = start;
    while let Some(byte) = text.at(place) {
        if byte.is_ascii_digit() {
            *digits.get_mut(length)? = byte - b'0';
            length += 1;
            *groups.get_mut(group)? += 1;
        } else if matches!(byte, b' ' | b'-')
            && text.at(place + 1).is_some_and(|b| b.is_ascii_digit())
        {
            // What is complete, or in no groups of cards, does not go on behind a separator.
            let in_groups = groups.iter().take(group + 1).all(|digits| (4..=6).contains(digits));
            let is_whole = is_card(digits.get(..length)?) && are_groups(groups.get(..=group)?);
            if separator.is_some_and(|known| known != byte) || !in_groups || is_whole {
                break;
            }
            separator = Some(byte);
            group += 1;
        } else {
            break;
        }
        place += 1;
    }
    let digits = digits.get(..length)?;
    let closed = is_closed(text, place);
    let good = closed && is_card(digits) && are_groups(groups.get(..=group)?);
    if good { text.found(start..place, Kind::Card) } else { None }
}

/// True if a number may begin behind `byte`: it belongs to no name, no fraction and no path.
pub(crate) fn is_open(byte: Option<u8>) -> bool {
    let glued = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'+' | b'#' | b'$' | b'@' | b'%')
    };
    !byte.is_some_and(|byte| glued(byte) || byte >= 0x80)
}

/// True if a number may end before `place`.
pub(crate) fn is_closed(text: &Text<'_>, place: usize) -> bool {
    match text.at(place) {
        None => true,
        // A fraction goes on, and so does one that a mark stands in.
        Some(b'.') => !text.at(place + 1).is_some_and(|byte| byte.is_ascii_digit() || byte == b'['),
        Some(byte) => {
            !(byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'-' | b'/' | b'@')
                || byte >= 0x80)
        }
    }
}

/// True if the digits stand in one block or as cards are printed.
fn are_groups(groups: &[usize]) -> bool {
    matches!(
        groups,
        [_] | [4, 4, 4, 4] | [4, 6, 5] | [4, 6, 4] | [4, 4, 4, 4, 3] | [4, 4, 4, 1..=3] | [6, 13]
    )
}

fn is_card(digits: &[u8]) -> bool {
    let prefix = |length: usize| {
        digits.iter().take(length).fold(0_u32, |number, digit| number * 10 + u32::from(*digit))
    };
    let varied = digits.iter().any(|digit| Some(digit) != digits.last());
    CARD_DIGITS.contains(&digits.len())
        && varied
        && is_issued(prefix(6), digits.len())
        && has_luhn_digit(digits)
}

/// True if an issuer gives out numbers of this length that begin with these six digits.
///
/// Longer numbers that some issuers reserve but hardly give out are left alone, because numbers of 64
/// bits by chance, which are ids, have as many digits.
fn is_issued(prefix: u32, length: usize) -> bool {
    let (two, three, four) = (prefix / 10_000, prefix / 1_000, prefix / 100);
    match two {
        40..=49 => matches!(length, 13 | 16), // Visa
        51..=55 => length == 16,              // Mastercard
        22..=27 => (2221..=2720).contains(&four) && length == 16, // Mastercard
        34 | 37 => length == 15,              // American Express
        36 | 38 | 39 => (14..=16).contains(&length), // Diners Club
        30 => (300..=305).contains(&three) && (14..=16).contains(&length), // Diners Club
        35 => (3528..=3589).contains(&four) && length == 16, // JCB
        60 => three == 601 && length == 16,   // Discover
        64 => (644..=649).contains(&three) && length == 16, // Discover
        65 => length == 16,                   // Discover, RuPay
        62 => (16..=19).contains(&length),    // UnionPay
        50 | 56..=58 | 63 | 67 => (16..=19).contains(&length), // Maestro
        _ => false,
    }
}

/// The check digit of ISO/IEC 7812-1, annex B.
pub(crate) fn has_luhn_digit(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(*digit);
            if place % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// A social security or taxpayer number whose group stands at `dash`: `-12-`.
pub(crate) fn ssn(text: &Text<'_>, dash: usize) -> Option<Found> {
    let start = dash.checked_sub(3)?;
    let end = dash + 8;
    let number = |from: usize, to: usize| {
        let digits = text.slice(from..to);
        let is_number = digits.len() == to - from && digits.iter().all(u8::is_ascii_digit);
        is_number
            .then(|| digits.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0')))
    };
    let bounded = start >= text.floor() && is_open(text.before(start)) && is_closed(text, end);
    if !bounded {
        return None;
    }
    let (area, group, serial) =
        (number(start, dash)?, number(dash + 1, dash + 3)?, number(dash + 4, end)?);
    if is_given_out(area, group, serial) { text.found(start..end, Kind::Ssn) } else { None }
}

/// The ranges of the Social Security Administration since 2011, and those of taxpayer numbers.
fn is_given_out(area: u32, group: u32, serial: u32) -> bool {
    let taxpayer = matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99);
    // Two numbers were printed in advertisements, and are nobody's.
    let printed = matches!((area, group, serial), (78, 5, 1120) | (219, 9, 9999));
    let area = match area {
        0 | 666 => false,
        900..=999 => taxpayer,
        _ => true,
    };
    area && group != 0 && serial != 0 && !printed
}
