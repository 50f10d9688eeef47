//! A recorder in a flood of strangers: those who are known are recorded, and the rest is counted.

use std::time::Instant;

use super::*;
use crate::event::Http;

fn access(actor: Actor) -> Event {
    Event::access(Http::routed("GET", "/")).actor(actor).succeeded()
}

/// How many events of strangers are written, and how many are told of.
fn told(storage: &Gated) -> (usize, u64) {
    let records = storage.records();
    let of = |action: &str| {
        let action = action.to_owned();
        records.iter().filter(move |record| record["action"] == action)
    };
    let counts = of("AccessFlood").map(|record| record["args"]["count"].as_u64().unwrap());
    let counts = counts.sum();
    (of("HttpRequest").filter(|record| record["actor"]["type"] == "anonymous").count(), counts)
}

#[test]
fn a_flood_beside_a_silent_disk_takes_no_room_from_those_who_are_known() {
    let storage = Gated::default();
    let settings = storage.recorder().queue_bytes_max(64 << 10).flood_source_max(u64::MAX);
    let recorder = settings.open().unwrap();
    let held = record_held(&storage, &recorder);
    let flood = (0..2_000).map(|_| recorder.record(access(Actor::anonymous())).wait());
    assert!(flood.filter(Result::is_err).count() > 0, "the flood is larger than the queue");
    for _ in 0..20 {
        assert_eq!(recorder.record(access(Actor::user("42"))).wait(), Ok(Recorded::Queued));
    }
    for _ in 0..3 {
        // Nor from what strangers do, which is never counted only: this login is not, without being asked.
        let action = Event::activity("Order").durability(Durability::Queued);
        let denied = action.actor(Actor::anonymous()).denied("no");
        assert_eq!(recorder.record(denied).wait(), Ok(Recorded::Queued));
        let login = Event::authentication("password").durability(Durability::Queued);
        let failed = login.actor(Actor::unknown_user("x")).failed("wrong");
        assert_eq!(recorder.record(failed).wait(), Ok(Recorded::Queued));
    }
    storage.set(Gate::Open);
    held.wait().unwrap();
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    let known = storage
        .records()
        .into_iter()
        .filter(|record| record["category"] == "access" && record["actor"]["id"] == "42");
    assert_eq!(known.count(), 20);
    for action in ["Order", "Login"] {
        assert_eq!(storage.actions().iter().filter(|told| *told == action).count(), 3);
    }
}

#[test]
fn a_shutdown_tells_of_the_window_that_is_running() {
    let storage = Gated::default();
    let recorder = storage.recorder().flood_source_max(32).open().unwrap();
    let answers = (0..100).map(|_| recorder.record(access(Actor::anonymous())).wait());
    let counted = answers.filter(|answer| *answer == Ok(Recorded::Counted)).count();
    assert_eq!((counted, recorder.health().summarised), (68, 68));
    assert_eq!(recorder.health().status, Status::Green);
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    assert_eq!(told(&storage), (32, 68));
    let actions = storage.actions();
    assert_eq!(actions[actions.len() - 2..], ["AccessFlood", "JournalStop"]);
    assert_eq!(recorder.record(access(Actor::anonymous())).wait(), Err(Unrecorded::Stopped));
}

#[test]
fn a_shutdown_in_the_midst_of_a_flood_loses_nothing_that_was_taken() {
    let storage = Gated::default();
    let recorder = storage.recorder().flood_source_max(500).open().unwrap();
    let work = || {
        let mut taken = (0, 0);
        loop {
            match recorder.record(access(Actor::anonymous())).wait() {
                Ok(Recorded::Counted) => taken.1 += 1,
                Ok(_) => taken.0 += 1,
                Err(_) if recorder.0.shared.counters.stopped.load(Relaxed) => return taken,
                Err(why) => panic!("{why}"),
            }
        }
    };
    let taken = std::thread::scope(|threads| {
        let working: Vec<_> = (0..3).map(|_| threads.spawn(work)).collect();
        while recorder.health().summarised < 3_000 {
            std::thread::yield_now();
        }
        recorder.shutdown(Duration::from_secs(5)).unwrap();
        let taken = working.into_iter().map(|thread| thread.join().unwrap());
        taken.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    });
    assert_eq!(told(&storage), taken);
    assert_eq!(recorder.health().summarised, taken.1);
}

#[test]
fn a_window_ends_by_itself_when_the_flood_is_over() {
    let storage = Gated::default();
    let recorder = storage.recorder().flood_source_max(32).open().unwrap();
    for _ in 0..50 {
        drop(recorder.record(access(Actor::anonymous())));
    }
    let begun = Instant::now();
    while !storage.actions().iter().any(|action| action == "AccessFlood") {
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody tells of it");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(told(&storage), (32, 18));
    // The next window has room for as many again.
    assert_eq!(recorder.record(access(Actor::anonymous())).wait(), Ok(Recorded::Queued));
}

#[test]
fn what_was_counted_before_the_disk_was_full_is_told_when_there_is_room_or_counted_as_lost() {
    for has_room_again in [true, false] {
        let storage = Gated::default();
        let recorder = storage.recorder().flood_source_max(32).open().unwrap();
        for _ in 0..50 {
            recorder.record(access(Actor::anonymous())).wait().unwrap();
        }
        // What is queued is on disk before that is full.
        recorder.record(event("Before")).wait().unwrap();
        storage.fill();
        recorder.record(event("Saved")).wait().unwrap();
        let refused = recorder.record(access(Actor::anonymous())).wait();
        assert!(matches!(refused, Err(Unrecorded::JournalFull(_))), "{refused:?}");
        assert_eq!(recorder.health().summarised, 18, "nothing more is counted");
        storage.leave(1000);
        if has_room_again {
            storage.memory.limit(None);
            while recorder.health().status == Status::Red {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        assert_eq!(recorder.shutdown(Duration::from_secs(5)).is_ok(), has_room_again);
        assert_eq!(told(&storage), (32, if has_room_again { 18 } else { 0 }));
        if !has_room_again {
            assert_eq!(storage.told("JournalStop", |record| &record["journal"]["lost"]), 19);
        }
    }
}

#[test]
fn a_measure_that_would_blind_detection_is_refused() {
    let storage = Gated::default();
    for settings in [storage.recorder().flood_source_max(31), storage.recorder().flood_total_max(0)]
    {
        let refused = settings.open().unwrap_err().to_string();
        assert!(refused.contains("_max`") && refused.contains("32"), "{refused}");
    }
}
