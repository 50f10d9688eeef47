//! Room for what a log shows of one value, so that it is written in one piece and without an allocation.

use std::fmt::Display;
use std::io::Write as _;

/// Most of what masks show fits.
const ROOM_BYTES: usize = 64;
/// As many bytes are checked at once when they are taken for text.
const STEP_BYTES: usize = 2 * size_of::<usize>();

/// Bytes on the stack, in a place from which whole words of them can be read.
#[repr(align(8))]
pub(super) struct Room([u8; ROOM_BYTES]);

impl Room {
    #[inline]
    pub(super) fn new() -> Self {
        Self([0; ROOM_BYTES])
    }

    /// The parts as one text; none if they do not fit.
    #[inline]
    pub(super) fn joined(&mut self, parts: [&str; 3]) -> Option<&str> {
        let mut rest = &mut self.0[..];
        for part in parts {
            let (place, behind) = rest.split_at_mut_checked(part.len())?;
            // Copying nothing takes as long as copying a little.
            if !part.is_empty() {
                place.copy_from_slice(part.as_bytes());
            }
            rest = behind;
        }
        let len = ROOM_BYTES - rest.len();
        self.text(len)
    }

    /// The text of a value's `Display`; none if it does not fit.
    pub(super) fn displayed(&mut self, value: impl Display) -> Option<&str> {
        let mut rest = &mut self.0[..];
        write!(rest, "{value}").ok()?;
        let len = ROOM_BYTES - rest.len();
        self.text(len)
    }

    #[inline]
    fn text(&self, len: usize) -> Option<&str> {
        // With the zeros behind them the bytes are whole words, which are checked in less time.
        let words = self.0.get(..len.div_ceil(STEP_BYTES) * STEP_BYTES)?;
        std::str::from_utf8(words).ok()?.get(..len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_every_length_are_joined_up_to_the_last_byte_of_the_room() {
        for letter in ["\0", "a", "я", "🔑"] {
            for bytes in (0..=ROOM_BYTES + 4).step_by(letter.len()) {
                for first in (0..=bytes).step_by(letter.len()) {
                    let text = letter.repeat(bytes / letter.len());
                    let (before, after) = text.split_at(first);
                    let expected = (bytes <= ROOM_BYTES).then_some(&*text);
                    assert_eq!(Room::new().joined([before, "", after]), expected);
                    assert_eq!(Room::new().joined(["", before, after]), expected);
                }
                let text = letter.repeat(bytes / letter.len());
                let expected = (bytes <= ROOM_BYTES).then_some(&*text);
                assert_eq!(Room::new().displayed(&text), expected);
            }
        }
    }
}
