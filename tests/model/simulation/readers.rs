//! Readers that look between any two changes of the writer, and remember what they saw.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use audit_runtime::VerifierKey;
use audit_runtime::journal::{Access, Cursor, Error, LockOutcome, Reader, Storage, StorageFile};

use super::signing::verify_with;
use crate::disk::Disk;
use crate::random::Random;

const READERS_MAX: usize = 3;

/// The disk under a writer, with readers that look at it after each change.
#[derive(Clone)]
pub(super) struct Watched {
    disk: Disk,
    readers: Arc<Mutex<Readers>>,
}

/// A record that a reader has seen.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) seq: u64,
    pub(super) bytes: Vec<u8>,
    /// It was durable by the watermark then, and not only the last whole line of a dead writer.
    pub(super) is_firm: bool,
}

struct Readers {
    /// As another process sees it.
    disk: Disk,
    random: Random,
    cursors: Vec<Cursor>,
    seen: Vec<Seen>,
    complaint: Option<String>,
    /// How often one was told that its record was pruned.
    pruned: u64,
    /// The journal is damaged, and no reader need find its way.
    is_away: bool,
    /// What they check signatures with.
    keys: Vec<VerifierKey>,
}

impl Watched {
    pub(super) fn over(disk: &Disk, random: Random) -> Self {
        let readers = Readers {
            disk: disk.outside(),
            random,
            cursors: Vec::new(),
            seen: Vec::new(),
            complaint: None,
            pruned: 0,
            is_away: false,
            keys: Vec::new(),
        };
        Self { disk: disk.clone(), readers: Arc::new(Mutex::new(readers)) }
    }

    /// Checks signatures with these keys from now on.
    pub(super) fn trust(&self, keys: Vec<VerifierKey>) {
        self.readers().keys = keys;
    }

    /// Begins to read at a record.
    pub(super) fn follow(&self, from_seq: u64) -> Result<(), String> {
        let mut readers = self.readers();
        if readers.is_away {
            return Ok(());
        }
        let reader = Reader::over(Arc::new(readers.disk.clone()));
        let cursor = match reader.cursor(from_seq) {
            Err(Error::Pruned { first_seq, .. }) if from_seq < first_seq => {
                readers.pruned += 1;
                reader.cursor(first_seq)
            }
            cursor => cursor,
        };
        let cursor = cursor.map_err(|error| format!("a reader cannot begin: {error}"))?;
        if readers.cursors.len() == READERS_MAX {
            readers.cursors.remove(0);
        }
        readers.cursors.push(cursor);
        Ok(())
    }

    /// Lets all readers read to the end, if they may, and tells what was seen since this was last
    /// asked.
    pub(super) fn take_seen(&self, may_read: bool) -> Result<Vec<Seen>, String> {
        let mut readers = self.readers();
        let count = if may_read { readers.cursors.len() } else { 0 };
        for index in 0..count {
            readers.read(index, usize::MAX);
        }
        match readers.complaint.take() {
            None => Ok(std::mem::take(&mut readers.seen)),
            Some(complaint) => Err(complaint),
        }
    }

    /// How often a reader was told that its record was pruned, since this was last asked.
    pub(super) fn take_pruned(&self) -> u64 {
        std::mem::take(&mut self.readers().pruned)
    }

    /// Ends the readers that have come past a record.
    pub(super) fn end_past(&self, seq: u64) {
        self.readers().cursors.retain(|cursor| cursor.next_seq() <= seq);
    }

    /// Ends all readers, until the journal is whole again.
    pub(super) fn send_away(&self, is_away: bool) {
        let mut readers = self.readers();
        readers.cursors.clear();
        readers.is_away = is_away;
    }

    fn readers(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrap(&self, file: Box<dyn StorageFile>) -> Box<dyn StorageFile> {
        Box::new(WatchedFile { file, readers: Arc::clone(&self.readers) })
    }
}

impl Readers {
    /// One of them reads a little, or somebody verifies.
    fn look(&mut self) {
        if self.is_away {
            return;
        }
        if self.random.one_in(40) {
            self.verify();
        }
        if self.random.one_in(3) && !self.cursors.is_empty() {
            let (index, lines) = (self.random.below(self.cursors.len()), 1 + self.random.below(3));
            self.read(index, lines);
        }
    }

    fn read(&mut self, index: usize, lines_max: usize) {
        for _ in 0..lines_max {
            let next = self.cursors[index].next();
            let published = Reader::over(Arc::new(self.disk.clone())).watermark();
            let durable = published.ok().flatten().unwrap_or(0);
            match next {
                Ok(None) => return,
                Ok(Some(line)) => {
                    let (seq, bytes) = (line.seq(), line.bytes().to_vec());
                    self.seen.push(Seen { seq, bytes, is_firm: seq < durable });
                }
                Err(Error::Pruned { first_seq, .. })
                    if self.cursors[index].next_seq() < first_seq =>
                {
                    match Reader::over(Arc::new(self.disk.clone())).cursor(first_seq) {
                        Ok(cursor) => self.cursors[index] = cursor,
                        Err(error) => return self.complain("a reader of a pruned journal", &error),
                    }
                    self.pruned += 1;
                }
                Err(error) => return self.complain("a reader", &error),
            }
        }
    }

    fn verify(&mut self) {
        match verify_with(&self.disk, &self.keys) {
            Ok(verification) if verification.is_intact() => {}
            Ok(verification) => {
                let findings = verification.findings;
                self.complaint = Some(format!("a check beside the writer finds {findings:#?}"));
            }
            Err(Error::NoJournal { .. }) => {}
            Err(error) => self.complain("a check beside the writer", &error),
        }
    }

    fn complain(&mut self, who: &str, error: &Error) {
        self.complaint.get_or_insert_with(|| format!("{who} fails: {error}"));
    }
}

impl Storage for Watched {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.disk.list(dir)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let created = self.disk.create(name);
        self.readers().look();
        created.map(|file| self.wrap(file))
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        self.disk.open(name, access).map(|file| self.wrap(file))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let removed = Storage::remove(&self.disk, name);
        self.readers().look();
        removed
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let replaced = self.disk.replace(name, bytes);
        self.readers().look();
        replaced
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn lock(&self, holder: &str) -> io::Result<LockOutcome> {
        let locked = self.disk.lock(holder);
        self.readers().look();
        locked
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.disk.is_locked()
    }

    fn describe(&self) -> String {
        self.disk.describe()
    }
}

struct WatchedFile {
    file: Box<dyn StorageFile>,
    readers: Arc<Mutex<Readers>>,
}

impl WatchedFile {
    fn then_look<T>(&self, outcome: T) -> T {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).look();
        outcome
    }
}

impl StorageFile for WatchedFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let outcome = self.file.append(bytes);
        self.then_look(outcome)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let outcome = self.file.write_at(offset, bytes);
        self.then_look(outcome)
    }

    fn sync(&mut self) -> io::Result<()> {
        let outcome = self.file.sync();
        self.then_look(outcome)
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let outcome = self.file.truncate(length);
        self.then_look(outcome)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buffer)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn is_in_place(&self) -> io::Result<bool> {
        self.file.is_in_place()
    }
}
