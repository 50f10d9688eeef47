//! Tokens whose form is published: a prefix and an alphabet, or a sign in their middle.

use crate::formats::{Alphabet, FORMATS, Format};
use crate::kind::Kind;
use crate::looks::{different, is_random};
use crate::text::{Found, Text, is_word};

/// A token of the format with this number, whose prefix begins at `start`.
pub(crate) fn at(text: &Text<'_>, format: u8, start: usize) -> Option<Found> {
    let format = FORMATS.get(usize::from(format))?;
    let body = start + format.prefix.len();
    let checked = body..body + CHECKED_BYTES;
    if format.is_checked() && has_checksum(text.slice(checked.clone())) {
        // What stands beside it does not matter then.
        let is_whole = text.starts_with(start, format.prefix.as_bytes());
        return if is_whole { text.found(start..checked.end, Kind::Token) } else { None };
    }
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
        Alphabet::Upper => (different(body) >= 6 || !is_crossed_out(body)) && !example,
        // Its maker asks for nothing but the length. A word in capitals goes on as one.
        Alphabet::Alnum if format.prefix.starts_with("AP") || format.prefix == "AKC" => {
            is_random(body) || !body.iter().any(u8::is_ascii_uppercase)
        }
        Alphabet::Path => different(body) >= 10,
        _ => is_random(body),
    }
}

/// True if somebody wrote one sign in place of all.
fn is_crossed_out(body: &[u8]) -> bool {
    body.iter().all(|sign| b"Xx0".contains(sign)) || body.windows(4).any(|four| b"XXXX" == four)
}

/// How many signs follow the prefix of a token with a checksum; the last six are that.
const CHECKED_BYTES: usize = 36;

/// True if the last six signs are the CRC-32 of those before, in base 62.
fn has_checksum(body: &[u8]) -> bool {
    let Some((random, sum)) = body.split_last_chunk::<6>().filter(|_| body.len() == CHECKED_BYTES)
    else {
        return false;
    };
    let value = |sign: &u8| match sign {
        b'0'..=b'9' => Some(u64::from(sign - b'0')),
        b'A'..=b'Z' => Some(u64::from(sign - b'A') + 10),
        b'a'..=b'z' => Some(u64::from(sign - b'a') + 36),
        _ => None,
    };
    let sum = sum.iter().try_fold(0, |sum, sign| Some(sum * 62 + value(sign)?));
    sum == Some(u64::from(crc_32(random)))
}

/// The sum of ISO/IEC 3309, bit by bit: a text has few such tokens.
fn crc_32(bytes: &[u8]) -> u32 {
    let step = |sum: u32| (sum >> 1) ^ ((sum & 1) * 0xedb8_8320);
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum)))
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
    if text.at(bar) != Some(b'|') {
        return None;
    }
    let end = text.run(bar + 1, 28, is_word);
    let lengths = (15..=16).contains(&(bar - start)) && end - bar == 28;
    let good = lengths && is_random(text.slice(bar + 1..end));
    if good { text.found(start..end, Kind::Token) } else { None }
}
