//! A recorder, and rounds of producers that keep it busy.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use audit_benches::synced_event;
use audit_runtime::Recorder;
use audit_runtime::journal::Reader;

use crate::tasks;
use crate::writes::writes;

/// How long closing may take.
const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) struct Recording {
    journal: PathBuf,
    recorder: Recorder,
}

/// Who records: each waits for the receipt of one record before it makes the next.
pub(crate) enum Producers {
    /// As many threads, each asleep until its receipt comes.
    Threads(usize),
    /// As many tasks on one thread, as handlers of a web service are.
    Tasks(usize),
}

/// What one round achieved.
pub(crate) struct Run {
    pub(crate) records: u64,
    pub(crate) batches: u64,
    pub(crate) bytes: u64,
    pub(crate) taken: Duration,
}

impl Recording {
    pub(crate) fn start(journal: &Path) -> Self {
        let builder = Recorder::builder(journal).service("accounts", "1.4.2");
        Self {
            journal: journal.to_owned(),
            recorder: builder.segment_bytes_max(u64::MAX).open().unwrap(),
        }
    }

    /// Records one event and waits until it is durable.
    pub(crate) fn record(&self) {
        self.recorder.record(synced_event()).wait().unwrap();
    }

    pub(crate) fn run(&self, producers: &Producers, round: Duration, per_batch: u64) -> Run {
        let (writes_before, bytes_before) = (writes(), self.bytes());
        let begun = Instant::now();
        let due = begun + round;
        let records = match *producers {
            Producers::Threads(count) => self.threads(count, due),
            Producers::Tasks(count) => tasks::run_all((0..count).map(|_| self.task(due))),
        };
        Run {
            records,
            taken: begun.elapsed(),
            batches: (writes() - writes_before) / per_batch,
            bytes: self.bytes() - bytes_before,
        }
    }

    fn threads(&self, count: usize, due: Instant) -> u64 {
        let produce = || {
            let mut records = 0;
            while Instant::now() < due {
                self.record();
                records += 1;
            }
            records
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..count).map(|_| scope.spawn(produce)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        })
    }

    async fn task(&self, due: Instant) -> u64 {
        let mut records = 0;
        while Instant::now() < due {
            self.recorder.record(synced_event()).await.unwrap();
            records += 1;
        }
        records
    }

    pub(crate) fn finish(self) {
        let health = self.recorder.health();
        assert_eq!((health.lost, health.unrecorded), (0, 0), "{health:?}");
        self.recorder.shutdown(DEADLINE).unwrap();
    }

    fn bytes(&self) -> u64 {
        let segments = Reader::open(&self.journal).unwrap().segments().unwrap();
        segments.iter().map(|segment| segment.bytes).sum()
    }
}
