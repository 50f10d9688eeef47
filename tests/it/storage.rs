//! Memory whose syncs can be made to fail, so that a batch is written but not durable.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use audit_runtime::journal::{Access, LockOutcome, MemoryStorage, Storage, StorageFile};

#[derive(Clone, Default)]
pub(crate) struct Failing {
    pub(crate) memory: MemoryStorage,
    faults: Arc<Faults>,
}

#[derive(Default)]
struct Faults {
    fails: AtomicBool,
    /// How many syncs work before some fail as on Linux: what they should have written counts as
    /// written, so that the next sync succeeds and a power cut loses it.
    before: AtomicU32,
    failing: AtomicU32,
}

#[allow(dead_code, reason = "several tests share this file, and each uses a part of it")]
impl Failing {
    pub(crate) fn over(memory: MemoryStorage) -> Self {
        Self { memory, ..Self::default() }
    }

    pub(crate) fn fail_syncs(&self, fails: bool) {
        self.faults.fails.store(fails, Ordering::Relaxed);
    }

    pub(crate) fn fail_syncs_after(&self, before: u32, count: u32) {
        self.faults.before.store(before, Ordering::Relaxed);
        self.faults.failing.store(count, Ordering::Relaxed);
    }

    fn wrap(&self, file: Box<dyn StorageFile>) -> Box<dyn StorageFile> {
        let (memory, faults) = (self.memory.clone(), Arc::clone(&self.faults));
        Box::new(FailingFile { file, memory, faults })
    }
}

fn count_down(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
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

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.memory.rename(from, to)
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
    memory: MemoryStorage,
    faults: Arc<Faults>,
}

impl StorageFile for FailingFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.append(bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.faults.fails.load(Ordering::Relaxed) {
            return Err(io::Error::other("the disk does not answer"));
        }
        if !count_down(&self.faults.before) && count_down(&self.faults.failing) {
            self.memory.forget_unsynced();
            return Err(io::Error::other("the disk has lost a page"));
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
