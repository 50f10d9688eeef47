//! Numbers of bank accounts: each country's length, and the check digits.

use crate::kind::Kind;
use crate::text::{Found, Text};

/// Countries with the length of their numbers, from the IBAN registry of SWIFT (ISO 13616-2).
const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

/// An account that begins at `start`: in one block, or in groups of four.
pub(crate) fn at(text: &Text<'_>, start: usize) -> Option<Found> {
    let country = [text.at(start)?, text.at(start + 1)?];
    let checked = text.slice(start + 2..start + 4);
    if checked.len() != 2 || !checked.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (_, length) = LENGTHS.iter().find(|(known, _)| **known == country)?;
    let open = !text.before(start).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let (signs, end) = signs(text, start, *length)?;
    let closed = !text.at(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let good = open && closed && has_check_digits(signs.get(..*length)?);
    if good { text.found(start..end, Kind::Iban) } else { None }
}

/// The `length` letters and digits from `start` on without their separators, and where they end.
fn signs(text: &Text<'_>, start: usize, length: usize) -> Option<([u8; 34], usize)> {
    let mut signs = [0_u8; 34];
    let mut taken = 0;
    let mut place = start;
    let separator = text.at(start + 4).filter(|byte| matches!(byte, b' ' | b'-'));
    while taken < length {
        let byte = text.at(place)?;
        let between = taken > 0 && taken % 4 == 0 && Some(byte) == separator;
        if between && text.at(place - 1) != separator {
            place += 1;
            continue;
        }
        if !byte.is_ascii_digit() && !byte.is_ascii_uppercase() {
            return None;
        }
        *signs.get_mut(taken)? = byte;
        taken += 1;
        place += 1;
    }
    Some((signs, place))
}

/// ISO 7064, MOD 97-10: the first four signs go to the end, letters count from ten.
fn has_check_digits(signs: &[u8]) -> bool {
    let (head, tail) = signs.split_at(signs.len().min(4));
    let rest = tail.iter().chain(head).fold(0_u32, |rest, sign| match sign {
        b'0'..=b'9' => (rest * 10 + u32::from(sign - b'0')) % 97,
        _ => (rest * 100 + u32::from(sign - b'A') + 10) % 97,
    });
    rest == 1
}
