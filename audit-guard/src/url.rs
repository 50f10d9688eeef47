//! Passwords in the authority of a URL: `scheme://user:password@host`.

use crate::kind::Kind;
use crate::looks::{is_placeholder, is_random};
use crate::text::{Found, Text, is_word};

/// The longest user and password that are looked at.
const USERINFO_BYTES_MAX: usize = 1024;
/// A user without a password is a token if it has as many bytes.
const TOKEN_BYTES_MIN: usize = 20;

/// The password of the URL whose `://` stands at `start`.
pub(crate) fn at(text: &Text<'_>, start: usize) -> Option<Found> {
    if !text.before(start).is_some_and(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let user = start + b"://".len();
    let end = text.run(user, USERINFO_BYTES_MAX, is_authority);
    let authority = text.slice(user..end);
    let host = authority.iter().rposition(|byte| *byte == b'@')?;
    let userinfo = authority.get(..host)?;
    let whole = text.found(user..user + host, Kind::UrlPassword)?;
    let Some(colon) = userinfo.iter().position(|byte| *byte == b':') else {
        let is_token = is_token(userinfo);
        return is_token.then_some(whole);
    };
    let name = userinfo.get(..colon)?;
    let password = userinfo.get(colon + 1..)?;
    if is_left_out(password) {
        return None;
    }
    // A token in place of the name goes as well; a name stays, because it tells who.
    let is_token = is_token(name);
    let from = if is_token { user } else { user + colon + 1 };
    text.found(from..user + host, Kind::UrlPassword)
}

fn is_token(name: &[u8]) -> bool {
    name.len() >= TOKEN_BYTES_MIN && name.iter().all(|byte| is_word(*byte)) && is_random(name)
}

/// What may stand before the path, less what ends a URL in a sentence.
fn is_authority(byte: u8) -> bool {
    !matches!(
        byte,
        0..=b' ' | 0x7f | b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\'
    )
}

/// True if nothing stands there, or a place for a password. Words count: some use `password`.
fn is_left_out(password: &[u8]) -> bool {
    let is_word = password.iter().all(u8::is_ascii_alphanumeric);
    let left_out = [b"redacted".as_slice(), b"masked", b"hidden", b"filtered"];
    let named = left_out.iter().any(|word| password.eq_ignore_ascii_case(word));
    let stars = password.iter().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.'));
    password.is_empty() || named || stars || (!is_word && is_placeholder(password))
}
