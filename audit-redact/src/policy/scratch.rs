//! Room for the clear text of one value while its written form is made; wiped afterwards.

use std::fmt::{self, Display, Write as _};

use zeroize::Zeroize as _;

/// Numbers, addresses and ids fit, so that they need no memory of their own.
const SHORT_BYTES: usize = 64;

/// Bytes on the stack, and on the heap once they are many; no copy is left behind.
pub(super) struct Scratch {
    short: [u8; SHORT_BYTES],
    short_len: usize,
    /// All bytes, once the short room did not hold them.
    long: Vec<u8>,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self { short: [0; SHORT_BYTES], short_len: 0, long: Vec::new() }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let free = self.short.get_mut(self.short_len..self.short_len + bytes.len());
        if let (true, Some(free)) = (self.long.is_empty(), free) {
            free.copy_from_slice(bytes);
            self.short_len += bytes.len();
            return;
        }
        let needed = self.as_bytes().len() + bytes.len();
        if self.long.capacity() < needed {
            self.grow(needed.next_power_of_two());
        }
        self.long.extend_from_slice(bytes);
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        match self.long.is_empty() {
            true => self.short.get(..self.short_len).unwrap_or_default(),
            false => &self.long,
        }
    }

    /// The text of a value's `Display`, for room that is empty. None if it gave up: what it has
    /// written until then is a part, which joins with nothing.
    pub(super) fn text_of(&mut self, value: impl Display) -> Option<&str> {
        write!(self, "{value}").ok()?;
        std::str::from_utf8(self.as_bytes()).ok()
    }

    /// Moves all bytes by hand: a vector that grows by itself leaves its old memory as it was.
    fn grow(&mut self, capacity: usize) {
        let mut next = Vec::with_capacity(capacity);
        next.extend_from_slice(self.as_bytes());
        self.long.zeroize();
        self.long = next;
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.short.zeroize();
        self.long.zeroize();
    }
}

impl fmt::Write for Scratch {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stay_in_order_across_the_move_to_the_heap() {
        for step in [1, 7, 64, 65, 200] {
            let expected: Vec<u8> = (0..=u8::MAX).cycle().take(1000).collect();
            let mut scratch = Scratch::new();
            for part in expected.chunks(step) {
                scratch.push(part);
                scratch.push(&[]);
            }
            assert_eq!(scratch.as_bytes(), expected);
        }
    }

    #[test]
    fn short_text_takes_no_memory() {
        let mut scratch = Scratch::new();
        scratch.push(&[1; SHORT_BYTES]);
        assert_eq!((scratch.as_bytes().len(), scratch.long.capacity()), (SHORT_BYTES, 0));
    }
}
