//! Where the system does not tell who connects, no writer listens: processes append alone, or not at all.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use audit_journal::{Appended, DirectoryStorage};

use super::entry::Peer;
use super::{Entry, Error, Prune, Pruned};
use crate::recorder::Shared;

/// A connection to a journal's writer, which there is none of on this system.
#[derive(Debug)]
pub struct Client {
    never: std::convert::Infallible,
}

impl Client {
    /// Connects to the writer of the journal in the directory `journal`.
    ///
    /// # Errors
    /// [`Error::NoWriter`], always.
    pub fn connect(journal: impl AsRef<Path>, _deadline: Duration) -> Result<Self, Error> {
        Err(Error::NoWriter { journal: journal.as_ref().display().to_string() })
    }

    /// Has a record appended.
    ///
    /// # Errors
    /// There is no client to call this on.
    pub fn append(&mut self, _entry: &Entry) -> Result<Appended, Error> {
        match self.never {}
    }

    /// Has the front of the journal pruned.
    ///
    /// # Errors
    /// There is no client to call this on.
    pub fn prune(&mut self, _prune: &Prune) -> Result<Pruned, Error> {
        match self.never {}
    }

    /// The last durable record.
    ///
    /// # Errors
    /// There is no client to call this on.
    pub fn watermark(&mut self) -> Result<Appended, Error> {
        match self.never {}
    }

    /// The last durable record, once all that was asked for before is settled.
    ///
    /// # Errors
    /// There is no client to call this on.
    pub fn settled(&mut self) -> Result<Appended, Error> {
        match self.never {}
    }

    /// The health of the recorder.
    ///
    /// # Errors
    /// There is no client to call this on.
    pub fn health(&mut self) -> Result<String, Error> {
        match self.never {}
    }
}

/// Nothing that listens.
pub(in super::super) enum Control {}

/// The file of no socket.
pub(in super::super) enum Socket {}

impl Control {
    pub(in super::super) fn close(&self) {
        match *self {}
    }

    pub(in super::super) fn has_ended(&self) -> bool {
        match *self {}
    }
}

pub(in super::super) fn start(
    _directory: Option<Arc<DirectoryStorage>>,
    _shared: &Arc<Shared>,
) -> Option<(Control, Socket)> {
    None
}

/// The storage itself refuses what belongs to others.
pub(super) fn own_peer(_journal: &DirectoryStorage) -> Result<Option<Peer>, Error> {
    Ok(None)
}
