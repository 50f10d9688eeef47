//! Numbers that states give to persons: the shape of each, its dates and its check digit.
//!
//! Only what a shape or a check tells from an id by itself is looked for here. A plain number of nine to thirteen
//! digits is not, whatever its check digit says: one id in ten has it by chance.

use crate::kind::Kind;
use crate::numbers::{has_luhn_digit, is_closed};
use crate::text::{Found, Text};

/// The shortest number.
const SIGNS_MIN: usize = 9;
/// The longest number.
const SIGNS_MAX: usize = 16;

/// A shape: `9` is a digit, `A` a capital, `-` a dash that must stand there, `?` one that may.
struct Shape {
    signs: u32,
    letters: u32,
    /// Behind which signs a dash must stand, and may.
    dashes: u32,
    dashes_max: u32,
    is_valid: fn(&[u8]) -> bool,
}

const fn shape(written: &str, is_valid: fn(&[u8]) -> bool) -> Shape {
    let written = written.as_bytes();
    let mut shape = Shape { signs: 0, letters: 0, dashes: 0, dashes_max: 0, is_valid };
    let mut place = 0;
    while place < written.len() {
        match written[place] {
            b'-' => shape.dashes |= 1 << shape.signs,
            b'?' => shape.dashes_max |= 1 << shape.signs,
            sign => {
                shape.letters |= ((sign == b'A') as u32) << shape.signs;
                shape.signs += 1;
            }
        }
        place += 1;
    }
    shape.dashes_max |= shape.dashes;
    shape
}

static SHAPES: &[Shape] = &[
    shape("A9999999?A", |it| is_nie(it) || is_fin(it)), // Spain, Singapore
    shape("99999999?A", |it| is_spanish(number(it, 0..8), it)), // Spain
    shape("999999-999A", is_finnish),
    shape("999999-9999", |it| is_date(it, 0) && has_luhn(it)), // Sweden
    shape("999999A999A", is_finnish),
    shape("999999A9999", is_finnish),
    shape("99999999-9999", |it| is_date(it, 2) && has_luhn(it.get(2..).unwrap_or_default())),
    shape("999999-9999999", |it| is_date(it, 0) && matches!(it.get(6), Some(b'1'..=b'8'))), // Korea
    shape("A999A9999", |it| it.first().is_some_and(|sign| b"MSRODG".contains(sign))),       // Korea
    shape("AAAAAA99A99A999A", |it| it.get(8).is_some_and(|sign| b"ABCDEHLMPRST".contains(sign))), // Italy
    shape("99AAAAA9999A9A9", is_gstin),
    shape("99AAAAA9999AAA9", is_gstin),
    shape("99AAAAA9999A9AA", is_gstin),
    shape("99AAAAA9999AAAA", is_gstin),
    shape("AAAAA9999A", |it| it.get(3).is_some_and(|sign| b"ABCFGHLJPT".contains(sign))), // India
    shape("AA999999A", is_nino),
    shape("9A99?A99?AA99", is_mbi),
    shape("9AA9?A99?AA99", is_mbi),
    shape("9A99?AA9?AA99", is_mbi),
    shape("9AA9?AA9?AA99", is_mbi),
    shape("99999999A999", is_rvnr),
    shape("A999999999", is_kvnr),
    shape("AA999999999", |it| {
        it.starts_with(b"DE") && has_mod_11_10(it.get(2..).unwrap_or_default())
    }),
    shape("AA99999999A", |_| true), // A German driving licence
    shape("999-999-9999", is_nhs),
    shape("999-999-999", |it| !matches!(it.first(), Some(b'0' | b'8')) && has_luhn(it)), // Canada
    shape("999-99-99999", is_brn),
];

/// A number that begins at `start`, where a word does.
pub(crate) fn at(text: &Text<'_>, start: usize) -> Option<Found> {
    // Times and short numbers are told soonest: all of these have a letter or a dash behind three signs, or more digits.
    let is_sign = |place: usize| {
        text.at(place).is_some_and(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
    };
    // Behind four signs with digits at their beginning stands a dash in dates alone.
    let is_date = text.at(start + 4) == Some(b'-')
        && text.slice(start..start + 2).iter().all(u8::is_ascii_digit);
    let may = is_sign(start + 1)
        && is_sign(start + 2)
        && (is_sign(start + 3) || text.at(start + 3) == Some(b'-'))
        && !is_date;
    if !may {
        return None;
    }
    let mut signs = [0_u8; SIGNS_MAX];
    let (mut length, mut letters, mut dashes) = (0, 0_u32, 0_u32);
    let mut place = start;
    loop {
        match text.at(place) {
            Some(byte) if byte.is_ascii_digit() || byte.is_ascii_uppercase() => {
                *signs.get_mut(length)? = byte;
                letters |= u32::from(byte.is_ascii_uppercase()) << length;
                length += 1;
            }
            Some(b'-') if dashes >> length == 0 => dashes |= 1 << length,
            _ => break,
        }
        place += 1;
    }
    if length < SIGNS_MIN || dashes >> length != 0 || !is_closed(text, place) {
        return None;
    }
    let signs = signs.get(..length)?;
    let has_shape = |it: &Shape| {
        it.signs as usize == length
            && it.letters == letters
            && dashes & it.dashes == it.dashes
            && dashes & !it.dashes_max == 0
    };
    let is_one = SHAPES.iter().any(|it| has_shape(it) && (it.is_valid)(signs))
        || dashes == 0 && (is_document(signs) || is_driver(signs));
    if is_one { text.found(start..place, Kind::PersonalNumber) } else { None }
}

fn digit(sign: u8) -> u32 {
    u32::from(sign.wrapping_sub(b'0'))
}

fn number(signs: &[u8], part: std::ops::Range<usize>) -> u32 {
    let part = signs.get(part).unwrap_or_default();
    part.iter().fold(0_u32, |sum, sign| sum.wrapping_mul(10).wrapping_add(digit(*sign)))
}

/// The sum of the digits, each times its weight.
fn weighted(signs: &[u8], weights: &[u32]) -> u32 {
    signs.iter().zip(weights).map(|(sign, weight)| digit(*sign) * weight).sum()
}

fn has_luhn(signs: &[u8]) -> bool {
    let mut digits = [0; SIGNS_MAX];
    digits.iter_mut().zip(signs).for_each(|(digit, sign)| *digit = sign.wrapping_sub(b'0'));
    has_luhn_digit(digits.get(..signs.len()).unwrap_or_default())
}

/// A year, a month and a day of two digits each. Numbers of those who have no other get a day above 60.
fn is_date(signs: &[u8], from: usize) -> bool {
    let (month, day) = (number(signs, from + 2..from + 4), number(signs, from + 4..from + 6));
    is_day(month, day % 60)
}

fn is_day(month: u32, day: u32) -> bool {
    let last = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=last).contains(&day)
}

fn is_nie(signs: &[u8]) -> bool {
    let first = match signs.first() {
        Some(b'X') => 0,
        Some(b'Y') => 1,
        Some(b'Z') => 2,
        _ => return false,
    };
    is_spanish(first * 10_000_000 + number(signs, 1..8), signs)
}

fn is_spanish(number: u32, signs: &[u8]) -> bool {
    b"TRWAGMYFPDXBNJZSQVHLCKE".get(number as usize % 23) == signs.last()
}

/// A number of Singapore: the letter is a check, by the series of the first one.
fn is_fin(signs: &[u8]) -> bool {
    let (add, checks): (u32, &[u8]) = match signs.first() {
        Some(b'S') => (0, b"JZIHGFEDCBA"),
        Some(b'T') => (4, b"JZIHGFEDCBA"),
        Some(b'F') => (0, b"XWUTRQPNMLK"),
        Some(b'G') => (4, b"XWUTRQPNMLK"),
        Some(b'M') => (3, b"XWUTRQPNJLK"),
        _ => return false,
    };
    let sum = weighted(signs.get(1..8).unwrap_or_default(), &[2, 7, 6, 5, 4, 3, 2]) + add;
    checks.get(sum as usize % 11) == signs.last()
}

fn is_finnish(signs: &[u8]) -> bool {
    let born = number(signs, 0..6);
    let own = number(signs, signs.len().saturating_sub(4)..signs.len().saturating_sub(1));
    let century = signs.len() == 10 || matches!(signs.get(6), Some(b'A'..=b'F' | b'U'..=b'Y'));
    let checks = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    century
        && is_day(born / 100 % 100, born / 10_000)
        && checks.get(((born * 1_000 + own) % 31) as usize) == signs.last()
}

fn is_gstin(signs: &[u8]) -> bool {
    (1..=37).contains(&number(signs, 0..2)) && signs.get(13) == Some(&b'Z')
}

fn is_nino(signs: &[u8]) -> bool {
    let [first, second, .., last] = signs else { return false };
    let never = [b"BG", b"GB", b"NK", b"KN", b"TN", b"NT", b"ZZ"];
    !b"DFIQUV".contains(first)
        && !b"DFIQUVO".contains(second)
        && !never.iter().any(|it| signs.starts_with(*it))
        && matches!(last, b'A'..=b'D')
        && number(signs, 2..8) > 0
}

fn is_mbi(signs: &[u8]) -> bool {
    signs.first() != Some(&b'0') && !signs.iter().any(|sign| b"SLOIBZ".contains(sign))
}

/// A number of the German pension insurance.
fn is_rvnr(signs: &[u8]) -> bool {
    let letter = signs.get(8).map_or(0, |sign| u32::from(sign - b'A') + 1);
    let digits = [
        &signs[..8.min(signs.len())],
        &[b'0' + (letter / 10) as u8, b'0' + (letter % 10) as u8],
        signs.get(9..11).unwrap_or_default(),
    ]
    .concat();
    let sum: u32 = digits
        .iter()
        .zip([2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1])
        .map(|(sign, weight)| digit(*sign) * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    let (day, month) = (number(signs, 2..4), number(signs, 4..6));
    is_day(month, day % 50) && signs.last() == Some(&(b'0' + (sum % 10) as u8))
}

/// A number of the German health insurance.
fn is_kvnr(signs: &[u8]) -> bool {
    let letter = signs.first().map_or(0, |sign| u32::from(sign - b'A') + 1);
    let head = [b'0' + (letter / 10) as u8, b'0' + (letter % 10) as u8];
    let digits = head.iter().chain(signs.get(1..9).unwrap_or_default());
    let sum: u32 = digits
        .zip([1, 2].into_iter().cycle())
        .map(|(sign, weight)| digit(*sign) * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    signs.last() == Some(&(b'0' + (sum % 10) as u8))
}

/// ISO 7064, MOD 11,10.
fn has_mod_11_10(signs: &[u8]) -> bool {
    let Some((last, digits)) = signs.split_last() else { return false };
    let rest = digits.iter().fold(10, |rest, sign| {
        let sum = (digit(*sign) + rest) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - rest) % 10 == digit(*last)
}

/// A number of the health service of the United Kingdom.
fn is_nhs(signs: &[u8]) -> bool {
    let check = 11 - weighted(signs, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    signs.last().is_some_and(|last| digit(*last) == check % 11)
}

/// A number of a business in Korea.
fn is_brn(signs: &[u8]) -> bool {
    let ninth = signs.get(8).map_or(0, |sign| digit(*sign));
    let sum = weighted(signs, &[1, 3, 7, 1, 3, 7, 1, 3, 5]) + ninth * 5 / 10;
    signs.last().is_some_and(|last| digit(*last) == (10 - sum % 10) % 10)
}

/// A German passport or card of identity: letters and digits by chance, and a check digit (ICAO 9303).
fn is_document(signs: &[u8]) -> bool {
    let [first, middle @ .., last] = signs else { return false };
    let value = |sign: &u8| match sign {
        b'0'..=b'9' => digit(*sign),
        _ => u32::from(sign - b'A') + 10,
    };
    let sum: u32 =
        signs.iter().zip([7, 3, 1, 7, 3, 1, 7, 3]).map(|(sign, weight)| value(sign) * weight).sum();
    let allowed = |sign: &u8| b"CFGHJKLMNPRTVWXYZ0123456789".contains(sign);
    signs.len() == 9
        && first.is_ascii_uppercase()
        && allowed(first)
        && middle.iter().all(allowed)
        && middle.iter().filter(|sign| sign.is_ascii_digit()).count() >= 4
        && digit(*last) == sum % 10
}

/// A driving licence of the United Kingdom.
fn is_driver(signs: &[u8]) -> bool {
    let name = |part: std::ops::Range<usize>| {
        let signs = signs.get(part).unwrap_or_default();
        signs.iter().all(|sign| sign.is_ascii_uppercase() || *sign == b'9')
    };
    let digits = signs.get(5..11).unwrap_or_default().iter().all(u8::is_ascii_digit);
    let ends = signs.get(14..).unwrap_or_default().iter().all(u8::is_ascii_uppercase);
    let (month, day) = (number(signs, 6..8), number(signs, 8..10));
    signs.len() == 16
        && signs.first().is_some_and(u8::is_ascii_uppercase)
        && name(0..5)
        && digits
        && matches!(month, 1..=12 | 51..=62)
        && (1..=31).contains(&day)
        && name(11..13)
        && ends
}
