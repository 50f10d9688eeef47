//! A ring of keys: the one that seals new values, and all that have sealed older ones.

use std::fmt;
use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::{EncryptionKey, file};
use crate::HashKey;

const HEAD: &str = "\
# The keys that seal values of an audit journal. Keep them secret, and a copy elsewhere: without its
# key a value cannot be read again. The last line seals new values; the others are kept to read.
";

/// Keys as a text holds them, `encrypt` or `hash` and 64 hexadecimal digits in each line.
#[derive(Clone, Default)]
pub(super) struct Ring {
    encryption: Vec<EncryptionKey>,
    hash: Vec<HashKey>,
}

impl Ring {
    /// Reads a text.
    ///
    /// # Errors
    /// Names the first line that holds no key, and shows nothing of it.
    pub(super) fn parse(text: &str) -> io::Result<Self> {
        let mut ring = Self::default();
        let lines = text.lines().map(str::trim).enumerate();
        for (place, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let (purpose, key) = line.split_once(' ').unwrap_or_default();
            match (purpose, file::parse(key)) {
                ("encrypt", Some(key)) => ring.encryption.push(EncryptionKey::from_bytes(*key)),
                ("hash", Some(key)) => ring.hash.push(HashKey::from_bytes(*key)),
                _ => {
                    return Err(io::Error::other(format!(
                        "line {} holds no key, which is `encrypt` or `hash` and 64 hexadecimal \
                         digits",
                        place + 1
                    )));
                }
            }
        }
        Ok(ring)
    }

    /// The key that seals new values.
    pub(super) fn current(&self) -> Option<&EncryptionKey> {
        self.encryption.last()
    }

    /// The key with this id.
    pub(super) fn with_id(&self, id: &str) -> Option<&EncryptionKey> {
        self.encryption.iter().find(|key| key.id() == id)
    }

    /// The keys that made older pseudonyms.
    pub(super) fn hash_keys(&self) -> &[HashKey] {
        &self.hash
    }

    /// Adds a fresh key to the file, which is made if it is missing.
    ///
    /// # Errors
    /// Fails when the file holds anything but keys, or cannot be replaced. It is as it was then.
    pub(super) fn add_to(path: &Path) -> io::Result<EncryptionKey> {
        let key = file::random()?;
        file::add_line(path, HEAD, |old| {
            Self::parse(old)?;
            Ok(Zeroizing::new(format!("encrypt {}", *file::digits(&key))))
        })?;
        Ok(EncryptionKey::from_bytes(*key))
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.encryption.iter().map(EncryptionKey::id);
        f.debug_list().entries(ids.chain(self.hash.iter().map(HashKey::id))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_key_seals_and_all_are_found() {
        let digits = |byte: u8| format!("{byte:02x}").repeat(32);
        let [one, two, three] = [digits(1), digits(2), digits(3)];
        let text = format!("# keys\n\nencrypt {one}\nhash {three}\r\nencrypt  {two} ");
        let ring = Ring::parse(&text).unwrap();
        let ids = [1, 2].map(|byte| EncryptionKey::from_bytes([byte; 32]).id().to_owned());
        assert_eq!(ring.current().unwrap().id(), ids[1]);
        assert!(ids.iter().all(|id| ring.with_id(id).is_some()) && ring.with_id("x").is_none());
        assert_eq!(ring.hash_keys()[0].id(), HashKey::from_bytes([3; 32]).id());
        let shown = format!("{ring:?}");
        assert!(ids.iter().all(|id| shown.contains(id)) && !shown.contains("0101"), "{shown}");
    }

    #[test]
    fn a_line_without_a_key_is_named_and_not_shown() {
        let key = "ab".repeat(32);
        for line in [key.clone(), format!("encrypt {}", &key[1..]), format!("sign {key}")] {
            let error = Ring::parse(&format!("hash {key}\n{line}")).unwrap_err().to_string();
            assert!(error.contains("line 2") && !error.contains("abab"), "{error}");
        }
    }

    #[test]
    fn keys_that_are_made_at_once_are_all_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.keys");
        let added: Vec<_> = std::thread::scope(|scope| {
            let adding: Vec<_> = (0..8).map(|_| scope.spawn(|| Ring::add_to(&path))).collect();
            adding.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect()
        });
        let ring = Ring::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert!(added.iter().all(|key| ring.with_id(key.id()).is_some()));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        let last = Ring::add_to(&path).unwrap();
        let ring = Ring::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(ring.current().unwrap().id(), last.id());
    }

    #[test]
    fn a_file_of_something_else_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notes");
        file::replace_text(&path, "not a key").unwrap();
        assert!(Ring::add_to(&path).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a key");
    }
}
