//! Keys of notes: Ed25519, in the text forms of `c2sp.org/signed-note`.

use std::borrow::Borrow;
use std::fmt;
use std::io;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::malformed::Malformed;

/// The type of Ed25519 signatures.
const ED25519: u8 = 1;
/// The type of cosignatures by Ed25519, which name a time.
const COSIGNATURE: u8 = 4;
const PRIVATE: &str = "PRIVATE+KEY+";

const NO_NAME: Malformed = Malformed::whole(
    "the name of a key must not be empty and has no spaces, no `+` and no controls",
);
const NO_PARTS: Malformed =
    Malformed::whole("a key has three parts with `+` between them: name, id and key");
const NO_ID: Malformed =
    Malformed::whole("the second part of a key is its id: eight digits of lower-case hexadecimal");
const OTHER_ID: Malformed =
    Malformed::whole("the key's id is not that of its name and its key: a part of it was changed");
const NO_KEY: Malformed =
    Malformed::whole("the third part of a key is base64 of one byte 1, for Ed25519, and 32 bytes");
const OF_WITNESS: Malformed =
    Malformed::whole("this is the key of a witness, which signs no journal (type 4)");
const NO_WITNESS: Malformed = Malformed::whole(
    "the third part of a witness's key is base64 of one byte 4, for cosignatures by Ed25519, and 32 bytes",
);
const NO_POINT: Malformed = Malformed::whole("the 32 bytes are no public key of Ed25519");
const NOT_PRIVATE: Malformed =
    Malformed::whole("a private key begins with `PRIVATE+KEY+`; this may be a public one");
const IS_PRIVATE: Malformed = Malformed::whole(
    "this is a private key, and a public one is needed; keep it secret, and use another one if \
     somebody else may have seen it",
);

/// A public key with a name, written as a C2SP vkey: `name+id+key`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    key: ed25519_dalek::VerifyingKey,
    kind: u8,
}

/// What signs notes: a key in memory, or one in a system that keeps keys.
pub trait Signer: Send + Sync {
    /// The public key that checks its signatures.
    fn verifier(&self) -> &VerifierKey;

    /// The Ed25519 signature of `text`: 64 bytes.
    ///
    /// # Errors
    /// Fails when the key cannot be used now.
    fn sign(&self, text: &str) -> io::Result<Vec<u8>>;
}

/// A private key in memory, wiped when it is dropped.
#[derive(Clone)]
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    verifier: VerifierKey,
}

impl VerifierKey {
    /// The name that its signatures carry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number that tells it from others of its name.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// True if `signature` is one of `text` by this key.
    pub fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let signature = ed25519_dalek::Signature::from_slice(signature);
        signature.is_ok_and(|it| self.key.verify_strict(text.as_bytes(), &it).is_ok())
    }

    /// Reads the key of a witness.
    pub(crate) fn of_witness(text: &str) -> Result<Self, Malformed> {
        Self::read(text, COSIGNATURE, NO_WITNESS)
    }

    fn read(text: &str, kind: u8, other: Malformed) -> Result<Self, Malformed> {
        if text.starts_with(PRIVATE) {
            return Err(IS_PRIVATE);
        }
        let (name, id, bytes) = parts(text, kind, other)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| NO_POINT)?;
        Self::new(name, key, kind)?.check_id(id)
    }

    fn new(name: &str, key: ed25519_dalek::VerifyingKey, kind: u8) -> Result<Self, Malformed> {
        check_name(name)?;
        let mut hasher = Sha256::new();
        hasher.update(name);
        hasher.update([b'\n', kind]);
        hasher.update(key.as_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(hasher.finalize());
        Ok(Self { name: name.to_owned(), id: u32::from_be_bytes([a, b, c, d]), key, kind })
    }

    fn check_id(self, id: &str) -> Result<Self, Malformed> {
        let is_hexadecimal = id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if id.len() != 8 || !is_hexadecimal {
            return Err(NO_ID);
        }
        if u32::from_str_radix(id, 16) == Ok(self.id) { Ok(self) } else { Err(OTHER_ID) }
    }
}

impl FromStr for VerifierKey {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let is_of_witness = || Self::of_witness(text).is_ok();
        Self::read(text, ED25519, NO_KEY).map_err(|error| match error {
            NO_KEY if is_of_witness() => OF_WITNESS,
            error => error,
        })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = encoded(self.kind, self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, self.id, key.as_str())
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl SigningKey {
    /// The key that these 32 bytes are the seed of; they must be random and known to nobody else. Those that are
    /// lent are the caller's to wipe.
    ///
    /// # Errors
    /// Fails if the name is empty, or has a space, a `+` or a control character.
    pub fn from_seed(name: &str, seed: impl Borrow<[u8; 32]>) -> Result<Self, Malformed> {
        let key = ed25519_dalek::SigningKey::from_bytes(seed.borrow());
        let verifier = VerifierKey::new(name, key.verifying_key(), ED25519)?;
        Ok(Self { key, verifier })
    }

    /// The text to keep it as: `PRIVATE+KEY+name+id+seed`.
    pub fn to_text(&self) -> Zeroizing<String> {
        let VerifierKey { name, id, .. } = &self.verifier;
        let seed = encoded(ED25519, self.key.as_bytes());
        let mut text = Zeroizing::new(String::with_capacity(PRIVATE.len() + name.len() + 64));
        text.push_str(PRIVATE);
        text.push_str(name);
        text.push_str(&format!("+{id:08x}+"));
        text.push_str(&seed);
        text
    }
}

impl Signer for SigningKey {
    fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    fn sign(&self, text: &str) -> io::Result<Vec<u8>> {
        Ok(self.key.sign(text.as_bytes()).to_bytes().to_vec())
    }
}

impl FromStr for SigningKey {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (name, id, seed) =
            parts(text.strip_prefix(PRIVATE).ok_or(NOT_PRIVATE)?, ED25519, NO_KEY)?;
        // A copy would stay in memory.
        let seed: &[u8; 32] = &seed;
        let Self { key, verifier } = Self::from_seed(name, seed)?;
        Ok(Self { key, verifier: verifier.check_id(id)? })
    }
}

/// Shows the public key only.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.verifier).finish()
    }
}

/// True for what the name of a key may have.
pub fn is_of_name(char: char) -> bool {
    char != '+' && !char.is_whitespace() && !char.is_control()
}

/// Refuses what no key may be called.
pub(crate) fn check_name(name: &str) -> Result<(), Malformed> {
    if name.is_empty() || !name.chars().all(is_of_name) { Err(NO_NAME) } else { Ok(()) }
}

/// Name, id and the 32 bytes of a key of this kind; `other` is told of one that is none. Base64 may have a `+` as well.
fn parts(
    text: &str,
    kind: u8,
    other: Malformed,
) -> Result<(&str, &str, Zeroizing<[u8; 32]>), Malformed> {
    let (name, rest) = text.split_once('+').ok_or(NO_PARTS)?;
    let (id, key) = rest.split_once('+').ok_or(NO_PARTS)?;
    let mut bytes = Zeroizing::new([0; 36]);
    let length = STANDARD.decode_slice(key, &mut *bytes).map_err(|_| other.clone())?;
    match bytes.get(..length) {
        Some([found, key @ ..]) if *found == kind && key.len() == 32 => {
            let mut seed = Zeroizing::new([0; 32]);
            seed.copy_from_slice(key);
            Ok((name, id, seed))
        }
        _ => Err(other),
    }
}

fn encoded(kind: u8, key: &[u8; 32]) -> Zeroizing<String> {
    let mut typed = Zeroizing::new([kind; 33]);
    typed[1..].copy_from_slice(key);
    Zeroizing::new(STANDARD.encode(typed.as_slice()))
}
