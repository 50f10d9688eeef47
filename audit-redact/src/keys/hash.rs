//! Keyed hashes that stand for values which must not be written in clear.

use std::fmt;
use std::slice;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::block_api::compress256;
use zeroize::{Zeroize as _, Zeroizing};

use super::{file, id_of};
use crate::REDACTED;

/// Separates these keys' ids from those of other keys of the same bytes.
const ID_DOMAIN: &[u8] = b"audited hash key id\0";
/// Stands for a zero in a domain, which a zero ends: bytes that no text has.
const ZERO_IN_DOMAIN: &[u8] = &[0xc0, 0x80];

/// What SHA-256 begins with (FIPS 180-4, section 5.3.3).
#[rustfmt::skip]
const START: State = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
];
const BLOCK_BYTES: usize = 64;
const LENGTH_BYTES: usize = 8;

/// Eight hexadecimal digits.
const ID_BYTES: usize = 8;
/// The text of a keyed hash: the id of the key, a colon, 128 bits in base64.
pub(crate) type Text = [u8; TEXT_BYTES];
pub(crate) const TEXT_BYTES: usize = ID_BYTES + 1 + 22;

/// A secret key for hashes that join equal values without telling what they are; it is wiped from
/// memory with its last clone.
///
/// Session ids, unknown user names and the paths of unrouted requests are written as
/// `<key id>:<22 characters>`: 128 bits of HMAC-SHA256 over the field's domain and the value.
#[derive(Clone)]
pub struct HashKey {
    id: String,
    /// What the two blocks of the key leave, so that they are hashed once and not for each value.
    inner: Zeroizing<State>,
    outer: Zeroizing<State>,
}

impl HashKey {
    /// A key of 32 bytes; its id is derived from it by hashing.
    pub fn from_bytes(mut key: [u8; 32]) -> Self {
        let id = id_of(ID_DOMAIN, &key);
        let [inner, outer] = [0x36, 0x5c].map(|pad| {
            // HMAC pads a key shorter than the hash's block with zeros (RFC 2104, section 2).
            let mut block = Zeroizing::new([pad; BLOCK_BYTES]);
            block.iter_mut().zip(&key).for_each(|(byte, key)| *byte ^= key);
            let mut state = Zeroizing::new(START);
            compress256(&mut state, slice::from_ref(&block));
            state
        });
        key.zeroize();
        Self { id, inner, outer }
    }

    /// A fresh key from the operating system's random source.
    ///
    /// # Errors
    /// Fails when the operating system gives no random bytes.
    pub fn random() -> std::io::Result<Self> {
        file::random().map(|key| Self::from_bytes(*key))
    }

    /// The key's public name: eight hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The keyed hash of `value`, separated by `domain` from equal values of other fields.
    pub fn pseudonym(&self, domain: &str, value: &[u8]) -> String {
        self.hashed(domain, value, &mut [0; TEXT_BYTES]).to_owned()
    }

    /// The same, written into `room`.
    pub(crate) fn hashed<'a>(&self, domain: &str, value: &[u8], room: &'a mut Text) -> &'a str {
        let mut message = Message::after_key(*self.inner);
        for (place, part) in domain.as_bytes().split(|byte| *byte == 0).enumerate() {
            if place > 0 {
                message.push(ZERO_IN_DOMAIN);
            }
            message.push(part);
        }
        message.push(&[0]);
        message.push(value);
        let tag = self.tag(&mut message);
        room[ID_BYTES] = b':';
        room[..ID_BYTES].copy_from_slice(self.id.as_bytes());
        // It fails where there is no room, and there is exactly as much as it takes.
        _ = URL_SAFE_NO_PAD.encode_slice(tag[..4].as_flattened(), &mut room[ID_BYTES + 1..]);
        std::str::from_utf8(room).unwrap_or(REDACTED)
    }

    /// The HMAC (RFC 2104) of a message that began with the inner block. It leaves nothing of the
    /// message there: the outer block takes the same place.
    fn tag(&self, message: &mut Message) -> [[u8; 4]; 8] {
        let hash = message.finish();
        (message.state, message.length) = (*self.outer, BLOCK_BYTES);
        message.push(hash.as_flattened());
        message.finish()
    }
}

type State = [u32; 8];

/// A message on its way through SHA-256, which is never moved: a move leaves a copy behind.
struct Message {
    state: State,
    block: [u8; BLOCK_BYTES],
    length: usize,
}

impl Message {
    /// Goes on after the one block of a key.
    fn after_key(state: State) -> Self {
        Self { state, block: [0; BLOCK_BYTES], length: BLOCK_BYTES }
    }

    fn push(&mut self, mut part: &[u8]) {
        loop {
            let free = &mut self.block[self.length % BLOCK_BYTES..];
            let (now, later) = part.split_at(part.len().min(free.len()));
            free[..now.len()].copy_from_slice(now);
            self.length += now.len();
            if now.len() < free.len() {
                return;
            }
            compress256(&mut self.state, slice::from_ref(&self.block));
            part = later;
        }
    }

    fn finish(&mut self) -> [[u8; 4]; 8] {
        let bits = 8 * self.length as u64;
        let (_, free) = self.block.split_at_mut(self.length % BLOCK_BYTES);
        free.fill(0);
        free[0] = 0x80;
        if free.len() <= LENGTH_BYTES {
            compress256(&mut self.state, slice::from_ref(&self.block));
            self.block.fill(0);
        }
        self.block[BLOCK_BYTES - LENGTH_BYTES..].copy_from_slice(&bits.to_be_bytes());
        compress256(&mut self.state, slice::from_ref(&self.block));
        self.state.map(u32::to_be_bytes)
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use audit_journal::Digest;

    use super::*;

    fn padded(key: &[u8; 32]) -> [u8; BLOCK_BYTES] {
        let mut block = [0; BLOCK_BYTES];
        block[..32].copy_from_slice(key);
        block
    }

    #[test]
    fn hmac_is_that_of_its_definition_at_every_length() {
        // HMAC(key, "d\0v") computed from its definition, SHA-256 of the outer and inner pads.
        let key = [7; 32];
        let pad = |byte: u8| padded(&key).map(|k| k ^ byte);
        let hashed = HashKey::from_bytes(key);
        for length in 0..300 {
            let value: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            let inner = Digest::of_parts(&[&pad(0x36), b"d\0", &value]);
            let outer = Digest::of_parts(&[&pad(0x5c), inner.as_bytes()]);
            let expected = URL_SAFE_NO_PAD.encode(&outer.as_bytes()[..16]);
            assert_eq!(hashed.pseudonym("d", &value), format!("{}:{expected}", hashed.id()));
        }
    }

    #[test]
    fn hmac_agrees_with_rfc_4231_case_2() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let key = HashKey::from_bytes(key);
        let mut message = Message::after_key(*key.inner);
        message.push(b"what do ya want ");
        message.push(b"for nothing?");
        let tag: String =
            key.tag(&mut message).as_flattened().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(tag, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn pseudonyms_join_within_a_domain_only() {
        let key = HashKey::from_bytes([1; 32]);
        assert_eq!(key.pseudonym("user", b"ada"), key.pseudonym("user", b"ada"));
        assert_ne!(key.pseudonym("user", b"ada"), key.pseudonym("path", b"ada"));
        let other = HashKey::from_bytes([2; 32]);
        assert_ne!(key.pseudonym("user", b"ada"), other.pseudonym("user", b"ada"));
    }

    #[test]
    fn no_zero_in_a_domain_passes_for_its_end() {
        let key = HashKey::from_bytes([1; 32]);
        assert_ne!(key.pseudonym("a\0b", b"c"), key.pseudonym("a", b"b\0c"));
        assert_ne!(key.pseudonym("a\0", b""), key.pseudonym("a", b"\0"));
    }

    #[test]
    fn debug_shows_the_id_only() {
        let key = HashKey::from_bytes([0x41; 32]);
        let shown = format!("{key:?}");
        assert_eq!(shown, format!("HashKey {{ id: \"{}\", .. }}", key.id()));
    }
}
