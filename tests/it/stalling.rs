//! Memory whose syncs wait while the disk is said to stall.

use std::io;
use std::sync::{Arc, Condvar, Mutex};

use audit_runtime::journal::{Access, LockOutcome, MemoryStorage, Storage, StorageFile};

#[derive(Clone, Default)]
pub(crate) struct Stalling {
    pub(crate) memory: MemoryStorage,
    gate: Arc<(Mutex<bool>, Condvar)>,
}

impl Stalling {
    pub(crate) fn stall(&self, stalls: bool) {
        *self.gate.0.lock().unwrap() = stalls;
        self.gate.1.notify_all();
    }

    fn pass(&self) {
        let stalls = self.gate.0.lock().unwrap();
        drop(self.gate.1.wait_while(stalls, |stalls| *stalls).unwrap());
    }

    fn wrap(&self, file: Box<dyn StorageFile>) -> Box<dyn StorageFile> {
        Box::new(StallingFile { file, storage: self.clone() })
    }
}

impl Storage for Stalling {
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
        "stalling memory".into()
    }
}

struct StallingFile {
    file: Box<dyn StorageFile>,
    storage: Stalling,
}

impl StorageFile for StallingFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.append(bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.storage.pass();
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
