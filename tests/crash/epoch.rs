//! A process that is killed while it begins a new epoch: the next start finishes what it has begun.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use audit_runtime::journal::{
    Access, DirectoryStorage, EpochState, Journal, LockOutcome, Modes, Options, Reader, Storage,
    StorageFile, verify, verify_epochs,
};
use audit_runtime::{Event, OnDamage, Recorder, Status};

/// Tells this binary to begin an epoch, and in which journal.
const JOURNAL: &str = "AUDIT_TEST_EPOCH_JOURNAL";
/// Before which change of the disk it stops.
const STEP: &str = "AUDIT_TEST_EPOCH_STEP";
const STOPPED: &str = "the process stops before a step";
const ENDED: &str = "the epoch has begun";

/// The journal's directory, which says before each change that it stops, if that is the one.
#[derive(Clone)]
struct Stopping {
    directory: DirectoryStorage,
    steps_left: Arc<AtomicU32>,
}

impl Stopping {
    fn step(&self) {
        if self.steps_left.fetch_sub(1, Ordering::Relaxed) == 0 {
            println!("{STOPPED}");
            // Until the kill comes.
            std::thread::sleep(Duration::from_secs(600));
        }
    }

    fn wrap(&self, file: Box<dyn StorageFile>) -> Box<dyn StorageFile> {
        Box::new(StoppingFile { file, storage: self.clone() })
    }
}

impl Storage for Stopping {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.directory.list(dir)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.step();
        self.directory.create(name).map(|file| self.wrap(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.step();
        self.directory.rename(from, to)
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        self.directory.open(name, access).map(|file| self.wrap(file))
    }

    fn lock(&self, holder: &str) -> io::Result<LockOutcome> {
        self.directory.lock(holder)
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.directory.is_locked()
    }

    fn describe(&self) -> String {
        self.directory.describe()
    }
}

struct StoppingFile {
    file: Box<dyn StorageFile>,
    storage: Stopping,
}

impl StorageFile for StoppingFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.storage.step();
        // In two halves, so that a kill can fall into the middle of a batch.
        self.file.append(&bytes[..bytes.len().div_ceil(2)])
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let (head, tail) = bytes.split_at(bytes.len() / 2);
        self.storage.step();
        self.file.write_at(offset, head)?;
        self.storage.step();
        self.file.write_at(offset + head.len() as u64, tail)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.storage.step();
        self.file.sync()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.storage.step();
        self.file.truncate(length)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buffer)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}

/// Begins an epoch over the damaged journal, and stops before the step that it is told.
fn begin(journal: &Path) {
    let directory = DirectoryStorage::open(journal, Modes::default()).unwrap();
    let step = env::var(STEP).unwrap().parse().unwrap();
    let storage = Stopping { directory, steps_left: Arc::new(AtomicU32::new(step)) };
    let options = Options { on_damage: OnDamage::NewEpoch, ..Options::default() };
    Journal::open(Arc::new(storage), options).unwrap().close().unwrap();
    println!("{ENDED}");
}

/// Starts this binary to begin an epoch and kills it before the step; false if it came to its end.
fn kill_before(step: u32, journal: &Path) -> bool {
    let name = "epoch::a_kill_at_any_step_of_a_new_epoch_leaves_what_the_next_start_finishes";
    let mut process = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(JOURNAL, journal)
        .env(STEP, step.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let said = lines.find(|line| line.contains(STOPPED) || line.contains(ENDED)).unwrap();
    let is_stopped = said.contains(STOPPED);
    if is_stopped {
        process.kill().unwrap();
    }
    process.wait().unwrap();
    is_stopped
}

/// A journal of several segments, and a torn piece in its quarantine, with a changed record in the
/// middle of the last one.
fn damaged(journal: &Path) {
    for start in 0..2 {
        let recorder =
            Recorder::builder(journal).segment_bytes_max(2000).origin("o").open().unwrap();
        for number in 0..8 {
            recorder.record(Event::activity(format!("Act{number}")).succeeded()).wait().unwrap();
        }
        recorder.shutdown(Duration::from_secs(10)).unwrap();
        let segment = last_segment(journal);
        let mut bytes = fs::read(&segment).unwrap();
        if start == 0 {
            bytes.extend_from_slice(b"{\"v\":1,\"torn");
            // Then the next start writes the last records again, by way of a copy.
            fs::remove_file(journal.join("WATERMARK")).unwrap();
        } else {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }
        fs::write(segment, bytes).unwrap();
    }
    assert!(journal.join("quarantine").is_dir() && journal.join("REDO").is_file());
}

fn last_segment(journal: &Path) -> PathBuf {
    let segments = Reader::open(journal).unwrap().segments().unwrap();
    journal.join(&segments.last().unwrap().name)
}

/// What makes up an epoch, by name, with its bytes.
fn contents(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut contents = Vec::new();
    for name in ["WATERMARK", "REDO"] {
        if let Ok(bytes) = fs::read(directory.join(name)) {
            contents.push((name.to_owned(), bytes));
        }
    }
    for dir in ["quarantine", "seg"] {
        for entry in fs::read_dir(directory.join(dir)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{dir}/{}", path.file_name().unwrap().display());
            contents.push((name, fs::read(path).unwrap()));
        }
    }
    contents.sort();
    contents
}

#[test]
fn a_kill_at_any_step_of_a_new_epoch_leaves_what_the_next_start_finishes() {
    if let Some(journal) = env::var_os(JOURNAL) {
        return begin(Path::new(&journal));
    }
    let (mut kills, mut refused) = (0, 0);
    for step in 0.. {
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("audit");
        damaged(&journal);
        let before = contents(&journal);
        let is_killed = kill_before(step, &journal);
        // A service that does not ask for new epochs finishes one that was begun, and refuses a
        // journal of which nothing has been moved.
        let careful = Recorder::builder(&journal).origin("o").open();
        if careful.is_err() {
            refused += 1;
            assert!(contents(&journal) == before, "step {step}: a refusal changed the journal");
        }
        drop(careful);
        let builder = Recorder::builder(&journal).origin("o").on_damage(OnDamage::NewEpoch);
        let recorder = builder.open().unwrap();
        recorder.record(Event::activity("Again").succeeded()).wait().unwrap();
        drop(recorder);
        let older = journal.join("epochs/0");
        assert!(contents(&older) == before, "step {step}: the older epoch is not what it was");
        assert!(!journal.join("epochs/1").exists(), "step {step}: it was set aside twice");
        let storage = DirectoryStorage::read_only(&journal);
        let epochs = verify_epochs(&storage).unwrap();
        assert_eq!((epochs.len(), epochs[0].state), (1, EpochState::Unchanged), "step {step}");
        assert!(verify(&storage).unwrap().is_intact(), "step {step}");
        assert_eq!(Reader::open(&journal).unwrap().origin().unwrap(), "o#1");
        if !is_killed {
            break;
        }
        kills += 1;
    }
    // The draft, the four parts, the draft's final name and the first batch, at the least.
    assert!(kills >= 14 && (4..kills).contains(&refused), "{kills} kills, {refused} refused");
}

#[test]
fn a_new_process_waits_for_the_old_one_and_names_it_when_it_does_not_end() {
    const HELD: &str = "the journal is held";
    if let Some(journal) = env::var_os(JOURNAL) {
        let recorder = Recorder::builder(Path::new(&journal)).service("old", "1").open().unwrap();
        println!("{HELD}");
        // Until the other end is closed.
        let _ = io::stdin().read_line(&mut String::new());
        return recorder.shutdown(Duration::from_secs(10)).unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let name = "epoch::a_new_process_waits_for_the_old_one_and_names_it_when_it_does_not_end";
    let mut old = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(JOURNAL, &journal)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(old.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains(HELD)));

    let asked = std::time::Instant::now();
    let error = Recorder::builder(&journal).lock_wait_ms(400).open().unwrap_err().to_string();
    assert!(asked.elapsed() >= Duration::from_millis(400));
    assert!(error.contains(&format!("old 1, process {}", old.id())), "{error}");

    let waiting = journal.clone();
    let new =
        std::thread::spawn(move || Recorder::builder(waiting).lock_wait_ms(60_000).open().unwrap());
    std::thread::sleep(Duration::from_millis(300));
    assert!(!new.is_finished(), "two writers have one journal");
    drop(old.stdin.take());
    assert!(old.wait().unwrap().success());
    let recorder = new.join().unwrap();
    recorder.record(Event::activity("Mine").succeeded()).wait().unwrap();
    assert_eq!(recorder.health().status, Status::Green);
    drop(recorder);
    let text = fs::read_to_string(journal.join("seg/00000000000000000000.jsonl")).unwrap();
    assert!(!text.contains("\"unclean\":true"), "the old process had its orderly end");
}
