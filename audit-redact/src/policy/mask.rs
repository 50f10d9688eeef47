//! Masks: a few characters of a long value, and never enough of a short one.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Stands for what a mask hides, whatever its length.
const FILLER: &str = "****";
/// Digits of a payment card: fewer may be a PIN or an account, more are something else.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;
const CARD_DIGITS_KEPT: usize = 4;
/// The name before the `@` shows its first character from this length on.
const MAILBOX_CHARS_MIN: usize = 5;
/// The longest name of a host (RFC 1035).
const HOST_BYTES_MAX: usize = 253;
/// Most of what masks show fits.
pub(super) const ROOM_BYTES: usize = 64;

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
    /// The kept part of `text` around the filler; none if too much of it would be told.
    pub(super) fn of<'a>(&self, text: &'a str) -> Option<Masked<'a>> {
        match *self {
            Self::Ends { first, last, min } => ends(text, first.into(), last.into(), min.into()),
            Self::Card => card(text),
            Self::Email => email(text),
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

impl Masked<'_> {
    /// What its `Display` writes, in one piece, which takes less time; none if the room is too small.
    pub(super) fn within<'a>(&self, room: &'a mut [u8; ROOM_BYTES]) -> Option<&'a str> {
        let (before, after) = match self {
            Self::Text { before, after } => (before.as_bytes(), after.as_bytes()),
            Self::Digits(digits) => (&[][..], &digits[..]),
            Self::Network4(_) | Self::Network6(_) => return None,
        };
        let (filler_at, after_at) = (before.len(), before.len() + FILLER.len());
        let shown = room.get_mut(..after_at + after.len())?;
        shown[..filler_at].copy_from_slice(before);
        shown[filler_at..after_at].copy_from_slice(FILLER.as_bytes());
        shown[after_at..].copy_from_slice(after);
        std::str::from_utf8(shown).ok()
    }
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

fn ends(text: &str, first: usize, last: usize, min: usize) -> Option<Masked<'_>> {
    // A mask that a hand wrote too wide keeps nothing of a value that it would show whole.
    let enough = min.max(first + last + 1);
    // No character has more than four bytes, so that those of a long text need not be counted.
    if text.len() / 4 < enough && text.chars().count() < enough {
        return None;
    }
    let (first_hidden, _) = text.char_indices().nth(first)?;
    let last_kept = last.checked_sub(1).and_then(|place| text.char_indices().nth_back(place));
    let (before, after) = (&text[..first_hidden], last_kept.map_or("", |(at, _)| &text[at..]));
    Some(Masked::Text { before, after })
}

fn card(text: &str) -> Option<Masked<'_>> {
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
    CARD_DIGITS.contains(&count).then(|| Masked::Digits(kept.to_be_bytes()))
}

fn email(text: &str) -> Option<Masked<'_>> {
    let (mailbox, after) = text.split_at(text.bytes().position(|byte| byte == b'@')?);
    let is_spaced = mailbox.contains(char::is_whitespace);
    if mailbox.is_empty() || is_spaced || !is_host(&after.as_bytes()[1..]) {
        return None;
    }
    let is_long = mailbox.chars().nth(MAILBOX_CHARS_MIN - 1).is_some();
    let kept = mailbox.chars().next().filter(|_| is_long).map_or(0, char::len_utf8);
    Some(Masked::Text { before: &mailbox[..kept], after })
}

/// True for what can be the host of an address: what follows another `@` may be a password.
fn is_host(host: &[u8]) -> bool {
    let mut top = host;
    let is_outside = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'-';
    while let Some(end) = top.iter().position(is_outside) {
        if end == 0 || top[end] != b'.' {
            return false;
        }
        top = &top[end + 1..];
    }
    let top_is_known = top.iter().all(u8::is_ascii_alphabetic) || top.starts_with(b"xn--");
    top.len() > 1 && top.len() < host.len() && top_is_known && host.len() <= HOST_BYTES_MAX
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
            let masked = mask.of(text);
            let shown = masked.map(|masked| masked.to_string());
            assert_eq!(shown.as_deref().unwrap_or("hidden"), *expected, "{text:?}");
            let mut room = [0; ROOM_BYTES];
            if let Some(piece) = masked.as_ref().and_then(|masked| masked.within(&mut room)) {
                assert_eq!(piece, *expected, "{text:?}");
            }
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
        let masked = Mask::Email.of(&text).unwrap();
        assert_eq!(masked.within(&mut [0; ROOM_BYTES]), None);
        assert_eq!(masked.to_string(), format!("a****@{host}"));
        assert_eq!(Mask::Ip.of("192.0.2.77").unwrap().within(&mut [0; ROOM_BYTES]), None);
        let card = Mask::Card.of("4242 4242 4242 4242").unwrap();
        assert_eq!(card.within(&mut [0; ROOM_BYTES]), Some("****4242"));
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
