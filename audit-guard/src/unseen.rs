//! Signs that a reader does not see: a secret is found through them, and a text may be shown with each written out.
//!
//! Colours and other commands of terminals, control characters, characters without width.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

/// The longest command of a terminal that is passed over; what is longer is text.
const COMMAND_BYTES_MAX: usize = 256;
const ESCAPE: char = '\x1b';

/// A text without the signs that are not seen, and where each byte of it stood.
pub(crate) struct Seen {
    pub(crate) bytes: Vec<u8>,
    places: Vec<usize>,
}

impl Seen {
    /// None if all of the text is seen.
    pub(crate) fn of(text: &str) -> Option<Self> {
        if !may_hide(text.as_bytes()) {
            return None;
        }
        let mut seen = Self { bytes: Vec::new(), places: Vec::new() };
        let mut place = 0;
        while let Some(sign) = text.get(place..).and_then(|rest| rest.chars().next()) {
            let unseen = unseen_bytes(text, place, sign);
            if unseen == 0 {
                let end = place + sign.len_utf8();
                seen.bytes.extend_from_slice(text.as_bytes().get(place..end).unwrap_or_default());
                seen.places.extend(place..end);
            }
            place += unseen.max(sign.len_utf8());
        }
        (seen.bytes.len() < text.len()).then_some(seen)
    }

    /// Where a part of what is seen stands in the text, with all that is not seen in it.
    pub(crate) fn in_text(&self, part: &Range<usize>) -> Range<usize> {
        let at = |place: usize| self.places.get(place).copied().unwrap_or_default();
        at(part.start)..at(part.end.saturating_sub(1)) + 1
    }
}

/// `text` on one line, with every sign that a reader does not see written out: `\n`, `\u{1b}`.
///
/// For logs with a line for each entry: what a client sent can neither begin an entry of its own nor command a
/// terminal. A tab stays.
///
/// ```
/// assert_eq!(audit_guard::written_out("a\nb \u{1b}[31mred\u{202e}"), r"a\nb \u{1b}[31mred\u{202e}");
/// ```
pub fn written_out(text: &str) -> Cow<'_, str> {
    let is_line = |sign: char| matches!(sign, '\n' | '\r' | '\u{2028}' | '\u{2029}');
    let is_plain = |sign: char| !is_line(sign) && !is_unseen(sign);
    if !may_hide(text.as_bytes()) && !text.contains(is_line) || text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for sign in text.chars() {
        let _ = match sign {
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            sign if is_plain(sign) => out.write_char(sign),
            sign => write!(out, "\\u{{{:x}}}", u32::from(sign)),
        };
    }
    Cow::Owned(out)
}

/// True if a byte stands in the text that one of these signs begins with. Reads many at a time.
fn may_hide(bytes: &[u8]) -> bool {
    // Numbers and no branches, so that the compiler takes many bytes at once.
    let hides = |any: u8, byte: &u8| {
        let is = |sign: u8| u8::from(*byte == sign);
        let is_blank = is(b'\t') | is(b'\n') | is(b'\r');
        any | (u8::from(*byte < b' ') & !is_blank) | is(0x7f) | is(0xc2) | is(0xe2) | is(0xef)
    };
    let may = |block: &[u8]| block.iter().fold(0, hides) & 1 == 1;
    // The last block may overlap the one before it.
    match bytes.last_chunk::<32>() {
        Some(last) => bytes.as_chunks::<32>().0.iter().any(|block| may(block)) || may(last),
        None => may(bytes),
    }
}

/// How many bytes at `place` are not seen: a command of a terminal, or one sign.
fn unseen_bytes(text: &str, place: usize, sign: char) -> usize {
    if !is_unseen(sign) {
        return 0;
    }
    let own = sign.len_utf8();
    let rest = text.as_bytes().get(place + own..).unwrap_or_default();
    let begins_command = sign == ESCAPE || sign == '\u{9b}';
    own + if begins_command { command_bytes(rest, sign == ESCAPE) } else { 0 }
}

/// The length of a command behind its first sign (ECMA-48, sections 5.4 and 5.6).
fn command_bytes(rest: &[u8], is_escape: bool) -> usize {
    let rest = rest.get(..rest.len().min(COMMAND_BYTES_MAX)).unwrap_or_default();
    let (own, rest) = match (is_escape, rest) {
        (true, [b'[', rest @ ..]) => (1, rest),
        (true, [b']' | b'P' | b'^' | b'_', rest @ ..]) => {
            return string_bytes(rest).map_or(1, |it| it + 1);
        }
        (true, [0x20..0x7f, ..]) => return 1,
        (true, _) => return 0,
        (false, rest) => (0, rest),
    };
    let parameters = rest.iter().take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
    let is_whole = matches!(rest.get(parameters), Some(0x40..=0x7e));
    own + parameters + usize::from(is_whole)
}

/// The length of a title or another text for the terminal, with its end.
fn string_bytes(rest: &[u8]) -> Option<usize> {
    let end = rest.iter().position(|byte| matches!(byte, 0x07 | 0x1b))?;
    let ends_in_two = rest.get(end..end + 2) == Some(b"\x1b\\");
    Some(end + 1 + usize::from(ends_in_two))
}

/// Control characters but for blanks, and characters without width.
fn is_unseen(sign: char) -> bool {
    match sign {
        '\t' | '\n' | '\r' => false,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => true,
        '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => true,
        _ => sign.is_control(),
    }
}
