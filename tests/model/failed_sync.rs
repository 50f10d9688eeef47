//! Syncs that fail at any time: what was acknowledged is there all the same, and nothing else is wrong.

use std::sync::Arc;

use audit_runtime::journal::{Error, Journal, Kind, Options, Reader, verify};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::storage::Failing;

#[derive(Clone, Debug)]
enum Step {
    Append(u16),
    Commit,
    /// After so many syncs, so many fail.
    Fail(u32, u32),
    /// Closes the journal in order, if no sync fails, and opens it again.
    Restart,
    /// The process dies, and what it wrote is still read back.
    Kill,
    /// The power goes; of what was not synced, so many bytes of each file are there.
    PowerCut(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0_u16..600).prop_map(Step::Append),
        6 => Just(Step::Commit),
        4 => (0_u32..5, 1_u32..4).prop_map(|(before, count)| Step::Fail(before, count)),
        1 => Just(Step::Restart),
        1 => Just(Step::Kill),
        2 => prop_oneof![0_usize..1_500, Just(0), Just(usize::MAX)].prop_map(Step::PowerCut),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(crate::config(100))]

    #[test]
    fn every_acknowledged_record_survives_every_failing_sync(
        steps in steps(),
        segment_bytes_max in 500_u64..4_000,
    ) {
        Model::run(Failing::default(), &steps, segment_bytes_max);
    }
}

/// The property sees what it claims to see: it fails for a journal whose failed syncs are tried again.
#[test]
fn a_sync_that_is_tried_again_loses_acknowledged_records() {
    let mut runner = TestRunner::new(proptest::test_runner::Config {
        max_shrink_iters: 0,
        ..crate::config(200)
    });
    let outcome = runner.run(&(steps(), 500_u64..4_000), |(steps, segment_bytes_max)| {
        Model::run(Failing::default().retry_syncs(), &steps, segment_bytes_max);
        Ok(())
    });
    assert!(outcome.is_err());
}

/// A failed sync, successes after it, and a power cut: the acknowledged record that is gone, or why
/// the journal does not open.
fn lost(storage: &Failing, records: usize) -> Option<String> {
    let open = || Journal::open(Arc::new(storage.clone()), Options::default());
    let mut journal = open().unwrap();
    storage.fail_syncs_after(0, 1);
    let mut acknowledged = Vec::new();
    for number in 0..records {
        let body = format!("\"number\":{number}");
        journal.append(body.as_bytes()).unwrap();
        if journal.commit().is_ok() {
            acknowledged.push(body);
        }
    }
    assert_eq!(acknowledged.len(), records);
    drop(journal);
    storage.memory.crash(0);
    if let Err(error) = open() {
        return Some(error.to_string());
    }
    let found = read(storage);
    acknowledged.into_iter().find(|body| !found.contains(body))
}

#[test]
fn a_failed_sync_is_not_made_good_by_a_later_one() {
    for records in [1, 3] {
        assert_eq!(lost(&Failing::default(), records), None);
        let retried = lost(&Failing::default().retry_syncs(), records).unwrap();
        assert!(retried.contains("is damaged at seq 2"), "{retried}");
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
    fn run(storage: Failing, steps: &[Step], segment_bytes_max: u64) {
        let mut model = Self {
            storage,
            segment_bytes_max,
            journal: None,
            appended: 0,
            staged: Vec::new(),
            acknowledged: Vec::new(),
        };
        model.open();
        for step in steps {
            model.take(step);
        }
        model.power_cut(0);
        model.check();
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Append(length) => return self.append(usize::from(*length)),
            Step::Fail(before, count) => return self.storage.fail_syncs_after(*before, *count),
            Step::Commit => self.commit(),
            Step::Restart => {
                self.commit();
                // The record of the end may be lost with a failing sync; the next start says so.
                let _ = self.journal.take().unwrap().close();
                self.reopen();
            }
            Step::Kill => {
                self.staged.clear();
                self.journal = None;
                self.reopen();
            }
            Step::PowerCut(kept_bytes) => self.power_cut(*kept_bytes),
        }
        self.check();
    }

    fn append(&mut self, length: usize) {
        let body = format!("\"number\":{},\"fill\":\"{}\"", self.appended, "x".repeat(length));
        self.appended += 1;
        self.journal.as_mut().unwrap().append(body.as_bytes()).unwrap();
        self.staged.push(body);
    }

    fn commit(&mut self) {
        let journal = self.journal.as_mut().unwrap();
        let Ok(committed) = journal.commit() else {
            self.journal = None;
            return self.reopen();
        };
        let records = committed.records.to_vec();
        assert_eq!(records.len(), self.staged.len());
        let reader = Reader::over(Arc::new(self.storage.clone()));
        for (record, body) in records.iter().zip(&self.staged) {
            let line = reader.cursor(record.seq).unwrap().next().unwrap().unwrap();
            assert_eq!((line.body(), line.hash()), (body.as_bytes(), record.hash));
        }
        self.acknowledged.append(&mut self.staged);
    }

    fn power_cut(&mut self, kept_bytes: usize) {
        self.journal = None;
        self.storage.memory.crash(kept_bytes);
        self.staged.clear();
        self.reopen();
    }

    /// Opens the journal anew; of a batch that was not acknowledged, whole records may be there.
    fn reopen(&mut self) {
        self.open();
        let found = read(&self.storage);
        let kept = found.len().checked_sub(self.acknowledged.len()).unwrap();
        self.acknowledged.extend(self.staged.drain(..).take(kept));
        self.staged.clear();
    }

    /// A start can fail for a failing sync, and for nothing else.
    fn open(&mut self) {
        let options = Options { segment_bytes_max: self.segment_bytes_max, ..Options::default() };
        self.journal = loop {
            match Journal::open(Arc::new(self.storage.clone()), options.clone()) {
                Ok(journal) => break Some(journal),
                Err(error) => assert!(matches!(error, Error::Io { .. }), "{error}"),
            }
        }
    }

    fn check(&self) {
        assert_eq!(read(&self.storage), self.acknowledged);
        let verification = verify(&self.storage).unwrap();
        let kinds = verification.findings.iter().map(|finding| finding.kind);
        let others: Vec<_> = kinds.filter(|kind| *kind != Kind::Superseded).collect();
        assert!(others.is_empty(), "{:?}", verification.findings);
        assert_eq!(verification.unfinished, None);
    }
}

/// The records that are not the journal's own; the numbers of all have no hole.
fn read(storage: &Failing) -> Vec<String> {
    let reader = Reader::over(Arc::new(storage.clone()));
    let mut cursor = reader.cursor(0).unwrap();
    let lines: Vec<_> = std::iter::from_fn(|| cursor.next().unwrap()).collect();
    assert!((0..).zip(&lines).all(|(seq, line)| line.seq() == seq));
    let bodies = lines.iter().map(|line| String::from_utf8(line.body().to_vec()).unwrap());
    bodies.filter(|body| body.starts_with("\"number\"")).collect()
}
