//! What a writer notices without being asked: a file that is gone, a clock that jumps, a quiet hour.

use super::*;
use crate::{DirectoryStorage, Kind, Modes, verify};

const FIRST: &str = "seg/00000000000000000000.jsonl";
const SECOND: i64 = 1_000_000_000;

/// A wall clock and a monotonic one, moved apart by hand.
#[derive(Default)]
struct TwoClocks {
    wall: AtomicI64,
    mono: AtomicU64,
}

impl TwoClocks {
    fn pass(&self, seconds: u64) {
        self.mono.fetch_add(seconds * SECOND.unsigned_abs(), Ordering::Relaxed);
        self.jump(seconds.cast_signed());
    }

    fn jump(&self, seconds: i64) {
        self.wall.fetch_add(seconds * SECOND, Ordering::Relaxed);
    }
}

impl Clock for TwoClocks {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(self.wall.load(Ordering::Relaxed))
    }

    fn monotonic_ns(&self) -> u64 {
        self.mono.load(Ordering::Relaxed)
    }
}

fn clocked(storage: &MemoryStorage) -> (Journal, Arc<TwoClocks>) {
    let clock = Arc::new(TwoClocks::default());
    clock.jump(1_767_225_600);
    let shared = Arc::clone(&clock) as Arc<dyn Clock>;
    let options = Options { clock: shared, ..options() };
    (Journal::open(Arc::new(storage.clone()), options).unwrap(), clock)
}

/// Looks after the journal and commits what that staged.
fn tick(journal: &mut Journal) {
    journal.tick().unwrap();
    journal.commit().unwrap();
}

fn last(storage: &MemoryStorage) -> serde_json::Value {
    serde_json::from_slice(read(storage).last().unwrap().bytes()).unwrap()
}

#[test]
fn a_clock_that_jumps_is_recorded_and_the_order_stays() {
    let storage = MemoryStorage::new();
    let (mut journal, clock) = clocked(&storage);
    tick(&mut journal);
    clock.pass(30);
    tick(&mut journal);
    clock.jump(5);
    tick(&mut journal);
    assert_eq!(read(&storage).len(), 2, "what is not a jump was recorded");
    for (jump, next) in [(-3600, "an hour earlier"), (365 * 86_400, "a year later")] {
        clock.pass(1);
        clock.jump(jump);
        journal.watch_clock();
        write(&mut journal, [next]);
        let lines = read(&storage);
        let [.., noted, after] = lines.as_slice() else { panic!("{lines:?}") };
        let noted: serde_json::Value = serde_json::from_slice(noted.bytes()).unwrap();
        assert_eq!(noted["action"], "JournalClock");
        assert_eq!(noted["journal"]["jump_ns"], jump * SECOND);
        assert_eq!(after.body(), body(next));
    }
    journal.close().unwrap();
    let seqs: Vec<_> = read(&storage).iter().map(Line::seq).collect();
    assert_eq!(seqs, (0..seqs.len() as u64).collect::<Vec<_>>());
    let verification = verify(&storage).unwrap();
    assert!(verification.is_intact(), "{verification:?}");
    let kinds: Vec<_> = verification.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [Kind::Clock], "only the hour back is worth a warning");
}

#[test]
fn a_jump_whose_record_was_given_up_is_recorded_when_there_is_room() {
    let storage = MemoryStorage::new();
    let (mut journal, clock) = clocked(&storage);
    tick(&mut journal);
    for jump in [-3600, 7200] {
        storage.limit(Some(0));
        clock.jump(jump);
        journal.watch_clock();
        journal.append(&body("given up")).unwrap();
        assert!(matches!(journal.commit(), Err(Error::Full { .. })));
        // What jumps while the disk is full adds to it.
        clock.pass(30);
        clock.jump(60);
        storage.limit(None);
        assert!(journal.resume(1, 0).unwrap());
        assert_eq!(last(&storage)["action"], "JournalResumed");
        tick(&mut journal);
        assert_eq!(last(&storage)["action"], "JournalClock");
        assert_eq!(last(&storage)["journal"]["jump_ns"], (jump + 60) * SECOND);
        tick(&mut journal);
    }
    let clocks = story(&storage).into_iter().filter(|name| name == "journal.clock");
    assert_eq!(clocks.count(), 2, "a jump was recorded twice");
}

#[test]
fn a_quiet_minute_leaves_one_heartbeat_and_a_busy_one_none() {
    let storage = MemoryStorage::new();
    let (mut journal, clock) = clocked(&storage);
    tick(&mut journal);
    for _ in 0..59 {
        clock.pass(1);
        tick(&mut journal);
    }
    write(&mut journal, ["busy"]);
    for _ in 0..60 {
        clock.pass(1);
        tick(&mut journal);
    }
    assert_eq!(read(&storage).len(), 3);
    clock.pass(1);
    tick(&mut journal);
    let beat = last(&storage);
    assert_eq!(beat["action"], "JournalHeartbeat");
    assert_eq!(beat["journal"]["idle_ns"], 60 * SECOND);
    for _ in 0..60 {
        clock.pass(1);
        tick(&mut journal);
    }
    assert_eq!(read(&storage).len(), 4);
}

#[test]
fn a_removed_or_replaced_file_is_found_and_nothing_more_is_acknowledged() {
    for (name, change) in [(FIRST, false), (FIRST, true), ("WATERMARK", false), ("WATERMARK", true)]
    {
        let storage = MemoryStorage::new();
        let mut journal = open(&storage).unwrap();
        write(&mut journal, ["safe"]);
        journal.tick().unwrap();
        let copy = storage.file(name).filter(|_| change);
        storage.replace(name, copy);
        let error = journal.tick().unwrap_err();
        assert!(matches!(&error, Error::Displaced { name: found, .. } if found == name), "{error}");
        assert!(error.to_string().contains("put it back"), "{error}");
        assert!(matches!(journal.append(&body("late")), Err(Error::Poisoned { .. })));
    }
}

#[test]
fn a_writer_without_its_lock_writes_nothing_more_beside_the_next_one() {
    let directory = tempfile::tempdir().unwrap();
    let open = || {
        let modes = Modes::default();
        let storage = DirectoryStorage::open(directory.path().join("audit"), modes).unwrap();
        Journal::open(Arc::new(storage), options()).unwrap()
    };
    let mut first = open();
    std::fs::remove_file(directory.path().join("audit/LOCK")).unwrap();
    let mut second = open();
    first.append(b"\"of\":1").unwrap();
    let refused = first.commit().unwrap_err();
    assert!(matches!(&refused, Error::Displaced { name, .. } if name == "LOCK"), "{refused}");
    second.append(b"\"of\":2").unwrap();
    second.commit().unwrap();
    second.close().unwrap();
    let storage = DirectoryStorage::read_only(directory.path().join("audit"));
    assert!(verify(&storage).unwrap().is_intact());
}

#[test]
fn under_load_the_files_are_looked_after_every_4096_records() {
    let storage = MemoryStorage::new();
    let mut journal = open(&storage).unwrap();
    let copy = storage.file(FIRST);
    storage.replace(FIRST, copy);
    let mut committed = 0;
    let error = loop {
        for _ in 0..64 {
            journal.append(&body("one of many")).unwrap();
        }
        match journal.commit() {
            Ok(_) => committed += 64,
            Err(error) => break error,
        }
        assert!(committed <= 4096, "nothing was noticed");
    };
    assert!(matches!(error, Error::Displaced { .. }), "{error}");
    assert!(committed > 3900);
}

#[cfg(unix)]
#[test]
fn on_disk_every_way_to_lose_a_file_is_found() {
    use std::path::Path;

    use crate::{DirectoryStorage, Modes};

    /// Which file is named, and how it is lost.
    type Way = (&'static str, fn(&Path));
    let ways: [Way; 6] = [
        ("seg/0", |root| std::fs::remove_file(root.join(FIRST)).unwrap()),
        ("seg/0", |root| {
            let bytes = std::fs::read(root.join(FIRST)).unwrap();
            std::fs::remove_file(root.join(FIRST)).unwrap();
            std::fs::write(root.join(FIRST), bytes).unwrap();
        }),
        ("LOCK", |root| std::fs::rename(root.join("LOCK"), root.join("LOCK.old")).unwrap()),
        ("WATERMARK", |root| {
            std::fs::write(root.join("other"), b"").unwrap();
            std::fs::rename(root.join("other"), root.join("WATERMARK")).unwrap();
        }),
        ("seg/0", |root| std::fs::remove_dir_all(root).unwrap()),
        ("seg/0", |root| {
            std::fs::rename(root, root.with_extension("moved")).unwrap();
            std::fs::write(root, b"a file where the directory was").unwrap();
        }),
    ];
    for (index, (expected, lose)) in ways.into_iter().enumerate() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("journal");
        let storage = DirectoryStorage::open(&root, Modes::default()).unwrap();
        let mut journal = Journal::open(Arc::new(storage), options()).unwrap();
        write(&mut journal, ["safe"]);
        journal.tick().unwrap();
        lose(&root);
        let error = journal.tick().unwrap_err();
        let found = matches!(&error, Error::Displaced { name, .. } if name.starts_with(expected));
        assert!(found, "way {index}: {error}");
    }
}
