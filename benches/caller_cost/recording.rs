//! A recorder on a journal in a directory, and rounds of events that must all arrive.

use std::hint::black_box;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use audit_benches::Taken;
use audit_runtime::journal::Reader;
use audit_runtime::{Context, Recorder};
use tempfile::TempDir;

use crate::event::{Input, event};

/// How long the writer is given to finish before anything else is measured.
const DRAIN_DEADLINE: Duration = Duration::from_secs(30);

pub(crate) struct Recording {
    directory: TempDir,
    recorder: Recorder,
}

impl Recording {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let builder = Recorder::builder(journal(&directory));
        let recorder = builder.service("accounts", "1.4.2").open().unwrap();
        Self { directory, recorder }
    }

    /// Records one event and reads it back as it stands in the journal.
    pub(crate) fn one_line(&self, context: &Context, input: &Input) -> String {
        self.round(1, context, input);
        let last = self.recorder.health().durable - 1;
        let reader = Reader::open(journal(&self.directory)).unwrap();
        let line = reader.cursor(last).unwrap().next().unwrap().unwrap();
        let text = std::str::from_utf8(line.bytes()).unwrap();
        text.trim_end().to_owned()
    }

    /// Times the recording of `events`, then waits, untimed, until the writer has nothing to do.
    pub(crate) fn round(&self, events: usize, context: &Context, input: &Input) -> Taken {
        let due = self.recorder.health().durable + events as u64;
        let record = || drop(black_box(self.recorder.record(event(black_box(input)))));
        let taken = context.enter(|| Taken::by(|| (0..events).for_each(|_| record())));
        self.drain(due);
        taken
    }

    pub(crate) fn finish(self) {
        let health = self.recorder.health();
        assert_eq!((health.lost, health.unrecorded), (0, 0), "{health:?}");
        self.recorder.shutdown(DRAIN_DEADLINE).unwrap();
    }

    fn drain(&self, due: u64) {
        let begun = Instant::now();
        loop {
            let health = self.recorder.health();
            assert_eq!(health.lost, 0, "a lost event costs less than a recorded one: {health:?}");
            if health.durable >= due {
                return;
            }
            assert!(begun.elapsed() < DRAIN_DEADLINE, "the disk does not keep up: {health:?}");
            sleep(Duration::from_millis(1));
        }
    }
}

fn journal(directory: &TempDir) -> PathBuf {
    directory.path().join("journal")
}
