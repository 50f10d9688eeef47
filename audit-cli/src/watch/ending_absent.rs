//! Systems without Unix signals: the watch is ended by the system, and goes on where it was last kept.

use std::io;

/// Hears nothing.
pub(super) struct Ending;

impl Ending {
    #[expect(clippy::unnecessary_wraps, reason = "where there are signals, this may fail")]
    pub(super) fn on_signals() -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) fn is_asked(&self) -> bool {
        false
    }
}
