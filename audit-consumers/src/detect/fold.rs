//! One spelling for what is the same user or the same network, so that no spelling evades a rule.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use unicase::UniCase;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfkc_quick};

/// The longest name of a user that is told from others, in bytes.
pub(super) const USER_BYTES_MAX: usize = 256;

/// A user's name in compatibility form (NFKC) and folded case, cut to 256 bytes.
///
/// Both are Unicode's (Standard Annex 15; Core Specification 5.18). Names that only look alike, such as
/// one with a Cyrillic `а`, stay different.
pub(super) fn user(name: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if name.len() <= USER_BYTES_MAX && name.bytes().all(is_plain) {
        return name.into();
    }
    let composed = compose(cut(name, USER_BYTES_MAX));
    let folded = UniCase::unicode(composed.as_ref()).to_folded_case();
    // Folding can leave a form that is not composed (Core Specification, D145 to D147).
    cut(&compose(&folded), USER_BYTES_MAX).to_owned().into()
}

/// The network that stands for an address: itself for IPv4, also where it is mapped into IPv6, else
/// its /64, since one customer has at least that many.
pub(super) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let prefix = Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX));
            format!("{prefix}/64")
        }
    }
}

/// The longest beginning of `text` that has no more than `bytes_max` bytes.
pub(super) fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = bytes_max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn compose(text: &str) -> Cow<'_, str> {
    match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => text.into(),
        _ => text.nfkc().collect::<String>().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_user_are_one_and_lookalikes_are_not() {
        for spelling in ["ada", "ADA", "Ada", "ａｄａ", "ＡＤＡ"] {
            assert_eq!(user(spelling), "ada", "{spelling}");
        }
        assert_eq!(user("STRASSE"), user("straße"));
        assert_eq!(user("e\u{301}"), user("É"));
        assert_ne!(user("аda"), "ada", "a Cyrillic letter is another letter");
        for odd in ["", "__proto__", "constructor"] {
            assert_eq!(user(odd), odd);
        }
        assert_eq!(user("ﷺ".repeat(80).as_str()).len(), user(&"ﷺ".repeat(99)).len());
        assert!(user(&"ﷺ".repeat(80)).len() <= USER_BYTES_MAX);
        assert!(user(&"X".repeat(1 << 20)).len() == USER_BYTES_MAX);
    }

    #[test]
    fn an_address_stands_for_its_network() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(network("2001:db8:1:2::9"), network("2001:db8:1:2:ffff::"));
        assert_ne!(network("2001:db8:1:2::9"), network("2001:db8:1:3::9"));
    }
}
