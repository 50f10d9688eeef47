//! The bytes of a snapshot, and of what is hashed of a rule: numbers of fixed width, texts with their length.

use audit_runtime::Digest;

/// Writes values one after the other.
#[derive(Default)]
pub(super) struct Encoder(pub(super) Vec<u8>);

impl Encoder {
    pub(super) fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    pub(super) fn signed(&mut self, number: i64) {
        self.number(number.cast_unsigned());
    }

    pub(super) fn optional(&mut self, number: Option<i64>) {
        self.0.push(u8::from(number.is_some()));
        self.signed(number.unwrap_or(0));
    }

    pub(super) fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn texts<T: AsRef<str>>(&mut self, texts: &[T]) {
        self.length(texts.len());
        texts.iter().for_each(|text| self.text(text.as_ref()));
    }

    pub(super) fn digest(&mut self, digest: &Digest) {
        self.0.extend_from_slice(digest.as_bytes());
    }
}

/// Reads the same values; `None` where they are not there.
pub(super) struct Decoder<'a>(pub(super) &'a [u8]);

impl<'a> Decoder<'a> {
    pub(super) fn number(&mut self) -> Option<u64> {
        self.take(8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes)
    }

    /// A number of things that take `bytes_min` each at the least, so no more than there can be.
    pub(super) fn length(&mut self, bytes_min: usize) -> Option<usize> {
        let length = usize::try_from(self.number()?).ok()?;
        (length <= self.0.len() / bytes_min).then_some(length)
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        self.number().map(u64::cast_signed)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.length(1)?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    pub(super) fn digest(&mut self) -> Option<Digest> {
        self.take(32).and_then(|bytes| bytes.try_into().ok()).map(Digest::from_bytes)
    }

    pub(super) fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }
}
