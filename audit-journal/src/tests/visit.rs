//! Visits: a closed journal takes a record of somebody else, and its service is not turned away.

use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::storage::UNNAMED;
use crate::{DirectoryStorage, Modes, verify};

fn visit(storage: &MemoryStorage) -> Result<Journal, Error> {
    Journal::visit(Arc::new(storage.clone()), options())
}

#[test]
fn a_visit_adds_its_record_to_a_closed_journal_and_leaves_it_closed() {
    let storage = MemoryStorage::new();
    let mut service = Journal::open(Arc::new(storage.clone()), options()).unwrap();
    write(&mut service, ["one"]);
    service.close().unwrap();
    for _ in 0..2 {
        let mut visitor = visit(&storage).unwrap();
        write(&mut visitor, ["seen"]);
        visitor.close().unwrap();
    }
    let text = String::from_utf8(storage.file("seg/00000000000000000000.jsonl").unwrap()).unwrap();
    assert_eq!(text.matches("\"text\":\"seen\"").count(), 2);
    assert_eq!(text.matches("\"unclean\":true").count(), 0, "{text}");
    assert!(verify(&storage).unwrap().is_intact());
    open(&storage).unwrap();
}

#[test]
fn a_visit_changes_nothing_of_a_journal_that_was_not_closed() {
    let closed = || {
        let storage = MemoryStorage::new();
        open(&storage).unwrap().close().unwrap();
        storage
    };
    let interrupted = MemoryStorage::new();
    drop(open(&interrupted).unwrap());
    let torn = closed();
    let segment = "seg/00000000000000000000.jsonl";
    let bytes = torn.file(segment).unwrap();
    torn.replace(segment, Some([bytes.as_slice(), b"{\"v\":1"].concat()));
    let behind = closed();
    behind.replace("WATERMARK", Some(format!("{0:020} {0:020}\n", 2).into_bytes()));
    let doubtful = closed();
    doubtful.replace("REDO", Some(b"a copy".to_vec()));
    for storage in [interrupted, torn, behind, doubtful, MemoryStorage::new()] {
        let files = || [segment, "WATERMARK", "REDO", "RESERVE"].map(|name| storage.file(name));
        let before = files();
        let error = visit(&storage).unwrap_err();
        assert!(matches!(error, Error::Unclean { .. }), "{error}");
        assert_eq!(files(), before);
    }
}

#[test]
fn a_visit_begins_no_segment_however_full_or_old_the_last_one_is() {
    let storage = MemoryStorage::new();
    open(&storage).unwrap().close().unwrap();
    let options = Options { segment_bytes_max: 1, segment_age_max: Duration::ZERO, ..options() };
    let mut visitor = Journal::visit(Arc::new(storage.clone()), options).unwrap();
    write(&mut visitor, ["seen"]);
    visitor.close().unwrap();
    assert_eq!(storage.list("seg").unwrap().len(), 1);
}

#[test]
fn a_visit_leaves_the_reserve_of_the_service_alone() {
    let storage = MemoryStorage::new();
    let service = Options { reserve_bytes: 100_000, ..options() };
    Journal::open(Arc::new(storage.clone()), service).unwrap().close().unwrap();
    storage.limit(Some(0));
    let error = visit(&storage).unwrap_err();
    assert!(matches!(error, Error::Full { .. }), "{error}");
    assert_eq!(storage.file("RESERVE").unwrap().len(), 100_000);
    storage.limit(None);
    visit(&storage).unwrap().close().unwrap();
}

#[test]
fn a_service_that_starts_during_a_visit_waits_and_one_beside_a_service_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit");
    let storage = || Arc::new(DirectoryStorage::open(&path, Modes::default()).unwrap());
    Journal::open(storage(), options()).unwrap().close().unwrap();
    let visitor = Journal::visit(storage(), options()).unwrap();
    let asked = storage();
    let service = thread::spawn(move || Journal::open(asked, options()));
    thread::sleep(Duration::from_millis(500));
    assert!(!service.is_finished(), "the service did not wait");
    visitor.close().unwrap();
    let service = service.join().unwrap().unwrap();
    let asked = Instant::now();
    let error = Journal::visit(storage(), options()).unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    assert!(asked.elapsed() < Duration::from_secs(3), "a service is not waited for");
    drop(service);
}

/// A storage whose lock is held by others for as long as there is something to say of them.
struct Held {
    inner: MemoryStorage,
    said: Mutex<Vec<&'static str>>,
}

impl Storage for Held {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.inner.list(dir)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.inner.create(name)
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        self.inner.open(name, access)
    }

    fn lock(&self, holder: &str) -> io::Result<LockOutcome> {
        match self.said.lock().unwrap().pop() {
            Some(said) => Ok(LockOutcome::Held { holder: said.to_owned() }),
            None => self.inner.lock(holder),
        }
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.inner.is_locked()
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

#[test]
fn words_that_an_earlier_holder_left_do_not_turn_a_service_away() {
    const SERVICE: &str = r#"{"pid":1,"writer":"shop","since":"now"}"#;
    const VISITOR: &str = r#"{"pid":2,"writer":"audited","since":"now","visit":true}"#;
    let begin = |mut said: Vec<&'static str>| {
        said.reverse();
        let inner = MemoryStorage::new();
        Journal::open(Arc::new(Held { inner, said: Mutex::new(said) }), options())
    };
    for said in [
        vec![SERVICE],
        vec![VISITOR, VISITOR],
        vec![SERVICE, VISITOR, VISITOR],
        vec![SERVICE, UNNAMED, "{\"pid\":2,\"wri", VISITOR],
    ] {
        begin(said).unwrap();
    }
    for said in [vec![SERVICE, SERVICE], vec![VISITOR, SERVICE, SERVICE], vec!["x", "x"]] {
        let error = begin(said).unwrap_err();
        assert!(matches!(error, Error::InUse { .. }), "{error}");
    }
}
