//! The signed files of a journal: what is in them, when they are written, and what trouble with them does.

use audit_tlog::{Checkpoint, Hash, Note, Signer, SigningKey, VerifierKey, leaf, node};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::failed_sync::damage;
use super::*;
use crate::signed::RECORDS_MAX;
use crate::verify;

/// A minute and a bit.
const MINUTE: i64 = 61_000_000_000;

pub(super) fn key() -> SigningKey {
    SigningKey::from_seed("test/key", [7; 32]).unwrap()
}

pub(super) fn signed(options: Options) -> Options {
    Options { signer: Some(Arc::new(key())), ..options }
}

pub(super) fn open_signed(storage: &MemoryStorage) -> Journal {
    Journal::open(Arc::new(storage.clone()), signed(small_segments())).unwrap()
}

/// The leaves of all lines that a reader gets.
pub(super) fn leaves(storage: &MemoryStorage) -> Vec<Hash> {
    read(storage).iter().map(|line| leaf(line.bytes())).collect()
}

/// The root as RFC 6962 defines it.
pub(super) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node(&root(left), &root(right))
        }
    }
}

fn parse(note: &str, key: &VerifierKey) -> Checkpoint {
    let note = Note::parse(note).unwrap();
    note.signers(std::slice::from_ref(key)).unwrap();
    Checkpoint::parse(&note.text).unwrap()
}

fn text(storage: &MemoryStorage, name: &str) -> String {
    String::from_utf8(storage.file(name).unwrap()).unwrap()
}

pub(super) fn checkpoint(storage: &MemoryStorage) -> Checkpoint {
    parse(&text(storage, "checkpoint"), key().verifier())
}

/// The sizes of all checkpoints in the history, each of which has the root that it should have.
pub(super) fn history(storage: &MemoryStorage, leaves: &[Hash]) -> Vec<u64> {
    let text = text(storage, "checkpoints");
    let parts: Vec<&str> = text.split("\n\n").collect();
    assert_eq!(parts.last(), Some(&""));
    let notes = parts[..parts.len() - 1].chunks(2).map(|both| format!("{}\n", both.join("\n\n")));
    let checkpoints = notes.map(|note| parse(&note, key().verifier()));
    checkpoints.map(|checkpoint| check_root(&checkpoint, leaves)).collect()
}

fn check_root(checkpoint: &Checkpoint, leaves: &[Hash]) -> u64 {
    assert!(checkpoint.origin.starts_with(ORIGIN));
    let size = usize::try_from(checkpoint.size).unwrap();
    assert!(size <= leaves.len(), "{size} of {}", leaves.len());
    assert_eq!(checkpoint.root, root(&leaves[..size]), "{size}");
    checkpoint.size
}

/// Holds all signed files against the lines; returns the size of the newest checkpoint.
pub(super) fn check_files(storage: &MemoryStorage, leaves: &[Hash]) -> u64 {
    let size = check_root(&checkpoint(storage), leaves);
    let history = history(storage, leaves);
    assert!(history.is_sorted_by(|one, two| one < two), "{history:?}");
    assert!(*history.last().unwrap() <= size);
    for pair in segments(storage).windows(2) {
        check_seal(storage, leaves, &pair[0], &pair[1]);
    }
    check_tiles(storage, leaves, size);
    size
}

fn check_seal(storage: &MemoryStorage, leaves: &[Hash], name: &str, next: &str) {
    let seal = parse(&text(storage, &name.replace(".jsonl", ".seal")), key().verifier());
    let number = |name: &str| name["seg/".len()..][..20].parse::<u64>().unwrap();
    let (first, end) = (number(name), number(next));
    assert_eq!(check_root(&seal, leaves), end);
    let lines = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|line| format!("{line}\n")).collect::<Vec<_>>()
    };
    let bytes = storage.file(name).unwrap();
    let whole = lines(bytes)[..usize::try_from(end - first).unwrap()].concat();
    let sha256 = STANDARD.encode(Sha256::digest(whole.as_bytes()));
    let expected = format!("segment {first} {} {} {sha256}", end - 1, whole.len());
    assert_eq!(seal.extensions[0], expected);
    let h = |line: &str| line[line.len() - 46..line.len() - 3].to_owned();
    let header: serde_json::Value = serde_json::from_str(whole.lines().next().unwrap()).unwrap();
    let before = match header["journal"]["previous"]["h"].as_str() {
        Some(before) => before.to_owned(),
        None => crate::Digest::of(seal.origin.as_bytes()).to_string(),
    };
    assert_eq!(seal.extensions[1], format!("chain {before} {}", h(&whole)));
    let peaks: Vec<Hash> =
        seal.extensions[2][6..].split(' ').map(|peak| Hash::parse(peak).unwrap()).collect();
    let mut rest = &leaves[..usize::try_from(end).unwrap()];
    for peak in peaks {
        let (subtree, later) = rest.split_at((rest.len() + 1).next_power_of_two() / 2);
        assert_eq!(peak, root(subtree));
        rest = later;
    }
    assert!(rest.is_empty() && seal.extensions.len() == 3);
}

/// All tiles of a tree of `size` leaves are there, and whatever is there is of this tree.
pub(super) fn check_tiles(storage: &MemoryStorage, leaves: &[Hash], size: u64) {
    let (mut expected, mut least) = (leaves.to_vec(), usize::try_from(size).unwrap());
    for level in 0.. {
        let found = storage.file(&format!("tiles/{level}")).unwrap_or_default();
        let all: Vec<u8> = expected.iter().flat_map(|hash| *hash.as_bytes()).collect();
        assert!(found.len() >= 32 * least && all.starts_with(&found), "level {level}");
        if expected.is_empty() {
            break;
        }
        expected = expected.chunks_exact(256).map(root).collect();
        least /= 256;
    }
}

fn append_many(journal: &mut Journal, records: u64) {
    for number in 0..records {
        journal.append(&body(&format!("record {number}"))).unwrap();
    }
    journal.commit().unwrap();
    journal.sign_due();
}

#[test]
fn a_small_journal_has_the_documented_files() {
    let storage = MemoryStorage::new();
    let mut journal = open_signed(&storage);
    write(&mut journal, (0..30).map(|number| format!("record {number}")));
    journal.close().unwrap();
    let leaves = leaves(&storage);
    assert_eq!(check_files(&storage, &leaves), leaves.len() as u64);
    let note = text(&storage, "checkpoint");
    let expected = format!("{ORIGIN}\n{}\n{}\n\n\u{2014} test/key ", leaves.len(), root(&leaves));
    assert!(note.starts_with(&expected) && note.lines().count() == 5, "{note}");
    let names = names(&storage, "");
    let seals = names.iter().filter(|name| name.ends_with(".seal")).count();
    assert_eq!(seals, segments(&storage).len() - 1);
    // One at the start, at each seal, and at the end.
    assert_eq!(history(&storage, &leaves).len(), seals + 2);
    assert!(verify(&storage).unwrap().is_intact());
}

#[test]
fn without_a_key_there_are_none_of_these_files() {
    let storage = closed(600, small_segments());
    let is_known =
        |name: &String| name.ends_with(".jsonl") || ["WATERMARK", "REDO"].contains(&name.as_str());
    assert!(names(&storage, "").iter().all(is_known), "{:?}", names(&storage, ""));
}

#[test]
fn a_checkpoint_comes_with_a_tick_with_many_records_and_with_the_end() {
    let storage = MemoryStorage::new();
    let clock = Arc::new(StepClock::default());
    let options = Options { clock: Arc::<StepClock>::clone(&clock), ..signed(options()) };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    let size = |journal: &mut Journal, is_expected: bool| {
        let (durable, found) = (journal.watermark().durable(), checkpoint(&storage).size);
        assert_eq!(found == durable, is_expected, "{found} of {durable}");
        check_files(&storage, &leaves(&storage))
    };
    // A journal without one would say that nothing was ever signed.
    size(&mut journal, true);
    write(&mut journal, ["one"]);
    size(&mut journal, false);
    journal.tick().unwrap();
    size(&mut journal, true);
    append_many(&mut journal, RECORDS_MAX - 1);
    size(&mut journal, false);
    append_many(&mut journal, 1);
    let third = size(&mut journal, true);
    write(&mut journal, ["one"]);
    clock.advance(MINUTE);
    journal.tick().unwrap();
    let fourth = size(&mut journal, true);
    write(&mut journal, ["one"]);
    journal.close().unwrap();
    let leaves = leaves(&storage);
    let end = check_files(&storage, &leaves);
    assert_eq!(end, leaves.len() as u64);
    assert_eq!(history(&storage, &leaves), [2, third, fourth, end]);
}

#[test]
fn a_checkpoint_is_of_no_record_that_is_not_durable() {
    let storage = Faulty::new();
    let options = signed(options());
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    journal.append(&body("staged")).unwrap();
    journal.tick().unwrap();
    assert_eq!(checkpoint(&storage.inner).size, 2);
    storage.fail();
    journal.commit().unwrap_err();
    storage.mend();
    journal.tick().unwrap_err();
    drop(journal);
    assert_eq!(checkpoint(&storage.inner).size, 2);
    storage.inner.crash(0);
    open_signed(&storage.inner).close().unwrap();
    check_files(&storage.inner, &leaves(&storage.inner));
}

#[test]
fn a_seal_behind_a_failed_sync_is_of_the_bytes_that_count() {
    let storage = Faulty::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), signed(options())).unwrap();
    write(&mut journal, ["before"]);
    storage.fail_next_syncs(1);
    write(&mut journal, ["again"]);
    assert_eq!(damage(&storage.inner), (vec![], 1));
    let check = || check_files(&storage.inner, &leaves(&storage.inner));
    check();
    let seal = storage.inner.file("seg/00000000000000000000.seal");
    drop(journal);
    // And so is the one that a start makes.
    storage.inner.replace("seg/00000000000000000000.seal", None);
    let journal = Journal::open(Arc::new(storage.inner.clone()), signed(options())).unwrap();
    assert!(journal.unsigned().is_none());
    check();
    assert_eq!(storage.inner.file("seg/00000000000000000000.seal"), seal);
    drop(journal);
    // Which the next one does not hold against the bytes behind.
    drop(Journal::open(Arc::new(storage.inner.clone()), signed(options())).unwrap());
}

/// A key that can be taken away.
pub(super) struct Key(pub(super) SigningKey, pub(super) std::sync::atomic::AtomicBool);

impl Signer for Key {
    fn verifier(&self) -> &VerifierKey {
        self.0.verifier()
    }

    fn sign(&self, text: &str) -> io::Result<Vec<u8>> {
        match self.1.load(Ordering::Relaxed) {
            true => Err(io::Error::other("the key is away")),
            false => self.0.sign(text),
        }
    }
}

#[test]
fn a_key_that_does_not_sign_is_told_of_and_made_good_for_when_it_does() {
    let (storage, key) = (MemoryStorage::new(), Arc::new(Key(key(), true.into())));
    let signer = Some(Arc::<Key>::clone(&key) as _);
    let options = Options { signer, ..small_segments() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    write(&mut journal, (0..30).map(|number| format!("record {number}")));
    journal.tick().unwrap();
    let told = journal.unsigned().unwrap().to_string();
    assert!(told.contains("cannot sign seg/00000000000000000000.seal"), "{told}");
    assert!(told.contains("the key is away"), "{told}");
    assert_eq!(storage.file("checkpoint"), None);
    key.1.store(false, Ordering::Relaxed);
    journal.tick().unwrap();
    assert!(journal.unsigned().is_none());
    let leaves = leaves(&storage);
    assert_eq!(check_files(&storage, &leaves), leaves.len() as u64);
}

#[test]
fn files_that_cannot_be_written_stop_no_append() {
    for call in ["replace", "write_at", "truncate", "create", "sync"] {
        let storage = Faulty::new();
        let clock = Arc::new(StepClock::default());
        let options = Options { clock: Arc::<StepClock>::clone(&clock), ..signed(options()) };
        let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
        // So many, and so late, that the second file of tiles is due, and the history.
        append_many(&mut journal, 300);
        clock.advance(MINUTE);
        storage.fail_call(call, io::ErrorKind::PermissionDenied, u32::MAX);
        journal.tick().unwrap();
        assert_eq!(journal.unsigned().is_some(), call != "truncate", "{call}");
        storage.fail_call(call, io::ErrorKind::PermissionDenied, 0);
        write(&mut journal, ["goes on"]);
        journal.tick().unwrap();
        assert!(journal.unsigned().is_none(), "{call}");
        assert_eq!(check_files(&storage.inner, &leaves(&storage.inner)), 303);
    }
}

#[test]
fn a_full_disk_leaves_the_files_whole_and_they_catch_up() {
    let mut seen = [0, 0];
    for room in 0..60 {
        let storage = MemoryStorage::new();
        let mut journal = open_signed(&storage);
        write(&mut journal, ["before"]);
        journal.tick().unwrap();
        full::leave(&storage, room * 40);
        for number in 0..20 {
            let record = body(&format!("record {number}"));
            let _ = journal.append(&record).and_then(|()| journal.commit().map(|_| ()));
        }
        journal.tick().unwrap();
        let full = journal.full().is_some();
        seen[0] += u32::from(full && journal.unsigned().is_some());
        seen[1] += u32::from(full && journal.unsigned().is_none());
        storage.limit(None);
        journal.tick().unwrap();
        assert_eq!(journal.resume(0, 0).unwrap(), full);
        journal.tick().unwrap();
        assert!(journal.unsigned().is_none());
        let leaves = leaves(&storage);
        assert_eq!(check_files(&storage, &leaves), leaves.len() as u64, "{room}");
    }
    assert!(seen.iter().all(|times| *times > 1), "{seen:?}");
}
