//! Epochs and others: readers that meet one as it begins, who repairs twice, and directories taken for journals.

use std::path::Path;

use super::*;
use crate::{Cause, DirectoryStorage, Modes, OnDamage, quarantine, verify, verify_epochs};

/// What happens to the journal on disk just before a reader's next look at it.
type Event = Box<dyn Fn() + Send + Sync>;

/// A directory in which something happens before one of the looks.
struct Eventful {
    directory: DirectoryStorage,
    looks_left: AtomicI64,
    event: Event,
}

impl Eventful {
    fn look(&self) {
        if self.looks_left.fetch_sub(1, Ordering::Relaxed) == 0 {
            (self.event)();
        }
    }
}

impl Storage for Eventful {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.look();
        self.directory.list(dir)
    }

    fn create(&self, _: &str) -> io::Result<Box<dyn StorageFile>> {
        unreachable!("a reader changes nothing")
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        self.look();
        self.directory.open(name, access)
    }

    fn lock(&self, _: &str) -> io::Result<LockOutcome> {
        unreachable!("a reader takes no lock")
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.look();
        self.directory.is_locked()
    }

    fn describe(&self) -> String {
        self.directory.describe()
    }
}

/// Renames as often as it may, and then dies.
struct Dying {
    directory: DirectoryStorage,
    renames_left: AtomicI64,
}

impl Storage for Dying {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.directory.list(dir)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.directory.create(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        spend(&self.renames_left)?;
        self.directory.rename(from, to)
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        self.directory.open(name, access)
    }

    fn lock(&self, holder: &str) -> io::Result<LockOutcome> {
        self.directory.lock(holder)
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.directory.is_locked()
    }

    fn describe(&self) -> String {
        self.directory.describe()
    }
}

fn on_disk(path: &Path) -> DirectoryStorage {
    DirectoryStorage::open(path, Modes::default()).unwrap()
}

/// Writes so many records, in an epoch of its own if the journal was there before.
fn written(path: &Path, text: &str, records: usize) {
    let storage = Arc::new(on_disk(path));
    let opened = match storage.list("seg").unwrap().is_empty() {
        true => Journal::open(storage, small_segments()),
        false => Journal::adopt(storage, small_segments(), "moved"),
    };
    let mut journal = opened.unwrap();
    for _ in 0..records {
        journal.append(&body(text)).unwrap();
    }
    journal.commit().unwrap();
}

/// A journal of several segments, the older or the newer one of which is the longer.
fn meeting(path: &Path, looks: i64, renames: i64) -> Arc<Eventful> {
    written(path, "old", 20);
    let place = path.to_owned();
    let event = move || {
        let storage = Dying { directory: on_disk(&place), renames_left: AtomicI64::new(renames) };
        if Journal::adopt(Arc::new(storage), options(), "moved").is_ok() {
            written(&place, "newer", 0);
            written(&place, "new", 40);
        }
    };
    let (directory, event) = (DirectoryStorage::read_only(path), Box::new(event));
    Arc::new(Eventful { directory, looks_left: AtomicI64::new(looks), event })
}

/// Follows from `from_seq` on; the texts, and where the cursor was sent, if it was.
fn follow(storage: &Arc<Eventful>, from_seq: u64) -> (Vec<String>, Option<String>) {
    let mut texts = Vec::new();
    let mut cursor = match Reader::over(storage.clone()).cursor(from_seq) {
        Ok(cursor) => cursor,
        Err(error) => return (texts, Some(error.to_string())),
    };
    // Whoever finds nothing yet asks again.
    let mut asked = 0;
    loop {
        match cursor.next() {
            Ok(Some(line)) => {
                let text = String::from_utf8(line.body().to_vec()).unwrap();
                texts.extend(text.contains("\"text\"").then_some(text));
            }
            Ok(None) if asked < 3 => asked += 1,
            Ok(None) => return (texts, None),
            Err(error) => return (texts, Some(error.to_string())),
        }
    }
}

#[test]
fn whoever_reads_while_an_epoch_begins_sees_one_epoch_and_no_damage() {
    let (mut sent_on, mut stayed) = (0, 0);
    for renames in [-1, 1, 2, 3] {
        for looks in 0.. {
            let directory = tempfile::tempdir().unwrap();
            let storage = meeting(&directory.path().join("journal"), looks, renames);
            let (texts, error) = follow(&storage, 9 * (looks as u64 % 2));
            let is_over = storage.looks_left.load(Ordering::Relaxed) >= 0;
            assert!(texts.windows(2).all(|two| two[0] == two[1]), "{renames} {looks}: mixed");
            if let Some(error) = error {
                assert!(error.contains("lies in epochs/"), "{renames} {looks}: {error}");
                sent_on += 1;
            } else {
                stayed += 1;
            }
            if is_over {
                break;
            }
        }
    }
    assert!(sent_on > 20 && stayed > 20, "{sent_on} and {stayed}");
}

#[test]
fn whoever_verifies_while_an_epoch_begins_finds_no_damage() {
    for renames in [-1, 1, 2, 3] {
        for looks in 0.. {
            let directory = tempfile::tempdir().unwrap();
            let storage = meeting(&directory.path().join("journal"), looks, renames);
            match verify(&*storage) {
                Ok(verified) => assert!(verified.is_intact(), "{renames} {looks}: {verified:?}"),
                Err(Error::NoJournal { .. } | Error::Unsigned { .. }) if renames > 0 => {}
                Err(error) => panic!("{renames} {looks}: {error}"),
            }
            for older in verify_epochs(&*storage).unwrap() {
                assert_eq!(older.change, None, "{renames} {looks}");
            }
            if storage.looks_left.load(Ordering::Relaxed) >= 0 {
                break;
            }
        }
    }
}

#[test]
fn a_repair_that_was_killed_is_finished_by_the_next_one() {
    let mut finished_ones = 0;
    for allowed in 0.. {
        let storage = Faulty { inner: finished(), ..Faulty::new() };
        tamper(&storage.inner, "seg/00000000000000000000.jsonl", |bytes| bytes[700] ^= 1);
        storage.faults.changes_left.store(allowed, Ordering::Relaxed);
        let is_done = Journal::repair(Arc::new(storage.clone()), options()).is_ok();
        storage.inner.crash(0);
        match Journal::repair(Arc::new(storage.inner.clone()), options()) {
            Ok(journal) => {
                let aside = journal.set_aside().unwrap();
                assert_eq!((aside.epoch, aside.cause), (0, Cause::Repaired), "{allowed}");
                finished_ones += 1;
            }
            // The new epoch has begun.
            Err(Error::Intact { .. }) => {}
            Err(error) => panic!("{allowed}: {error}"),
        }
        assert_eq!(open(&storage.inner).unwrap().origin(), "test/journal#1", "{allowed}");
        if is_done {
            break;
        }
    }
    assert!(finished_ones >= 10);
}

#[test]
fn acknowledged_records_that_a_crash_left_in_a_copy_alone_are_set_aside_with_the_others() {
    let storage = finished();
    let last = segments(&storage).pop().unwrap();
    let whole = storage.file(&last).unwrap();
    let cut = 1 + whole.iter().position(|byte| *byte == b'\n').unwrap();
    let (kept, end) = whole.split_at(cut);
    storage.replace("tail", Some(end.to_vec()));
    let file = storage.open("tail", Access::Read).unwrap();
    let (bytes, sha256) = quarantine::measure(&*file, 0).unwrap();
    storage.replace("tail", None);
    let copy = [format!("{last} {cut} {bytes} {sha256}\n").as_bytes(), end].concat();
    storage.replace("REDO", Some(copy));
    storage.replace(&last, Some(kept.to_vec()));
    let records = verify(&finished()).unwrap().records;
    let journal = Journal::adopt(Arc::new(storage.clone()), options(), "moved").unwrap();
    let aside = journal.set_aside().unwrap();
    assert_eq!((aside.records, aside.damage), (records, 0));
    assert_eq!(storage.file(&format!("epochs/0/{last}")).unwrap(), whole);
}

#[test]
fn an_older_epoch_is_no_journal_to_write_to() {
    let storage = finished();
    Journal::adopt(Arc::new(storage.clone()), options(), "moved").unwrap().close().unwrap();
    let older = MemoryStorage::new();
    for name in names(&storage, "epochs/0/") {
        older.replace(&name["epochs/0/".len()..], storage.file(&name));
    }
    let before: Vec<_> = older.names().into_iter().map(|name| older.file(&name)).collect();
    let going_on = Options { on_damage: OnDamage::NewEpoch, ..options() };
    let shared = || Arc::new(older.clone());
    for refused in [
        Journal::open(shared(), going_on),
        Journal::adopt(shared(), options(), "why"),
        Journal::repair(shared(), options()),
    ] {
        assert!(matches!(refused.unwrap_err(), Error::Closed { .. }));
    }
    let after: Vec<_> = older.names().into_iter().map(|name| older.file(&name)).collect();
    assert!(before == after);
    assert_eq!(story(&older).last().unwrap(), "journal.stop");
    assert!(verify(&older).unwrap().is_intact());
    // EPOCH in a journal's own directory does not have its older epochs passed over.
    assert!(matches!(verify_epochs(&older).unwrap_err(), Error::Closed { .. }));
    let hiding = storage.snapshot();
    hiding.replace("EPOCH", older.file("EPOCH"));
    assert!(matches!(verify_epochs(&hiding).unwrap_err(), Error::Closed { .. }));
}

#[test]
fn a_name_that_ends_like_an_epochs_is_still_the_journals_own() {
    let storage = MemoryStorage::new();
    let unnamed = Options { origin: None, ..options() };
    let named = Options { origin: Some("shop#3".into()), ..options() };
    Journal::open(Arc::new(storage.clone()), named.clone()).unwrap().close().unwrap();
    for origin in ["shop#3#1", "shop#3#2"] {
        let journal = Journal::adopt(Arc::new(storage.clone()), unnamed.clone(), "moved").unwrap();
        assert_eq!(journal.origin(), origin);
    }
    Journal::open(Arc::new(storage), named).unwrap();
}

#[test]
fn an_epoch_whose_description_was_exchanged_is_not_vouched_for_by_the_next() {
    let storage = finished();
    let adopt = || Journal::adopt(Arc::new(storage.clone()), options(), "moved").unwrap();
    drop(adopt());
    let described = String::from_utf8(storage.file("epochs/0/EPOCH").unwrap()).unwrap();
    for spoilt in [described.replace("moved", "mooed"), "no JSON at all".to_owned()] {
        assert_ne!(spoilt, described);
        storage.replace("epochs/0/EPOCH", Some(spoilt.into_bytes()));
        assert_eq!(verify_epochs(&storage).unwrap().last().unwrap().state.name(), "changed");
        drop(adopt());
        let states: Vec<_> = verify_epochs(&storage).unwrap();
        let oldest = states.last().unwrap();
        assert_eq!((oldest.epoch, oldest.state.name()), (0, "changed"));
        assert!(states[..states.len() - 1].iter().all(|older| older.change.is_none()));
    }
}
