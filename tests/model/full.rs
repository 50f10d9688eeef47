//! A disk that fills up and is freed at any time: what was acknowledged is there, and nothing else.

use std::sync::Arc;

use audit_runtime::journal::{Error, Journal, MemoryStorage, Options, Reader, verify};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Append(u16),
    Commit,
    /// Leaves room for so many bytes.
    Leave(usize),
    Free,
    /// The writer looks for room.
    Look,
    /// Closes the journal in order, if it can, and opens it again.
    Restart,
    /// The process dies with what is staged.
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0_u16..900).prop_map(Step::Append),
        6 => Just(Step::Commit),
        3 => (0_usize..4_000).prop_map(Step::Leave),
        2 => Just(Step::Free),
        2 => Just(Step::Look),
        1 => Just(Step::Restart),
        1 => Just(Step::Kill),
    ]
}

proptest! {
    #![proptest_config(crate::config(150))]

    #[test]
    fn a_full_disk_loses_no_acknowledged_record_and_keeps_no_other(
        steps in prop::collection::vec(step(), 1..80),
        segment_bytes_max in 500_u64..4_000,
        reserve_bytes in prop_oneof![Just(0_u64), 600_u64..3_000],
    ) {
        let options = Options { segment_bytes_max, reserve_bytes, ..Options::default() };
        let mut model = Model::start(options);
        for step in &steps {
            model.take(step);
            model.check();
        }
        model.free();
        model.check();
        let verification = verify(&model.storage).unwrap();
        assert!(verification.is_intact(), "{:?}", verification.findings);
    }
}

/// The journal beside the list of what it must hold.
struct Model {
    storage: MemoryStorage,
    options: Options,
    journal: Option<Journal>,
    appended: u64,
    staged: Vec<String>,
    acknowledged: Vec<String>,
}

impl Model {
    fn start(options: Options) -> Self {
        let mut model = Self {
            storage: MemoryStorage::new(),
            options,
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
            Step::Append(length) => self.append(usize::from(*length)),
            Step::Commit => match self.journal().commit() {
                Ok(_) => self.acknowledged.append(&mut self.staged),
                Err(error) => self.give_up(&error),
            },
            Step::Leave(bytes) => {
                let names = self.storage.names().into_iter();
                let used: usize = names.map(|name| self.storage.file(&name).unwrap().len()).sum();
                self.storage.limit(Some(used + bytes));
            }
            Step::Free => self.free(),
            Step::Look => _ = self.journal().resume(0, 0).unwrap(),
            Step::Restart => {
                match self.journal.take().unwrap().close() {
                    Ok(()) => self.acknowledged.append(&mut self.staged),
                    Err(error) => self.give_up(&error),
                }
                self.open();
            }
            Step::Kill => {
                self.journal = None;
                self.staged.clear();
                self.open();
            }
        }
    }

    fn append(&mut self, length: usize) {
        let body = format!("\"number\":{},\"fill\":\"{}\"", self.appended, "x".repeat(length));
        self.appended += 1;
        let is_full = self.journal().full().is_some();
        match self.journal().append(body.as_bytes()) {
            Ok(_) => self.staged.push(body),
            Err(error) => assert!(is_full && matches!(error, Error::Full { .. }), "{error}"),
        }
    }

    fn give_up(&mut self, error: &Error) {
        assert!(matches!(error, Error::Full { .. }), "{error}");
        self.staged.clear();
    }

    /// With room, a writer that had none goes on at its next look.
    fn free(&mut self) {
        self.storage.limit(None);
        self.journal().resume(0, 0).unwrap();
        assert!(self.journal().full().is_none());
    }

    /// A start without any room is refused, and changes nothing.
    fn open(&mut self) {
        let open = || Journal::open(Arc::new(self.storage.clone()), self.options.clone());
        let journal = open().or_else(|error| {
            assert!(error.to_string().ends_with("; free space there"), "{error}");
            self.storage.limit(None);
            open()
        });
        self.journal = Some(journal.unwrap());
    }

    fn journal(&mut self) -> &mut Journal {
        self.journal.as_mut().unwrap()
    }

    /// What is read is what was acknowledged, the numbers of all lines have no hole, and no line is
    /// torn.
    fn check(&self) {
        if self.journal.as_ref().unwrap().full().is_some() {
            let verification = verify(&self.storage).unwrap();
            assert!(verification.is_intact(), "{:?}", verification.findings);
            assert_eq!(verification.unfinished, None);
        }
        let mut cursor = Reader::over(Arc::new(self.storage.clone())).cursor(0).unwrap();
        let lines: Vec<_> = std::iter::from_fn(|| cursor.next().unwrap()).collect();
        assert!((0..).zip(&lines).all(|(seq, line)| line.seq() == seq));
        let bodies = lines.iter().map(|line| String::from_utf8(line.body().to_vec()).unwrap());
        let found: Vec<_> = bodies.filter(|body| body.starts_with("\"number\"")).collect();
        assert_eq!(found, self.acknowledged);
        let segments = self.storage.names().into_iter().filter(|name| name.starts_with("seg/"));
        for name in segments {
            let bytes = self.storage.file(&name).unwrap();
            assert!(matches!(bytes.last(), None | Some(b'\n')), "{name} ends in a torn line");
        }
    }
}
