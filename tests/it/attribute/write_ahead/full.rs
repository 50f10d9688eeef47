//! Intents whose ends meet a full disk: the end is written when there is room, and once.

use std::task::{Context as TaskContext, Waker};
use std::time::{Duration, Instant};

use audit_runtime::journal::{MemoryStorage, verify};
use audit_runtime::{Recorder, Status, audited};

use super::restart::{damage, killed, lines, unlisted};
use super::{all_records, pairs, restart};
use crate::support::block_on;

#[audited(action = "PayLate", durability = write_ahead)]
async fn pay_until_full(storage: &MemoryStorage) -> Result<(), super::super::Failure> {
    storage.limit(Some(0));
    Ok(())
}

/// Frees the disk and waits until the recorder has seen it.
fn free(storage: &MemoryStorage, recorder: &Recorder) {
    storage.limit(None);
    let freed = Instant::now();
    while recorder.health().status == Status::Red {
        assert!(freed.elapsed() < Duration::from_secs(20), "{:?}", recorder.health());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Starts where there is no room, and waits until the recorder has seen it.
fn start_full(storage: &MemoryStorage) -> Recorder {
    let held = storage.names().iter().map(|name| storage.file(name).unwrap().len()).sum();
    storage.limit(Some(held));
    let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
    while recorder.health().status != Status::Red {
        std::thread::yield_now();
    }
    recorder
}

#[test]
fn an_end_that_meets_a_full_disk_is_written_when_there_is_room() {
    let storage = MemoryStorage::new();
    let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
    block_on(recorder.scope(pay_until_full(&storage))).unwrap();
    assert_eq!(recorder.health().status, Status::Red);
    free(&storage, &recorder);
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    restart(&storage);
    let records = all_records(storage.clone());
    let pairs = pairs(&records);
    let [(_, ends)] = pairs.values().collect::<Vec<_>>()[..] else { panic!("{pairs:?}") };
    let [end] = ends.as_slice() else { panic!("{ends:?}") };
    assert_eq!(end["outcome"], "success");
    assert!(verify(&storage).unwrap().is_intact());
}

#[audited(action = "ReadIndex")]
async fn read_index() -> u8 {
    std::future::pending().await
}

#[test]
fn what_begins_while_the_disk_is_full_and_goes_on_is_kept_account_of() {
    let storage = MemoryStorage::new();
    let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
    block_on(recorder.scope(pay_until_full(&storage))).unwrap();
    let mut reading = Box::pin(recorder.scope(read_index()));
    assert!(reading.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())).is_pending());
    assert_eq!(recorder.health().open_scopes, 1);
    free(&storage, &recorder);
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    drop(reading);
    let records = all_records(storage);
    let read: Vec<_> = records.iter().filter(|record| record["action"] == "ReadIndex").collect();
    let [record] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!(record["outcome"], "unknown");
}

#[test]
fn a_start_on_a_full_disk_ends_what_was_open_when_there_is_room() {
    let storage = killed();
    let recorder = start_full(&storage);
    free(&storage, &recorder);
    assert_eq!(recorder.health().lost, 0);
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    let records = all_records(storage);
    for (intent, ends) in pairs(&records).values() {
        assert_eq!(ends.len(), 1, "{intent}");
    }
}

#[test]
fn a_start_on_a_full_disk_tells_when_there_is_room_what_it_could_not_read() {
    let (storage, unlisted) = unlisted();
    damage(&storage, &unlisted, unlisted.start);
    let recorder = start_full(&storage);
    free(&storage, &recorder);
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    assert_eq!(recorder.health().lost, 0);
    let records = lines(&storage);
    let unread: Vec<_> =
        records.iter().filter(|record| record["action"] == "JournalUnread").collect();
    let [told] = unread.as_slice() else { panic!("{unread:?}") };
    assert_eq!(told["args"]["from_seq"], unlisted.start);
}
