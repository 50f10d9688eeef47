//! The other process: a consumer with all rules of detection and a saved place, or one that is only as busy.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use audit_consumers::detect::{Detector as _, Engine, Finding, Observed, Rules, StateKey};
use audit_consumers::{Consumer, Error, Position, runner};
use audit_runtime::journal::Line;
use audit_runtime::{HashKey, Record};
use rustix::time::{ClockId, clock_gettime};

/// Tells this program to be the consumer, and where the journal and its place lie.
const PLACE: &str = "AUDIT_BENCH_PLACE";
/// Tells it to be busy for so many nanoseconds in each beat.
const BUSY_NS: &str = "AUDIT_BENCH_BUSY_NS";
/// How often a consumer looks for new records.
const BEAT: Duration = Duration::from_millis(100);
const SOON: Duration = Duration::from_secs(30);

/// Another process at work.
pub(crate) struct Other {
    process: Child,
    says: BufReader<ChildStdout>,
}

/// What it has used, from when it was ready on.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    busy_ns: u64,
    wall_ns: u64,
    pub(crate) records: u64,
}

impl Used {
    /// How much of one core.
    pub(crate) fn share(&self) -> f64 {
        self.busy_ns as f64 / self.wall_ns as f64
    }
}

impl Other {
    /// One that follows the journal, and is ready when it has caught up.
    pub(crate) fn consumer(place: &Path) -> Self {
        Self::start(|command| command.env(PLACE, place))
    }

    /// One that reads nothing, and is as busy.
    pub(crate) fn busy(used: &Used) -> Self {
        let beat_ns = used.share() * BEAT.as_nanos() as f64;
        Self::start(|command| command.env(BUSY_NS, format!("{beat_ns:.0}")))
    }

    fn start(told: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = told(&mut command).spawn().unwrap();
        let mut says = BufReader::new(process.stdout.take().unwrap());
        says.read_line(&mut String::new()).unwrap();
        Self { process, says }
    }

    /// Ends it, and tells what it has used.
    pub(crate) fn end(mut self) -> Used {
        drop(self.process.stdin.take());
        let mut said = String::new();
        self.says.read_line(&mut said).unwrap();
        self.process.wait().unwrap();
        let numbers: Vec<u64> = said.split_whitespace().map(|word| word.parse().unwrap()).collect();
        Used { busy_ns: numbers[0], wall_ns: numbers[1], records: numbers[2] }
    }
}

/// True in the other process.
pub(crate) fn is_other() -> bool {
    std::env::var_os(PLACE).is_some() || std::env::var_os(BUSY_NS).is_some()
}

pub(crate) fn main() {
    match std::env::var_os(PLACE) {
        Some(place) => follow(Path::new(&place)),
        None => be_busy(std::env::var(BUSY_NS).unwrap().parse().unwrap()),
    }
}

fn follow(place: &Path) {
    let taken = Arc::new(AtomicU64::new(0));
    let key = StateKey::derived(&HashKey::from_bytes([1; 32]));
    let detecting = Detecting {
        place: place.join("place"),
        engine: Engine::new(Rules::builtin(), key),
        taken: Arc::clone(&taken),
    };
    let running = runner::start("following", place.join("journal"), detecting).unwrap();
    let mut before = u64::MAX;
    while before != taken.load(Ordering::Relaxed) {
        before = taken.load(Ordering::Relaxed);
        thread::sleep(3 * BEAT);
    }
    used_until_end(|| taken.load(Ordering::Relaxed), || ());
    running.stop(SOON).unwrap();
}

fn be_busy(beat_ns: u64) {
    used_until_end(
        || 0,
        move || {
            thread::spawn(move || {
                loop {
                    let begun = Instant::now();
                    let due = busy_ns() + beat_ns;
                    while busy_ns() < due {
                        std::hint::spin_loop();
                    }
                    thread::sleep(BEAT.saturating_sub(begun.elapsed()));
                }
            });
        },
    );
}

/// Says that it is ready, works until its input ends, and says what it has used.
fn used_until_end(records: impl Fn() -> u64, work: impl FnOnce()) {
    println!("ready");
    let (begun, busy, had) = (Instant::now(), busy_ns(), records());
    work();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    println!("{} {} {}", busy_ns() - busy, begun.elapsed().as_nanos(), records() - had);
}

/// The processor time of this process.
fn busy_ns() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).unwrap()
}

/// Looks at every record as the watch does, and saves its place with every batch.
struct Detecting {
    place: PathBuf,
    engine: Engine,
    taken: Arc<AtomicU64>,
}

impl Consumer for Detecting {
    fn position(&mut self) -> Result<Option<Position>, Error> {
        Position::load(&self.place)
    }

    fn take(&mut self, lines: &[Line], behind: &Position) -> Result<(), Error> {
        let mut findings: Vec<Finding> = Vec::new();
        for line in lines {
            let Ok(record) = Record::parse(line) else { continue };
            if let Some(observed) = Observed::of(&record) {
                self.engine.observe(&observed, &mut findings);
            }
        }
        self.taken.fetch_add(lines.len() as u64, Ordering::Relaxed);
        behind.save(&self.place)
    }
}
