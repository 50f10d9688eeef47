//! A signed journal whose front is pruned: its seals stay, and the tree goes on from them.

use super::prune::{before, firsts, prunable};
use super::signed::{check_files, check_tiles, checkpoint, key, leaves, root, signed};
use super::*;
use crate::{Kind, Pruned, Trust, Verification, verify_signed};

fn verified(storage: &MemoryStorage) -> Result<Verification, Error> {
    let keys = vec![audit_tlog::Signer::verifier(&key()).clone()];
    verify_signed(storage, &Trust { keys, ..Trust::default() })
}

fn is_intact(storage: &MemoryStorage) -> bool {
    verified(storage).unwrap().is_intact()
}

/// Opens the journal, writes some segments and closes it.
fn go_on(storage: &MemoryStorage, options: &Options) {
    let mut journal = Journal::open(Arc::new(storage.clone()), options.clone()).unwrap();
    write(&mut journal, (0..30).map(|number| format!("record {number}")));
    journal.close().unwrap();
}

fn kept(pruned: Result<Pruned, Error>, reason: &str) {
    let error = pruned.unwrap_err();
    assert!(matches!(error, Error::Kept { .. }) && error.to_string().contains(reason), "{error}");
}

#[test]
fn a_pruned_journal_goes_on_from_the_seal_before_it() {
    let storage = MemoryStorage::new();
    let options = signed(prunable());
    let mut journal = Journal::open(Arc::new(storage.clone()), options.clone()).unwrap();
    write(&mut journal, (0..300).map(|number| format!("record {number}")));
    let all = firsts(&storage);
    let mut hashes = leaves(&storage);
    journal.prune(&before(all[3])).unwrap();
    assert_eq!((firsts(&storage)[0], journal.left_over()), (all[3], 0));
    write(&mut journal, (0..10).map(|number| format!("record {number}")));
    journal.close().unwrap();
    let check = |storage: &MemoryStorage, hashes: &mut Vec<audit_tlog::Hash>| {
        let mut rest = cursor(storage, hashes.len() as u64);
        while let Some(line) = rest.next().unwrap() {
            hashes.push(audit_tlog::leaf(line.bytes()));
        }
        check_files(storage, hashes)
    };
    check(&storage, &mut hashes);
    assert!(all[..3].iter().all(|first| storage.file(&crate::segment::seal(*first)).is_some()));
    for gone in [None, Some("tiles/1"), Some("checkpoints"), Some("checkpoint")] {
        gone.inspect(|name| storage.replace(name, None));
        let mut journal = Journal::open(Arc::new(storage.clone()), options.clone()).unwrap();
        journal.tick().unwrap();
        assert!(journal.unsigned().is_none(), "{:?}", journal.unsigned());
        journal.close().unwrap();
        check(&storage, &mut hashes);
    }
    // The hashes of what is gone cannot be made again: the journal is signed all the same.
    let last = storage.snapshot();
    tamper(&last, "tiles/0", |bytes| bytes.clear());
    let mut journal = Journal::open(Arc::new(last.clone()), options.clone()).unwrap();
    journal.tick().unwrap();
    let told = journal.unsigned().unwrap().to_string();
    assert!(told.contains("the hashes of pruned records are missing"), "{told}");
    journal.close().unwrap();
    let size = usize::try_from(checkpoint(&last).size).unwrap();
    let mut all_hashes = hashes.clone();
    let mut rest = cursor(&last, hashes.len() as u64);
    while let Some(line) = rest.next().unwrap() {
        all_hashes.push(audit_tlog::leaf(line.bytes()));
    }
    assert_eq!(checkpoint(&last).root, root(&all_hashes[..size]));
    check_tiles(&storage, &hashes, hashes.len() as u64);
    // Without that seal there is no tree.
    storage.replace(&crate::segment::seal(all[2]), None);
    for first in &firsts(&storage) {
        storage.replace(&crate::segment::seal(*first), None);
    }
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    write(&mut journal, ["goes on"]);
    journal.tick().unwrap();
    let told = journal.unsigned().unwrap().to_string();
    assert!(told.contains("records were pruned before it was signed"), "{told}");
}

#[test]
fn nothing_is_pruned_without_its_seal() {
    let storage = Faulty::new();
    let options = signed(prunable());
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    storage.fail_call("replace", io::ErrorKind::PermissionDenied, u32::MAX);
    write(&mut journal, (0..30).map(|number| format!("record {number}")));
    let all = firsts(&storage.inner);
    let error = journal.prune(&before(all[2])).unwrap_err().to_string();
    assert!(error.contains("cannot write seg/00000000000000000000.seal"), "{error}");
    assert_eq!(firsts(&storage.inner), all);
    storage.fail_call("replace", io::ErrorKind::PermissionDenied, 0);
    journal.prune(&before(all[2])).unwrap();
    for first in &all[..2] {
        assert!(storage.inner.file(&crate::segment::seal(*first)).is_some());
    }
}

#[test]
fn nothing_is_pruned_before_the_hashes_of_its_records_are_durable() {
    let storage = Faulty::new();
    let options = signed(prunable());
    let open = || Journal::open(Arc::new(storage.clone()), options.clone()).unwrap();
    let mut journal = open();
    while firsts(&storage.inner).len() < 4 {
        journal.append(&body("a record")).unwrap();
        journal.commit().unwrap();
    }
    // The seals are there, and the hashes in memory only.
    storage.fail_call("sync", io::ErrorKind::PermissionDenied, 1);
    journal.sign_due();
    let all = firsts(&storage.inner);
    assert!(storage.inner.file(&crate::segment::seal(all[2])).is_some());
    let error = journal.prune(&before(all[2])).unwrap_err();
    assert!(matches!(error, Error::Kept { .. }) && error.to_string().contains("tiles"), "{error}");
    assert_eq!(firsts(&storage.inner), all);
    drop(journal);
    open().prune(&before(all[2])).unwrap();
    storage.inner.crash(0);
    let hashes = storage.inner.file("tiles/0").unwrap();
    assert!(hashes.len() as u64 >= 32 * all[2] && hashes.iter().any(|byte| *byte != 0));
    assert!(open().unsigned().is_none(), "{:?}", open().unsigned());
}

#[test]
fn nothing_is_pruned_whose_hashes_only_this_start_could_not_make_again() {
    let storage = Faulty::new();
    let options = signed(prunable());
    let open = || Journal::open(Arc::new(storage.clone()), options.clone()).unwrap();
    let mut journal = open();
    write(&mut journal, (0..300).map(|number| format!("record {number}")));
    let all = firsts(&storage.inner);
    let [.., first, second, third] = all[..] else { panic!("{all:?}") };
    assert!(first > 256, "so that there is a file of the second height");
    journal.prune(&before(first)).unwrap();
    journal.close().unwrap();
    // The files could be read, and not be made.
    storage.inner.replace("tiles/1", None);
    storage.fail_call("create", io::ErrorKind::PermissionDenied, 1);
    let mut journal = open();
    let told = journal.prune(&before(second)).unwrap_err();
    assert!(matches!(told, Error::Kept { .. }), "{told}");
    let told = told.to_string();
    assert!(told.contains("cannot write tiles") && told.contains("the next start"), "{told}");
    assert_eq!(firsts(&storage.inner)[0], first);
    journal.close().unwrap();
    open().prune(&before(second)).unwrap();
    assert_eq!(firsts(&storage.inner)[0], second);
    // What no start can make again keeps no segment.
    tamper(&storage.inner, "tiles/0", |bytes| bytes.clear());
    open().prune(&before(third)).unwrap();
    assert_eq!(firsts(&storage.inner)[0], third);
}

#[test]
fn what_has_no_seal_stays_in_a_journal_that_is_signed() {
    let (storage, keyless) = (MemoryStorage::new(), prunable());
    let options = signed(prunable());
    go_on(&storage, &options);
    let sealed = firsts(&storage).len();
    go_on(&storage, &keyless);
    let all = firsts(&storage);
    let mut journal = Journal::open(Arc::new(storage.clone()), keyless.clone()).unwrap();
    let end = all[all.len() - 1];
    kept(journal.prune(&before(end)), "this writer has no key to make one");
    assert!(matches!(journal.would_prune(end), Err(Error::Kept { .. })));
    assert_eq!(firsts(&storage)[0], 0);
    // What has its seal goes, whoever asks.
    journal.prune(&before(all[sealed - 1])).unwrap();
    journal.close().unwrap();
    assert!(is_intact(&storage));
    // With the key there is one for each.
    let mut journal = Journal::open(Arc::new(storage.clone()), options.clone()).unwrap();
    assert!(journal.would_prune(end).is_ok());
    journal.prune(&before(end)).unwrap();
    journal.close().unwrap();
    assert!(is_intact(&storage));
    // Without those that are gone there is no tree, so that the key makes none.
    for name in names(&storage, "seg/").into_iter().filter(|name| name.ends_with(".seal")) {
        storage.replace(&name, None);
    }
    go_on(&storage, &options);
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    kept(journal.prune(&before(u64::MAX)), "put the seal back");
}

#[test]
fn a_journal_that_was_never_signed_is_pruned_and_not_accused_of_that() {
    let (storage, keyless) = (MemoryStorage::new(), prunable());
    let is_unsigned = || matches!(verified(&storage), Err(Error::Unsigned { .. }));
    for options in [&keyless, &signed(prunable())] {
        go_on(&storage, options);
        let all = firsts(&storage);
        let mut journal = Journal::open(Arc::new(storage.clone()), options.clone()).unwrap();
        journal.prune(&before(all[2])).unwrap();
        journal.close().unwrap();
        assert!(is_unsigned(), "{:?}", verified(&storage));
    }
}

#[test]
fn the_newest_key_is_enough_although_the_record_that_names_the_one_before_was_pruned() {
    let storage = MemoryStorage::new();
    go_on(&storage, &signed(prunable()));
    let newest = audit_tlog::SigningKey::from_seed("test/key", [9; 32]).unwrap();
    let former: Arc<dyn audit_tlog::Signer> = Arc::new(key());
    let signer = Some(Arc::new(newest.clone()) as Arc<dyn audit_tlog::Signer>);
    let options = Options { signer, older_signers: vec![former], ..prunable() };
    go_on(&storage, &options);
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    let rotated = read(&storage)
        .into_iter()
        .rfind(|line| String::from_utf8_lossy(line.bytes()).contains("JournalKeyRotated"));
    let rotated = rotated.unwrap().seq();
    let kept_from = firsts(&storage).into_iter().find(|first| *first > rotated).unwrap();
    journal.prune(&before(kept_from)).unwrap();
    journal.close().unwrap();
    let check = |storage: &MemoryStorage, seeds: &[u8]| {
        let keys = seeds.iter().map(|seed| {
            let key = audit_tlog::SigningKey::from_seed("test/key", [*seed; 32]).unwrap();
            audit_tlog::Signer::verifier(&key).clone()
        });
        verify_signed(storage, &Trust { keys: keys.collect(), ..Trust::default() })
    };
    let kinds = |seeds: &[u8]| {
        let findings = check(&storage, seeds).unwrap().findings;
        findings.into_iter().map(|finding| finding.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&[7, 9]), []);
    let verification = check(&storage, &[9]).unwrap();
    assert_eq!(verification.level(), Some(crate::Level::Signed), "{verification:#?}");
    let [finding] = &verification.findings[..] else { panic!("{verification:#?}") };
    assert!(finding.kind == Kind::Former && finding.reason.contains("give that public key"));
    // The one before says nothing of what is kept, nor does a stranger.
    assert!(kinds(&[7]).contains(&Kind::Unsigned) && kinds(&[5]).contains(&Kind::Unsigned));
    // Nor is what is kept vouched for by what is signed of the records before it.
    let stripped = storage.snapshot();
    ["checkpoint", "checkpoints"].iter().for_each(|name| stripped.replace(name, None));
    let kept = firsts(&storage);
    kept.iter().for_each(|first| stripped.replace(&crate::segment::seal(*first), None));
    assert!(matches!(check(&stripped, &[9]), Err(Error::Unsigned { .. })));
    // Another record behind the seal is told by what is signed behind it.
    let last = crate::segment::seal(firsts(&storage)[0]);
    assert!(storage.file(&last).is_some());
    let forged = storage.snapshot();
    naive::rewrite(&forged, |segments| {
        let line = segments[0].last_mut().unwrap();
        *line = String::from_utf8_lossy(line).replace("record", "recood").into_bytes();
    });
    assert!(!check(&forged, &[9]).unwrap().is_intact());
}
