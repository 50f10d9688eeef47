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
    Digits([char; CARD_DIGITS_KEPT]),
    Network4(Ipv4Addr),
    Network6(Ipv6Addr),
}

impl Display for Masked<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { before, after } => write!(f, "{before}{FILLER}{after}"),
            Self::Digits([a, b, c, d]) => write!(f, "{FILLER}{a}{b}{c}{d}"),
            Self::Network4(address) => write!(f, "{address}/24"),
            Self::Network6(address) => write!(f, "{address}/48"),
        }
    }
}

fn ends(text: &str, first: usize, last: usize, min: usize) -> Option<Masked<'_>> {
    let length = text.chars().count();
    // A mask that a hand wrote too wide keeps nothing of a value that it would show whole.
    if length < min || length <= first + last {
        return None;
    }
    let (first_hidden, _) = text.char_indices().nth(first)?;
    let last_kept = last.checked_sub(1).and_then(|place| text.char_indices().nth_back(place));
    let (before, after) = (&text[..first_hidden], last_kept.map_or("", |(at, _)| &text[at..]));
    Some(Masked::Text { before, after })
}

fn card(text: &str) -> Option<Masked<'_>> {
    let mut kept = ['0'; CARD_DIGITS_KEPT];
    let mut count = 0;
    for character in text.chars() {
        match character {
            '0'..='9' => {
                kept.rotate_left(1);
                kept[CARD_DIGITS_KEPT - 1] = character;
                count += 1;
            }
            ' ' | '-' => {}
            _ => return None,
        }
    }
    CARD_DIGITS.contains(&count).then_some(Masked::Digits(kept))
}

fn email(text: &str) -> Option<Masked<'_>> {
    let (mailbox, _) = text.split_once('@')?;
    let (_, after) = text.split_at(mailbox.len());
    let host = after.strip_prefix('@')?;
    if mailbox.is_empty() || !is_host(host) || mailbox.chars().any(char::is_whitespace) {
        return None;
    }
    let kept = match mailbox.chars().next() {
        Some(first) if mailbox.chars().count() >= MAILBOX_CHARS_MIN => first.len_utf8(),
        _ => 0,
    };
    Some(Masked::Text { before: mailbox.get(..kept)?, after })
}

/// True for what can be the host of an address: what follows another `@` may be a password.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let Some((rest, top)) = host.rsplit_once('.') else {
        return false;
    };
    let top_is_known =
        top.bytes().all(|byte| byte.is_ascii_alphabetic()) || top.starts_with("xn--");
    host.len() <= HOST_BYTES_MAX
        && top.len() > 1
        && top_is_known
        && is_label(top)
        && rest.split('.').all(is_label)
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
            let masked = mask.of(text).map(|masked| masked.to_string());
            assert_eq!(masked.as_deref().unwrap_or("hidden"), *expected, "{text:?}");
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
            ],
        );
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
