//! Tokens whose form is published: a prefix and an alphabet, or a sign in their middle.

use crate::formats::{Alphabet, FORMATS, Format};
use crate::kind::Kind;
use crate::looks::{different, is_random};
use crate::text::{Found, Text, is_word};

/// A token of the format with this number, whose prefix begins at `start`.
pub(crate) fn at(text: &Text<'_>, format: u8, start: usize) -> Option<Found> {
    let format = FORMATS.get(usize::from(format))?;
    let body = start + format.prefix.len();
    let glued = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || byte == b'_'
            || (byte == b'-' && !format.prefix.starts_with('-'))
    };
    let begins = format.prefix.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    if (begins && text.before(start).is_some_and(glued))
        || !text.starts_with(start, format.prefix.as_bytes())
    {
        return None;
    }
    let end = text.run(body, format.most + 1, |byte| format.alphabet.has(byte));
    let token = text.slice(body..end);
    if token.len() < format.least || token.len() > format.most || !is_made(format, token) {
        return None;
    }
    text.found(start..end, Kind::Token)
}

/// True if what follows the prefix was made by a generator.
fn is_made(format: &Format, body: &[u8]) -> bool {
    let tail = body.get(body.len().saturating_sub(7)..).unwrap_or_default();
    let example = tail == b"EXAMPLE";
    match format.alphabet {
        Alphabet::Hex => different(body) >= 6,
        Alphabet::Upper => different(body) >= 6 && !example,
        Alphabet::Path => different(body) >= 10,
        _ => is_random(body),
    }
}

/// A bot's token of Telegram, whose colon stands at `colon`: `123456789:AA…`.
pub(crate) fn telegram(text: &Text<'_>, colon: usize) -> Option<Found> {
    let start = text.run_back(colon, 11, |byte| byte.is_ascii_digit());
    let end = text.run(colon + 1, 40, is_word);
    let good = (8..=10).contains(&(colon - start))
        && end - colon == 36
        && is_random(text.slice(colon + 1..end));
    if good { text.found(start..end, Kind::Token) } else { None }
}

/// A key of Mailchimp, whose data centre stands at `dash`: 32 hex digits and `-us20`.
pub(crate) fn mailchimp(text: &Text<'_>, dash: usize) -> Option<Found> {
    let start =
        text.run_back(dash, 33, |byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let end = text.run(dash + 3, 3, |byte| byte.is_ascii_digit());
    let open = !text.before(start).is_some_and(is_word) && !text.at(end).is_some_and(is_word);
    let good = open && dash - start == 32 && (1..=2).contains(&(end - dash - 3));
    if good && different(text.slice(start..dash)) >= 6 {
        text.found(start..end, Kind::Token)
    } else {
        None
    }
}

/// A client secret of Azure Active Directory, whose digit before `Q~` stands at `digit`.
pub(crate) fn azure_client(text: &Text<'_>, digit: usize) -> Option<Found> {
    let is_secret = |byte: u8| is_word(byte) || matches!(byte, b'.' | b'~');
    let start = digit.checked_sub(3).filter(|start| *start >= text.floor())?;
    let end = text.run(digit + 3, 35, is_secret);
    let head = text.slice(start..digit).iter().all(|byte| is_secret(*byte));
    let open = !text.before(start).is_some_and(is_secret);
    let body = text.slice(digit + 3..end);
    let good =
        head && open && (31..=34).contains(&body.len()) && text.starts_with(digit + 1, b"Q~");
    if good && is_random(body) { text.found(start..end, Kind::Token) } else { None }
}

/// A bot's token of Discord: its number in base64, a time, a keyed hash.
pub(crate) fn discord(text: &Text<'_>, start: usize) -> Option<Found> {
    if text.before(start).is_some_and(|byte| is_word(byte) || byte == b'.') {
        return None;
    }
    let number = text.run(start, 29, is_word);
    let time = text.run(number + 1, 8, is_word);
    let hash = text.run(time + 1, 41, is_word);
    let dots = text.at(number) == Some(b'.') && text.at(time) == Some(b'.');
    let lengths = (23..=28).contains(&(number - start))
        && (6..=7).contains(&(time.saturating_sub(number + 1)))
        && (27..=40).contains(&(hash.saturating_sub(time + 1)));
    if dots && lengths { text.found(start..hash, Kind::Token) } else { None }
}

/// An application's token of Facebook, which begins at `start`: its number, `|` and its secret.
pub(crate) fn facebook(text: &Text<'_>, start: usize) -> Option<Found> {
    let bar = text.run(start, 17, |byte| byte.is_ascii_digit());
    let end = text.run(bar + 1, 28, is_word);
    let lengths = (15..=16).contains(&(bar - start)) && end - bar == 28;
    let good = lengths && text.at(bar) == Some(b'|') && is_random(text.slice(bar + 1..end));
    if good { text.found(start..end, Kind::Token) } else { None }
}
