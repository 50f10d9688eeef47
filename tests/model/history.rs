//! Appends, commits, restarts and crashes: what was acknowledged is there, in order, without a hole.

use std::sync::Arc;

use audit_runtime::journal::{Journal, Options, Reader, verify};
use proptest::prelude::*;

use crate::storage::Failing;

#[derive(Clone, Debug)]
enum Step {
    Append(u16),
    Commit,
    /// Closes the journal in order and opens it again.
    Restart,
    /// The process dies with what is staged.
    Kill,
    /// A sync fails, and what it should have written is in memory only, while the power stays.
    FailedSync,
    /// The power goes during a commit, of which so many bytes reach the disk.
    PowerCut(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0_u16..600).prop_map(Step::Append),
        6 => Just(Step::Commit),
        1 => Just(Step::Restart),
        1 => Just(Step::Kill),
        1 => Just(Step::FailedSync),
        2 => prop_oneof![0_usize..1_500, Just(usize::MAX)].prop_map(Step::PowerCut),
    ]
}

proptest! {
    #![proptest_config(crate::config(100))]

    #[test]
    fn every_acknowledged_record_survives_every_history(
        steps in prop::collection::vec(step(), 1..60),
        segment_bytes_max in 500_u64..4_000,
    ) {
        let mut model = Model::start(segment_bytes_max);
        for step in &steps {
            model.take(step);
        }
        model.restart();
    }
}

/// The journal beside the list of what it must hold.
struct Model {
    storage: Failing,
    segment_bytes_max: u64,
    journal: Option<Journal>,
    appended: u64,
    staged: Vec<String>,
    acknowledged: Vec<String>,
}

impl Model {
    fn start(segment_bytes_max: u64) -> Self {
        let mut model = Self {
            storage: Failing::default(),
            segment_bytes_max,
            journal: None,
            appended: 0,
            staged: Vec::new(),
            acknowledged: Vec::new(),
        };
        model.open();
        model
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Append(length) => return self.append(usize::from(*length)),
            Step::Commit => {
                self.journal().commit().unwrap();
                self.acknowledged.append(&mut self.staged);
            }
            Step::Restart => self.restart(),
            Step::Kill => {
                self.journal = None;
                self.staged.clear();
                self.open();
            }
            Step::FailedSync => self.failed_sync(),
            Step::PowerCut(kept_bytes) => self.power_cut(*kept_bytes),
        }
        self.check();
    }

    fn append(&mut self, length: usize) {
        let body = format!("\"number\":{},\"fill\":\"{}\"", self.appended, "x".repeat(length));
        self.appended += 1;
        self.journal().append(body.as_bytes()).unwrap();
        self.staged.push(body);
    }

    fn restart(&mut self) {
        self.journal.take().unwrap().close().unwrap();
        self.acknowledged.append(&mut self.staged);
        self.open();
        self.check();
    }

    fn failed_sync(&mut self) {
        self.fail_to_commit();
        self.storage.memory.forget_unsynced();
        self.storage.fail_syncs(false);
        self.journal = None;
        self.open();
        // The next writer has read the batch, so it must be there for ever.
        self.acknowledged.append(&mut self.staged);
    }

    fn fail_to_commit(&mut self) {
        self.storage.fail_syncs(true);
        let outcome = self.journal().commit();
        assert_eq!(outcome.is_err(), !self.staged.is_empty());
        assert!(self.staged.is_empty() || self.journal().append(b"\"a\":1").is_err());
    }

    fn power_cut(&mut self, kept_bytes: usize) {
        self.fail_to_commit();
        self.storage.memory.crash(kept_bytes);
        self.storage.fail_syncs(false);
        self.journal = None;
        let before = self.last_segment();
        self.open();
        self.check_quarantine(&before);
        // Of a batch that was not acknowledged, whole records may have reached the disk, in order.
        let found = self.read();
        let kept = found.len().checked_sub(self.acknowledged.len()).unwrap();
        self.acknowledged.extend(self.staged.drain(..).take(kept));
        self.staged.clear();
    }

    fn open(&mut self) {
        let options = Options {
            segment_bytes_max: self.segment_bytes_max,
            reserve_bytes: 0,
            ..Options::default()
        };
        let journal = Journal::open(Arc::new(self.storage.clone()), options);
        self.journal = Some(journal.unwrap());
    }

    fn journal(&mut self) -> &mut Journal {
        self.journal.as_mut().unwrap()
    }

    fn check(&self) {
        assert_eq!(self.read(), self.acknowledged);
        let verification = verify(&self.storage).unwrap();
        assert!(verification.is_intact(), "{:?}", verification.findings);
        assert_eq!(verification.unfinished, None);
    }

    /// The records that are not the journal's own; the numbers of all have no hole.
    fn read(&self) -> Vec<String> {
        let reader = Reader::over(Arc::new(self.storage.clone()));
        let mut cursor = reader.cursor(0).unwrap();
        let lines: Vec<_> = std::iter::from_fn(|| cursor.next().unwrap()).collect();
        assert!((0..).zip(&lines).all(|(seq, line)| line.seq() == seq));
        let bodies = lines.iter().map(|line| String::from_utf8(line.body().to_vec()).unwrap());
        bodies.filter(|body| body.starts_with("\"number\"")).collect()
    }

    fn last_segment(&self) -> (String, Vec<u8>) {
        let names = self.storage.memory.names();
        let last = names.into_iter().rfind(|name| name.starts_with("seg/")).unwrap();
        let bytes = self.storage.memory.file(&last).unwrap();
        (last, bytes)
    }

    /// Every byte that was on disk before the start is there after it: in place or in quarantine.
    fn check_quarantine(&self, (name, before): &(String, Vec<u8>)) {
        let after = self.storage.memory.file(name).unwrap();
        let names = self.storage.memory.names();
        let torn = names.iter().filter(|name| name.starts_with("quarantine/"));
        let pieces = torn.map(|name| self.storage.memory.file(name).unwrap());
        let is_whole = |piece: Vec<u8>| {
            before.strip_suffix(piece.as_slice()).is_some_and(|kept| after.starts_with(kept))
        };
        assert!(after.starts_with(before) || pieces.into_iter().any(is_whole));
    }
}
