//! `curl --user name:password`, as shells and histories print it.

use crate::kind::Kind;
use crate::looks::is_placeholder;
use crate::text::{Found, Text};

const WORD_BYTES_MAX: usize = 512;

/// The argument of `-u` or `--user` of the command whose name begins at `start`.
pub(crate) fn at(text: &Text<'_>, start: usize) -> Option<Found> {
    let options = start + b"curl".len();
    let stands_alone = !text.before(start).is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !stands_alone || text.at(options) != Some(b' ') {
        return None;
    }
    let mut place = options;
    // Up to the end of the line or the next command; so all such looks together read a text once.
    while let Some(byte) = text.at(place) {
        let ends = match byte {
            b'\n' => text.before(place) != Some(b'\\'),
            b'|' | b';' => text.before(place) == Some(b' '),
            b'c' => text.starts_with(place, b"curl "),
            _ => false,
        };
        if ends {
            return None;
        }
        if byte.is_ascii_whitespace()
            && let Some(word) = behind_option(text, place + 1)
        {
            return credentials(text, word);
        }
        place += 1;
    }
    None
}

/// Where the argument begins, if the option at `place` takes a user and a password.
fn behind_option(text: &Text<'_>, place: usize) -> Option<usize> {
    let options = [&b"-u"[..], b"--user", b"-U", b"--proxy-user"];
    let option = options.into_iter().rev().find(|option| text.starts_with(place, option))?;
    let end = place + option.len();
    let blank = |byte: u8| byte == b' ' || byte == b'=';
    let word = text.run(end, 8, blank);
    let glued = option.len() == 2 && matches!(text.at(end), Some(b'\'' | b'"'));
    (word > end || glued).then_some(word)
}

/// The word of a shell at `start`, if it has the form of a user and a password.
fn credentials(text: &Text<'_>, start: usize) -> Option<Found> {
    let end = end_of_word(text, start);
    let quoted = text.slice(start..end);
    let quote = |byte: &u8| matches!(byte, b'"' | b'\'');
    let plain: Vec<u8> = quoted.iter().copied().filter(|byte| !quote(byte)).collect();
    let colon = plain.iter().position(|byte| *byte == b':')?;
    let (user, password) = (plain.get(..colon)?, plain.get(colon + 1..)?);
    let is_one = |part: &[u8]| part.len() > 1 && !is_place(part);
    // A key may stand on either side; the other side is empty then.
    let good = is_one(password) || (password.is_empty() && is_one(user));
    if !good || is_place(user) && !user.is_empty() {
        return None;
    }
    let whole = quoted.first().is_some_and(quote) && quoted.last() == quoted.first();
    let inner = usize::from(whole && quoted.iter().filter(|byte| quote(byte)).count() == 2);
    text.found(start + inner..end - inner, Kind::Basic)
}

/// True if a part is a variable, an example or left out.
fn is_place(part: &[u8]) -> bool {
    let braces = part.first() == Some(&b'{') && part.get(1) == Some(&b'{');
    let marked = part.first().is_some_and(|byte| b"$<[*%`".contains(byte));
    braces || marked || (part.iter().all(u8::is_ascii_alphabetic) && is_placeholder(part))
}

/// Where a word ends; blanks between quotes belong to it.
fn end_of_word(text: &Text<'_>, start: usize) -> usize {
    let mut open = None;
    let mut place = start;
    while let Some(byte) = text.at(place).filter(|_| place - start < WORD_BYTES_MAX) {
        match (open, byte) {
            (None, b'"' | b'\'') => open = Some(byte),
            (Some(quote), _) if quote == byte => open = None,
            (None, b' ' | b'\t' | b'\\') | (_, b'\n' | b'\r') => break,
            _ => {}
        }
        place += 1;
    }
    place
}
