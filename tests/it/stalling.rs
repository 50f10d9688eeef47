//! A disk whose syncs do not return until they are let.

use std::io;
use std::sync::{Arc, Condvar, Mutex};

use audit_runtime::journal::{Access, LockOutcome, MemoryStorage, Storage, StorageFile};

#[derive(Clone)]
pub(crate) struct Stalling {
    inner: Arc<dyn Storage>,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Gate {
    is_shut: Mutex<bool>,
    opened: Condvar,
}

impl Default for Stalling {
    fn default() -> Self {
        Self::over(MemoryStorage::new())
    }
}

impl Stalling {
    pub(crate) fn over(storage: impl Storage + 'static) -> Self {
        Self { inner: Arc::new(storage), gate: Arc::default() }
    }

    /// Holds up all syncs from now on, or lets them go on.
    pub(crate) fn stall(&self, stalls: bool) {
        *self.gate.is_shut.lock().unwrap() = stalls;
        self.gate.opened.notify_all();
    }

    fn wrap(&self, file: Box<dyn StorageFile>) -> Box<dyn StorageFile> {
        Box::new(StallingFile { file, gate: Arc::clone(&self.gate) })
    }
}

impl Storage for Stalling {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.inner.list(dir)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.inner.create(name).map(|file| self.wrap(file))
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        self.inner.open(name, access).map(|file| self.wrap(file))
    }

    fn lock(&self, holder: &str) -> io::Result<LockOutcome> {
        self.inner.lock(holder)
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.inner.is_locked()
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

struct StallingFile {
    file: Box<dyn StorageFile>,
    gate: Arc<Gate>,
}

impl StorageFile for StallingFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.append(bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        let shut = self.gate.is_shut.lock().unwrap();
        drop(self.gate.opened.wait_while(shut, |shut| *shut).unwrap());
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
