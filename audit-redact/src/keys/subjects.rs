//! A key for each subject, in a directory of their own, so that erasing it erases all it has sealed.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{EncryptionKey, file, modes};
use crate::HashKey;

/// The key of the keyed hashes that the files are named by.
const NAMES: &str = "names.key";
/// Separates these names from other keyed hashes.
const DOMAIN: &str = "subject";
/// The letters of a keyed hash.
const NAME_LETTERS: usize = 22;
/// How often the key of one subject can be erased.
const ERASURES_MAX: usize = 1_000;
/// What takes the place of an erased key, as long as that was.
const ERASED: &str = "erased..........................................................\n";

/// A directory with one file for each subject's key.
///
/// A file is named by the subject's keyed hash and a number that grows with each erasure, and so is
/// the key. What is erased leaves its file behind, to tell an erased key from a lost one.
#[derive(Clone, Debug)]
pub(super) struct Subjects {
    place: PathBuf,
    owner: Option<u32>,
}

/// What there is of a key.
pub(crate) enum Found {
    Key(EncryptionKey),
    Erased,
    Unknown,
}

impl Subjects {
    /// The keys in the directory `place`, which is made with the first of them.
    pub(super) fn new(place: &Path, owner: Option<u32>) -> Self {
        Self { place: place.to_owned(), owner }
    }

    /// The key of `subject`, which is made, durably, if it has none.
    ///
    /// # Errors
    /// Fails when it cannot be read or made.
    pub(super) fn of(&self, subject: &str) -> io::Result<EncryptionKey> {
        let name = self.names()?;
        for id in ids(&name, subject) {
            let path = self.place.join(&id);
            let text = match file::read_text(&path, self.owner)? {
                Some(text) => text,
                None => file::create_fresh(&path, self.owner)?,
            };
            if let Found::Key(key) = held(&id, &text)? {
                return Ok(key);
            }
        }
        Err(io::Error::other("the key of this subject was erased too often"))
    }

    /// The key with this id.
    ///
    /// # Errors
    /// Fails when it cannot be read.
    pub(super) fn with_id(&self, id: &str) -> io::Result<Found> {
        if !is_id(id) {
            return Ok(Found::Unknown);
        }
        let text = file::read_text(&self.place.join(id), self.owner)?;
        text.map_or(Ok(Found::Unknown), |text| held(id, &text))
    }

    /// Destroys the key of `subject`; `None` if it has none.
    ///
    /// # Errors
    /// Fails when that cannot be done, or cannot be made durable.
    pub(super) fn erase(&self, subject: &str) -> io::Result<Option<String>> {
        if !self.place.join(NAMES).exists() && self.is_empty()? {
            return Ok(None);
        }
        let name = self.names()?;
        for id in ids(&name, subject) {
            let path = self.place.join(&id);
            match file::read_text(&path, self.owner)? {
                None => return Ok(None),
                Some(text) if *text == ERASED => {}
                // Whatever it holds: a damaged key is one as well.
                Some(_) => return overwrite(&path).map(|()| Some(id)),
            }
        }
        Ok(None)
    }

    fn names(&self) -> io::Result<HashKey> {
        let path = self.place.join(NAMES);
        let read = || {
            let key = file::read(&path, self.owner)?;
            io::Result::Ok(key.map(|key| HashKey::from_bytes(*key)))
        };
        if let Some(names) = read()? {
            return Ok(names);
        }
        // With other names nobody's key would be found again, and none could be erased.
        if !self.is_empty()? {
            // Another process may have made it since, and a key after it.
            return read()?.ok_or_else(|| {
                io::Error::other(format!(
                    "{NAMES} is missing, by which the keys are found; restore it from a backup"
                ))
            });
        }
        modes::make_directory(&self.place)?;
        file::create(&path, self.owner).map(|key| HashKey::from_bytes(*key))
    }

    /// True if no subject has a key yet.
    fn is_empty(&self) -> io::Result<bool> {
        match std::fs::read_dir(&self.place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
            Ok(mut found) => Ok(!found.any(|entry| {
                entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(is_id))
            })),
        }
    }
}

/// The ids that keys of `subject` have one after the other.
fn ids(names: &HashKey, subject: &str) -> impl Iterator<Item = String> {
    let pseudonym = names.pseudonym(DOMAIN, subject.as_bytes());
    let name = pseudonym.rsplit(':').next().unwrap_or_default().to_owned();
    (1..=ERASURES_MAX).map(move |number| format!("{name}.{number}"))
}

fn is_id(text: &str) -> bool {
    text.split_once('.').is_some_and(|(name, number)| {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        name.len() == NAME_LETTERS
            && name.bytes().all(letter)
            && (1..=4).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn held(id: &str, text: &str) -> io::Result<Found> {
    if text == ERASED {
        return Ok(Found::Erased);
    }
    let key = file::parse(text).and_then(|key| EncryptionKey::named(id, *key));
    key.map(Found::Key).ok_or_else(|| {
        io::Error::other(format!("the file {id} holds no key; restore it from a backup"))
    })
}

/// Destroys a key in its place, so that whatever other name the file has holds it no more either.
fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(ERASED.as_bytes())?;
    file.set_len(ERASED.len() as u64)?;
    file.sync_all()?;
    file::remove_drafts(path, Duration::ZERO);
    Ok(())
}
