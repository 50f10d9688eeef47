//! Private keys between their lines of dashes, on several lines or with escaped line ends.

use crate::kind::Kind;
use crate::text::{Found, Text};

const DASHES: &[u8] = b"-----";
const LABEL_BYTES_MAX: usize = 40;
/// The longest key that is looked for: a 16,384 bit RSA key takes 12,800 bytes.
const KEY_BYTES_MAX: usize = 32_768;
/// What has fewer bytes between its lines is an example.
const KEY_BYTES_MIN: usize = 16;

/// A key whose first line begins at `start` with `-----BEGIN`.
pub(crate) fn at(text: &Text<'_>, start: usize) -> Option<Found> {
    let label = start + b"-----BEGIN ".len();
    if !text.starts_with(start, b"-----BEGIN ") || text.is_behind_mark(start) {
        return None;
    }
    let is_label = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ';
    let label_end = text.run(label, LABEL_BYTES_MAX, is_label);
    let name = text.slice(label..label_end);
    let is_private = name.ends_with(b"PRIVATE KEY") || name == b"PGP PRIVATE KEY BLOCK";
    if !is_private || !text.starts_with(label_end, DASHES) {
        return None;
    }
    let body = label_end + DASHES.len();
    let (body_end, is_whole) = end_of_body(text, body);
    let signs = text.slice(body..body_end).iter().filter(|byte| byte.is_ascii_alphanumeric());
    if signs.count() < KEY_BYTES_MIN {
        return None;
    }
    let end = if is_whole { end_of_last_line(text, body_end) } else { body_end };
    text.found(start..end, Kind::PrivateKey)
}

/// Where the lines of a key end, and true if its last line stands there.
fn end_of_body(text: &Text<'_>, body: usize) -> (usize, bool) {
    let mut place = body;
    while text.at(place).is_some_and(is_key) && place - body < KEY_BYTES_MAX {
        if text.at(place) == Some(b'-') && text.starts_with(place, b"-----END ") {
            return (place, true);
        }
        place += 1;
    }
    (place, false)
}

/// Behind the dashes that close the line at `start`.
fn end_of_last_line(text: &Text<'_>, start: usize) -> usize {
    let label = start + DASHES.len();
    let label_end =
        text.run(label, LABEL_BYTES_MAX, |byte| byte.is_ascii_alphanumeric() || byte == b' ');
    text.run(label_end, DASHES.len(), |byte| byte == b'-')
}

/// Base64, headers and line ends, escaped or not.
fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=\r\n\\-:,. ".contains(&byte)
}
