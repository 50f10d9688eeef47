//! Keyed hashes that stand for values which must not be written in clear.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroize as _;

use super::{file, id_of};
use crate::REDACTED;

/// Separates these keys' ids from those of other keys of the same bytes.
const ID_DOMAIN: &[u8] = b"audited hash key id\0";
/// Stands for a zero in a domain, which a zero ends: bytes that no text has.
const ZERO_IN_DOMAIN: &[u8] = &[0xc0, 0x80];

/// Eight hexadecimal digits.
const ID_BYTES: usize = 8;
/// 128 bits in base64.
const TAG_BYTES: usize = 22;

/// A secret key for hashes that join equal values without telling what they are; it is wiped from
/// memory with its last clone.
///
/// Session ids, unknown user names and the paths of unrouted requests are written as
/// `<key id>:<22 characters>`: 128 bits of HMAC-SHA256 over the field's domain and the value.
#[derive(Clone)]
pub struct HashKey {
    id: String,
    mac: Hmac<Sha256>,
}

impl HashKey {
    /// A key of 32 bytes; its id is derived from it by hashing.
    pub fn from_bytes(mut key: [u8; 32]) -> Self {
        let id = id_of(ID_DOMAIN, &key);
        let mut block = padded(&key);
        let mac = Hmac::<Sha256>::new((&block).into());
        block.zeroize();
        key.zeroize();
        Self { id, mac }
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
        self.hashed(domain, value).as_str().to_owned()
    }

    /// The same, without memory of its own.
    pub(crate) fn hashed(&self, domain: &str, value: &[u8]) -> Pseudonym {
        let mut mac = self.mac.clone();
        for (place, part) in domain.split('\0').enumerate() {
            if place > 0 {
                mac.update(ZERO_IN_DOMAIN);
            }
            mac.update(part.as_bytes());
        }
        mac.update(&[0]);
        mac.update(value);
        let tag = mac.finalize().into_bytes();
        let mut text = [b':'; ID_BYTES + 1 + TAG_BYTES];
        text[..ID_BYTES].copy_from_slice(self.id.as_bytes());
        // It fails where there is no room, and there is exactly as much as it takes.
        _ = URL_SAFE_NO_PAD.encode_slice(&tag[..16], &mut text[ID_BYTES + 1..]);
        Pseudonym(text)
    }
}

/// The text of a keyed hash: the id of the key, a colon, the hash.
pub(crate) struct Pseudonym([u8; ID_BYTES + 1 + TAG_BYTES]);

impl Pseudonym {
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or(REDACTED)
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// HMAC pads a key shorter than the hash's block with zeros (RFC 2104, section 2).
fn padded(key: &[u8; 32]) -> [u8; 64] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    block
}

#[cfg(test)]
mod tests {
    use audit_journal::Digest;

    use super::*;

    #[test]
    fn hmac_agrees_with_rfc_4231_case_2_construction() {
        // HMAC(key, "d\0v") computed from its definition, SHA-256 of the outer and inner pads.
        let key = [7; 32];
        let pad = |byte: u8| padded(&key).map(|k| k ^ byte);
        let inner = Digest::of_parts(&[&pad(0x36), b"d\0v"]);
        let outer = Digest::of_parts(&[&pad(0x5c), inner.as_bytes()]);
        let expected = URL_SAFE_NO_PAD.encode(&outer.as_bytes()[..16]);
        let key = HashKey::from_bytes(key);
        assert_eq!(key.pseudonym("d", b"v"), format!("{}:{expected}", key.id()));
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
