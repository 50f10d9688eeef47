//! What a start says of records that it signs although nothing that it trusts has signed them, and of other keys.

use audit_tlog::{Checkpoint, Note, Signer, SigningKey};

use super::prune::{before, firsts, prunable};
use super::signed::{Key, check_files, checkpoint, key, leaves, root, signed};
use super::verify_signed::damage;
use super::*;
use crate::signed::RECORDS_MAX;
use crate::verify::Trust;
use crate::{SignedAnew, verify_signed};

fn other() -> SigningKey {
    SigningKey::from_seed("test/other", [8; 32]).unwrap()
}

/// Signed by the other key, with the first one as far as it vouches.
fn by_other(is_vouched: bool) -> Options {
    let older: Vec<Arc<dyn Signer>> = vec![Arc::new(key())];
    let older_signers = if is_vouched { older } else { Vec::new() };
    let signer: Option<Arc<dyn Signer>> = Some(Arc::new(other()));
    Options { signer, older_signers, retention_days_min: 0, ..small_segments() }
}

fn start(storage: &MemoryStorage, options: Options) -> Journal {
    Journal::open(Arc::new(storage.clone()), options).unwrap()
}

/// The last records of the journal of this name.
fn recorded(storage: &MemoryStorage, name: &str) -> Vec<serde_json::Value> {
    let records =
        read(storage).into_iter().map(|line| serde_json::from_slice(line.bytes()).unwrap());
    records.filter(|record: &serde_json::Value| record["name"] == name).collect()
}

fn remove(storage: &MemoryStorage, is_gone: impl Fn(&str) -> bool) {
    storage
        .names()
        .iter()
        .filter(|name| is_gone(name))
        .for_each(|name| storage.replace(name, None));
}

fn is_signature(name: &str) -> bool {
    name.starts_with("checkpoint") || name.starts_with("tiles/") || name.ends_with(".seal")
}

#[test]
fn a_start_that_signs_what_it_finds_says_so_and_what_it_did_not_find() {
    let whole = closed(30, signed(small_segments()));
    let size = checkpoint(&whole).size;
    let firsts = firsts(&whole);
    let seal = crate::segment::seal(firsts[1]);
    let last = *firsts.last().unwrap();
    let gone = |is_gone: &dyn Fn(&str) -> bool, expected: Option<(&'static str, u64)>| {
        let storage = whole.snapshot();
        remove(&storage, is_gone);
        let journal = start(&storage, signed(small_segments()));
        let anew = journal.signed_anew().cloned();
        let due = |(reason, first_seq)| SignedAnew { reason, first_seq, last_seq: size - 1 };
        assert_eq!(anew, expected.map(due));
        let records = recorded(&storage, "journal.signed_anew");
        let told: Vec<_> = records.iter().map(|record| record["journal"].clone()).collect();
        let due = expected.map(|(reason, first_seq)| {
            serde_json::json!({"reason": reason, "first_seq": first_seq, "last_seq": size - 1})
        });
        assert_eq!(told, due.into_iter().collect::<Vec<_>>());
        journal.close().unwrap();
        assert!(start(&storage, signed(small_segments())).signed_anew().is_none(), "told once");
        check_files(&storage, &leaves(&storage));
    };
    gone(&|_| false, None);
    gone(&is_signature, Some(("unsigned", 0)));
    gone(&|name| name == "checkpoint", Some(("checkpoint", last)));
    gone(&|name| name.starts_with("checkpoint"), Some(("checkpoint", last)));
    gone(&|name| name == seal, Some(("seals", firsts[1])));
    gone(&|name| name.starts_with("tiles/"), None);
    // What a crash can leave owed was never there.
    gone(&|name| name == crate::segment::seal(last), None);
}

#[test]
fn a_journal_that_gets_its_key_later_says_so() {
    let storage = closed(30, small_segments());
    let journal = start(&storage, signed(small_segments()));
    let last_seq = leaves(&closed(30, small_segments())).len() as u64 - 1;
    let expected = SignedAnew { reason: "unsigned", first_seq: 0, last_seq };
    assert_eq!(journal.signed_anew(), Some(&expected));
    drop(journal);
    assert!(start(&MemoryStorage::new(), signed(options())).signed_anew().is_none());
}

/// A journal with a checkpoint of so many records, and all of it once more with later ones.
fn early_and_late() -> (MemoryStorage, u64, MemoryStorage) {
    let storage = MemoryStorage::new();
    let mut journal = start(&storage, signed(small_segments()));
    write(&mut journal, (0..12).map(|number| format!("record {number}")));
    journal.tick().unwrap();
    let (early, size) = (storage.snapshot(), checkpoint(&storage).size);
    write(&mut journal, (0..30).map(|number| format!("later {number}")));
    journal.close().unwrap();
    (early, size, storage)
}

#[test]
fn a_start_that_signs_what_was_rewritten_behind_an_old_checkpoint_says_so() {
    let (early, size, late) = early_and_late();
    // Whoever has no key puts all that is signed back to where it was, and chains other records there.
    let forged = early.snapshot();
    let mut journal = start(&forged, small_segments());
    write(&mut journal, (0..40).map(|number| format!("rewritten {number}")));
    journal.close().unwrap();
    let last_seq = leaves(&forged).len() as u64 - 1;
    let left = forged.snapshot();
    let journal = start(&forged, signed(small_segments()));
    let expected = SignedAnew { reason: "behind", first_seq: size, last_seq };
    assert_eq!(journal.signed_anew(), Some(&expected));
    assert_eq!(recorded(&forged, "journal.signed_anew").len(), 1);
    drop(journal);
    // The end of the history is held against the records as well.
    left.replace("checkpoints", late.file("checkpoints"));
    left.replace("WATERMARK", None);
    let error = Journal::open(Arc::new(left), signed(small_segments())).unwrap_err();
    assert!(matches!(error, Error::Lost { .. } | Error::Damaged { .. }), "{error}");
    let shorter = early.snapshot();
    shorter.replace("checkpoints", late.file("checkpoints"));
    let error = Journal::open(Arc::new(shorter), signed(small_segments())).unwrap_err();
    assert!(matches!(error, Error::Lost { .. }), "{error}");
    // Where it agrees, it vouches for what the old one does not.
    late.replace("checkpoint", early.file("checkpoint"));
    assert!(start(&late, signed(small_segments())).signed_anew().is_none());
}

#[test]
fn what_a_crash_leaves_unsigned_is_no_news_and_more_is() {
    for (more, is_told) in [(0, false), (1, true)] {
        let storage = closed_in_one(3);
        let size = checkpoint(&storage).size;
        let mut journal = start(&storage, options());
        let here = journal.next_seq() - size;
        (here..RECORDS_MAX + more).for_each(|_| journal.append(&body("unsigned")).unwrap());
        journal.commit().unwrap();
        drop(journal);
        assert_eq!(leaves(&storage).len() as u64, size + RECORDS_MAX + more);
        let told = start(&storage, signed(options())).signed_anew().cloned();
        let last_seq = size + RECORDS_MAX + more - 1;
        let expected = SignedAnew { reason: "behind", first_seq: size, last_seq };
        assert_eq!(told, is_told.then_some(expected));
    }
}

/// A closed journal of one segment.
fn closed_in_one(records: u32) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let mut journal = start(&storage, signed(options()));
    write(&mut journal, (0..records).map(|number| format!("record {number}")));
    journal.close().unwrap();
    storage
}

#[test]
fn the_seals_of_a_key_that_is_not_there_are_read_and_made_again() {
    let storage = closed(30, signed(small_segments()));
    let first = crate::segment::seal(0);
    let seal = storage.file(&first);
    let vouched = storage.snapshot();
    let journal = start(&vouched, by_other(true));
    assert!(journal.signed_anew().is_none() && journal.key_rotation().unwrap().is_vouched_for);
    assert_eq!(vouched.file(&first), seal, "an older key's seal is its own");
    let mut journal = start(&storage, by_other(false));
    assert_eq!(journal.signed_anew().unwrap().reason, "key");
    assert!(!journal.key_rotation().unwrap().is_vouched_for && journal.unsigned().is_none());
    journal.tick().unwrap();
    let note = |name: &str| {
        Note::parse(std::str::from_utf8(&storage.file(name).unwrap()).unwrap()).unwrap()
    };
    for name in ["checkpoint", &first] {
        assert!(note(name).signers(&[other().verifier().clone()]).is_ok(), "{name}");
    }
    assert_eq!(Checkpoint::parse(&note("checkpoint").text).unwrap().root, root(&leaves(&storage)));
    // One that states other records moves nothing: a rewritten segment is not vouched for in its words.
    let forged = closed(30, signed(small_segments()));
    let liar = SigningKey::from_seed("test/liar", [9; 32]).unwrap();
    let stated =
        Note::parse(std::str::from_utf8(&forged.file(&first).unwrap()).unwrap()).unwrap().text;
    let lie = stated.replacen("peaks ", "peaks AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ", 1);
    for text in [stated, lie] {
        let note = Note::sign(text, &[&liar]).unwrap().to_string();
        forged.replace(&first, Some(note.into_bytes()));
        let journal = start(&forged, signed(small_segments()));
        assert_eq!(journal.signed_anew().unwrap().reason, "seals");
        drop(journal);
        check_files(&forged, &leaves(&forged));
    }
}

#[test]
fn what_another_key_has_sealed_of_pruned_records_counts_where_an_own_checkpoint_agrees() {
    let storage = MemoryStorage::new();
    let mut journal = start(&storage, signed(prunable()));
    write(&mut journal, (0..30).map(|number| format!("record {number}")));
    let hashes = leaves(&storage);
    journal.prune(&before(firsts(&storage)[3])).unwrap();
    journal.close().unwrap();
    // Nothing of the new key is there yet, and the lines are gone.
    let lost = storage.snapshot();
    let journal = start(&lost, by_other(false));
    let told = journal.unsigned().unwrap().to_string();
    assert!(told.contains("of another key") && journal.signed_anew().is_none(), "{told}");
    drop(journal);
    // Once it has signed a checkpoint, the key before it may go.
    start(&storage, by_other(true)).close().unwrap();
    let mut journal = start(&storage, by_other(false));
    assert!(journal.unsigned().is_none(), "{:?}", journal.unsigned());
    journal.tick().unwrap();
    let mut all = hashes;
    let mut rest = cursor(&storage, all.len() as u64);
    while let Some(line) = rest.next().unwrap() {
        all.push(audit_tlog::leaf(line.bytes()));
    }
    let note =
        Note::parse(std::str::from_utf8(&storage.file("checkpoint").unwrap()).unwrap()).unwrap();
    assert_eq!(Checkpoint::parse(&note.text).unwrap().root, root(&all));
}

#[test]
fn a_change_of_the_key_that_cannot_be_signed_at_the_start_is_recorded_later() {
    let storage = closed(30, signed(small_segments()));
    let away = Arc::new(Key(key(), true.into()));
    let options = Options { older_signers: vec![Arc::<Key>::clone(&away) as _], ..by_other(false) };
    let before_start = leaves(&storage).len() as u64;
    let mut journal = start(&storage, options.clone());
    let told = journal.unsigned().unwrap().to_string();
    assert!(told.contains("cannot sign a new key") && told.contains("once a second"), "{told}");
    write(&mut journal, (0..30).map(|number| format!("meanwhile {number}")));
    journal.tick().unwrap();
    assert_eq!(checkpoint(&storage).size, before_start, "nothing is signed before the record");
    // What is not sealed is not pruned either.
    let error = journal.prune(&before(firsts(&storage)[2])).unwrap_err().to_string();
    assert!(error.contains("the change of the key is not recorded yet"), "{error}");
    away.1.store(false, Ordering::Relaxed);
    journal.tick().unwrap();
    assert!(journal.key_rotation().is_none(), "not durable yet");
    journal.commit().unwrap();
    assert!(journal.key_rotation().unwrap().is_vouched_for);
    journal.tick().unwrap();
    assert!(journal.unsigned().is_none());
    journal.close().unwrap();
    // The seals of segments before that record are the new key's.
    let keys = vec![key().verifier().clone(), other().verifier().clone()];
    let verified = verify_signed(&storage, &Trust { keys, ..Trust::default() }).unwrap();
    assert_eq!(damage(&verified), []);
    assert_eq!(recorded(&storage, "journal.key_rotated").len(), 1);
    assert!(start(&storage, options).key_rotation().is_none());
}

#[test]
fn a_change_of_the_key_that_is_taken_back_before_it_signs_is_recorded_again() {
    for has_both in [true, false] {
        let storage = closed(30, signed(small_segments()));
        let before = storage.snapshot();
        let journal = start(&storage, by_other(true));
        assert!(journal.key_rotation().unwrap().is_vouched_for);
        drop(journal);
        // The record of the change is durable, and what its key has signed never came to be.
        for name in storage.names().iter().filter(|name| is_signature(name)) {
            storage.replace(name, before.file(name));
        }
        let older: Vec<Arc<dyn Signer>> = vec![Arc::new(other())];
        let older_signers = if has_both { older } else { Vec::new() };
        let back = Options { older_signers, ..signed(small_segments()) };
        let journal = start(&storage, back.clone());
        let rotation = journal.key_rotation().unwrap();
        assert_eq!(rotation.is_vouched_for, has_both);
        assert_eq!(rotation.key, key().verifier().to_string());
        journal.close().unwrap();
        let trust = Trust { keys: vec![key().verifier().clone()], ..Trust::default() };
        assert_eq!(damage(&verify_signed(&storage, &trust).unwrap()), [], "{has_both}");
        assert!(start(&storage, back).key_rotation().is_none(), "told once");
    }
}

#[test]
fn a_change_of_the_key_that_comes_with_a_new_epoch_is_recorded() {
    for is_vouched in [true, false] {
        let storage = closed(30, signed(small_segments()));
        let journal =
            Journal::adopt(Arc::new(storage.clone()), by_other(is_vouched), "a test").unwrap();
        assert_eq!(journal.key_rotation().unwrap().is_vouched_for, is_vouched);
        assert!(journal.signed_anew().is_none());
        journal.close().unwrap();
        assert_eq!(recorded(&storage, "journal.key_rotated").len(), 1);
        let trust = Trust { keys: vec![key().verifier().clone()], ..Trust::default() };
        let verified = verify_signed(&storage, &trust).unwrap();
        assert_eq!(verified.findings.is_empty(), is_vouched, "{:?}", verified.findings);
        assert!(start(&storage, by_other(is_vouched)).key_rotation().is_none());
    }
}

/// A key that panics, or answers later, as it is told.
struct Odd(SigningKey, Mutex<Option<io::ErrorKind>>);

impl Signer for Odd {
    fn verifier(&self) -> &audit_tlog::VerifierKey {
        self.0.verifier()
    }

    fn sign(&self, text: &str) -> io::Result<Vec<u8>> {
        match *self.1.lock().unwrap_or_else(std::sync::PoisonError::into_inner) {
            None => self.0.sign(text),
            Some(io::ErrorKind::Other) => panic!("a test"),
            Some(kind) => Err(kind.into()),
        }
    }
}

#[test]
fn a_key_that_panics_is_trouble_and_ends_nothing() {
    let odd = Arc::new(Odd(key(), Mutex::new(Some(io::ErrorKind::Other))));
    let storage = MemoryStorage::new();
    let options = Options { signer: Some(Arc::<Odd>::clone(&odd) as _), ..small_segments() };
    let mut journal = start(&storage, options);
    write(&mut journal, (0..30).map(|number| format!("record {number}")));
    let told = journal.unsigned().unwrap().to_string();
    assert!(told.contains("what signs has panicked"), "{told}");
    *odd.1.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
    journal.tick().unwrap();
    assert!(journal.unsigned().is_none());
    assert_eq!(check_files(&storage, &leaves(&storage)), leaves(&storage).len() as u64);
}

#[test]
fn a_key_that_answers_later_is_asked_for_the_same_again() {
    let storage = MemoryStorage::new();
    let odd = Arc::new(Odd(key(), Mutex::new(None)));
    let options = Options { signer: Some(Arc::<Odd>::clone(&odd) as _), ..options() };
    let mut journal = start(&storage, options);
    let answer = |kind| *odd.1.lock().unwrap() = kind;
    answer(Some(io::ErrorKind::WouldBlock));
    write(&mut journal, ["asked for"]);
    journal.tick().unwrap();
    assert!(journal.unsigned().is_none(), "it is not late yet");
    write(&mut journal, ["came meanwhile"]);
    assert!(journal.sign_due());
    answer(Some(io::ErrorKind::TimedOut));
    assert!(journal.sign_due());
    assert!(journal.unsigned().is_some());
    answer(None);
    journal.tick().unwrap();
    assert_eq!(checkpoint(&storage).size, 3, "what it was asked for first");
    assert!(journal.unsigned().is_none());
    journal.tick().unwrap();
    assert_eq!(check_files(&storage, &leaves(&storage)), 4);
}

#[test]
fn a_pruning_that_must_wait_for_the_key_says_so() {
    let storage = MemoryStorage::new();
    let odd = Arc::new(Odd(key(), Mutex::new(Some(io::ErrorKind::WouldBlock))));
    let options = Options { signer: Some(Arc::<Odd>::clone(&odd) as _), ..prunable() };
    let mut journal = start(&storage, options);
    write(&mut journal, (0..30).map(|number| format!("record {number}")));
    let all = firsts(&storage);
    let told = journal.prune(&before(all[2])).unwrap_err().to_string();
    assert!(told.contains("the key was asked and has not answered yet; try again"), "{told}");
    assert!(journal.unsigned().is_none(), "it is not late yet");
    *odd.1.lock().unwrap() = None;
    journal.prune(&before(all[2])).unwrap();
}
