//! Intents that do not become durable: the action is refused, or goes on and is told of.

use std::cell::Cell;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use audit_runtime::{Event, Recorder, RecorderBuilder, Status, Unrecorded, audited};

use super::super::Failure;
use super::{all_records, begin_paying, pairs};
use crate::stalling::Stalling;
use crate::storage::Failing;
use crate::support::{Trail, block_on, summary};

const WAIT_MS_MAX: u64 = 100;
/// As many as may be on their way at once.
const INTENTS_MAX: u32 = 512;

#[audited(action = "PayClosed", durability = write_ahead)]
async fn pay_closed(ran: &Cell<bool>) -> Result<(), Failure> {
    ran.set(true);
    Ok(())
}

#[audited(action = "PayClosedSync", durability = write_ahead)]
fn pay_closed_sync(ran: &Cell<bool>) -> Result<(), Failure> {
    ran.set(true);
    Ok(())
}

#[audited(action = "PayOpen", durability = write_ahead, on_unrecorded = fail_open)]
async fn pay_open(ran: &Cell<bool>) {
    ran.set(true);
}

fn over(storage: &Stalling) -> RecorderBuilder {
    Recorder::over(Arc::new(storage.clone())).wait_ms_max(WAIT_MS_MAX)
}

/// A recorder whose disk does not answer from its first event on.
fn stalled() -> (Stalling, Recorder) {
    let storage = Stalling::default();
    let recorder = over(&storage).open().unwrap();
    storage.stall(true);
    (storage, recorder)
}

/// Lets the disk answer, and everything that waits for it come to its end.
fn let_go(storage: &Stalling, recorder: &Recorder) {
    storage.stall(false);
    recorder.shutdown(Duration::from_secs(20)).unwrap();
}

/// Drops the call while its intent is on its way; by no clock, which a busy machine may hold up past the deadline.
fn give_up_paying(recorder: &Recorder, ran: &Cell<bool>) {
    let mut paying = Box::pin(recorder.scope(pay_closed(ran)));
    let polled = paying.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
    assert!(polled.is_pending(), "{polled:?}");
}

fn why(refused: Result<(), Failure>) -> Unrecorded {
    match refused {
        Err(Failure::Refused(unrecorded)) => unrecorded,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_journal_that_fails_at_the_intent_refuses_the_body() {
    let storage = Failing::default();
    let recorder = Recorder::over(Arc::new(storage.clone())).open().unwrap();
    storage.fail_syncs(true);
    let ran = Cell::new(false);
    let refused = block_on(recorder.scope(pay_closed(&ran)));
    assert!(matches!(why(refused), Unrecorded::JournalFailed(_)));
    assert!(!ran.get());
    block_on(recorder.scope(pay_open(&ran)));
    assert!(ran.get());
    let health = recorder.health();
    assert_eq!((health.status, health.unrecorded), (Status::Red, 2));
}

#[test]
fn a_deadline_at_the_intent_refuses_the_body_and_leaves_no_open_intent() {
    let (storage, recorder) = stalled();
    let (ran, ran_sync) = (Cell::new(false), AtomicBool::new(false));
    // Both at once: whoever comes when the disk is known to be silent is turned away sooner.
    let (refused, refused_sync) = std::thread::scope(|threads| {
        let sync = threads.spawn(|| {
            let ran = Cell::new(false);
            let refused = recorder.enter(|| pay_closed_sync(&ran));
            ran_sync.store(ran.get(), Relaxed);
            refused
        });
        (block_on(recorder.scope(pay_closed(&ran))), sync.join().unwrap())
    });
    let expired = Unrecorded::DeadlineExpired(Duration::from_millis(WAIT_MS_MAX));
    assert_eq!(why(refused), expired);
    assert_eq!(why(refused_sync), expired);
    // The committer may have begun later than the callers.
    while recorder.health().status != Status::Red {
        std::thread::yield_now();
    }
    assert!(matches!(why(block_on(recorder.scope(pay_closed(&ran)))), Unrecorded::Stalled(_)));
    assert!(!ran.get() && !ran_sync.load(Relaxed));
    assert_eq!(recorder.health().unrecorded, 3);
    // The intents were on their way, and become durable after all.
    let_go(&storage, &recorder);
    let records = all_records(storage);
    let pairs = pairs(&records);
    assert_eq!(pairs.len(), 2);
    for (intent, ends) in pairs.values() {
        let [end] = ends.as_slice() else { panic!("{intent}: {ends:?}") };
        assert_eq!(
            (&end["outcome"], &end["reason"]["code"]),
            (&"cancelled".into(), &"intent_not_durable".into())
        );
    }
}

/// Deadlines pass in order: those of all records so far before this one, which somebody hears of.
fn let_deadlines_pass(recorder: &Recorder) {
    let late = block_on(async { recorder.record(Event::activity("Late").succeeded()).await });
    assert!(matches!(late, Err(Unrecorded::DeadlineExpired(_))), "{late:?}");
}

#[test]
fn a_call_given_up_whose_intent_and_end_come_too_late_is_counted_once() {
    let (storage, recorder) = stalled();
    let ran = Cell::new(false);
    give_up_paying(&recorder, &ran);
    let_deadlines_pass(&recorder);
    assert_eq!(recorder.health().unrecorded, 1);
    let_go(&storage, &recorder);
    assert_eq!(recorder.health().unrecorded, 1);
}

#[test]
fn an_action_whose_intent_and_end_come_too_late_is_counted_once() {
    let (storage, recorder) = stalled();
    let ran = Cell::new(false);
    let refused = block_on(recorder.scope(pay_closed(&ran)));
    assert!(matches!(why(refused), Unrecorded::DeadlineExpired(_)));
    let_deadlines_pass(&recorder);
    assert_eq!(recorder.health().unrecorded, 1);
    block_on(recorder.scope(pay_open(&ran)));
    let_deadlines_pass(&recorder);
    assert_eq!(recorder.health().unrecorded, 2);
    let_go(&storage, &recorder);
    assert_eq!(recorder.health().unrecorded, 2);
}

#[test]
fn a_deadline_at_the_intent_lets_the_open_stance_go_on_and_raises_the_alarm() {
    let (storage, recorder) = stalled();
    let ran = Cell::new(false);
    block_on(recorder.scope(pay_open(&ran)));
    assert!(ran.get());
    assert_eq!(recorder.health().status, Status::Red);
    let_go(&storage, &recorder);
    let records = all_records(storage);
    let ends: Vec<_> = pairs(&records).into_values().flat_map(|(_, ends)| ends).collect();
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0]["outcome"], "success");
}

#[test]
fn a_call_given_up_before_its_intent_was_durable_was_cancelled() {
    let (storage, recorder) = stalled();
    let ran = Cell::new(false);
    give_up_paying(&recorder, &ran);
    let_go(&storage, &recorder);
    assert!(!ran.get());
    let records = all_records(storage);
    let ends: Vec<_> = pairs(&records).into_values().flat_map(|(_, ends)| ends).collect();
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0]["outcome"], "cancelled");
}

#[test]
fn a_full_queue_refuses_the_body_and_nothing_speaks_of_an_intent() {
    let storage = Stalling::default();
    let settings = over(&storage).wait_ms_max(60_000).queue_bytes_max(2_000);
    let recorder = settings.open().unwrap();
    storage.stall(true);
    // What the committer has taken makes no more room; then until one finds none.
    drop(recorder.record(Event::activity("Taken").succeeded()));
    while recorder.health().queued_events > 0 {
        std::thread::yield_now();
    }
    let full = Poll::Ready(Err(Unrecorded::QueueFull));
    let filled = || {
        let mut receipt = pin!(recorder.record(Event::activity("Fill").succeeded()));
        receipt.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())) == full
    };
    while !filled() {}
    let ran = Cell::new(false);
    for _ in 0..=INTENTS_MAX {
        assert_eq!(why(block_on(recorder.scope(pay_closed(&ran)))), Unrecorded::QueueFull);
    }
    assert!(!ran.get());
    block_on(recorder.scope(pay_open(&ran)));
    assert!(ran.take());
    storage.stall(false);
    while recorder.health().queued_events > 0 {
        std::thread::yield_now();
    }
    block_on(recorder.scope(pay_closed(&ran))).unwrap();
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    let records = all_records(storage);
    let of_it = records.iter().filter(|record| record["action"] == "PayClosed");
    assert_eq!(of_it.count(), 2);
    assert!(records.iter().all(|record| record["action"] != "PayOpen"));
}

#[test]
fn there_are_only_so_many_intents_and_an_end_makes_room() {
    let trail = Trail::new();
    let ran = Cell::new(false);
    block_on(async {
        for id in 1..INTENTS_MAX {
            begin_paying(&trail.recorder, id).await;
        }
        trail.recorder.scope(pay_closed(&ran)).await.unwrap();
        begin_paying(&trail.recorder, INTENTS_MAX).await;
        assert!(ran.take());
        let refused = trail.recorder.scope(pay_closed(&ran)).await;
        assert_eq!(why(refused), Unrecorded::TooManyIntents);
        assert!(!ran.get());
        trail.recorder.scope(pay_open(&ran)).await;
        assert!(ran.take());
        assert_eq!(trail.recorder.health().unrecorded, 2);
    });
    // Their tasks are gone with their executor, and there is room again once that is durable.
    trail.recorder.record(Event::activity("Wait").succeeded()).wait().unwrap();
    block_on(trail.recorder.scope(pay_closed(&ran))).unwrap();
    let records = trail.records();
    let open: Vec<_> = records.iter().filter(|record| record["action"] == "PayOpen").collect();
    assert_eq!(open.len(), 1, "{open:?}");
    assert!(open[0]["phase"].is_null());
    let pairs = pairs(&records);
    assert_eq!(pairs.len(), INTENTS_MAX as usize + 2);
    assert!(pairs.values().all(|(_, ends)| ends.len() == 1));
    assert!(summary(&records).contains(&"PayInvoice cancelled".to_owned()));
}
