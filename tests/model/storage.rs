//! Memory whose syncs can be made to fail, so that a batch is written but not durable.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use audit_runtime::journal::{Access, LockOutcome, MemoryStorage, Storage, StorageFile};

#[derive(Clone, Default)]
pub(crate) struct Failing {
    pub(crate) memory: MemoryStorage,
    fails: Arc<AtomicBool>,
}

impl Failing {
    pub(crate) fn fail_syncs(&self, fails: bool) {
        self.fails.store(fails, Ordering::Relaxed);
    }

    fn wrap(&self, file: Box<dyn StorageFile>) -> Box<dyn StorageFile> {
        let fails = Arc::clone(&self.fails);
        Box::new(FailingFile { file, fails })
    }
}

impl Storage for Failing {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.memory.list(dir)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.memory.create(name).map(|file| self.wrap(file))
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        self.memory.open(name, access).map(|file| self.wrap(file))
    }

    fn lock(&self, holder: &str) -> io::Result<LockOutcome> {
        self.memory.lock(holder)
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.memory.is_locked()
    }

    fn describe(&self) -> String {
        "failing memory".into()
    }
}

struct FailingFile {
    file: Box<dyn StorageFile>,
    fails: Arc<AtomicBool>,
}

impl StorageFile for FailingFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.append(bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(io::Error::other("the disk does not answer"));
        }
        self.file.sync()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.truncate(length)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buffer)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}
