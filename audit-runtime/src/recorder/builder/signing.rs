//! What signs the journal: given, read from the file beside the journal, or made at the first start.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use audit_journal::{Entropy as _, Reader, Storage, SystemEntropy};
use audit_redact::keys::file;
use audit_tlog::{Signer, is_of_name};

use super::{Place, RecorderBuilder};
use crate::recorder::{Error, SigningKeys};
use crate::say;

/// What signs, and what people have to know of it.
#[derive(Default)]
pub(super) struct Signing {
    pub(super) signer: Option<Arc<dyn Signer>>,
    /// Those before it, the newest last.
    pub(super) older: Vec<Arc<dyn Signer>>,
    /// The name of a journal that begins with this key, where none was given.
    pub(super) origin: Option<String>,
    /// The public keys, the newest last.
    public: Vec<String>,
    is_made: bool,
    /// Why there is no key, and what to do.
    pub(super) flaw: Option<String>,
}

impl RecorderBuilder {
    /// What signs. A key that is missing is made before anything is signed with it, so that none signs
    /// that a crash could lose.
    pub(super) fn signing(
        &self,
        storage: &Arc<dyn Storage>,
        owner: Option<u32>,
        is_new: bool,
    ) -> Result<Signing, Error> {
        if let Some(signer) = &self.signer {
            let older = self.older_signers.clone();
            let all = older.iter().chain([signer]).map(|it| it.verifier().to_string());
            let public = all.collect();
            return Ok(Signing { older, public, ..Signing::by(Arc::clone(signer)) });
        }
        let path = match (&self.signing_key_file, &self.place) {
            (Some(path), _) => path.clone(),
            (None, Place::Directory(journal)) => file::beside(journal, ".signing")
                .map_err(|cause| Error::SigningKeyFile { path: journal.clone(), cause })?,
            (None, Place::Storage(_)) if self.is_ephemeral => {
                let (name, origin) = self.names(storage, is_new);
                let key = SigningKeys::fresh(&name).map_err(Error::System)?;
                return Ok(Signing { origin, ..Signing::by(Arc::new(key)) });
            }
            (None, Place::Storage(_)) => return Ok(Signing::default()),
        };
        self.signing_from(path, storage, owner, is_new)
    }

    fn signing_from(
        &self,
        path: PathBuf,
        storage: &Arc<dyn Storage>,
        owner: Option<u32>,
        is_new: bool,
    ) -> Result<Signing, Error> {
        let unusable = |cause| Error::SigningKeyFile { path: path.clone(), cause };
        if self.journal().is_some_and(|journal| file::is_inside(&path, journal)) {
            let reason =
                "it lies in the journal's directory, where whoever has that has the key as well";
            return Err(unusable(io::Error::other(reason)));
        }
        if let Some(keys) = SigningKeys::of_owner(&path, owner).map_err(unusable)? {
            return Ok(Signing::with(keys));
        }
        let (name, origin) = self.names(storage, is_new);
        match SigningKeys::create(&path, owner, &name) {
            Ok(keys) => Ok(Signing { origin, is_made: true, ..Signing::with(keys) }),
            // Records come before signatures: the next start that can make one signs all of them.
            Err(cause) if !path.exists() => {
                let flaw = format!(
                    "no key that signs the journal could be made in {}: {cause}; let the service's user write \
                     there, or name another file with `signing_key_file`, and restart the service",
                    path.display()
                );
                Ok(Signing { flaw: Some(flaw), ..Signing::default() })
            }
            Err(cause) => Err(unusable(cause)),
        }
    }

    /// What a new key is called, and the journal with it if it has no name yet.
    fn names(&self, storage: &Arc<dyn Storage>, is_new: bool) -> (String, Option<String>) {
        let known = || Reader::over(Arc::clone(storage)).origin().ok();
        // The journal judges its own name; that of a key may have less.
        let is_odd = |char: char| !is_of_name(char);
        match self.origin.clone().or_else(known).filter(|origin| !origin.is_empty()) {
            Some(origin) => (origin.replace(is_odd, "-"), None),
            None => {
                let name = format!("audited/{:016x}", SystemEntropy.bits());
                // A new epoch keeps the name of those before it.
                let has_epochs = storage.list("epochs").map_or(true, |epochs| !epochs.is_empty());
                (name.clone(), (is_new && !has_epochs).then_some(name))
            }
        }
    }
}

impl Signing {
    fn by(signer: Arc<dyn Signer>) -> Self {
        let public = vec![signer.verifier().to_string()];
        Self { signer: Some(signer), public, ..Self::default() }
    }

    fn with(keys: SigningKeys) -> Self {
        let public = keys.verifiers().map(ToString::to_string).collect();
        let (signer, older) = keys.signers();
        Self { older, public, ..Self::by(signer) }
    }

    /// Puts the public keys beside the journal, and says what they are for.
    pub(super) fn publish(&self, journal: Option<&Path>) {
        let Some(Ok(path)) = journal.map(|journal| file::beside(journal, ".vkey")) else { return };
        let shown = path.display();
        if let Err(cause) = file::publish(&path, &self.public) {
            say::warning(format_args!(
                "the public key of the journal cannot be written to {shown}: {cause}"
            ));
        }
        if let (true, Some(key)) = (self.is_made, self.public.last()) {
            say::warning(format_args!(
                "a key was made that signs this journal. `audited verify --key` checks it with the \
                 public key {key}, which {shown} holds as well: keep a copy on another machine, as \
                 whoever can rewrite the journal can replace that file, too"
            ));
        }
    }
}
