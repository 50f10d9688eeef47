//! The limit: one thread that appends batches to a file and syncs each.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) struct Bare(File);

impl Bare {
    pub(crate) fn create(path: &Path) -> Self {
        Self(OpenOptions::new().append(true).create_new(true).open(path).unwrap())
    }

    /// Writes and syncs as many batches of as many bytes.
    pub(crate) fn write(&mut self, batches: u64, bytes: u64) -> Duration {
        let batch = vec![b'x'; usize::try_from(bytes).unwrap()];
        let begun = Instant::now();
        for _ in 0..batches {
            self.0.write_all(&batch).unwrap();
            self.0.sync_data().unwrap();
        }
        begun.elapsed()
    }
}
