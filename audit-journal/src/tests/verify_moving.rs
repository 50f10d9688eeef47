//! Verification of what was signed while the journal goes on: other keys, a pruned front, a living writer.

use std::sync::atomic::AtomicBool;

use super::naive::{checkpoint, key, leaves, lines, sign};
use super::prune::{before, firsts, living};
use super::verify_signed::{against, anchor, check, damage, signed, trust};
use super::*;
use crate::{Kind, Level, verify, verify_signed};

/// A pruned journal with the seals of what was pruned, from where on it is kept, and what it was with all of it.
pub(super) fn pruned() -> (MemoryStorage, u64, MemoryStorage) {
    let (storage, mut journal) = living();
    let whole = storage.snapshot();
    let kept = firsts(&storage)[2];
    journal.prune(&before(kept)).unwrap();
    write(&mut journal, (0..12).map(|number| format!("record {number}")));
    journal.close().unwrap();
    let gone: Vec<_> = segments(&whole).into_iter().take(2).collect();
    for name in &gone {
        storage.replace(name, whole.file(name));
    }
    sign(&storage, &key(1), &[3, 20, leaves(&storage).len()]);
    let whole = storage.snapshot();
    gone.iter().for_each(|name| storage.replace(name, None));
    (storage, kept, whole)
}

#[test]
fn a_pruned_journal_is_followed_from_the_seal_before_it() {
    let (whole, kept, _) = pruned();
    let verification = check(&whole);
    assert_eq!(verification.findings, []);
    assert!(verification.pruned.is_some() && verification.first_seq == Some(kept));
    assert_eq!(verification.level(), Some(Level::Signed));
    let mut seals = names(&whole, "seg/");
    seals.retain(|name| name.ends_with(".seal"));
    let first: u64 = seals[1]["seg/".len()..][..20].parse().unwrap();
    for (seal, expected) in [(0, &[0][..]), (1, &[first, kept])] {
        let storage = whole.snapshot();
        storage.replace(&seals[seal], None);
        let expected: Vec<_> = expected.iter().map(|seq| (Kind::Unsigned, *seq)).collect();
        assert_eq!(damage(&check(&storage)), expected, "{}", seals[seal]);
        storage.replace(&seals[seal], Some(b"no seal".to_vec()));
        assert_eq!(damage(&check(&storage)), expected, "{}", seals[seal]);
    }
}

#[test]
fn an_anchor_below_what_was_pruned_is_held_against_the_tiles() {
    let (storage, kept, whole) = pruned();
    for size in [1, 3, kept as usize - 1, kept as usize] {
        let verification = against(&storage, &anchor(&whole, size));
        assert_eq!(verification.findings, [], "{size}");
        assert_eq!(verification.anchored_size, Some(size as u64));
        let mut others = leaves(&whole)[..size].to_vec();
        others[0] = audit_tlog::leaf(b"another record");
        let verification = against(&storage, &checkpoint(&key(1), &others));
        let kinds = damage(&verification);
        assert!(!kinds.is_empty() && kinds[0].1 < size as u64, "{size}: {verification:#?}");
    }
    storage.replace("tiles/0", None);
    let verification = against(&storage, &anchor(&whole, 3));
    assert_eq!((damage(&verification), verification.anchored_size), (vec![], None));
    let told = |it: &crate::Finding| it.reason.contains("cannot be compared") && it.seq == 2;
    assert!(verification.findings.iter().any(told), "{verification:#?}");
    let verification = against(&storage, &anchor(&whole, kept as usize));
    assert_eq!(verification.anchored_size, Some(kept), "the seal has it");
}

#[test]
fn a_change_behind_damage_is_found_from_the_next_seal_on() {
    let storage = signed();
    let segments = lines(&storage);
    let (second, last) = (segments[1].0, segments.last().unwrap().0);
    // The bytes of record 3 alone, and all from the last segment on.
    tamper(&storage, &format!("seg/{:020}.jsonl", 0), |bytes| {
        let at = bytes.windows(8).position(|at| at == b"record 1").unwrap();
        bytes[at] = b'R';
    });
    assert!(last > second);
    let end = leaves(&storage).len() as u64;
    let verification = check(&storage);
    assert_eq!(damage(&verification), [(Kind::Edited, 3)], "no more than what was changed");
    assert_eq!(verification.signed_size, Some(end), "what follows a seal is borne out again");
}

#[test]
fn beside_a_living_writer_nothing_is_found() {
    let storage = MemoryStorage::new();
    let is_over = Arc::new(AtomicBool::new(false));
    let options = Options { signer: Some(Arc::new(key(1))), ..small_segments() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    journal.tick().unwrap();
    std::thread::scope(|scope| {
        let over = Arc::clone(&is_over);
        scope.spawn(move || {
            for number in 0..600 {
                write(&mut journal, [format!("record {number}")]);
                if number % 3 == 0 {
                    journal.tick().unwrap();
                }
            }
            journal.close().unwrap();
            over.store(true, Ordering::Release);
        });
        let mut looks = 0;
        while !is_over.load(Ordering::Acquire) || looks < 10 {
            let verification = check(&storage);
            assert_eq!(verification.findings, []);
            assert_eq!(verification.level(), Some(Level::Signed));
            looks += 1;
        }
    });
    assert_eq!(check(&storage).signed_size, Some(leaves(&storage).len() as u64));
}

/// Storage that is another one from the second look at the newest checkpoint on, or that at WATERMARK behind a look at the lock.
pub(super) struct Moving {
    stages: [MemoryStorage; 2],
    looks: AtomicUsize,
}

impl Moving {
    pub(super) fn of(stages: [MemoryStorage; 2]) -> Self {
        Self { stages, looks: AtomicUsize::new(0) }
    }

    fn now(&self) -> &MemoryStorage {
        &self.stages[usize::from(self.looks.load(Ordering::Relaxed) >= 2)]
    }
}

impl Storage for Moving {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.now().list(dir)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.now().create(name)
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        if ["WATERMARK", "checkpoint"].contains(&name) && self.looks.load(Ordering::Relaxed) == 1 {
            self.looks.store(2, Ordering::Relaxed);
        }
        self.now().open(name, access)
    }

    fn lock(&self, holder: &str) -> io::Result<LockOutcome> {
        self.now().lock(holder)
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.looks.fetch_max(1, Ordering::Relaxed);
        self.now().is_locked()
    }

    fn describe(&self) -> String {
        "moving memory".into()
    }
}

/// A signed journal whose writer is starting behind a power cut: WATERMARK is as old as the start before, and all
/// records are there.
fn starting() -> (MemoryStorage, u64) {
    let storage = signed();
    let end = leaves(&storage).len() as u64;
    let last = lines(&storage).pop().unwrap();
    let tip = crate::line::stated_hash(&last.1[0]).unwrap();
    let chain = crate::line::Chain { next: last.0 + 1, tip };
    crate::watermark::Publisher::open(&storage, &chain).unwrap();
    (storage, end)
}

/// The last segment without its last record, as it is for a moment while a start writes it again.
fn cut(storage: &MemoryStorage) -> MemoryStorage {
    let storage = storage.snapshot();
    tamper(&storage, &segments(&storage).pop().unwrap(), |bytes| {
        let end = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
        bytes.truncate(end + 1);
    });
    storage
}

#[test]
fn beside_a_writer_that_starts_behind_a_power_cut_nothing_is_found() {
    let (storage, end) = starting();
    let held = storage.lock("a start").unwrap();
    let verification = check(&storage);
    assert_eq!((damage(&verification), verification.signed_size), (vec![], Some(end)));
    drop(held);
    let stages = [cut(&storage), storage.snapshot()];
    let _held = stages.each_ref().map(|stage| stage.lock("a start").unwrap());
    let moving = Moving::of(stages);
    let verification = verify_signed(&moving, &trust(&[&key(1)], &[])).unwrap();
    assert_eq!(damage(&verification), [], "what is there again was not gone");
    assert_eq!(moving.looks.load(Ordering::Relaxed), 2);
}

#[test]
fn damage_beside_a_writer_is_found_by_both_looks() {
    let (storage, end) = starting();
    let storage = cut(&storage);
    let _held = storage.lock("a start").unwrap();
    assert_eq!(damage(&check(&storage)), [(Kind::Truncated, end - 1)]);
    let (whole, _) = starting();
    tamper(&whole, &segments(&whole)[0], |bytes| bytes[700] ^= 1);
    let _held = whole.lock("a start").unwrap();
    assert_eq!(damage(&check(&whole)).len(), 1);
}

/// A journal that is pruned before each of so many looks at its segments.
struct Hurried {
    storage: MemoryStorage,
    journal: Mutex<Journal>,
    looks: AtomicU64,
}

impl Storage for Hurried {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        if dir == "seg" && count_down(&self.looks) {
            let mut journal = self.journal.lock().unwrap();
            write(&mut journal, (0..9).map(|number| format!("record {number}")));
            let newest = firsts(&self.storage).pop().unwrap();
            journal.prune(&before(newest)).unwrap();
        }
        self.storage.list(dir)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.storage.create(name)
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageFile>> {
        self.storage.open(name, access)
    }

    fn lock(&self, holder: &str) -> io::Result<LockOutcome> {
        self.storage.lock(holder)
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.storage.is_locked()
    }

    fn describe(&self) -> String {
        self.storage.describe()
    }
}

#[test]
fn who_is_overtaken_by_each_pruning_says_so_and_is_not_by_a_few() {
    let look = |looks| {
        let (storage, journal) = living();
        verify(&Hurried { storage, journal: Mutex::new(journal), looks: AtomicU64::new(looks) })
    };
    assert_eq!(look(20).unwrap().findings, []);
    let told = look(u64::MAX).unwrap_err().to_string();
    assert!(told.contains("pruned faster than it could be read: try again"), "{told}");
}
