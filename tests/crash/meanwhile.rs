//! What a writer does between any two looks of a check or of a reader: no false alarm, and nothing early.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use audit_runtime::journal::{
    Access, Journal, Kind, LockOutcome, MemoryStorage, Options, Reader, Storage, StorageFile,
    verify,
};

/// So small that a batch of two records is followed by a new segment, and one of one is not.
const SEGMENT_BYTES_MAX: u64 = 900;
const BATCHES: usize = 7;

/// More calls than the writer makes.
const ALL: u32 = 1_000;

/// Lets the writer make its calls one by one.
#[derive(Default)]
struct Turn {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    granted: u32,
    waits: bool,
    ended: bool,
}

impl Turn {
    /// The writer waits before each of its calls.
    fn wait(&self) {
        let mut state = self.state.lock().unwrap();
        state.waits = true;
        self.changed.notify_all();
        state = self.changed.wait_while(state, |state| state.granted == 0).unwrap();
        state.granted -= 1;
        state.waits = false;
    }

    /// Grants so many calls, and returns when they are done.
    fn advance(&self, calls: u32) {
        let mut state = self.state.lock().unwrap();
        state.granted += calls;
        self.changed.notify_all();
        let is_at_work = |state: &mut State| !state.ended && (state.granted > 0 || !state.waits);
        drop(self.changed.wait_while(state, is_at_work).unwrap());
    }
}

/// Tells that the writer has come to its end, whatever that is.
struct Ending(Arc<Turn>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.state.lock().unwrap().ended = true;
        self.0.changed.notify_all();
    }
}

/// The writer's storage: it changes by one call at a time.
#[derive(Clone)]
struct Stepped {
    memory: MemoryStorage,
    turn: Arc<Turn>,
    /// How many syncs of segments work before one fails.
    syncs_left: Arc<AtomicU32>,
}

impl Stepped {
    fn wrap(&self, name: &str, file: Box<dyn StorageFile>) -> Box<dyn StorageFile> {
        Box::new(SteppedFile { file, storage: self.clone(), is_segment: name.starts_with("seg/") })
    }
}

impl Storage for Stepped {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.memory.list(dir)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.turn.wait();
        self.memory.create(name).map(|file| self.wrap(name, file))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.turn.wait();
        self.memory.remove(name)
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        self.memory.open(name, access).map(|file| self.wrap(name, file))
    }

    fn lock(&self, holder: &str) -> io::Result<LockOutcome> {
        self.turn.wait();
        self.memory.lock(holder)
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.memory.is_locked()
    }

    fn describe(&self) -> String {
        self.memory.describe()
    }
}

struct SteppedFile {
    file: Box<dyn StorageFile>,
    storage: Stepped,
    is_segment: bool,
}

impl StorageFile for SteppedFile {
    /// Takes nearly all at first, so that the last line is torn for one look.
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        const LAST_BYTES: usize = 20;
        self.storage.turn.wait();
        match bytes.len().checked_sub(LAST_BYTES) {
            Some(first) if first > 0 => self.file.append(&bytes[..first]),
            _ => self.file.append(bytes),
        }
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.storage.turn.wait();
        self.file.write_at(offset, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.storage.turn.wait();
        if self.is_segment && self.storage.syncs_left.fetch_sub(1, Relaxed) == 0 {
            return Err(io::Error::other("the disk has lost a page"));
        }
        self.file.sync()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.storage.turn.wait();
        self.file.truncate(length)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buffer)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}

/// The reader's storage: the writer goes on by so many calls before a look.
#[derive(Clone)]
struct Looking {
    memory: MemoryStorage,
    turn: Arc<Turn>,
    looks: Arc<AtomicU32>,
    at: At,
}

/// When the writer goes on.
#[derive(Clone, Copy, Debug)]
enum At {
    /// Before the look of this number, by so many calls.
    Once(u32, u32),
    /// Before each look, by so many calls.
    Each(u32),
}

impl Looking {
    fn look(&self) {
        let look = self.looks.fetch_add(1, Relaxed);
        match self.at {
            At::Once(at, calls) if at == look => self.turn.advance(calls),
            At::Once(..) => {}
            At::Each(calls) => self.turn.advance(calls),
        }
    }
}

impl Storage for Looking {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.look();
        self.memory.list(dir)
    }

    fn create(&self, _: &str) -> io::Result<Box<dyn StorageFile>> {
        unreachable!("a reader changes nothing")
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        self.look();
        let file = self.memory.open(name, access)?;
        Ok(Box::new(LookedAt { file, storage: self.clone() }))
    }

    fn lock(&self, _: &str) -> io::Result<LockOutcome> {
        unreachable!("a reader takes no lock")
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.look();
        self.memory.is_locked()
    }

    fn describe(&self) -> String {
        self.memory.describe()
    }
}

struct LookedAt {
    file: Box<dyn StorageFile>,
    storage: Looking,
}

impl StorageFile for LookedAt {
    fn append(&mut self, _: &[u8]) -> io::Result<usize> {
        unreachable!("a reader changes nothing")
    }

    fn write_at(&mut self, _: u64, _: &[u8]) -> io::Result<()> {
        unreachable!("a reader changes nothing")
    }

    fn sync(&mut self) -> io::Result<()> {
        unreachable!("a reader changes nothing")
    }

    fn truncate(&mut self, _: u64) -> io::Result<()> {
        unreachable!("a reader changes nothing")
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.storage.look();
        self.file.read_at(offset, buffer)
    }

    fn len(&self) -> io::Result<u64> {
        self.storage.look();
        self.file.len()
    }
}

/// A writer at some point of its life.
struct Life {
    memory: MemoryStorage,
    turn: Arc<Turn>,
    writer: Option<JoinHandle<()>>,
}

impl Life {
    /// The writer has made `calls` calls behind those of its start.
    fn after(calls: u32, syncs_before_one_fails: u32) -> Self {
        let (memory, turn) = (MemoryStorage::new(), Arc::new(Turn::default()));
        let syncs_left = Arc::new(AtomicU32::new(syncs_before_one_fails));
        let storage = Stepped { memory: memory.clone(), turn: Arc::clone(&turn), syncs_left };
        let writing = Arc::clone(&turn);
        let writer = std::thread::spawn(move || {
            let _ending = Ending(writing);
            write(storage);
        });
        let life = Self { memory, turn, writer: Some(writer) };
        while life.durable() < 2 && !life.has_ended() {
            life.turn.advance(1);
        }
        life.turn.advance(calls);
        life
    }

    fn looking(&self, at: At) -> Looking {
        let (memory, turn) = (self.memory.clone(), Arc::clone(&self.turn));
        Looking { memory, turn, looks: Arc::default(), at }
    }

    /// What may be shown: without a writer, all that is there.
    fn shown(&self) -> u64 {
        if self.has_ended() { u64::MAX } else { self.durable() }
    }

    fn has_ended(&self) -> bool {
        self.turn.state.lock().unwrap().ended
    }

    /// What the writer has published.
    fn durable(&self) -> u64 {
        let text = self.memory.file("WATERMARK").unwrap_or_default();
        text.get(..20).map_or(0, |digits| str::from_utf8(digits).unwrap().parse().unwrap())
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.turn.advance(ALL);
        let ended = self.writer.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking(), "the writer failed");
    }
}

fn write(storage: Stepped) {
    let options =
        Options { segment_bytes_max: SEGMENT_BYTES_MAX, reserve_bytes: 0, ..Options::default() };
    let mut journal = Journal::open(Arc::new(storage), options).unwrap();
    for batch in 0..BATCHES {
        for _ in 0..=batch % 2 {
            journal.append(format!("\"fill\":\"{}\"", "x".repeat(200)).as_bytes()).unwrap();
        }
        if let Err(error) = journal.commit() {
            // The first sync of a segment has failed, which is the end of a writer.
            assert!(error.to_string().contains("cannot sync"), "{error}");
            return;
        }
    }
    let _ = journal.close();
}

/// Checks once; false if the look at which the writer was to go on never came.
fn check(calls: u32, syncs: u32, at: At) -> bool {
    let life = Life::after(calls, syncs);
    let before = life.durable();
    let looking = life.looking(at);
    let verification = verify(&looking).unwrap();
    let case = format!("{calls} calls, {syncs} syncs, {at:?}");
    let alarms = verification.findings.iter().any(|finding| finding.kind != Kind::Superseded);
    assert!(!alarms && verification.unfinished.is_none(), "{case}: {verification:#?}");
    let checked = verification.last_seq.unwrap() + 1;
    assert!(checked >= before, "{case}: {checked} of {before}");
    assert!(checked <= life.shown(), "{case}: {checked} of {}", life.shown());
    looking.looks.load(Relaxed) > first_look(at)
}

/// Reads once, up to where nothing more is durable; the same of the look.
fn read(calls: u32, syncs: u32, at: At) -> bool {
    let life = Life::after(calls, syncs);
    let before = life.durable();
    let looking = life.looking(at);
    let case = format!("{calls} calls, {syncs} syncs, {at:?}");
    let mut cursor = Reader::over(Arc::new(looking.clone())).cursor(0).unwrap();
    let mut read = 0;
    while let Some(line) = cursor.next().unwrap_or_else(|error| panic!("{case}: {error}")) {
        assert_eq!(line.seq(), read, "{case}");
        read += 1;
        assert!(read <= life.shown(), "{case}: {read} of {}", life.shown());
    }
    assert!(read >= before, "{case}: {read} of {before}");
    looking.looks.load(Relaxed) > first_look(at)
}

fn first_look(at: At) -> u32 {
    match at {
        At::Once(look, _) => look,
        At::Each(_) => 0,
    }
}

/// Lets the writer go on at every look, from every one of its calls on.
fn at_every_look(syncs: u32, try_once: fn(u32, u32, At) -> bool) {
    // The calls of two batches, one of which begins a segment, and of those after them.
    for calls in 0..14 {
        for each in 1..=4 {
            try_once(calls, syncs, At::Each(each));
        }
        for ahead in [1, 2, 4, 9, ALL] {
            let comes = |look: &u32| try_once(calls, syncs, At::Once(*look, ahead));
            let looks = (0..).take_while(comes).count();
            assert!(looks >= 8, "{looks} looks");
        }
    }
}

#[test]
fn verify_raises_no_false_alarm_whatever_a_writer_does_between_two_looks() {
    at_every_look(u32::MAX, check);
}

#[test]
fn a_reader_is_given_all_that_is_durable_and_no_more_whatever_a_writer_does_between_two_looks() {
    at_every_look(u32::MAX, read);
}

#[test]
fn a_failing_sync_between_two_looks_is_no_alarm_either() {
    for syncs in 1..=2 {
        at_every_look(syncs, check);
        at_every_look(syncs, read);
    }
}
