//! A record of somebody who is not the service, in a journal that no service writes now.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use audit_journal::{self as journal, Appended, DirectoryStorage, Journal, Options};

use super::entry::Peer;
use super::{Entry, Error, Prune, Pruned, platform};
use crate::catalog;
use crate::event::Stamp;
use crate::recorder::SigningKeys;
use crate::recorder::service::Service;
use audit_redact::HashKey;

/// Appends `entry` to the journal in the directory `journal`, which no service writes now, and closes it
/// again. It stands between a record of the start of this process and one of its orderly end.
///
/// # Errors
/// Fails when the journal has a writer after all, belongs to another user, or was not closed in order
/// by its last writer, which only its service can mend; and when it cannot be written. But for the
/// last, nothing is changed.
pub fn append_alone(journal: impl AsRef<Path>, entry: &Entry) -> Result<Appended, Error> {
    if let Some(flaw) = entry.flaw() {
        return Err(Error::Refused { code: "malformed".to_owned(), message: flaw.to_owned() });
    }
    let peer = platform::own_peer(&DirectoryStorage::read_only(journal.as_ref()))?;
    let body = body(entry, peer).map_err(|source| Error::Unreached {
        journal: journal.as_ref().display().to_string(),
        source,
    })?;
    let storage = DirectoryStorage::open_existing(journal.as_ref())?;
    let options = options(journal.as_ref());
    let mut journal = Journal::visit(Arc::new(storage), options)?;
    let appended = append(&mut journal, &body);
    // Also after a failure: without a record of the end the next start counts as an unclean one.
    let closed = journal.close();
    let appended = appended?;
    closed?;
    Ok(appended)
}

/// Prunes the journal in the directory `journal`, which no service writes now, and closes it again. No
/// segment goes whose newest record is younger than `retention_days_min`: the service's own setting, as
/// `Config::retention_days_min` reads it. The newest segment that a service has begun stays.
///
/// # Errors
/// [`journal::Error::Kept`] if a segment must stay, else as [`append_alone`].
pub fn prune_alone(
    journal: impl AsRef<Path>,
    prune: &Prune,
    retention_days_min: u32,
) -> Result<Pruned, Error> {
    if let Some(flaw) = prune.flaw() {
        return Err(Error::Refused { code: "malformed".to_owned(), message: flaw.to_owned() });
    }
    let peer = platform::own_peer(&DirectoryStorage::read_only(journal.as_ref()))?;
    let by = peer.map_or_else(|| "unknown".to_owned(), |peer| peer.to_string());
    let storage = DirectoryStorage::open_existing(journal.as_ref())?;
    let options = Options { retention_days_min, ..options(journal.as_ref()) };
    let mut journal = Journal::visit(Arc::new(storage), options)?;
    let pruned = prune.apply(&mut journal, &by).and_then(|mut pruned| {
        // Nobody waits for this process.
        journal.remove_pruned(usize::MAX)?;
        pruned.left_over = 0;
        Ok(pruned)
    });
    let closed = journal.close();
    let pruned = pruned?;
    closed?;
    Ok(pruned)
}

/// With the service's own key, where this process can read it: by the settings that the service would find here.
fn options(journal: &Path) -> Options {
    SigningKeys::visiting(signing_key_file(journal).as_deref(), journal)
}

#[cfg(feature = "config")]
fn signing_key_file(journal: &Path) -> Option<PathBuf> {
    crate::recorder::Config::for_journal(journal).unwrap_or_default().signing_key_file(journal)
}

#[cfg(not(feature = "config"))]
fn signing_key_file(journal: &Path) -> Option<PathBuf> {
    audit_redact::keys::file::beside(journal, ".signing").ok()
}

fn body(entry: &Entry, peer: Option<Peer>) -> std::io::Result<Vec<u8>> {
    // Nothing in an entry is hashed, so no record shows this key.
    let key = HashKey::random()?;
    // The service that serves nothing is this program, under the name that it lies under.
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(Path::file_name);
    let name = name.map(|name| name.to_string_lossy().into_owned().into());
    let service = Service { name, ..Service::default() }.encode();
    let mut body = Vec::new();
    entry
        .event(peer)
        .write(&mut body, &Stamp { key: &key, service: &service, catalog: catalog::hash() });
    Ok(body)
}

fn append(journal: &mut Journal, body: &[u8]) -> Result<Appended, journal::Error> {
    journal.append(body)?;
    journal.commit()?;
    Ok(journal.last())
}
