//! The text that is being read: its bytes, and the place up to which it is settled already.

use std::ops::Range;

use crate::kind::{Kind, MARK_BYTES_MAX, mark_at};

/// A secret that was found, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) place: Range<usize>,
    pub(crate) kind: Kind,
}

/// The bytes of a text. What lies before `floor` has been written already, and is not looked at.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    bytes: &'a [u8],
    floor: usize,
}

impl<'a> Text<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, floor: 0 }
    }

    /// Settles all before `floor`, where a mark ends.
    pub(crate) fn settle(&mut self, floor: usize) {
        self.floor = floor;
    }

    pub(crate) fn floor(&self) -> usize {
        self.floor
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn at(&self, place: usize) -> Option<u8> {
        self.bytes.get(place).copied()
    }

    /// The byte before `place`; the end of a mark where the settled part ends.
    pub(crate) fn before(&self, place: usize) -> Option<u8> {
        if place <= self.floor {
            return (self.floor > 0).then_some(b']');
        }
        self.at(place - 1)
    }

    pub(crate) fn slice(&self, place: Range<usize>) -> &'a [u8] {
        self.bytes.get(place).unwrap_or_default()
    }

    pub(crate) fn starts_with(&self, place: usize, word: &[u8]) -> bool {
        self.bytes.get(place..).is_some_and(|rest| rest.starts_with(word))
    }

    /// The same, whatever the case of the letters.
    pub(crate) fn starts_with_word(&self, place: usize, word: &[u8]) -> bool {
        self.bytes.get(place..place + word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word))
    }

    /// Where the bytes of a class that stand at `from` end, after at most `most` of them.
    pub(crate) fn run(&self, from: usize, most: usize, mut class: impl FnMut(u8) -> bool) -> usize {
        let end = from.saturating_add(most).min(self.bytes.len());
        let rest = self.bytes.get(from..end).unwrap_or_default();
        from + rest.iter().position(|byte| !class(*byte)).unwrap_or(rest.len())
    }

    /// Where the bytes of a class that end at `to` begin, at most `most` of them.
    pub(crate) fn run_back(&self, to: usize, most: usize, class: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(self.floor..to).unwrap_or_default();
        to - rest.iter().rev().take(most).take_while(|byte| class(**byte)).count()
    }

    /// What was found, unless it lies in a mark, holds one or stands behind one.
    ///
    /// What follows a mark belongs to it. So a text that was scrubbed hardly ever shows what it did not
    /// show before.
    pub(crate) fn found(&self, place: Range<usize>, kind: Kind) -> Option<Found> {
        if self.is_behind_mark(place.start) { None } else { self.found_behind_mark(place, kind) }
    }

    /// The same where a mark may end before `place`.
    pub(crate) fn found_behind_mark(&self, place: Range<usize>, kind: Kind) -> Option<Found> {
        let good = !place.is_empty()
            && self.first_mark(place.clone()).is_none()
            && !self.is_in_mark(place.start);
        good.then_some(Found { place, kind })
    }

    /// `place` up to the first mark in it: what is as long as a line is not given up for one.
    pub(crate) fn up_to_mark(&self, place: Range<usize>) -> Range<usize> {
        place.start..self.first_mark(place.clone()).unwrap_or(place.end)
    }

    /// Where the first mark begins that begins in `place`.
    pub(crate) fn first_mark(&self, place: Range<usize>) -> Option<usize> {
        let bytes = self.slice(place.clone()).iter().enumerate();
        let mut brackets = bytes.filter(|(_, byte)| **byte == b'[').map(|(at, _)| place.start + at);
        brackets.find(|at| self.mark_ends(*at).is_some())
    }

    /// Where the mark ends that begins at `place`, if one does.
    pub(crate) fn mark_ends(&self, place: usize) -> Option<usize> {
        mark_at(self.bytes.get(place..)?).map(|length| place + length)
    }

    /// Where the marks end that follow each other from `place` on.
    pub(crate) fn behind_marks(&self, place: usize) -> usize {
        let mut place = place;
        while let Some(end) = self.mark_ends(place) {
            place = end;
        }
        place
    }

    /// True if a mark ends before `place`.
    pub(crate) fn is_behind_mark(&self, place: usize) -> bool {
        if self.before(place) != Some(b']') {
            return false;
        }
        if place == self.floor {
            return true;
        }
        self.mark_before(place - 1).is_some_and(|begin| self.mark_ends(begin) == Some(place))
    }

    /// True if a mark begins before `place` and ends behind it.
    pub(crate) fn is_in_mark(&self, place: usize) -> bool {
        let mark = self.mark_before(place).and_then(|begin| self.mark_ends(begin));
        mark.is_some_and(|end| end > place)
    }

    /// The bracket before `place` that may begin a mark which goes on at `place`.
    fn mark_before(&self, place: usize) -> Option<usize> {
        let is_in_mark = |byte: u8| is_word(byte) || byte == b':';
        let bracket = self.run_back(place, MARK_BYTES_MAX, is_in_mark).checked_sub(1)?;
        (bracket >= self.floor && self.at(bracket) == Some(b'[')).then_some(bracket)
    }
}

/// Letters, digits, `_` and `-`: the alphabet of most tokens, and of base64 in URLs.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}
