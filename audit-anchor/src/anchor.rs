//! What keeps checkpoints.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use audit_journal::Storage;
use audit_tlog::{Checkpoint, Note};

/// How long an anchor may take for one checkpoint.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Somewhere else that keeps checkpoints.
pub trait Anchor: Send {
    /// What messages and figures call it.
    fn name(&self) -> &str;

    /// False if nobody answers that a checkpoint has arrived: what is kept there counts for nothing.
    fn confirms(&self) -> bool {
        true
    }

    /// Why it protects the journal in this directory little, if so; asked once, on the thread that gives it checkpoints.
    fn doubt(&self, _journal: &Path) -> Option<String> {
        None
    }

    /// Keeps the `checkpoint`, whose signed text is `note`, and returns once the other side has it. It is the
    /// newest of the journal in `storage`, which is there for anchors that ask for proofs. It must end by
    /// itself within [`DEADLINE`].
    ///
    /// # Errors
    /// Says why it is not kept; it, or a newer one, is tried again. An error of the kind
    /// [`io::ErrorKind::InvalidData`] says that what the anchor has speaks against the checkpoint, such as a
    /// larger one of the same journal: that is told at once, if the checkpoint was signed since the journal was opened.
    fn keep(
        &mut self,
        checkpoint: &Checkpoint,
        note: &Note,
        storage: &Arc<dyn Storage>,
    ) -> io::Result<()>;
}

/// The error `cause`, with what was attempted.
pub(crate) fn told(what: impl std::fmt::Display, cause: &io::Error) -> io::Error {
    io::Error::new(cause.kind(), format!("{what}: {cause}"))
}
