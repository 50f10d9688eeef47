//! Signs between the service and whoever drives it, which run in two processes: empty files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a sign may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked for.
pub(super) const LOOK: Duration = Duration::from_millis(2);

/// What a sign says of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sign {
    /// Its body runs.
    Begun,
    /// The future of its request has ended or was dropped, with all that runs in it.
    Over,
    /// Its body may go on.
    Go,
}

/// The directory of the signs.
#[derive(Clone, Debug)]
pub(super) struct Marks(PathBuf);

impl Marks {
    /// Those beside a journal.
    pub(super) fn of(journal: &Path) -> Self {
        Self(journal.with_extension("marks"))
    }

    pub(super) fn make(&self) {
        std::fs::create_dir(&self.0).unwrap();
    }

    pub(super) fn set(&self, sign: Sign, cell: &str) {
        File::create(self.path(sign, cell)).unwrap();
    }

    pub(super) fn is_set(&self, sign: Sign, cell: &str) -> bool {
        self.path(sign, cell).exists()
    }

    pub(super) fn wait_for(&self, sign: Sign, cell: &str) {
        let begun = Instant::now();
        while !self.is_set(sign, cell) {
            assert!(begun.elapsed() < PATIENCE, "{cell} was never {sign:?}");
            std::thread::sleep(LOOK);
        }
    }

    fn path(&self, sign: Sign, cell: &str) -> PathBuf {
        self.0.join(format!("{cell}-{sign:?}"))
    }
}
