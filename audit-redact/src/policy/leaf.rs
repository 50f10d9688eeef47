//! What a policy makes of one piece of text, the smallest part that it treats.

use std::fmt::{self, Display, Formatter};

use serde::Serializer;

use super::mask::Mask;
use super::room::Room;
use super::scratch::Scratch;
use crate::keys::hash::TEXT_BYTES;
use crate::{REDACTED, Redactor};

/// How the pieces of a value are written.
#[derive(Clone, Copy)]
pub(super) enum Treatment<'a> {
    Mask(Mask),
    Pseudonym { redactor: &'a Redactor, domain: &'a str },
    Seal { redactor: &'a Redactor, field: &'a str, subject: Option<&'a str> },
}

/// A treatment, and where in the value the piece stands.
#[derive(Clone, Copy)]
pub(super) struct Leaf<'a> {
    treatment: &'a Treatment<'a>,
    /// 0 alone, 1 in a list or map at any depth, where a byte, a letter or a flag is a part of a text,
    /// and behind it the map entries whose keys these are; one number, as two take more registers.
    place: usize,
}

impl<'a> Leaf<'a> {
    #[inline]
    pub(super) fn new(treatment: &'a Treatment<'a>) -> Self {
        Self { treatment, place: 0 }
    }

    pub(super) fn within_list(self) -> Self {
        Self { place: 1, ..self }
    }

    pub(super) fn is_within_list(self) -> bool {
        self.place > 0
    }

    /// The key of a map's entry. Two keys may look alike under a mask, and are told apart by number.
    pub(super) fn key(self, entry: usize) -> Self {
        Self { place: entry.saturating_add(1), ..self }
    }

    /// The number of the map entry whose key this is, from 1; 0 elsewhere.
    fn entry(self) -> usize {
        self.place.saturating_sub(1)
    }

    #[inline]
    pub(super) fn text<S: Serializer>(self, serializer: S, text: &str) -> Result<S::Ok, S::Error> {
        if text == REDACTED {
            return self.hidden(serializer);
        }
        let Treatment::Mask(mask) = self.treatment else {
            return self.keyed(serializer, text.as_bytes());
        };
        if self.entry() < 2
            && let Some(shown) = mask.within(text, &mut Room::new())
        {
            return serializer.serialize_str(shown);
        }
        self.masked(serializer, mask, text)
    }

    pub(super) fn bytes<S: Serializer>(
        self,
        serializer: S,
        bytes: &[u8],
    ) -> Result<S::Ok, S::Error> {
        match (std::str::from_utf8(bytes), self.treatment) {
            (Ok(text), _) => self.text(serializer, text),
            (Err(_), Treatment::Mask(_)) => self.hidden(serializer),
            (Err(_), _) => self.keyed(serializer, bytes),
        }
    }

    /// A number, in decimal; a mask looks at its digits only.
    pub(super) fn number<S: Serializer>(
        self,
        serializer: S,
        number: impl Display,
    ) -> Result<S::Ok, S::Error> {
        self.display(serializer, number, |text| match self.treatment {
            Treatment::Mask(_) => text.strip_prefix('-').unwrap_or(text),
            _ => text,
        })
    }

    /// A byte, a letter or a flag.
    pub(super) fn letter<S: Serializer>(
        self,
        serializer: S,
        letter: impl Display,
    ) -> Result<S::Ok, S::Error> {
        if self.is_within_list() {
            return self.hidden(serializer);
        }
        self.number(serializer, letter)
    }

    /// A number with a fraction, of which no digit says less than another.
    pub(super) fn fraction<S: Serializer>(
        self,
        serializer: S,
        number: impl Display,
    ) -> Result<S::Ok, S::Error> {
        match self.treatment {
            Treatment::Mask(_) => self.hidden(serializer),
            _ => self.number(serializer, number),
        }
    }

    /// The text of a value's `Display`.
    pub(super) fn displayed<S: Serializer>(
        self,
        serializer: S,
        value: impl Display,
    ) -> Result<S::Ok, S::Error> {
        self.display(serializer, value, |text| text)
    }

    #[inline(never)]
    pub(super) fn hidden<S: Serializer>(self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.entry() {
            0 | 1 => serializer.serialize_str(REDACTED),
            _ => serializer.collect_str(&self.numbered(REDACTED)),
        }
    }

    /// What a mask leaves, where it is too long for the room or has a number behind it.
    #[inline(never)]
    fn masked<S: Serializer>(
        self,
        serializer: S,
        mask: &Mask,
        text: &str,
    ) -> Result<S::Ok, S::Error> {
        match mask.of(text) {
            Some(masked) => serializer.collect_str(&self.numbered(masked)),
            None => self.hidden(serializer),
        }
    }

    fn display<S: Serializer>(
        self,
        serializer: S,
        value: impl Display,
        part: impl FnOnce(&str) -> &str,
    ) -> Result<S::Ok, S::Error> {
        match Scratch::new().text_of(value) {
            Some(text) => self.text(serializer, part(text)),
            None => self.hidden(serializer),
        }
    }

    #[inline(never)]
    fn keyed<S: Serializer>(self, serializer: S, bytes: &[u8]) -> Result<S::Ok, S::Error> {
        let text = match self.treatment {
            Treatment::Pseudonym { redactor, domain } => {
                return match redactor.hashed(domain, bytes, &mut [0; TEXT_BYTES]) {
                    Some(text) => serializer.serialize_str(text),
                    None => self.hidden(serializer),
                };
            }
            Treatment::Seal { redactor, field, subject } => redactor.seal(field, *subject, bytes),
            Treatment::Mask(_) => None,
        };
        match text {
            Some(text) => serializer.serialize_str(&text),
            None => self.hidden(serializer),
        }
    }

    fn numbered<T: Display>(self, text: T) -> Numbered<T> {
        Numbered { text, entry: self.entry() }
    }
}

/// A text, and from the second entry of a map on its number.
struct Numbered<T> {
    text: T,
    entry: usize,
}

impl<T: Display> Display for Numbered<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.entry {
            0 | 1 => self.text.fmt(f),
            entry => write!(f, "{} #{entry}", self.text),
        }
    }
}
