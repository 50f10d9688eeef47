//! Work that is done again and again on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A thread that does its work every so often, until it is stopped.
#[derive(Debug)]
pub(super) struct Chore {
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Chore {
    /// Has `thread` do `work` at once and then every `pause`.
    pub(super) fn start(
        thread: thread::Builder,
        pause: Duration,
        mut work: impl FnMut() + Send + 'static,
    ) -> std::io::Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&stopped);
        let thread = thread.spawn(move || {
            while !ends.load(Relaxed) {
                work();
                let due = Instant::now() + pause;
                while !ends.load(Relaxed) && Instant::now() < due {
                    thread::park_timeout(due - Instant::now());
                }
            }
        })?;
        Ok(Self { stopped, thread })
    }

    /// Ends it after what it is at. True if that was by `due`.
    pub(super) fn stop(&self, due: Instant) -> bool {
        self.stopped.store(true, Relaxed);
        self.thread.thread().unpark();
        while !self.thread.is_finished() && Instant::now() < due {
            thread::sleep(Duration::from_millis(1));
        }
        self.thread.is_finished()
    }
}

impl Drop for Chore {
    fn drop(&mut self) {
        self.stopped.store(true, Relaxed);
        self.thread.thread().unpark();
    }
}
