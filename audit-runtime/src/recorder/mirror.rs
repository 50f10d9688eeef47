//! The mirror: the exact lines of the journal, copied out after they are durable.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, SyncSender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::health::Counters;

/// How many batches may wait for a slow reader of the mirror.
const BATCHES_MAX: usize = 1024;
/// How many bytes of lines may wait for it, but for a single batch that is larger.
const BYTES_MAX: usize = 8 << 20;
/// How long a shutdown waits for it.
const FINISH_DEADLINE: Duration = Duration::from_secs(1);

/// Where the lines of the journal are copied to, for hosts whose disks do not last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mirror {
    /// Standard output, byte for byte: `audited verify -` can check them.
    Stdout,
    /// One `tracing` event of target `audit` for each line.
    Tracing,
}

/// The thread that copies; a reader that does not keep up loses lines, and they are counted.
pub(super) struct Copying {
    batches: SyncSender<Vec<u8>>,
    thread: JoinHandle<()>,
    waiting: Arc<AtomicUsize>,
    counters: Arc<Counters>,
}

impl Copying {
    /// Starts the thread.
    ///
    /// # Errors
    /// Fails when the operating system gives no thread.
    pub(super) fn start(mirror: Mirror, counters: Arc<Counters>) -> std::io::Result<Self> {
        let (batches, received) = mpsc::sync_channel::<Vec<u8>>(BATCHES_MAX);
        let waiting = Arc::new(AtomicUsize::new(0));
        let (missed, passed) = (Arc::clone(&counters), Arc::clone(&waiting));
        let copy = move || {
            for lines in received {
                if let Err(lost) = pass_on(mirror, &lines) {
                    missed.mirror_lost.fetch_add(lost, Relaxed);
                }
                passed.fetch_sub(lines.len(), Relaxed);
            }
        };
        let thread = std::thread::Builder::new().name("audit-mirror".into()).spawn(copy)?;
        Ok(Self { batches, thread, waiting, counters })
    }

    /// Passes durable lines on without waiting.
    pub(super) fn send(&self, lines: Vec<u8>) {
        let (bytes, records) = (lines.len(), count(&lines));
        let before = self.waiting.fetch_add(bytes, Relaxed);
        let fits = before == 0 || before + bytes <= BYTES_MAX;
        if !fits || self.batches.try_send(lines).is_err() {
            self.waiting.fetch_sub(bytes, Relaxed);
            self.counters.mirror_lost.fetch_add(records, Relaxed);
        }
    }

    /// Waits until everything that was sent is passed on, but not for ever: a reader that has
    /// stopped reading must not keep the process.
    pub(super) fn finish(self) {
        drop(self.batches);
        let due = Instant::now() + FINISH_DEADLINE;
        while !self.thread.is_finished() {
            if Instant::now() >= due {
                tracing::warn!(target: "audit", "the mirror's reader does not read; lines are lost");
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Copies one batch; fails with the number of lines that did not get through.
fn pass_on(mirror: Mirror, lines: &[u8]) -> Result<(), u64> {
    match mirror {
        Mirror::Stdout => {
            let mut stdout = std::io::stdout().lock();
            let written = stdout.write_all(lines).and_then(|()| stdout.flush());
            written.map_err(|_| count(lines))
        }
        Mirror::Tracing => {
            for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                tracing::info!(target: "audit", "{}", String::from_utf8_lossy(line));
            }
            Ok(())
        }
    }
}

fn count(lines: &[u8]) -> u64 {
    lines.iter().filter(|byte| **byte == b'\n').count() as u64
}
