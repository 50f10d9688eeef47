//! What redaction needs beyond the types: the journal's name, keys, and the classes that operators set.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::HashKey;
use crate::keys::hash::Text;
use crate::keys::{Found, Keys, Sealed};

/// The keys and classes that a recorder redacts with; see [`Redaction::with`](crate::Redaction::with).
///
/// Without a key, what would need it is hidden.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    origin: String,
    hash_key: Option<HashKey>,
    keys: Keys,
    classes: BTreeMap<String, Tightness>,
    /// How many values could not be sealed; one count for all clones.
    unsealed: Arc<AtomicU64>,
}

/// How little a log may show of a value; a later one shows less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tightness {
    /// A few characters of it.
    Mask,
    /// All of it, to the holder of the key.
    Encrypt,
    /// Whether it equals another, and to the holder of the key whether it is a given one.
    Pseudonym,
    /// That there is one.
    Full,
    /// Nothing.
    Omit,
}

impl Tightness {
    /// All of them, each one tighter than those before it.
    pub const ALL: [Self; 5] = [Self::Mask, Self::Encrypt, Self::Pseudonym, Self::Full, Self::Omit];

    /// The policy's name in `#[sensitive(…)]` and in settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mask => "mask",
            Self::Encrypt => "encrypt",
            Self::Pseudonym => "pseudonym",
            Self::Full => "full",
            Self::Omit => "omit",
        }
    }
}

/// Why a sealed value cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// It is no sealed value.
    NotSealed,
    /// There is no key with the id that it names.
    UnknownKey(String),
    /// The key with the id that it names was destroyed, so nobody can read it again.
    Erased(String),
    /// It was changed, or moved here from another journal, or its key is not the one it names.
    Altered(String),
    /// The keys cannot be had now.
    Keys(io::Error),
}

impl Redactor {
    /// Redacts for the journal named `origin`, without any key.
    pub fn new(origin: impl Into<String>) -> Self {
        Self::default().with_origin(origin)
    }

    /// Binds what it seals to the journal named `origin`.
    #[must_use]
    pub fn with_origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = origin.into();
        self
    }

    /// Writes pseudonyms with `key`.
    #[must_use]
    pub fn with_hash_key(mut self, key: HashKey) -> Self {
        self.hash_key = Some(key);
        self
    }

    /// Seals values with `keys`.
    #[must_use]
    pub fn with_keys(mut self, keys: Keys) -> Self {
        self.keys = keys;
        self
    }

    /// Says how tightly values of the class `name` are redacted at the least.
    #[must_use]
    pub fn with_class(mut self, name: impl Into<String>, tightness: Tightness) -> Self {
        self.classes.insert(name.into(), tightness);
        self
    }

    /// The keyed hash of `value`, separated by `domain` from equal values of other fields.
    pub fn pseudonym(&self, domain: &str, value: &[u8]) -> Option<String> {
        self.hash_key.as_ref().map(|key| key.pseudonym(domain, value))
    }

    /// The same, written into `room`.
    pub(crate) fn hashed<'a>(
        &self,
        domain: &str,
        value: &[u8],
        room: &'a mut Text,
    ) -> Option<&'a str> {
        self.hash_key.as_ref().map(|key| key.hashed(domain, value, room))
    }

    /// The text of the sealed `value`: under the key of its subject, if it is about one, so that
    /// erasing that key erases the value.
    ///
    /// `None` if there is no such key, or it cannot be had now; hide the value then.
    pub fn seal(&self, field: &str, subject: Option<&str>, value: &[u8]) -> Option<String> {
        let key = self.keys.sealing(subject).ok().flatten();
        let sealed = key.and_then(|key| key.seal(&self.origin, field, value).ok());
        if sealed.is_none() {
            self.unsealed.fetch_add(1, Relaxed);
        }
        sealed
    }

    /// How many values were to be sealed and could not be, so that they are hidden.
    pub fn unsealed(&self) -> u64 {
        self.unsealed.load(Relaxed)
    }

    /// The value of a sealed text of this journal.
    ///
    /// # Errors
    /// Says why it cannot be read.
    pub fn open(&self, text: &str) -> Result<Vec<u8>, OpenError> {
        let sealed = Sealed::parse(text).ok_or(OpenError::NotSealed)?;
        let id = sealed.key_id();
        match self.keys.with_id(id).map_err(OpenError::Keys)? {
            Found::Key(key) => {
                key.open(&self.origin, &sealed).ok_or_else(|| OpenError::Altered(id.to_owned()))
            }
            Found::Erased => Err(OpenError::Erased(id.to_owned())),
            Found::Unknown => Err(OpenError::UnknownKey(id.to_owned())),
        }
    }

    /// The keys that seal values.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// How tightly values of the class `name` are redacted at the least, if that is set.
    pub fn class(&self, name: &str) -> Option<Tightness> {
        self.classes.get(name).copied()
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSealed => f.write_str("it is no sealed value, which begins with `enc:`"),
            Self::UnknownKey(id) => write!(f, "there is no key with the id {id}"),
            Self::Erased(id) => write!(f, "its key {id} was erased: nobody can read it again"),
            Self::Altered(id) => write!(
                f,
                "the key {id} does not open it: it was changed or moved here from another journal, \
                 or another key has that id"
            ),
            Self::Keys(cause) => write!(f, "the keys cannot be had: {cause}"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Keys(cause) => Some(cause),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{EncryptionKey, Wanted};

    fn keys(current: u8) -> Keys {
        Keys::provided(move |wanted: Wanted<'_>| {
            let mut all = (1..=current).map(|byte| EncryptionKey::from_bytes([byte; 32]));
            Ok(match wanted {
                Wanted::Current => Some(EncryptionKey::from_bytes([current; 32])),
                Wanted::Id(id) => all.find(|key| key.id() == id),
                Wanted::Subject(_) => None,
            })
        })
    }

    #[test]
    fn without_keys_there_is_nothing_but_hiding() {
        let redactor = Redactor::new("shop");
        assert_eq!(redactor.pseudonym("email", b"ada"), None);
        assert_eq!(redactor.seal("User.email", None, b"ada"), None);
        assert_eq!((redactor.unsealed(), redactor.clone().unsealed()), (1, 1));
        assert_eq!(redactor.with_keys(keys(1)).seal("User.email", Some("42"), b"ada"), None);
    }

    #[test]
    fn keys_that_cannot_be_had_now_hide_the_value() {
        let failing = |_: Wanted<'_>| Err(io::ErrorKind::TimedOut.into());
        let redactor = Redactor::new("shop").with_keys(Keys::provided(failing));
        assert_eq!(redactor.seal("f", None, b"ada"), None);
        assert!(matches!(redactor.open("enc:k:f:x"), Err(OpenError::Keys(_))));
    }

    #[test]
    fn what_an_older_key_has_sealed_opens_after_the_rotation() {
        let old = Redactor::new("shop").with_keys(keys(1));
        let new = Redactor::new("shop").with_keys(keys(2));
        let (first, second) =
            (old.seal("f", None, b"1").unwrap(), new.seal("f", None, b"2").unwrap());
        assert_eq!(
            (new.open(&first).unwrap(), new.open(&second).unwrap()),
            (b"1".into(), b"2".into())
        );
        assert!(
            matches!(old.open(&second), Err(OpenError::UnknownKey(id)) if second.contains(&id))
        );
        let elsewhere = Redactor::new("other").with_keys(keys(2));
        assert!(matches!(elsewhere.open(&first), Err(OpenError::Altered(_))));
        assert!(matches!(new.open("078-05-1120"), Err(OpenError::NotSealed)));
    }

    #[test]
    fn a_later_tightness_shows_less() {
        assert!(Tightness::ALL.is_sorted());
        let redactor = Redactor::default().with_class("pii", Tightness::Pseudonym);
        assert_eq!(redactor.class("pii"), Some(Tightness::Pseudonym));
        assert_eq!(redactor.class("phi"), None);
    }
}
