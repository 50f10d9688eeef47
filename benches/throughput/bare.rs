//! The limit: one thread that appends batches to a file and syncs each.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use audit_runtime::Digest;

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

    /// The same, and hashes each record of a batch as the journal's format demands.
    pub(crate) fn hash_and_write(&mut self, batches: u64, bytes: u64, records: u64) -> Duration {
        let batch = vec![b'x'; usize::try_from(bytes).unwrap()];
        let per_batch = (records as f64 / batches as f64).round().max(1.0);
        let record = (batch.len() as f64 / per_batch).ceil().max(1.0) as usize;
        let begun = Instant::now();
        for _ in 0..batches {
            for record in batch.chunks(record) {
                std::hint::black_box(Digest::of(record));
            }
            self.0.write_all(&batch).unwrap();
            self.0.sync_data().unwrap();
        }
        begun.elapsed()
    }
}
