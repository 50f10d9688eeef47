//! Whether the watch is asked to end: by the service manager (SIGTERM) or by Ctrl-C (SIGINT).

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Hears the signals that ask for an orderly end.
pub(super) struct Ending(Arc<AtomicBool>);

impl Ending {
    /// Hears them from now on. The second one ends the process at once, as it would without this.
    ///
    /// # Errors
    /// Fails when the system does not take the handlers.
    pub(super) fn on_signals() -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            // In this order: at the first signal nobody has asked yet.
            flag::register_conditional_default(signal, Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked))?;
        }
        Ok(Self(asked))
    }

    pub(super) fn is_asked(&self) -> bool {
        self.0.load(Relaxed)
    }
}
