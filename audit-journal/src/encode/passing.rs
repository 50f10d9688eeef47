//! Strings that are changed as a whole before they are written, whatever value they are part of.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use super::LineFormatter;

/// How deep arrays and objects may stand in each other.
///
/// Readers of JSON stop somewhere, serde_json at 128, and a record that they cannot read is lost to them.
const LEVELS_MAX: usize = 64;

/// Room for the first string, so that most values need no more.
const TEXT_BYTES_USUAL: usize = 128;

/// The line's form, with each string as what `change` makes of it.
pub(super) struct Passing<'a> {
    /// The string that is being written; its pieces come one by one.
    text: String,
    change: &'a mut dyn FnMut(&str) -> Option<String>,
    /// How many arrays and objects are open.
    levels: usize,
}

impl<'a> Passing<'a> {
    pub(super) fn new(change: &'a mut dyn FnMut(&str) -> Option<String>) -> Self {
        Self { text: String::new(), change, levels: 0 }
    }

    /// Opens an array or object; one that stands too deep does not fit, like one that is too long.
    fn open(&mut self) -> io::Result<()> {
        self.levels += 1;
        if self.levels > LEVELS_MAX { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl Formatter for Passing<'_> {
    #[inline]
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open()?;
        writer.write_all(b"[")
    }

    #[inline]
    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.levels -= 1;
        writer.write_all(b"]")
    }

    #[inline]
    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open()?;
        writer.write_all(b"{")
    }

    #[inline]
    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.levels -= 1;
        writer.write_all(b"}")
    }

    fn begin_string<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.text.clear();
        self.text.reserve(TEXT_BYTES_USUAL);
        writer.write_all(b"\"")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        _writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.text.push_str(fragment);
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        _writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.text.push(match escape {
            CharEscape::Quote => '"',
            CharEscape::ReverseSolidus => '\\',
            CharEscape::Solidus => '/',
            CharEscape::Backspace => '\u{8}',
            CharEscape::FormFeed => '\u{c}',
            CharEscape::LineFeed => '\n',
            CharEscape::CarriageReturn => '\r',
            CharEscape::Tab => '\t',
            CharEscape::AsciiControl(byte) => byte.into(),
        });
        Ok(())
    }

    fn end_string<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let changed = (self.change)(&self.text);
        let text = changed.as_deref().unwrap_or(&self.text);
        LineFormatter.write_string_fragment(writer, text)?;
        writer.write_all(b"\"")
    }

    /// JSON that a value brings ready-made has strings as well.
    fn write_raw_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let value: serde_json::Value = serde_json::from_str(fragment)?;
        let mut json = Vec::new();
        let mut formatter = Passing::new(&mut *self.change);
        formatter.levels = self.levels;
        value.serialize(&mut Serializer::with_formatter(&mut json, formatter))?;
        writer.write_all(&json)
    }
}
