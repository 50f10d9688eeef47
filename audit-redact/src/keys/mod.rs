//! The keys that seal values: where they come from, which is used now, which are kept to read.

#[doc(hidden)]
pub mod file;
pub(crate) mod hash;
mod modes;
mod ring;
mod seal;
mod subjects;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use audit_journal::Digest;
use zeroize::Zeroizing;

use crate::parse;
use ring::Ring;
use subjects::Subjects;

pub(crate) use subjects::Found;

pub use hash::HashKey;
pub use seal::{EncryptionKey, Sealed};

/// Where a service's keys are kept, if not in files: a key service, an enclave.
///
/// A closure is one. It is asked for each value that is sealed, so it answers from memory.
pub trait KeyProvider: Send + Sync {
    /// The key that is wanted; `None` if there is none.
    ///
    /// # Errors
    /// Fails when that cannot be told now. What was to be sealed is hidden then.
    fn key(&self, wanted: Wanted<'_>) -> io::Result<Option<EncryptionKey>>;
}

/// Which key is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wanted<'a> {
    /// The one that seals new values.
    Current,
    /// The one with this id, to read what it has sealed.
    Id(&'a str),
    /// The one of this subject alone, which is made when it is first asked for.
    Subject(&'a str),
}

impl<F> KeyProvider for F
where
    F: Fn(Wanted<'_>) -> io::Result<Option<EncryptionKey>> + Send + Sync,
{
    fn key(&self, wanted: Wanted<'_>) -> io::Result<Option<EncryptionKey>> {
        self(wanted)
    }
}

/// The keys that seal values, and those that made older pseudonyms.
///
/// A ring of keys is a text: each line says `encrypt` and 64 hexadecimal digits. The last one seals
/// new values, the others are kept to read older ones; [`add_to_file`](Self::add_to_file) makes one.
/// A line that says `hash` has an older key of the keyed hashes, for who looks up a pseudonym.
///
/// ```
/// use audit_runtime::redact::{Keys, Redactor};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("shop.keys");
/// Keys::add_to_file(&path)?;
/// let redactor = Redactor::new("example.com/shop").with_keys(Keys::from_file(&path)?);
/// let sealed = redactor.seal("User.ssn", None, b"078-05-1120").ok_or("no key")?;
/// assert!(sealed.starts_with("enc:") && !sealed.contains("078-05-1120"));
/// assert_eq!(redactor.open(&sealed)?, b"078-05-1120");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Keys {
    source: Source,
    subjects: Option<Subjects>,
}

#[derive(Clone)]
enum Source {
    Ring(Arc<Ring>),
    Provider(Arc<dyn KeyProvider>),
}

impl Keys {
    /// Keys that are kept elsewhere, those of the subjects included.
    pub fn provided(provider: impl KeyProvider + 'static) -> Self {
        Self { source: Source::Provider(Arc::new(provider)), subjects: None }
    }

    /// The ring of keys that `text` holds.
    ///
    /// # Errors
    /// Names the first line that holds no key, and shows nothing of it.
    pub fn parse(text: &str) -> io::Result<Self> {
        let ring = Ring::parse(text)?;
        Ok(Self { source: Source::Ring(Arc::new(ring)), subjects: None })
    }

    /// The ring of keys in the file `path`, which must be its owner's alone: mode 0600.
    ///
    /// # Errors
    /// Says why it cannot be used.
    pub fn from_file(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::of_owner(path.as_ref(), None)
    }

    /// Like [`from_file`](Self::from_file), for a file that belongs to the user `owner` or to root.
    ///
    /// # Errors
    /// Says why it cannot be used.
    #[doc(hidden)]
    pub fn of_owner(path: &Path, owner: Option<u32>) -> io::Result<Self> {
        let missing = || io::ErrorKind::NotFound.into();
        named(path, Self::read(path, owner).and_then(|keys| keys.ok_or_else(missing)))
    }

    /// The ring of keys in the environment's variable `name`; a semicolon ends a line there as well.
    ///
    /// # Errors
    /// Says why it cannot be used.
    pub fn from_variable(name: &str) -> io::Result<Self> {
        let text = Zeroizing::new(parse::env_var(name).map_err(io::Error::other)?);
        let lines = Zeroizing::new(text.replace(';', "\n"));
        let wrong = |cause| io::Error::other(format!("cannot use the variable {name}: {cause}"));
        Self::parse(&lines).map_err(wrong)
    }

    /// Keys that nobody keeps, for a journal that is not kept either, as in a test.
    ///
    /// # Errors
    /// Fails when the operating system gives no random bytes.
    pub fn ephemeral() -> io::Result<Self> {
        let secret = file::random()?;
        let current = EncryptionKey::from_bytes(*secret);
        let names = HashKey::from_bytes(*secret);
        let named = move |id: &str| {
            let key =
                Digest::of_parts(&[b"audited subject key\0", secret.as_slice(), id.as_bytes()]);
            EncryptionKey::named(id, *key.as_bytes())
        };
        Ok(Self::provided(move |wanted: Wanted<'_>| {
            Ok(match wanted {
                Wanted::Current => Some(current.clone()),
                Wanted::Id(id) if id == current.id() => Some(current.clone()),
                Wanted::Id(id) => named(id),
                Wanted::Subject(subject) => {
                    named(&names.pseudonym("subject", subject.as_bytes()).replace(':', "."))
                }
            })
        }))
    }

    /// The keys beside the directory `journal`: the ring in the file with `.keys` appended to its
    /// path, if there is one, and the subjects' keys in the directory with `.subjects` appended.
    ///
    /// # Errors
    /// Says why they cannot be used.
    pub fn beside(journal: &Path) -> io::Result<Self> {
        let path = file::beside(journal, ".keys")?;
        let keys = named(&path, Self::read(&path, file::owner(Some(journal))))?;
        keys.unwrap_or_default().for_journal(journal)
    }

    /// Keeps the subjects' keys beside the directory `journal`, unless they have a place already or a
    /// provider knows them.
    ///
    /// # Errors
    /// Fails when the directory's path cannot be found out.
    pub fn for_journal(mut self, journal: &Path) -> io::Result<Self> {
        if self.subjects.is_none() && matches!(self.source, Source::Ring(_)) {
            let place = file::beside(journal, ".subjects")?;
            self.subjects = Some(Subjects::new(&place, file::owner(Some(journal))));
        }
        Ok(self)
    }

    /// Keeps the subjects' keys in `directory`, which is made with the first of them.
    #[must_use]
    pub fn with_subjects(mut self, directory: impl AsRef<Path>) -> Self {
        self.subjects = Some(Subjects::new(directory.as_ref(), None));
        self
    }

    /// Makes a key that seals new values from the next start on, in the file `path`, which is made if
    /// it is missing. The others stay, to read what they have sealed.
    ///
    /// # Errors
    /// Says why the file cannot be used or replaced. It is as it was then.
    pub fn add_to_file(path: impl AsRef<Path>) -> io::Result<EncryptionKey> {
        named(path.as_ref(), Ring::add_to(path.as_ref()))
    }

    /// The key that seals a value now: the subject's own, if it is about one.
    ///
    /// # Errors
    /// Fails when it cannot be had now.
    pub fn sealing(&self, subject: Option<&str>) -> io::Result<Option<EncryptionKey>> {
        match (&self.source, &self.subjects, subject) {
            (_, Some(subjects), Some(subject)) => subjects.of(subject).map(Some),
            (Source::Provider(provider), None, Some(subject)) => {
                provider.key(Wanted::Subject(subject))
            }
            (Source::Provider(provider), _, None) => provider.key(Wanted::Current),
            (Source::Ring(ring), _, None) => Ok(ring.current().cloned()),
            (Source::Ring(_), None, Some(_)) => Ok(None),
        }
    }

    /// Destroys the key of `subject`, so that nothing that was sealed under it can be read again, and
    /// gives its id; `None` if there is none. What is sealed later has a new key.
    ///
    /// ```
    /// use audit_runtime::Keys;
    /// use audit_runtime::redact::Redactor;
    ///
    /// # let directory = tempfile::tempdir()?;
    /// let keys = Keys::default().with_subjects(directory.path().join("subjects"));
    /// let redactor = Redactor::new("example.com/shop").with_keys(keys.clone());
    ///
    /// let sealed = redactor.seal("User.email", Some("42"), b"ada@example.com").ok_or("no key")?;
    /// assert_eq!(redactor.open(&sealed)?, b"ada@example.com");
    /// keys.erase_subject("42")?;
    /// assert!(redactor.open(&sealed).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails when that cannot be done, or the subjects' keys are a provider's: it destroys its own.
    pub fn erase_subject(&self, subject: &str) -> io::Result<Option<String>> {
        let elsewhere =
            "the subjects' keys are not kept in a directory: have their keeper destroy it";
        let subjects = self.subjects.as_ref().ok_or_else(|| io::Error::other(elsewhere))?;
        subjects.erase(subject)
    }

    /// The keys that made older pseudonyms.
    pub fn older_hash_keys(&self) -> &[HashKey] {
        match &self.source {
            Source::Ring(ring) => ring.hash_keys(),
            Source::Provider(_) => &[],
        }
    }

    /// True if there is a place for the keys of subjects.
    pub(crate) fn keeps_subjects(&self) -> bool {
        self.subjects.is_some() || matches!(self.source, Source::Provider(_))
    }

    /// The key with this id.
    pub(crate) fn with_id(&self, id: &str) -> io::Result<Found> {
        if let Some(subjects) = &self.subjects {
            match subjects.with_id(id)? {
                Found::Unknown => {}
                found => return Ok(found),
            }
        }
        let key = match &self.source {
            Source::Ring(ring) => ring.with_id(id).cloned(),
            Source::Provider(provider) => provider.key(Wanted::Id(id))?,
        };
        Ok(key.map_or(Found::Unknown, Found::Key))
    }

    fn read(path: &Path, owner: Option<u32>) -> io::Result<Option<Self>> {
        let text = file::read_text(path, owner)?;
        text.map(|text| Self::parse(&text)).transpose()
    }
}

impl Default for Source {
    fn default() -> Self {
        Self::Ring(Arc::default())
    }
}

/// Shows the ids of a ring's keys.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Keys");
        if let Source::Ring(ring) = &self.source {
            shown.field("ring", ring);
        }
        shown.field("subjects", &self.subjects).finish_non_exhaustive()
    }
}

/// What a key is called that nobody gave a name: eight hexadecimal digits of its hash.
fn id_of(domain: &[u8], key: &[u8; 32]) -> String {
    let hash = Digest::of_parts(&[domain, key]);
    hash.as_bytes()[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Says of which file an error is.
fn named<T>(path: &Path, result: io::Result<T>) -> io::Result<T> {
    result.map_err(|cause| {
        let told = format!("cannot use the key file {}: {cause}", path.display());
        io::Error::new(cause.kind(), told)
    })
}

#[cfg(test)]
mod tests;
