//! The parts of an e-mail address, found in one walk over its bytes.

/// The name before the `@` shows its first character from this length on.
const MAILBOX_CHARS_MIN: usize = 5;
/// The longest name of a host (RFC 1035).
const HOST_BYTES_MAX: usize = 253;

/// A byte of a mailbox which does not end it: in ASCII, anything but `@` and blanks.
const MAILBOX: u8 = 1;
/// A byte of a label, the part of a host's name between two dots.
const LABEL: u8 = 2;
/// Where in an address each byte may stand, so that a walk asks one question of each.
static ROLES: [u8; 256] = roles();

const fn roles() -> [u8; 256] {
    let mut roles = [0; 256];
    let mut byte = 0_u8;
    while byte.is_ascii() {
        if !matches!(byte, b'\t'..=b'\r' | b' ' | b'@') {
            roles[byte as usize] |= MAILBOX;
        }
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            roles[byte as usize] |= LABEL;
        }
        byte += 1;
    }
    roles
}

/// What is kept of the mailbox of an address, and all that follows it; none of what is no address.
#[inline]
pub(super) fn kept(text: &str) -> Option<(&str, &str)> {
    let plain_len = text.bytes().position(|byte| ROLES[usize::from(byte)] & MAILBOX == 0)?;
    let (mailbox_len, kept_len) = match text.as_bytes().get(plain_len)? {
        b'@' => (plain_len, usize::from(plain_len >= MAILBOX_CHARS_MIN)),
        byte if byte.is_ascii() => return None,
        _ => foreign_mailbox(text)?,
    };
    let (mailbox, after) = text.split_at_checked(mailbox_len)?;
    if mailbox.is_empty() || !is_host(after.as_bytes().get(1..)?) {
        return None;
    }
    Some((mailbox.get(..kept_len)?, after))
}

/// How many bytes the mailbox has that begins `text`, and how many of them are kept.
///
/// Beyond ASCII there are more blanks, and characters are not bytes.
#[inline(never)]
fn foreign_mailbox(text: &str) -> Option<(usize, usize)> {
    let (mailbox, _) = text.split_once('@')?;
    if mailbox.contains(char::is_whitespace) {
        return None;
    }
    let is_long = mailbox.chars().nth(MAILBOX_CHARS_MIN - 1).is_some();
    let kept = mailbox.chars().next().filter(|_| is_long);
    Some((mailbox.len(), kept.map_or(0, char::len_utf8)))
}

/// True for what can be the host of an address: what follows another `@` may be a password.
#[inline]
fn is_host(host: &[u8]) -> bool {
    let mut top_at = 0;
    for (at, byte) in host.iter().enumerate() {
        if ROLES[usize::from(*byte)] & LABEL == 0 {
            if *byte != b'.' || at == top_at {
                return false;
            }
            top_at = at + 1;
        }
    }
    let top = &host[top_at..];
    let top_is_known = top.iter().all(u8::is_ascii_alphabetic) || top.starts_with(b"xn--");
    top.len() > 1 && top.len() < host.len() && top_is_known && host.len() <= HOST_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same rules, read one after the other.
    fn kept_by_rules(text: &str) -> Option<(String, String)> {
        let (mailbox, host) = text.split_once('@')?;
        let (labels, top) = host.rsplit_once('.')?;
        let is_label = |label: &str| {
            let is_of_label = |char: char| char.is_ascii_alphanumeric() || char == '-';
            !label.is_empty() && label.chars().all(is_of_label)
        };
        let is_word = top.len() > 1 && top.chars().all(|char| char.is_ascii_alphabetic());
        let is_top = is_word || top.starts_with("xn--") && is_label(top);
        let is_host = labels.split('.').all(is_label) && is_top && host.len() <= HOST_BYTES_MAX;
        if mailbox.is_empty() || mailbox.chars().any(char::is_whitespace) || !is_host {
            return None;
        }
        let first = mailbox.chars().take(usize::from(mailbox.chars().count() > 4));
        Some((first.collect(), format!("@{host}")))
    }

    #[track_caller]
    fn check(text: &str) {
        let kept = kept(text).map(|(first, after)| (first.to_owned(), after.to_owned()));
        assert_eq!(kept, kept_by_rules(text), "{text:?}");
    }

    #[test]
    fn every_character_counts_in_every_place_as_the_rules_say() {
        for char in ('\0'..='\u{3100}').chain(['\u{feff}', '🔑']) {
            for address in ["ada@an.de", "ada.l@an.de", "яндекс@an.de"] {
                for (at, _) in address.char_indices() {
                    let (before, after) = address.split_at(at);
                    check(&format!("{before}{char}{after}"));
                }
                check(&format!("{address}{char}"));
            }
        }
    }

    #[test]
    fn every_order_of_labels_and_dots_is_read_as_the_rules_say() {
        let letters = ["a", "1", "-", ".", "@", "é", ""];
        for number in 0..letters.len().pow(6) {
            let place = |place| letters[number / letters.len().pow(place) % letters.len()];
            check(&format!("a@{}", [0, 1, 2, 3, 4, 5].map(place).concat()));
        }
        for top in ["xn--", "xn--p1ai", "xn-p1ai", "xn--p.i", "axn--b", "xn--й"] {
            check(&format!("ada.l@example.{top}"));
        }
    }

    #[test]
    fn a_host_is_as_long_as_a_name_may_be() {
        for bytes in HOST_BYTES_MAX - 2..HOST_BYTES_MAX + 2 {
            let text = format!("ada.l@{}.org", "x".repeat(bytes - 4));
            check(&text);
            assert_eq!(kept(&text).is_some(), bytes <= HOST_BYTES_MAX);
        }
    }
}
