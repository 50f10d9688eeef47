//! Masks: a few characters of a long value, and never enough of a short one.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address;
use super::room::Room;
use crate::REDACTED;

/// Stands for what a mask hides, whatever its length.
const FILLER: &str = "****";
/// Digits of a payment card: fewer may be a PIN or an account, more are something else.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;
const CARD_DIGITS_KEPT: usize = 4;

/// Which part of a value `#[sensitive(mask(…))]` keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// The first and the last characters: `a****6789`.
    Ends {
        /// Characters kept at the beginning.
        first: u8,
        /// Characters kept at the end.
        last: u8,
        /// A value of fewer characters is hidden whole.
        min: u16,
    },
    /// The last four of the 12 to 19 digits of a payment card: `****4242`.
    Card,
    /// The first character and the host of an address: `a****@example.com`.
    Email,
    /// The network: `192.0.2.0/24`, `2001:db8:1::/48`.
    Ip,
}

impl Mask {
    /// What is written of `text`, made in `room`; none if it does not fit.
    pub(super) fn within<'a>(&self, text: &str, room: &'a mut Room) -> Option<&'a str> {
        match self.of(text) {
            None => Some(REDACTED),
            Some(Masked::Text { before, after }) => room.joined([before, FILLER, after]),
            Some(masked) => room.displayed(masked),
        }
    }

    /// The kept part of `text` around the filler; none if too much of it would be told.
    #[inline]
    pub(super) fn of<'a>(&self, text: &'a str) -> Option<Masked<'a>> {
        match *self {
            Self::Ends { first, last, min } => ends(text, first.into(), last.into(), min.into()),
            Self::Card => card(text),
            Self::Email => {
                let (before, after) = address::kept(text)?;
                Some(Masked::Text { before, after })
            }
            Self::Ip => ip(text),
        }
    }
}

/// What a mask writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Masked<'a> {
    Text { before: &'a str, after: &'a str },
    Digits([u8; CARD_DIGITS_KEPT]),
    Network4(Ipv4Addr),
    Network6(Ipv6Addr),
}

impl Display for Masked<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { before, after } => write!(f, "{before}{FILLER}{after}"),
            Self::Digits(digits) => write!(f, "{FILLER}{}", String::from_utf8_lossy(digits)),
            Self::Network4(address) => write!(f, "{address}/24"),
            Self::Network6(address) => write!(f, "{address}/48"),
        }
    }
}

#[inline]
fn ends(text: &str, first: usize, last: usize, min: usize) -> Option<Masked<'_>> {
    // A mask that a hand wrote too wide keeps nothing of a value that it would show whole.
    let enough = min.max(first + last + 1);
    // No character has more than four bytes, so that those of a long text need not be counted.
    if text.len() / 4 < enough && chars(text) < enough {
        return None;
    }
    let before = if first == 0 { "" } else { first_chars(text, first)? };
    // As many bytes are as many characters if they are ASCII, which most texts end with.
    let after = match text.len().checked_sub(last).and_then(|start| text.get(start..)) {
        Some(after) if after.bytes().all(|byte| byte.is_ascii()) => after,
        _ => last_chars(text, last)?,
    };
    Some(Masked::Text { before, after })
}

// What few texts need is kept out of the way of the others, which pay for each register it takes.

#[inline(never)]
fn chars(text: &str) -> usize {
    text.chars().count()
}

/// The first `count` characters of a text with more.
#[inline(never)]
fn first_chars(text: &str, count: usize) -> Option<&str> {
    let (end, _) = text.char_indices().nth(count)?;
    text.get(..end)
}

/// The last `count` characters of a text with more.
#[inline(never)]
fn last_chars(text: &str, count: usize) -> Option<&str> {
    let (start, _) = text.char_indices().nth_back(count.checked_sub(1)?)?;
    text.get(start..)
}

#[inline]
fn card(text: &str) -> Option<Masked<'_>> {
    // Nothing ends this walk early, so that the compiler takes many bytes at once.
    let is_bare = || text.bytes().fold(true, |is_bare, byte| is_bare & byte.is_ascii_digit());
    if !CARD_DIGITS.contains(&text.len()) || !is_bare() {
        return spaced_card(text).map(Masked::Digits);
    }
    let after = text.get(text.len() - CARD_DIGITS_KEPT..)?;
    Some(Masked::Text { before: "", after })
}

/// A card whose digits may have blanks and hyphens between them.
#[inline(never)]
fn spaced_card(text: &str) -> Option<[u8; CARD_DIGITS_KEPT]> {
    let (mut kept, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                kept = kept << 8 | u32::from(byte);
                count += 1;
            }
            b' ' | b'-' => {}
            _ => return None,
        }
    }
    CARD_DIGITS.contains(&count).then(|| kept.to_be_bytes())
}

fn ip(text: &str) -> Option<Masked<'_>> {
    let address: IpAddr = text.parse().ok()?;
    Some(match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            Masked::Network4(Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            Masked::Network6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mask: Mask, cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            let shown = mask.of(text).map(|masked| masked.to_string());
            assert_eq!(shown.as_deref().unwrap_or("hidden"), *expected, "{text:?}");
            let piece = mask.within(text, &mut Room::new()).map(str::to_owned);
            let piece = piece.filter(|piece| piece != REDACTED);
            assert_eq!(piece.as_deref().unwrap_or("hidden"), *expected, "{text:?}");
        }
    }

    #[test]
    fn ends_are_kept_by_character_and_only_of_long_values() {
        let last = Mask::Ends { first: 0, last: 4, min: 12 };
        check(
            last,
            &[
                ("", "hidden"),
                ("12345678901", "hidden"),
                ("123456789012", "****9012"),
                ("пароль-пароль", "****роль"),
                ("🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔒🔒", "****🔑🔑🔒🔒"),
                ("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", "****e\u{301}e\u{301}"),
            ],
        );
        let both = Mask::Ends { first: 1, last: 2, min: 9 };
        check(both, &[("12345678", "hidden"), ("123456789", "1****89")]);
        let wide = Mask::Ends { first: 4, last: 4, min: 0 };
        check(wide, &[("12345678", "hidden"), ("123", "hidden")]);
    }

    #[test]
    fn ends_are_the_same_whether_or_not_they_are_ascii() {
        let letters = ["a", "\0", "я", "🔑", ""];
        for number in 0..letters.len().pow(6) {
            let place = |place| letters[number / letters.len().pow(place) % letters.len()];
            let text = [0, 1, 2, 3, 4, 5].map(place).concat();
            let chars: Vec<char> = text.chars().collect();
            for (first, last, min) in [(0, 0, 0), (0, 2, 4), (1, 3, 0), (2, 1, 5)] {
                let is_shown = chars.len() >= min.max(first + last + 1);
                let before: String = chars.iter().take(first).collect();
                let after: String = chars.iter().skip(chars.len().saturating_sub(last)).collect();
                let expected = format!("{before}{FILLER}{after}");
                let mask = Mask::Ends { first: first as u8, last: last as u8, min: min as u16 };
                check(mask, &[(&text, if is_shown { &expected } else { "hidden" })]);
            }
        }
    }

    #[test]
    fn card_counts_digits_wherever_something_stands_between_them() {
        for count in 0..=22 {
            let digits: String = "0123456789".chars().cycle().take(count).collect();
            let expected = match (12..=19).contains(&count) {
                true => format!("{FILLER}{}", &digits[count - 4..]),
                false => "hidden".to_owned(),
            };
            check(Mask::Card, &[(&digits, &expected)]);
            for (at, between) in (0..=count)
                .flat_map(|at| ["\0", " ", "-", "/", ":", "é"].map(|between| (at, between)))
            {
                let text = format!("{}{between}{}", &digits[..at], &digits[at..]);
                let is_kept = [" ", "-"].contains(&between);
                check(Mask::Card, &[(&text, if is_kept { &expected } else { "hidden" })]);
            }
        }
    }

    #[test]
    fn card_keeps_the_last_four_of_a_number_that_is_long_enough() {
        check(
            Mask::Card,
            &[
                ("4242 4242 4242 4242", "****4242"),
                ("3782-822463-10005", "****0005"),
                ("123456789012", "****9012"),
                ("12345678901", "hidden"),
                ("12345678901234567890", "hidden"),
                ("4242424242424242x", "hidden"),
                ("٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "hidden"),
                ("", "hidden"),
            ],
        );
    }

    #[test]
    fn email_keeps_one_character_and_a_host_that_is_one() {
        check(
            Mask::Email,
            &[
                ("ada.l@example.com", "a****@example.com"),
                ("ada@example.com", "****@example.com"),
                ("яндекс@example.com", "я****@example.com"),
                ("@example.com", "hidden"),
                ("no at all", "hidden"),
                ("secret@hunter2", "hidden"),
                ("ada.l@exam ple.com", "hidden"),
                ("ada.l@b@example.com", "hidden"),
                ("ada.l@.com", "hidden"),
                ("ada.l@example.xn--p1ai", "a****@example.xn--p1ai"),
                ("correct.p@ssw0rd.x1", "hidden"),
                ("correct.p@ssw0rd.", "hidden"),
                ("ada.l@exam..ple.com", "hidden"),
                ("ada l@example.com", "hidden"),
                ("ада\u{2003}л@example.com", "hidden"),
                ("ада.л@пример.рф", "hidden"),
            ],
        );
    }

    #[test]
    fn what_has_no_room_is_written_all_the_same() {
        let host = format!("{}.example.org", "x".repeat(60));
        let text = format!("ada.l@{host}");
        assert_eq!(Mask::Email.within(&text, &mut Room::new()), None);
        let masked = Mask::Email.of(&text).unwrap();
        assert_eq!(masked.to_string(), format!("a****@{host}"));
    }

    #[test]
    fn ip_keeps_the_network() {
        check(
            Mask::Ip,
            &[
                ("192.0.2.77", "192.0.2.0/24"),
                ("::ffff:192.0.2.77", "192.0.2.0/24"),
                ("2001:db8:1:2::3", "2001:db8:1::/48"),
                ("192.0.2.77:80", "hidden"),
                ("hunter2", "hidden"),
            ],
        );
    }
}
