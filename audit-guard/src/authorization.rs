//! Credentials behind the words `Bearer` and `Basic` (RFC 6750, RFC 7617).

use crate::base64;
use crate::kind::{Kind, MARK_BEGIN};
use crate::looks::{is_placeholder, is_random};
use crate::text::{Found, Text};
use crate::value;

const CREDENTIALS_BYTES_MAX: usize = 16_384;
/// How much of them is judged.
const JUDGED_BYTES_MAX: usize = 256;
/// Fewer bytes are no credentials, where only the word before them says so.
const BEARER_BYTES_MIN: usize = 16;
/// Schemes whose credentials are a list up to the end of the header.
const LISTS: &[&str] =
    &["digest", "aws4-hmac-sha256", "hawk", "oauth", "sharedkey", "sharedaccesssignature"];

/// What follows the word `bearer` at `start`.
pub(crate) fn bearer(text: &Text<'_>, start: usize) -> Option<Found> {
    let from = behind_word(text, start, b"bearer")?;
    let judged = text.slice(from..text.run(from, JUDGED_BYTES_MAX, is_token));
    if judged.len() < BEARER_BYTES_MIN { None } else { credentials(text, from, Kind::Bearer) }
}

/// What follows the word `basic` at `start`: base64 of a user, a colon and a password.
pub(crate) fn basic(text: &Text<'_>, start: usize) -> Option<Found> {
    let from = behind_word(text, start, b"basic")?;
    let judged = text.slice(from..text.run(from, JUDGED_BYTES_MAX, is_token));
    if is_user_and_password(judged) { credentials(text, from, Kind::Basic) } else { None }
}

/// Where the credentials begin behind a `word` that stands alone at `start`.
fn behind_word(text: &Text<'_>, start: usize, word: &[u8]) -> Option<usize> {
    let end = start + word.len();
    let stands_alone = !text.before(start).is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !stands_alone || !text.starts_with_word(start, word) {
        return None;
    }
    let from = match text.slice(end..end + 3) {
        b"%20" => end + 3,
        _ => text.run(end, 4, |byte| byte == b' ' || byte == b'+'),
    };
    (from > end).then_some(from)
}

fn is_user_and_password(encoded: &[u8]) -> bool {
    let mut decoded = [0; 96];
    let decoded = base64::decode(encoded, &mut decoded);
    let user = decoded.split(|byte| *byte == b':').next().unwrap_or_default();
    encoded.len() >= 4
        && user.len() < decoded.len()
        && user.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
}

/// The credentials in an `Authorization` header whose value begins at `start`.
pub(crate) fn in_header(text: &Text<'_>, start: usize) -> Option<Found> {
    let scheme_end = text.run(start, 32, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let from = text.run(scheme_end, 4, |byte| byte == b' ');
    let scheme = text.slice(start..scheme_end).to_ascii_lowercase();
    if text.starts_with(from, MARK_BEGIN.as_bytes()) {
        return None;
    }
    let is_scheme = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'-';
    let is_known = LISTS.iter().any(|list| list.as_bytes() == scheme);
    let has_scheme = is_known || scheme.iter().all(is_scheme);
    if !has_scheme || from == scheme_end || text.run(from, 1, is_token) == from {
        return credentials(text, start, Kind::Secret);
    }
    if is_known {
        // Its values stand in quotes of their own.
        let end = value::end_of_line(text, from, CREDENTIALS_BYTES_MAX, b"\r\n'`");
        return text.found(text.up_to_mark(from..end), Kind::Secret);
    }
    let kind = match scheme.as_slice() {
        b"bearer" => Kind::Bearer,
        b"basic" => Kind::Basic,
        _ => Kind::Secret,
    };
    credentials(text, from, kind)
}

/// The credentials of a known scheme; of others what is random.
fn credentials(text: &Text<'_>, from: usize, kind: Kind) -> Option<Found> {
    let judged = text.slice(from..text.run(from, JUDGED_BYTES_MAX, is_token));
    let good = match kind {
        Kind::Basic => judged.len() >= 8,
        Kind::Bearer => judged.len() >= 6 && is_random(judged),
        _ => judged.len() >= 8 && is_random(judged),
    };
    if !good || is_placeholder(judged) {
        return None;
    }
    text.found(from..text.run(from, CREDENTIALS_BYTES_MAX, is_token), kind)
}

/// The alphabet of credentials: token68 of RFC 9110, and `:` and `@`, which some send.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=:@|%!".contains(&byte)
}
