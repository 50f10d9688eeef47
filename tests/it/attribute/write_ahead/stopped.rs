//! A shutdown while intents are recorded: each stands before its end, and has one.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use audit_runtime::journal::MemoryStorage;
use audit_runtime::{Recorder, audited};

use super::super::Failure;
use super::{all_records, pairs, restart};

const TIME: Duration = Duration::from_secs(3);
const THREADS: usize = 8;

#[audited(action = "PaySoon", durability = write_ahead)]
fn pay_soon() -> Result<(), Failure> {
    Ok(())
}

#[test]
fn a_shutdown_at_any_moment_queues_no_end_before_its_intent() {
    let begun = Instant::now();
    let mut ended_by_shutdown = 0;
    for round in 0.. {
        let storage = MemoryStorage::new();
        let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
        std::thread::scope(|threads| {
            for _ in 0..THREADS {
                threads.spawn(|| while recorder.enter(pay_soon).is_ok() {});
            }
            std::thread::sleep(Duration::from_micros(500 + round % 20 * 100));
            recorder.shutdown(Duration::from_secs(20)).unwrap();
        });
        restart(&storage);
        let records = all_records(storage);
        for (intent, ends) in pairs(&records).into_values() {
            let [end] = ends.as_slice() else { panic!("{intent}: {ends:?}") };
            ended_by_shutdown += u32::from(end["completed_by"] == "recorder");
        }
        if begun.elapsed() > TIME {
            break;
        }
    }
    assert!(ended_by_shutdown > 0, "no shutdown has met an action");
}

#[test]
fn a_shutdown_at_any_moment_ends_no_intent_that_found_no_room() {
    let begun = Instant::now();
    for round in 0.. {
        let storage = MemoryStorage::new();
        // Only the end of an intent finds room.
        let recorder = Recorder::in_memory(storage.clone()).queue_bytes_max(10).open().unwrap();
        let is_over = AtomicBool::new(false);
        std::thread::scope(|threads| {
            for _ in 0..THREADS {
                threads.spawn(|| {
                    while !is_over.load(Relaxed) {
                        assert!(recorder.enter(pay_soon).is_err());
                    }
                });
            }
            std::thread::sleep(Duration::from_micros(500 + round % 20 * 100));
            recorder.shutdown(Duration::from_secs(20)).unwrap();
            is_over.store(true, Relaxed);
        });
        let records = all_records(storage);
        assert!(records.iter().all(|record| record["phase"].is_null()), "{records:#?}");
        if begun.elapsed() > TIME {
            break;
        }
    }
}
