//! Canonical one-line JSON: every string escaped so that a record can neither break nor fake a line.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use crate::digest::Digest;
use crate::id::EventId;
use crate::time::Timestamp;

/// Stands for a structured value that was longer than its cap.
const CUT_VALUE: &[u8] = br#""[truncated]""#;

/// Appends `text` as a JSON string.
///
/// Beside what JSON demands, DEL, the C1 controls, the line and paragraph separators and all
/// bidirectional controls are escaped: a terminal or an editor shows a record as one honest line.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    text_capped(out, text, usize::MAX);
}

/// Appends `text` as a JSON string of at most `cap` bytes between the quotes; true if it was cut.
pub(crate) fn text_capped(out: &mut Vec<u8>, text: &str, cap: usize) -> bool {
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
pub(crate) fn value<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
    cap: usize,
) -> Result<bool, serde_json::Error> {
    let start = out.len();
    let mut sink = Capped { out, left: cap };
    let result = value.serialize(&mut Serializer::with_formatter(&mut sink, LineFormatter));
    match result {
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
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Continues with the members of an object whose braces the caller writes.
    pub(crate) fn members(out: &'a mut Vec<u8>) -> Self {
        Self { out, empty: true }
    }

    /// A string of at most `cap` escaped bytes; true if it was cut.
    pub(crate) fn text(&mut self, key: &str, value: &str, cap: usize) -> bool {
        self.key(key);
        text_capped(self.out, value, cap)
    }

    /// A string that is known to need no escapes, such as a name from a closed set.
    pub(crate) fn plain(&mut self, key: &str, value: &str) {
        self.key(key);
        self.out.push(b'"');
        self.out.extend_from_slice(value.as_bytes());
        self.out.push(b'"');
    }

    /// A whole number.
    pub(crate) fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        number(self.out, value);
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, key: &str, value: bool) {
        self.key(key);
        self.out
            .extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A time in its text form.
    pub(crate) fn time(&mut self, key: &str, value: Timestamp) {
        self.key(key);
        self.out.push(b'"');
        value.write(self.out);
        self.out.push(b'"');
    }

    /// An event's id in its text form.
    pub(crate) fn id(&mut self, key: &str, value: EventId) {
        self.key(key);
        self.out.push(b'"');
        value.write(self.out);
        self.out.push(b'"');
    }

    /// A digest in its text form.
    pub(crate) fn digest(&mut self, key: &str, value: &Digest) {
        self.key(key);
        self.out.push(b'"');
        value.write(self.out);
        self.out.push(b'"');
    }

    /// A value that is JSON already.
    pub(crate) fn raw(&mut self, key: &str, json: &[u8]) {
        self.key(key);
        self.out.extend_from_slice(json);
    }

    /// A nested object.
    pub(crate) fn object(&mut self, key: &str, members: impl FnOnce(&mut Object<'_>)) {
        self.key(key);
        self.out.push(b'{');
        members(&mut Object::members(self.out));
        self.out.push(b'}');
    }

    /// An array with one element for each item.
    pub(crate) fn array<I>(
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

    fn key(&mut self, key: &str) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}

/// Appends the decimal digits of `value`.
pub(crate) fn number(out: &mut Vec<u8>, mut value: u64) {
    let mut text = [0_u8; 20];
    let mut start = text.len();
    loop {
        start -= 1;
        text[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&text[start..]);
}

/// True if JSON and a terminal both take the text as it stands.
fn is_plain(text: &str) -> bool {
    // Without a branch in the loop the compiler checks sixteen bytes at a time.
    text.bytes().fold(true, |plain, byte| {
        plain & (byte >= 0x20) & (byte < 0x7f) & (byte != b'"') & (byte != b'\\')
    })
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
}

/// A sink that takes `left` more bytes and then fails.
struct Capped<'a> {
    out: &'a mut Vec<u8>,
    left: usize,
}

impl io::Write for Capped<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.left);
        if taken == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.out.extend_from_slice(&bytes[..taken]);
        self.left -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes valid JSON of a value that was cut off somewhere after `start`.
fn close_cut(out: &mut Vec<u8>, start: usize) {
    let is_string = out.get(start) == Some(&b'"');
    if is_string {
        let kept = whole_characters(&out[start + 1..]);
        out.truncate(start + 1 + kept);
        out.push(b'"');
    } else {
        out.truncate(start);
        out.extend_from_slice(CUT_VALUE);
    }
}

/// The length of the longest prefix that ends with neither half a character nor half an escape.
fn whole_characters(bytes: &[u8]) -> usize {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) => error.valid_up_to(),
    };
    let mut at = 0;
    while at < valid {
        let length = match (bytes[at], bytes.get(at + 1)) {
            (b'\\', Some(b'u')) => 6,
            (b'\\', _) => 2,
            _ => 1,
        };
        if at + length > valid {
            return at;
        }
        at += length;
    }
    valid
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &str = "a\"\\\n\r\t\u{0}\u{1b}\u{7f}\u{85}\u{9f}\u{2028}\u{202e}\u{2066}é漢😀";

    fn written(text: &str, cap: usize) -> (String, bool) {
        let mut out = Vec::new();
        let cut = text_capped(&mut out, text, cap);
        (String::from_utf8(out).unwrap(), cut)
    }

    #[test]
    fn strings_read_back_and_hold_no_deceptive_character() {
        let (json, cut) = written(NASTY, usize::MAX);
        assert!(!cut);
        assert!(!json.chars().any(is_deceptive), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), NASTY);
    }

    #[test]
    fn serialized_values_are_escaped_alike() {
        let mut out = Vec::new();
        assert!(!value(&mut out, &[NASTY], 1000).unwrap());
        let json = String::from_utf8(out).unwrap();
        assert!(!json.chars().any(is_deceptive), "{json}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [NASTY]);
    }

    #[test]
    fn every_cap_leaves_valid_json_within_the_cap() {
        for cap in 0..80 {
            let (json, cut) = written(NASTY, cap);
            assert!(json.len() <= cap + 2);
            let read: String = serde_json::from_str(&json).unwrap();
            assert!(NASTY.starts_with(&read));
            assert_eq!(cut, read != NASTY);

            let mut out = Vec::new();
            let cut = value(&mut out, NASTY, cap.max(1)).unwrap();
            let read: String = serde_json::from_slice(&out).unwrap();
            assert!(NASTY.starts_with(&read));
            assert!(cut || read == NASTY);
        }
    }

    #[test]
    fn a_structure_over_its_cap_is_replaced_as_a_whole() {
        let mut out = b"x".to_vec();
        assert!(value(&mut out, &[1, 2, 3], 4).unwrap());
        assert_eq!(out, br#"x"[truncated]""#);
    }

    #[test]
    fn a_failing_serialize_leaves_nothing_behind() {
        let mut out = b"x".to_vec();
        let unserializable = std::collections::HashMap::from([([1], 1)]);
        assert!(value(&mut out, &unserializable, 100).is_err());
        assert_eq!(out, b"x");
    }

    #[test]
    fn objects_are_written_member_by_member() {
        let mut out = b"{".to_vec();
        let mut object = Object::members(&mut out);
        object.plain("a", "b");
        object.number("n", u64::MAX);
        object.flag("f", true);
        object.object("o", |o| {
            o.text("t", "\u{7}", 10);
        });
        object.array("l", [1, 2], |out, n| number(out, n));
        object.raw("r", b"null");
        out.push(b'}');
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"a":"b","n":18446744073709551615,"f":true,"o":{"t":"\u0007"},"l":[1,2],"r":null}"#
        );
    }
}
