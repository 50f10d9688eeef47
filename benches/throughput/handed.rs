//! The limit of waiting: the same producers bring ready lines to one thread that only writes, syncs and wakes.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::recording::Producers;
use crate::tasks;

/// A group commit of ready bytes: what is left of a journal without events, encoding, chain and
/// format.
pub(crate) struct HandOver {
    file: File,
    line: Vec<u8>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    filled: Condvar,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    producers: Vec<(Arc<AtomicBool>, Waker)>,
    closed: bool,
}

impl HandOver {
    pub(crate) fn create(path: &Path) -> Self {
        let file = OpenOptions::new().append(true).create_new(true).open(path).unwrap();
        Self { file, line: Vec::new() }
    }

    /// Lets the producers hand over lines of as many bytes for a `round`; tells how many were
    /// acknowledged a second.
    pub(crate) fn rate(&mut self, producers: &Producers, line_bytes: u64, round: Duration) -> f64 {
        self.line.resize(usize::try_from(line_bytes).unwrap(), b'x');
        let queue = Queue::default();
        let begun = Instant::now();
        let due = begun + round;
        let (file, line) = (&mut self.file, &*self.line);
        let lines = thread::scope(|scope| {
            scope.spawn(|| queue.commit_all(file));
            let lines = match *producers {
                Producers::Threads(count) => {
                    let (done, counts) = mpsc::channel();
                    for _ in 0..count {
                        let (done, queue) = (done.clone(), &queue);
                        scope.spawn(move || {
                            let produced =
                                tasks::run_all(std::iter::once(queue.produce(line, due)));
                            done.send(produced).unwrap();
                        });
                    }
                    drop(done);
                    counts.iter().sum::<u64>()
                }
                Producers::Tasks(count) => {
                    tasks::run_all((0..count).map(|_| queue.produce(line, due)))
                }
            };
            queue.close();
            lines
        });
        lines as f64 / begun.elapsed().as_secs_f64()
    }
}

impl Queue {
    async fn produce(&self, line: &[u8], due: Instant) -> u64 {
        let mut lines = 0;
        while Instant::now() < due {
            self.hand_over(line).await;
            lines += 1;
        }
        lines
    }

    async fn hand_over(&self, line: &[u8]) {
        let durable = Arc::new(AtomicBool::new(false));
        let mut brought = false;
        std::future::poll_fn(|task| {
            if durable.load(Acquire) {
                return Poll::Ready(());
            }
            if !brought {
                brought = true;
                let mut waiting = self.waiting.lock().unwrap();
                waiting.bytes.extend_from_slice(line);
                waiting.producers.push((Arc::clone(&durable), task.waker().clone()));
                drop(waiting);
                self.filled.notify_one();
            }
            Poll::Pending
        })
        .await;
    }

    fn commit_all(&self, file: &mut File) {
        let mut batch = Waiting::default();
        loop {
            let mut waiting = self.waiting.lock().unwrap();
            while waiting.producers.is_empty() {
                if waiting.closed {
                    return;
                }
                waiting = self.filled.wait(waiting).unwrap();
            }
            std::mem::swap(&mut *waiting, &mut batch);
            // Closing comes after the last producer has gone, so it is not swapped away.
            drop(waiting);
            file.write_all(&batch.bytes).unwrap();
            file.sync_data().unwrap();
            batch.bytes.clear();
            for (durable, waker) in batch.producers.drain(..) {
                durable.store(true, Release);
                waker.wake();
            }
        }
    }

    fn close(&self) {
        self.waiting.lock().unwrap().closed = true;
        self.filled.notify_one();
    }
}
