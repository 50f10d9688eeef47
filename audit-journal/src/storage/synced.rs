//! Notes which directories a test's thread has synced.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};

use super::modes;

thread_local! {
    static SYNCED: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) };
}

/// Syncs a directory as it is synced outside of tests.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    modes::sync_directory(path)?;
    SYNCED.with_borrow_mut(|synced| synced.push(path.components().collect()));
    Ok(())
}

/// What this thread has synced since it was last asked.
pub(crate) fn take() -> Vec<PathBuf> {
    SYNCED.take()
}
