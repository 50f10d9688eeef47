//! What users of the journal rely on, tried on storage that can crash, fail and be tampered with.

mod bounded;
mod chained;
mod cursor;
mod directory;
mod epoch;
mod epoch_beside;
mod failed_sync;
mod forked;
mod full;
mod full_start;
mod left_over;
mod length;
mod mutations;
mod naive;
mod newer;
mod pass;
mod planted;
mod prove;
mod prune;
mod prune_crash;
mod recovery;
mod signed;
mod signed_anew;
mod signed_crash;
mod signed_prune;
mod signed_start;
mod verify;
mod verify_anchored;
mod verify_epoch;
mod verify_feigned;
mod verify_keys;
mod verify_moving;
mod verify_notes;
mod verify_signed;
mod verify_witnessed;
mod visit;
mod watch;
mod writer;

use std::io;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::storage::{Access, LockOutcome, StorageFile};
use super::{Cursor, Error, Journal, Line, MemoryStorage, Options, Reader, Storage};
use crate::time::{Clock, Timestamp};

const ORIGIN: &str = "test/journal";

/// A clock that moves by a millisecond with each look, and otherwise as told.
#[derive(Default)]
struct StepClock {
    nanos: AtomicI64,
}

impl StepClock {
    fn advance(&self, nanos: i64) {
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}

impl Clock for StepClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(self.nanos.fetch_add(1_000_000, Ordering::Relaxed))
    }

    fn monotonic_ns(&self) -> u64 {
        self.nanos.load(Ordering::Relaxed).unsigned_abs()
    }
}

fn options() -> Options {
    Options {
        origin: Some(ORIGIN.into()),
        clock: Arc::new(StepClock::default()),
        writer: "test writer".into(),
        reserve_bytes: 0,
        ..Options::default()
    }
}

/// Options under which about eight small records fill a segment.
fn small_segments() -> Options {
    Options { segment_bytes_max: 2_000, ..options() }
}

fn open(storage: &MemoryStorage) -> Result<Journal, Error> {
    Journal::open(Arc::new(storage.clone()), options())
}

fn body(text: &str) -> Vec<u8> {
    format!("\"text\":\"{text}\"").into_bytes()
}

/// Appends and commits one record per text, and signs what is due, as a service does.
fn write(journal: &mut Journal, texts: impl IntoIterator<Item = impl AsRef<str>>) {
    for text in texts {
        journal.append(&body(text.as_ref())).unwrap();
        journal.commit().unwrap();
        journal.sign_due();
    }
}

/// A closed journal of several segments.
fn finished() -> MemoryStorage {
    closed(20, small_segments())
}

/// A closed journal of so many records beside its own.
fn closed(records: u32, options: Options) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    write(&mut journal, (0..records).map(|number| format!("record {number}")));
    journal.close().unwrap();
    assert!(segments(&storage).len() >= 3);
    storage
}

fn segments(storage: &MemoryStorage) -> Vec<String> {
    let mut names = names(storage, "seg/");
    names.retain(|name| name.ends_with(".jsonl"));
    names
}

fn quarantined(storage: &MemoryStorage) -> Vec<String> {
    names(storage, "quarantine/")
}

fn names(storage: &MemoryStorage, prefix: &str) -> Vec<String> {
    let mut names = storage.names();
    names.retain(|name| name.starts_with(prefix));
    names
}

/// Changes one file through its bytes.
fn tamper(storage: &MemoryStorage, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = storage.file(name).unwrap();
    change(&mut bytes);
    storage.replace(name, Some(bytes));
}

fn cursor(storage: &MemoryStorage, from_seq: u64) -> Cursor {
    Reader::over(Arc::new(storage.clone())).cursor(from_seq).unwrap()
}

/// All lines that a reader gets now.
fn read(storage: &MemoryStorage) -> Vec<Line> {
    let mut cursor = cursor(storage, 0);
    std::iter::from_fn(|| cursor.next().unwrap()).collect()
}

fn bodies(storage: &MemoryStorage) -> Vec<String> {
    let text = |line: Line| String::from_utf8(line.body().to_vec()).unwrap();
    read(storage).into_iter().map(text).collect()
}

/// The names of the journal's own records, and the texts of all others.
fn story(storage: &MemoryStorage) -> Vec<String> {
    let told = |body: String| {
        let field = |key: &str| Some(body.split_once(key)?.1.split('"').next()?.to_owned());
        field("\"name\":\"").or_else(|| field("\"text\":\"")).unwrap()
    };
    bodies(storage).into_iter().map(told).collect()
}

/// Memory that counts what is done to it and fails on demand.
#[derive(Clone, Default)]
struct Faulty {
    inner: MemoryStorage,
    faults: Arc<Faults>,
}

#[derive(Default)]
struct Faults {
    calls: Mutex<Vec<&'static str>>,
    /// How many syncs still work; negative for no limit.
    syncs_left: AtomicI64,
    /// How many syncs work before some fail as on Linux: what they should have written is forgotten.
    syncs_before: AtomicU64,
    syncs_failing: AtomicU64,
    /// How many files can still be made; negative for no limit.
    creates_left: AtomicI64,
    /// How many changes of any kind still work; negative for no limit.
    changes_left: AtomicI64,
    /// How many bytes one append takes at most; 0 for no limit.
    append_bytes_max: AtomicUsize,
    appends: AtomicU64,
    bytes_read: AtomicU64,
    /// The next calls of this name fail with this error, so many times.
    failing: Mutex<Option<(&'static str, io::ErrorKind, u32)>>,
}

impl Faults {
    fn change(&self, call: &'static str) -> io::Result<()> {
        self.calls.lock().unwrap().push(call);
        if let Some((name, kind, times)) = &mut *self.failing.lock().unwrap()
            && *name == call
            && *times > 0
        {
            *times -= 1;
            return Err((*kind).into());
        }
        spend(&self.changes_left)
    }
}

fn spend(left: &AtomicI64) -> io::Result<()> {
    match left.load(Ordering::Relaxed) {
        0 => return Err(io::Error::other("the disk is on fire")),
        some if some > 0 => left.store(some - 1, Ordering::Relaxed),
        _ => {}
    }
    Ok(())
}

fn count_down(left: &AtomicU64) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

impl Faulty {
    fn new() -> Self {
        let faulty = Self::default();
        faulty.faults.syncs_left.store(-1, Ordering::Relaxed);
        faulty.faults.creates_left.store(-1, Ordering::Relaxed);
        faulty.faults.changes_left.store(-1, Ordering::Relaxed);
        faulty
    }

    /// From now on a batch is written but not durable, and no new segment can be made.
    fn fail(&self) {
        self.faults.syncs_left.store(0, Ordering::Relaxed);
        self.faults.creates_left.store(0, Ordering::Relaxed);
    }

    fn mend(&self) {
        self.faults.syncs_left.store(-1, Ordering::Relaxed);
        self.faults.creates_left.store(-1, Ordering::Relaxed);
    }

    fn fail_next_syncs(&self, count: u64) {
        self.fail_syncs_after(0, count);
    }

    fn fail_syncs_after(&self, before: u64, count: u64) {
        self.faults.syncs_before.store(before, Ordering::Relaxed);
        self.faults.syncs_failing.store(count, Ordering::Relaxed);
    }

    fn fail_call(&self, call: &'static str, kind: io::ErrorKind, times: u32) {
        *self.faults.failing.lock().unwrap() = Some((call, kind, times));
    }

    fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.faults.calls.lock().unwrap())
    }

    fn wrap(&self, file: Box<dyn StorageFile>) -> Box<dyn StorageFile> {
        let (faults, storage) = (Arc::clone(&self.faults), self.inner.clone());
        Box::new(FaultyFile { file, faults, storage })
    }
}

impl Storage for Faulty {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.inner.list(dir)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.faults.change("create")?;
        spend(&self.faults.creates_left)?;
        self.inner.create(name).map(|file| self.wrap(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.faults.change("rename")?;
        self.inner.rename(from, to)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.faults.change("replace")?;
        Storage::replace(&self.inner, name, bytes)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.faults.change("remove")?;
        self.inner.remove(name)
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
        "faulty memory".into()
    }
}

struct FaultyFile {
    file: Box<dyn StorageFile>,
    faults: Arc<Faults>,
    storage: MemoryStorage,
}

impl StorageFile for FaultyFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.faults.change("append")?;
        self.faults.appends.fetch_add(1, Ordering::Relaxed);
        match self.faults.append_bytes_max.load(Ordering::Relaxed) {
            0 => self.file.append(bytes),
            most => self.file.append(&bytes[..bytes.len().min(most)]),
        }
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.faults.change("write_at")?;
        self.file.write_at(offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.faults.change("sync")?;
        spend(&self.faults.syncs_left)?;
        if !count_down(&self.faults.syncs_before) && count_down(&self.faults.syncs_failing) {
            self.storage.forget_unsynced();
            return Err(io::Error::other("the disk is on fire"));
        }
        self.file.sync()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.faults.change("truncate")?;
        self.file.truncate(length)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(offset, buffer)?;
        self.faults.bytes_read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}
