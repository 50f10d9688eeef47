//! Who may read and change the journal and its keys.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use audit_runtime::journal::{DirectoryStorage, Error, Modes, Reader};
use audit_runtime::redact::keys::file;
use audit_runtime::{Signer as _, SigningKeys};

use super::owner;
use super::report::{Report, as_the_service};
use super::settings::Settings;

const CHECK: &str = "access";
const KEY: &str = "key";
const KEYS: &str = "keys";
const SIGNING: &str = "signing";

/// How many files are named; a wrong mode is often that of all of them.
const NAMED_MAX: usize = 5;

/// Checks the directory and all files in it; false if there is none that could be examined.
pub(super) fn check(journal: &Path, settings: &Settings, report: &mut Report) -> bool {
    let metadata = match fs::metadata(journal) {
        Ok(metadata) if metadata.is_dir() => metadata,
        Ok(_) => {
            report.failure(CHECK, "it is no directory; correct the path");
            return false;
        }
        Err(error) => {
            report.failure(CHECK, absent(journal, &error));
            return false;
        }
    };
    let apparent = settings.group().is_none().then(|| apparent_group(&metadata)).flatten();
    let modes = Modes { group: settings.group().or(apparent) };
    match DirectoryStorage::read_only(journal).exposures(modes) {
        // Nothing in there is to be changed, and nothing else to be said.
        Ok(exposures) if matches!(exposures[..], [Error::Foreign { .. }]) => {
            report.failure(CHECK, exposures[0].to_string());
            return false;
        }
        Ok(exposures) => match owner::superusers(journal) {
            Some(superusers) if exposures.is_empty() => report.failure(CHECK, superusers),
            _ => tell(&exposures, apparent, modes, report),
        },
        Err(error) => report.journal_error(CHECK, &error),
    }
    true
}

fn absent(journal: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {}
        io::ErrorKind::PermissionDenied => {
            return as_the_service("cannot look at the directory", error);
        }
        _ => return format!("cannot look at the directory: {error}; correct the path"),
    }
    match journal.parent() {
        Some(above) if !above.as_os_str().is_empty() && !above.is_dir() => format!(
            "there is no such directory, nor the one above it, which the service does not make: \
             make {}, and let the service's user own it, or correct the path",
            above.display()
        ),
        _ => "there is no such directory; correct the path, or start the service: its first start \
              makes it"
            .to_owned(),
    }
}

fn tell(exposures: &[Error], apparent: Option<u32>, modes: Modes, report: &mut Report) {
    for exposure in exposures.iter().take(NAMED_MAX) {
        report.failure(CHECK, exposure.to_string());
    }
    match (exposures.len(), apparent, modes.group) {
        (0, Some(group), _) => report.warning(
            CHECK,
            format!(
                "the modes let group {group} read, which no setting here names; write `group = \
                 {group}` if it is the reader group, else close the modes to 0700 and 0600"
            ),
        ),
        (0, None, Some(group)) => {
            report.ok(CHECK, format!("modes and owners are right; group {group} may read"));
        }
        (0, None, None) => report.ok(CHECK, "modes and owners are right; nobody else may read"),
        (found, ..) if found > NAMED_MAX => {
            report.failure(CHECK, format!("and {} files more", found - NAMED_MAX));
        }
        _ => {}
    }
}

/// The group that the directory's mode lets in, and nobody beside it.
#[cfg(unix)]
fn apparent_group(metadata: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.mode() & 0o077 == 0o050).then(|| metadata.gid())
}

/// There are no modes here.
#[cfg(not(unix))]
fn apparent_group(_metadata: &fs::Metadata) -> Option<u32> {
    None
}

/// Checks the key of the keyed hashes, where the settings say that it is.
pub(super) fn check_key(journal: &Path, is_new: bool, settings: &Settings, report: &mut Report) {
    let file = settings.key_file(journal);
    if let Some(message) = file.as_ref().and_then(|file| owner::superusers_key(file, journal)) {
        return report.failure(KEY, message);
    }
    let named = file.as_ref().map_or("`hash_key`".to_owned(), |path| path.display().to_string());
    if let Some(error) = file.as_deref().and_then(denied) {
        report.warning(KEY, as_the_service(&format!("cannot read {named}"), &error));
        return;
    }
    match settings.has_key(journal) {
        Ok(true) => report.ok(KEY, format!("{named} holds a key that nobody else can read")),
        Ok(false) if is_new => {
            report.ok(KEY, format!("{named} is not there yet; the first start makes it"));
        }
        Ok(false) => report.warning(
            KEY,
            format!(
                "{named} is not there: the next start makes a new key, and its hashes match no \
                 earlier ones; restore the file if there was one"
            ),
        ),
        Err(message) => report.failure(KEY, message),
    }
}

/// Checks the keys that seal values, where the settings say that they are.
pub(super) fn check_sealing_keys(journal: &Path, settings: &Settings, report: &mut Report) {
    let beside = file::beside(journal, ".keys").ok();
    if let Some(error) = beside.as_deref().and_then(denied) {
        report.warning(KEYS, as_the_service("cannot read the keys that seal values", &error));
        return;
    }
    match settings.sealing_key(journal) {
        Ok(Some(id)) => report.ok(KEYS, format!("the key {id} seals new values")),
        Ok(None) => report.ok(KEYS, "there is no key that seals values; few services need one"),
        Err(message) => report.failure(KEYS, message),
    }
}

/// Checks the keys that sign the journal, where the settings say that they are.
pub(super) fn check_signing_keys(
    journal: &Path,
    is_new: bool,
    settings: &Settings,
    report: &mut Report,
) {
    let Some(path) = settings.signing_key_file(journal) else { return };
    if let Some(message) = owner::superusers_key(&path, journal) {
        return report.failure(SIGNING, message);
    }
    let named = path.display();
    if let Some(error) = denied(&path) {
        return report.warning(SIGNING, as_the_service(&format!("cannot read {named}"), &error));
    }
    let reader = Reader::over(Arc::new(DirectoryStorage::read_only(journal)));
    let keys = match SigningKeys::of_owner(&path, file::owner(Some(journal))) {
        Ok(Some(keys)) => keys,
        Ok(None) if is_new => {
            return report
                .ok(SIGNING, format!("{named} is not there yet; the first start makes it"));
        }
        Ok(None) => {
            return report.warning(
                SIGNING,
                format!(
                    "{named} is not there: unless the service's code gives a `signer`, its next start \
                     makes a new key, which no earlier one vouches for; restore the file if there was one"
                ),
            );
        }
        Err(error) => return report.failure(SIGNING, format!("cannot use {named}: {error}")),
    };
    let newest = keys.verifiers().last();
    match reader.checkpoint().map(|note| note.map(|note| keys.signer_of(&note))) {
        Err(error) => report.journal_error(SIGNING, &error),
        Ok(None) => report.ok(SIGNING, format!("{named} holds the key; nothing is signed yet")),
        Ok(Some(None)) => report.warning(
            SIGNING,
            format!(
                "no key in {named} has signed `checkpoint`: verifiers need the public key of the one \
                 that has, and nobody vouches for the next; restore it if it was lost"
            ),
        ),
        Ok(Some(Some(signer))) if Some(signer.verifier()) == newest => {
            report.ok(SIGNING, format!("{named} holds the key that signs, which nobody else can read"));
        }
        Ok(Some(_)) => report.ok(
            SIGNING,
            format!("the newest key in {named} signs from the service's next start on"),
        ),
    }
}

/// Why this user may not read the file, if so.
fn denied(path: &Path) -> Option<io::Error> {
    File::open(path).err().filter(|error| error.kind() == io::ErrorKind::PermissionDenied)
}
