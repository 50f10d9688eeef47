//! Says what an operator must hear: to `tracing`, or on standard error where nobody listens to that.

use std::fmt;
use std::io::{self, Write as _};

/// Something is not recorded, or cannot be.
pub(crate) fn error(message: fmt::Arguments<'_>) {
    if tracing::dispatcher::has_been_set() {
        tracing::error!(target: "audit", "{message}");
    } else {
        on_stderr(message);
    }
}

/// Something has no effect, or not the one that it seems to have.
pub(crate) fn warning(message: fmt::Arguments<'_>) {
    if tracing::dispatcher::has_been_set() {
        tracing::warn!(target: "audit", "{message}");
    } else {
        on_stderr(message);
    }
}

/// A service that listens to nothing must still hear it.
fn on_stderr(message: fmt::Arguments<'_>) {
    // Unlike `eprintln!`, this does not panic where standard error is closed.
    _ = writeln!(io::stderr(), "audit: {message}");
}
