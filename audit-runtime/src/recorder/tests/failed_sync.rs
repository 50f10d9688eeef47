//! A sync that fails once: everything is recorded, and the recorder says so.

use super::*;

#[test]
fn a_single_failed_sync_is_told_and_every_receipt_names_the_record_that_is_durable() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    let first = record_held(&storage, &recorder);
    let queued = ["Second", "Third"].map(|action| recorder.record(event(action)));
    storage.set(Gate::FailingAfter(0));
    let receipts = [first].into_iter().chain(queued).map(Receipt::wait);
    let receipts: Vec<_> = receipts.map(Result::unwrap).collect();
    let health = recorder.health();
    assert_eq!((health.status, health.sync_failures, health.lost), (Status::Yellow, 1, 0));
    let reason = health.reason.unwrap();
    assert!(reason.contains("the journal went on in a new segment"), "{reason}");
    assert!(reason.contains("cannot sync seg/00000000000000000000.jsonl"), "{reason}");
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    let records = storage.records();
    assert_eq!(records[2]["journal"]["reason"], "sync_failed");
    for (receipt, action) in receipts.into_iter().zip(["First", "Second", "Third"]) {
        let Recorded::Durable { seq, hash } = receipt else { panic!("{receipt:?}") };
        let record = &records[usize::try_from(seq).unwrap()];
        assert_eq!(record["action"], action);
        assert_eq!(record["h"], hash.to_string());
    }
}

#[test]
fn a_sync_that_fails_at_the_start_is_told_as_well() {
    let storage = Gated::default();
    drop(storage.recorder().open().unwrap());
    // Nothing is written behind an end that may not be on the disk.
    storage.set(Gate::FailingAfter(0));
    let refused = storage.recorder().open().unwrap_err().to_string();
    assert!(refused.contains("cannot sync seg/"), "{refused}");
    storage.set(Gate::FailingAfter(1));
    let recorder = storage.recorder().open().unwrap();
    assert_eq!(recorder.health().sync_failures, 1);
}

#[cfg(feature = "rusqlite")]
#[test]
fn what_comes_again_from_a_database_is_not_lost_with_the_journal() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    let shared = &recorder.0.shared;
    let offer = || shared.offer(&shared.body(event("Row"))).unwrap();
    storage.set(Gate::Shut);
    let mut offered = vec![offer()];
    // The first one is in the committer's hands, and the second waits behind it.
    while recorder.health().queued_events > 0 {
        std::thread::yield_now();
    }
    offered.push(offer());
    drop(recorder.record(event("Lost")));
    storage.set(Gate::Failing);
    for offered in offered {
        assert!(matches!(offered.wait(), Err(Unrecorded::JournalFailed(_))));
    }
    recorder.shutdown(Duration::from_secs(5)).unwrap_err();
    assert_eq!(recorder.health().lost, 1);
}
