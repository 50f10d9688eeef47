//! Pruning that is cut short: what is recorded is finished, and what is not recorded is left alone.

use super::prune::{before, firsts, prunable};
use super::*;
use crate::verify;

/// A living journal of several small segments on storage that can fail.
fn living() -> (Faulty, Journal) {
    let faulty = Faulty::new();
    let mut journal = Journal::open(Arc::new(faulty.clone()), prunable()).unwrap();
    write(&mut journal, (0..30).map(|number| format!("record {number}")));
    (faulty, journal)
}

fn check(storage: &MemoryStorage, expected_first: Option<u64>) {
    let verification = verify(storage).unwrap();
    assert!(verification.is_intact(), "{verification:?}");
    let pruned_to = verification.pruned.map(|pruned| pruned.last_seq + 1);
    assert_eq!(pruned_to, expected_first);
}

#[test]
fn a_pruning_that_ends_at_any_call_is_done_or_finished_by_the_next_start() {
    let mut seen = Vec::new();
    for changes in 0.. {
        let (faulty, mut journal) = living();
        let all = firsts(&faulty.inner);
        let kept = all[3];
        faulty.faults.changes_left.store(changes, Ordering::Relaxed);
        let outcome = journal.prune(&before(kept));
        let is_over = faulty.faults.changes_left.load(Ordering::Relaxed) > 0;
        drop(journal);
        let storage = faulty.inner.snapshot();
        // Killed: what was written is there.
        let is_recorded = verify(&storage).unwrap().pruned.is_some();
        check(&storage, is_recorded.then_some(kept));
        let missing = all.iter().filter(|first| !firsts(&storage).contains(first)).count();
        assert!(missing == 0 || is_recorded);
        assert!(outcome.is_err() || is_recorded);
        seen.push((is_recorded, missing));
        let journal = Journal::open(Arc::new(storage.clone()), prunable()).unwrap();
        let expected = if is_recorded { kept } else { 0 };
        assert_eq!((firsts(&storage)[0], journal.left_over()), (expected, 0));
        check(&storage, is_recorded.then_some(kept));
        if is_over {
            break;
        }
    }
    seen.dedup();
    assert!(
        seen.starts_with(&[(false, 0), (true, 0), (true, 1), (true, 2), (true, 3)]),
        "{seen:?}"
    );
}

#[test]
fn files_that_cannot_be_removed_wait_for_the_next_look_and_are_no_damage() {
    let (faulty, mut journal) = living();
    let kept = firsts(&faulty.inner)[3];
    faulty.fail_call("remove", io::ErrorKind::PermissionDenied, 3);
    journal.prune(&before(kept)).unwrap();
    assert_eq!(journal.left_over(), 3);
    check(&faulty.inner, Some(kept));
    let error = journal.reader().cursor(0).map(|_| ()).err();
    assert!(error.is_none(), "what is still there may be read");
    journal.tick().unwrap();
    assert_eq!(journal.left_over(), 3);
    // Another pruning goes on with it, too, and says what is in its way.
    assert!(journal.prune(&before(kept)).unwrap_err().to_string().contains("cannot remove seg/"));
    journal.tick().unwrap();
    assert_eq!((journal.left_over(), firsts(&faulty.inner)[0]), (0, kept));
}

#[test]
fn without_a_firm_watermark_the_files_wait_for_the_next_start() {
    let (faulty, mut journal) = living();
    let kept = firsts(&faulty.inner)[3];
    // The sync of the record is the first.
    faulty.fail_syncs_after(1, 1);
    journal.prune(&before(kept)).unwrap();
    journal.tick().unwrap();
    assert_eq!((journal.left_over(), firsts(&faulty.inner)[0]), (3, 0));
    check(&faulty.inner, Some(kept));
    drop(journal);
    Journal::open(Arc::new(faulty.inner.clone()), prunable()).unwrap();
    assert_eq!(firsts(&faulty.inner)[0], kept);
}

#[test]
fn many_files_go_a_few_at_a_time() {
    let storage = MemoryStorage::new();
    let options = Options { segment_bytes_max: 1, ..prunable() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    write(&mut journal, (0..40).map(|number| format!("record {number}")));
    let all = firsts(&storage);
    journal.prune(&before(all[40])).unwrap();
    let mut left = vec![journal.left_over()];
    while left.last() != Some(&0) {
        check(&storage, Some(all[40]));
        journal.tick().unwrap();
        left.push(journal.left_over());
    }
    assert_eq!(left, [24, 8, 0]);
    assert_eq!(firsts(&storage)[0], all[40]);
}

#[test]
fn a_disk_that_is_full_has_room_for_the_record_where_the_reserve_was_or_nothing_goes() {
    for room in [0, 100, 500, 5_000] {
        let storage = MemoryStorage::new();
        let options = Options { reserve_bytes: room, ..prunable() };
        let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
        write(&mut journal, (0..30).map(|number| format!("record {number}")));
        let all = firsts(&storage);
        let used = storage.names().iter().map(|name| storage.file(name).unwrap().len()).sum();
        storage.limit(Some(used));
        let outcome = journal.prune(&before(all[2]));
        match &outcome {
            Ok(_) => assert_eq!(firsts(&storage)[0], all[2]),
            Err(error) => {
                assert!(matches!(error, Error::Full { .. }), "{error}");
                assert_eq!(firsts(&storage)[0], 0);
            }
        }
        assert_eq!(outcome.is_ok(), room == 5_000, "{room}");
        check(&storage, outcome.is_ok().then_some(all[2]));
        storage.limit(None);
        assert!(journal.resume(0, 0).unwrap());
        let kept = firsts(&storage)[1];
        journal.prune(&before(kept)).unwrap();
        check(&storage, Some(kept));
        journal.close().unwrap();
        check(&storage, Some(kept));
    }
}
