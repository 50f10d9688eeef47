//! Canonical one-line JSON: every string escaped so that a record can neither break nor fake a line.

mod capped;
mod passing;

use std::io;
use std::net::IpAddr;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use crate::digest::Digest;
use crate::id::EventId;
use crate::time::Timestamp;

use capped::{Capped, close_cut};
use passing::Passing;

/// Appends `text` as a JSON string.
///
/// Beside what JSON demands, DEL, the C1 controls, the line and paragraph separators and all
/// bidirectional controls are escaped: a terminal or an editor shows a record as one honest line.
pub fn text(out: &mut Vec<u8>, text: &str) {
    text_capped(out, text, usize::MAX);
}

/// Appends `text` as a JSON string of at most `cap` bytes between the quotes; true if it was cut.
pub fn text_capped(out: &mut Vec<u8>, text: &str, cap: usize) -> bool {
    out.push(b'"');
    let cut = if text.len() <= cap && is_plain(text) {
        out.extend_from_slice(text.as_bytes());
        false
    } else {
        escaped(out, text, cap)
    };
    out.push(b'"');
    cut
}

/// Appends `value` as JSON of at most `cap` bytes; true if it was cut.
///
/// A string is cut at a character, anything else is replaced as a whole.
///
/// # Errors
/// Fails, leaving `out` as it was, when the value's own `Serialize` fails.
pub fn value<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
    cap: usize,
) -> Result<bool, serde_json::Error> {
    encoded(out, value, cap, LineFormatter)
}

/// Appends `value` like [`value`], but each string of it, keys as well, as what `change` makes of
/// it; nothing leaves it as it stands. It is changed before it is cut.
///
/// What stands more than 64 levels deep is over its cap as well, so that every reader can follow.
///
/// # Errors
/// Fails, leaving `out` as it was, when the value's own `Serialize` fails.
pub fn value_through<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
    cap: usize,
    change: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<bool, serde_json::Error> {
    encoded(out, value, cap, Passing::new(change))
}

fn encoded<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
    cap: usize,
    formatter: impl Formatter,
) -> Result<bool, serde_json::Error> {
    let start = out.len();
    let mut sink = Capped { out, left: cap };
    match value.serialize(&mut Serializer::with_formatter(&mut sink, formatter)) {
        Ok(()) => Ok(false),
        Err(error) if error.is_io() => {
            close_cut(out, start);
            Ok(true)
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

/// Writes the members of one JSON object, commas and keys included.
///
/// Keys are literals of this crate and are written as they are.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Continues with the members of an object whose braces the caller writes.
    pub fn members(out: &'a mut Vec<u8>) -> Self {
        Self { out, empty: true }
    }

    /// A string of at most `cap` escaped bytes; true if it was cut.
    #[inline(always)]
    pub fn text(&mut self, key: &str, value: &str, cap: usize) -> bool {
        self.key(key);
        text_capped(self.out, value, cap)
    }

    /// A string that is known to need no escapes, such as a name from a closed set.
    #[inline(always)]
    pub fn plain(&mut self, key: &str, value: &str) {
        self.key(key);
        self.out.push(b'"');
        self.out.extend_from_slice(value.as_bytes());
        self.out.push(b'"');
    }

    /// A whole number.
    #[inline(always)]
    pub fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        number(self.out, value);
    }

    /// `true` or `false`.
    #[inline]
    pub fn flag(&mut self, key: &str, value: bool) {
        self.key(key);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A time in its text form.
    #[inline]
    pub fn time(&mut self, key: &str, value: Timestamp) {
        self.key(key);
        self.out.push(b'"');
        value.write(self.out);
        self.out.push(b'"');
    }

    /// An event's id in its text form.
    #[inline]
    pub fn id(&mut self, key: &str, value: EventId) {
        self.key(key);
        self.out.push(b'"');
        value.write(self.out);
        self.out.push(b'"');
    }

    /// An address in its text form.
    #[inline]
    pub fn ip(&mut self, key: &str, value: IpAddr) {
        self.key(key);
        ip(self.out, value);
    }

    /// A digest in its text form.
    pub fn digest(&mut self, key: &str, value: &Digest) {
        self.key(key);
        self.out.push(b'"');
        value.write(self.out);
        self.out.push(b'"');
    }

    /// A value that is JSON already.
    #[inline]
    pub fn raw(&mut self, key: &str, json: &[u8]) {
        self.key(key);
        self.out.extend_from_slice(json);
    }

    /// Members that are JSON already, keys included; none if `json` is empty.
    pub fn raw_members(&mut self, json: &[u8]) {
        if !self.empty && !json.is_empty() {
            self.out.push(b',');
        }
        self.empty &= json.is_empty();
        self.out.extend_from_slice(json);
    }

    /// A nested object.
    #[inline(always)]
    pub fn object(&mut self, key: &str, members: impl FnOnce(&mut Object<'_>)) {
        self.key(key);
        self.out.push(b'{');
        members(&mut Object::members(self.out));
        self.out.push(b'}');
    }

    /// An array with one element for each item.
    pub fn array<I>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = I>,
        mut element: impl FnMut(&mut Vec<u8>, I),
    ) {
        self.key(key);
        self.out.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            element(self.out, item);
        }
        self.out.push(b']');
    }

    // Inlined, because the key is then a constant and its copy a few moves instead of a call.
    #[inline(always)]
    fn key(&mut self, key: &str) {
        self.out.reserve(key.len() + 4);
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}

/// Appends an address as a JSON string; four numbers are written without the formatter's detour.
pub fn ip(out: &mut Vec<u8>, value: IpAddr) {
    let IpAddr::V4(value) = value else {
        return text(out, &value.to_string());
    };
    out.push(b'"');
    for (index, octet) in value.octets().into_iter().enumerate() {
        if index > 0 {
            out.push(b'.');
        }
        number(out, octet.into());
    }
    out.push(b'"');
}

/// Appends the decimal digits of `value`.
pub fn number(out: &mut Vec<u8>, mut value: u64) {
    let mut text = [0_u8; 20];
    let mut start = text.len();
    // Two digits by each division.
    while value > 9 {
        let pair = (value % 100) as u8;
        value /= 100;
        start -= 2;
        text[start] = b'0' + pair / 10;
        text[start + 1] = b'0' + pair % 10;
    }
    if value > 0 || start == text.len() {
        start -= 1;
        text[start] = b'0' + value as u8;
    }
    out.extend_from_slice(&text[start..]);
}

/// True if JSON and a terminal both take the text as it stands.
#[inline]
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (words, _) = bytes.as_chunks();
    // The last word overlaps the one before it; a short text is shifted into a word of spaces.
    // Copying the rest into an array instead would stall on reading what was just written.
    let last = match bytes.last_chunk() {
        Some(last) => u64::from_ne_bytes(*last),
        None => bytes.iter().fold(ONES * 0x20, |word, byte| word << 8 | u64::from(*byte)),
    };
    let whole = words.iter().map(|word| u64::from_ne_bytes(*word));
    whole.fold(faults(last), |found, word| found | faults(word)) == 0
}

/// A word of eight ones.
const ONES: u64 = u64::from_ne_bytes([1; 8]);

/// Not zero if one of eight bytes is a control, no ASCII, a quote or a backslash.
///
/// All eight are compared at once: subtracting from a byte that is too small borrows into its
/// highest bit (Sean Anderson, Bit Twiddling Hacks, "Determine if a word has a byte less than n").
fn faults(word: u64) -> u64 {
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let found = word | below(word, 0x20) | equal(b'"') | equal(b'\\') | equal(0x7f);
    found & (ONES << 7)
}

/// Appends the escaped characters of `text` while they fit into `cap` bytes; true if some did not.
fn escaped(out: &mut Vec<u8>, text: &str, cap: usize) -> bool {
    let mut left = cap;
    for character in text.chars() {
        let mut form = [0_u8; 6];
        let form = escape(character, &mut form);
        if form.len() > left {
            return true;
        }
        left -= form.len();
        out.extend_from_slice(form);
    }
    false
}

fn escape(character: char, form: &mut [u8; 6]) -> &[u8] {
    let short = match character {
        '"' => b'"',
        '\\' => b'\\',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        other if is_deceptive(other) => return unicode_escape(other, form),
        other => return other.encode_utf8(form).as_bytes(),
    };
    form[0] = b'\\';
    form[1] = short;
    &form[..2]
}

fn unicode_escape(character: char, form: &mut [u8; 6]) -> &[u8] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    // All characters of `is_deceptive` lie below U+10000, so four digits hold them.
    let code = character as u32;
    form[0] = b'\\';
    form[1] = b'u';
    for (place, digit) in form[2..].iter_mut().enumerate() {
        *digit = HEX[(code >> (12 - 4 * place) & 0xf) as usize];
    }
    form
}

/// Characters that could end a line, move a cursor or reorder what a reader sees.
fn is_deceptive(character: char) -> bool {
    matches!(character,
        '\u{0}'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}')
}

/// serde_json's compact form with our string escapes.
struct LineFormatter;

impl Formatter for LineFormatter {
    #[inline]
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if is_plain(fragment) {
            return CompactFormatter.write_string_fragment(writer, fragment);
        }
        for character in fragment.chars() {
            let mut form = [0; 6];
            writer.write_all(escape(character, &mut form))?;
        }
        Ok(())
    }

    /// JSON that a value brings ready-made may hold raw line breaks, so it is written anew.
    fn write_raw_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let value: serde_json::Value = serde_json::from_str(fragment)?;
        let mut json = Vec::new();
        value.serialize(&mut Serializer::with_formatter(&mut json, LineFormatter))?;
        writer.write_all(&json)
    }
}

#[cfg(test)]
mod tests;
