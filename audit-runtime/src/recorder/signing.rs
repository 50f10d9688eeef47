//! The keys that sign the journal's checkpoints, as a file holds them.

mod apart;

use std::io;
use std::path::Path;
use std::slice;
use std::sync::Arc;

use audit_journal::{DirectoryStorage, Options, Reader};
use audit_redact::keys::file;
use audit_tlog::{Note, Signer, SigningKey, VerifierKey};

pub(super) use apart::Apart;

const HEAD: &str = "\
# The private keys that sign the checkpoints of an audit journal, one in each line. From the service's
# next start on the last one signs, and the one before it vouches for it. Keep them secret.
";

/// The keys of a file, one `PRIVATE+KEY+…` in each line: the last one signs.
///
/// By default the file lies beside the journal, with `.signing` appended to its path, and the first start
/// makes it. See `docs/operations.md`.
#[derive(Clone, Debug)]
pub struct SigningKeys {
    newest: SigningKey,
    /// The oldest first.
    older: Vec<SigningKey>,
}

impl SigningKeys {
    /// The keys in the file `path`, which must be its owner's alone (mode 0600); `None` if it is missing.
    ///
    /// # Errors
    /// Says why it cannot be used, and shows nothing of it.
    pub fn from_file(path: impl AsRef<Path>) -> io::Result<Option<Self>> {
        Self::of_owner(path.as_ref(), None)
    }

    /// Makes a key that signs from the next start on, in the file `path`, which is made if it is missing;
    /// the others stay, so that the newest of them can vouch for it. It is called `name`, by default as
    /// the newest of them.
    ///
    /// # Errors
    /// Says why the file cannot be used or replaced, or that there is no name. It is as it was then.
    pub fn add_to_file(path: impl AsRef<Path>, name: Option<&str>) -> io::Result<VerifierKey> {
        let mut made = None;
        file::add_line(path.as_ref(), HEAD, |old| {
            let keys = Self::parse(old)?;
            let newest = keys.as_ref().map(|keys| keys.newest.verifier().name());
            let name = name.or(newest).ok_or_else(|| {
                io::Error::other(
                    "it has no key yet, so the new one needs a name: the journal's origin",
                )
            })?;
            let key = Self::fresh(name)?;
            made = Some(key.verifier().clone());
            Ok(key.to_text())
        })?;
        made.ok_or_else(|| io::Error::other("no key was made"))
    }

    /// The public keys, the newest last.
    pub fn verifiers(&self) -> impl Iterator<Item = &VerifierKey> {
        self.all().map(Signer::verifier)
    }

    /// That one of the keys which has signed the note, such as a journal's newest checkpoint.
    pub fn signer_of(&self, note: &Note) -> Option<&SigningKey> {
        let has_signed = |key: &&SigningKey| note.signers(slice::from_ref(key.verifier())).is_ok();
        self.all().find(has_signed)
    }

    /// What signs what somebody beside the service writes to a journal, if they can read the keys in
    /// `file`: the one that has signed before, as it is for the service to begin with another one. Without
    /// it the service signs that at its next start.
    #[doc(hidden)]
    pub fn visiting(file: Option<&Path>, journal: &Path) -> Options {
        Self::known(file, journal).unwrap_or_default()
    }

    fn known(file: Option<&Path>, journal: &Path) -> Option<Options> {
        let keys = Self::from_file(file?).ok()??;
        let reader = Reader::over(Arc::new(DirectoryStorage::read_only(journal)));
        let key = match reader.checkpoint().ok()? {
            Some(checkpoint) => keys.signer_of(&checkpoint)?,
            None => &keys.newest,
        };
        let signer: Option<Arc<dyn Signer>> = Some(Arc::new(key.clone()));
        // What the others have sealed is the journal's own as well.
        let older_signers =
            keys.all().map(|key| Arc::new(key.clone()) as Arc<dyn Signer>).collect();
        Some(Options { signer, older_signers, ..Options::default() })
    }

    /// Like [`from_file`](Self::from_file), for a file that belongs to the user `owner` or to root.
    ///
    /// # Errors
    /// Says why it cannot be used, and shows nothing of it.
    #[doc(hidden)]
    pub fn of_owner(path: &Path, owner: Option<u32>) -> io::Result<Option<Self>> {
        let Some(text) = file::read_text(path, owner)? else { return Ok(None) };
        let none = || io::Error::other("it holds no key; restore it from a backup");
        Self::parse(&text)?.ok_or_else(none).map(Some)
    }

    /// Makes the file with a key called `name`, unless another process has made it meanwhile.
    pub(super) fn create(path: &Path, owner: Option<u32>, name: &str) -> io::Result<Self> {
        let key = Self::fresh(name)?;
        let text = file::create_text(path, owner, &[HEAD, &key.to_text(), "\n"])?;
        let gone = || io::Error::other("somebody has emptied it; remove it");
        Self::parse(&text)?.ok_or_else(gone)
    }

    /// A key that no file has, for a journal that is not kept either.
    pub(super) fn fresh(name: &str) -> io::Result<SigningKey> {
        // A copy of it would stay in memory.
        let seed: &[u8; 32] = &*file::random()?;
        SigningKey::from_seed(name, seed).map_err(io::Error::other)
    }

    /// What signs, and what has signed before, the newest last.
    pub(super) fn signers(self) -> (Arc<dyn Signer>, Vec<Arc<dyn Signer>>) {
        let older = self.older.into_iter().map(|key| Arc::new(key) as Arc<dyn Signer>);
        (Arc::new(self.newest), older.collect())
    }

    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        self.older.iter().chain([&self.newest])
    }

    fn parse(text: &str) -> io::Result<Option<Self>> {
        let lines = text.lines().map(str::trim).enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let keys = lines.map(|(place, line)| {
            let wrong = |why| io::Error::other(format!("line {}: {why}", place + 1));
            line.parse::<SigningKey>().map_err(wrong)
        });
        let mut older = keys.collect::<io::Result<Vec<_>>>()?;
        Ok(older.pop().map(|newest| Self { newest, older }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "example.com/shop";

    #[test]
    fn a_key_that_is_added_signs_and_the_older_ones_stay() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.signing");
        assert!(SigningKeys::from_file(&path).unwrap().is_none());
        let nameless = SigningKeys::add_to_file(&path, None).unwrap_err().to_string();
        assert!(nameless.contains("needs a name") && !path.exists(), "{nameless}");
        let first = SigningKeys::add_to_file(&path, Some(NAME)).unwrap();
        let second = SigningKeys::add_to_file(&path, None).unwrap();
        let keys = SigningKeys::from_file(&path).unwrap().unwrap();
        assert!(keys.verifiers().eq([&first, &second]));
        assert_eq!((first.name(), second.name()), (NAME, NAME));
        let shown = format!("{keys:?}");
        let text = std::fs::read_to_string(&path).unwrap();
        let private = text.lines().filter(|line| line.starts_with("PRIVATE+KEY+"));
        let seeds: Vec<&str> = private.filter_map(|line| line.splitn(5, '+').last()).collect();
        assert_eq!(seeds.len(), 2);
        // Base64 may have a `+` as well. Its first letter is that of the type in any key.
        assert!(seeds.iter().all(|seed| !shown.contains(&seed[4..24])), "{shown}");
        assert!(keys.signers().0.verifier() == &second);
    }

    #[test]
    fn a_file_that_two_make_at_once_has_one_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.signing");
        let make = || SigningKeys::create(&path, None, NAME).unwrap().newest.verifier().clone();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let makers: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            makers.into_iter().map(|maker| maker.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_line_that_is_no_key_is_named_and_not_shown() {
        let key = SigningKeys::fresh(NAME).unwrap();
        let (private, public) = (key.to_text(), key.verifier().to_string());
        let cut = &private[..private.len() - 4];
        for line in [cut, &private.replace("shop", "mail"), &public, "secret words"] {
            let error = SigningKeys::parse(&format!("# keys\n{line}\n")).unwrap_err().to_string();
            let end = &line[line.len() - 6..];
            assert!(error.starts_with("line 2: ") && !error.contains(end), "{error}");
        }
        assert!(SigningKeys::parse("# nothing\n").unwrap().is_none());
    }
}
