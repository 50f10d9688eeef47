//! Sealed values: AES-256-GCM under a named key, and the text that stands for one in a log.

use std::fmt;
use std::io;
use std::sync::Arc;

use aes_gcm::aead::{AeadInOut as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroize as _;

use super::id_of;

const NONCE_BYTES: usize = 12;
/// What every sealed value begins with.
const MARK: &str = "enc:";
/// Separates these keys' ids from those of other keys of the same bytes.
const ID_DOMAIN: &[u8] = b"audited encryption key id\0";
/// Separates these values from whatever else the same key may seal.
const SEAL_DOMAIN: &[u8] = b"audited seal 1\0";
const ID_BYTES_MAX: usize = 64;

/// A secret key that seals values, so that only its holder can read them.
///
/// It is wiped from memory with its last clone. One key may seal four billion values (2³²): beyond
/// that two of them could have the same nonce by chance, so make a new one before.
#[derive(Clone)]
pub struct EncryptionKey {
    id: Arc<str>,
    cipher: Arc<Aes256Gcm>,
}

/// The text of a sealed value, `enc:<key id>:<field>:<nonce, ciphertext and tag in base64url>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed<'a> {
    key_id: &'a str,
    field: &'a str,
    bytes: &'a str,
}

impl EncryptionKey {
    /// A key of 32 bytes; its id is derived from it by hashing.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self::new(&id_of(ID_DOMAIN, &bytes), bytes)
    }

    /// A key of 32 bytes that its keeper calls `id`: 1 to 64 ASCII letters, digits, `.`, `_`, `-`.
    /// `None` for any other id.
    pub fn named(id: &str, bytes: [u8; 32]) -> Option<Self> {
        is_id(id).then(|| Self::new(id, bytes))
    }

    fn new(id: &str, mut bytes: [u8; 32]) -> Self {
        let cipher = Aes256Gcm::new((&bytes).into());
        bytes.zeroize();
        Self { id: id.into(), cipher: Arc::new(cipher) }
    }

    /// The key's public name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The text of the sealed `value`, bound to the journal, the field and the key.
    ///
    /// # Errors
    /// Fails when the operating system gives no random bytes.
    pub(crate) fn seal(&self, origin: &str, field: &str, value: &[u8]) -> io::Result<String> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(io::Error::other)?;
        let mut buffer = Vec::with_capacity(NONCE_BYTES + value.len() + 16);
        buffer.extend_from_slice(&nonce);
        buffer.extend_from_slice(value);
        let tag = self
            .cipher
            .encrypt_inout_detached(
                &nonce.into(),
                &bound_to(origin, field, &self.id),
                buffer[NONCE_BYTES..].as_mut().into(),
            )
            .map_err(|_| {
                buffer.zeroize();
                io::Error::other("the value is too long to be sealed")
            })?;
        buffer.extend_from_slice(&tag);
        let mut text = format!("{MARK}{}:{field}:", self.id);
        URL_SAFE_NO_PAD.encode_string(&buffer, &mut text);
        Ok(text)
    }

    /// The value, if this key has sealed it, for this journal and under its field.
    pub(crate) fn open(&self, origin: &str, sealed: &Sealed<'_>) -> Option<Vec<u8>> {
        use aes_gcm::aead::Aead as _;
        let bytes = URL_SAFE_NO_PAD.decode(sealed.bytes).ok()?;
        let (nonce, msg) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let aad = bound_to(origin, sealed.field, &self.id);
        self.cipher.decrypt(&(*nonce).into(), Payload { msg, aad: &aad }).ok()
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<'a> Sealed<'a> {
    /// The parts of a sealed value's text; `None` if it is not one.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (key_id, rest) = text.strip_prefix(MARK)?.split_once(':')?;
        // A field may have a colon in its name, the others have none.
        let (field, bytes) = rest.rsplit_once(':')?;
        is_id(key_id).then_some(Self { key_id, field, bytes })
    }

    /// The id of the key that has sealed it.
    pub fn key_id(&self) -> &'a str {
        self.key_id
    }

    /// The field that it was sealed as.
    pub fn field(&self) -> &'a str {
        self.field
    }
}

/// The associated data: each part behind its length, so that none can be taken for another.
fn bound_to(origin: &str, field: &str, key_id: &str) -> Vec<u8> {
    let mut data = SEAL_DOMAIN.to_vec();
    for part in [origin, field, key_id] {
        data.extend_from_slice(&(part.len() as u64).to_le_bytes());
        data.extend_from_slice(part.as_bytes());
    }
    data
}

fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(key: &EncryptionKey, origin: &str, text: &str) -> Option<Vec<u8>> {
        key.open(origin, &Sealed::parse(text)?)
    }

    #[test]
    fn what_is_sealed_opens_with_the_key_and_for_its_place_only() {
        let key = EncryptionKey::from_bytes([1; 32]);
        let text = key.seal("shop/1", "User.ssn", b"078-05-1120").unwrap();
        assert!(text.starts_with(&format!("enc:{}:User.ssn:", key.id())), "{text}");
        assert!(!text.contains("078"));
        assert_eq!(opened(&key, "shop/1", &text).unwrap(), b"078-05-1120");
        assert_eq!(opened(&key, "shop/2", &text), None);
        assert_eq!(opened(&key, "shop/1", &text.replace("User", "Card")), None);
        assert_eq!(opened(&EncryptionKey::from_bytes([2; 32]), "shop/1", &text), None);
        let renamed = EncryptionKey::named("other", [1; 32]).unwrap();
        assert_eq!(opened(&renamed, "shop/1", &text), None);
    }

    #[test]
    fn every_changed_character_is_found() {
        let key = EncryptionKey::from_bytes([1; 32]);
        let text = key.seal("o", "f", b"secret").unwrap();
        let first = text.rfind(':').unwrap() + 1;
        for place in first..text.len() {
            let other = if text.as_bytes()[place] == b'A' { "B" } else { "A" };
            let mut changed = text.clone();
            changed.replace_range(place..=place, other);
            assert_eq!(opened(&key, "o", &changed), None, "{place}");
        }
        assert_eq!(opened(&key, "o", &text[..text.len() - 1]), None);
        assert_eq!(opened(&key, "o", &text[..first]), None);
    }

    #[test]
    fn equal_values_are_sealed_differently() {
        let key = EncryptionKey::from_bytes([1; 32]);
        assert_ne!(key.seal("o", "f", b"x").unwrap(), key.seal("o", "f", b"x").unwrap());
    }

    #[test]
    fn an_id_takes_no_part_of_the_text() {
        for id in ["", "a:b", "a b", "é", "../x", &"a".repeat(65)] {
            assert!(EncryptionKey::named(id, [1; 32]).is_none(), "{id}");
        }
        assert_eq!(Sealed::parse("enc:k:a:b:xyz").unwrap().field(), "a:b");
        for text in ["", "enc:", "enc:k", "enc:k:f", "enc:a b:f:x", "ENC:k:f:x"] {
            assert_eq!(Sealed::parse(text), None, "{text}");
        }
    }

    #[test]
    fn keys_are_wiped_when_they_are_dropped() {
        fn is_wiped<T: zeroize::ZeroizeOnDrop>() {}
        is_wiped::<Aes256Gcm>();
        // What an HMAC keeps of its key are two of these.
        is_wiped::<sha2::Sha256>();
    }

    #[test]
    fn debug_shows_the_id_only() {
        let key = EncryptionKey::from_bytes([0x41; 32]);
        let shown = format!("{key:?}");
        assert_eq!(shown, format!("EncryptionKey {{ id: \"{}\", .. }}", key.id()));
    }
}
