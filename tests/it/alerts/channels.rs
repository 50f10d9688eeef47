//! Channels with their workers: none delays another, and every alert comes to an end that is known.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use audit_consumers::alert::{
    Alert, Channel, DeliveryError, Message, Notifier, Outbox, Rate, Workers,
};
use audit_runtime::Severity;
use tempfile::TempDir;

use super::receiver::{Answer, Receiver, ok};
use super::{alert, eventually, soon, take, webhook};

/// A channel that may send as fast as it can.
fn channel(name: &str, receiver: &Receiver) -> Channel {
    let mut channel = Channel::new(name, Severity::Informational, webhook(receiver.url()));
    channel.rate = Rate { per_minute: 60_000, burst: 1_000 };
    channel.delivery_time_max = Duration::from_secs(1);
    channel
}

fn start(place: &TempDir, channels: &[Channel]) -> (Outbox, Workers) {
    let mut outbox = Outbox::open(place.path().join("o.sqlite"), channels).unwrap();
    let workers = Workers::start(&mut outbox, channels.to_vec()).unwrap();
    (outbox, workers)
}

fn numbered(count: usize) -> Vec<Alert> {
    (0..count).map(|number| alert(&format!("alert-{number:03}"), Severity::High)).collect()
}

#[test]
fn an_alert_is_sent_at_once_and_once() {
    let place = tempfile::tempdir().unwrap();
    let receiver = Receiver::kind();
    let (mut outbox, workers) = start(&place, &[channel("hook", &receiver)]);
    std::thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    take(&mut outbox, &numbered(1));
    eventually("it is delivered", 5, || {
        outbox.deliveries("alert-000").unwrap()[0].delivered_at.is_some()
    });
    assert!(begun.elapsed() < Duration::from_millis(900), "it waited: {:?}", begun.elapsed());
    take(&mut outbox, &numbered(1));
    assert!(workers.shutdown(soon()));
    assert_eq!(receiver.alerts(), ["alert-000"]);
}

#[test]
fn a_channel_that_stalls_delays_no_other() {
    let place = tempfile::tempdir().unwrap();
    let (stalled, kind) = (Receiver::start(|_| Answer::Stall), Receiver::kind());
    let channels = [channel("stalled", &stalled), channel("kind", &kind)];
    let (mut outbox, workers) = start(&place, &channels);
    let begun = Instant::now();
    for alert in numbered(20) {
        take(&mut outbox, &[alert]);
    }
    eventually("the other has all", 10, || kind.alerts().len() == 20);
    let taken = begun.elapsed();
    assert!(taken < Duration::from_secs(3), "the stalled one held it up for {taken:?}");
    assert!(!stalled.seen().is_empty());
    let asked = Instant::now();
    assert!(workers.shutdown(asked), "a worker that waits for a receiver ends when it must");
    assert!(asked.elapsed() < Duration::from_secs(1));
}

#[test]
fn what_failed_is_tried_again_with_the_same_id() {
    let place = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(|number| match number {
        0 => Answer::Status(500, String::new()),
        1 => Answer::Close,
        2 => Answer::Status(429, "Retry-After: 1\r\n".to_owned()),
        _ => ok(),
    });
    let (mut outbox, workers) = start(&place, &[channel("hook", &receiver)]);
    take(&mut outbox, &numbered(1));
    eventually("it is delivered", 20, || {
        outbox.deliveries("alert-000").unwrap()[0].delivered_at.is_some()
    });
    let seen = receiver.seen();
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|request| request.headers["webhook-id"] == "alert-000"));
    let state = &outbox.deliveries("alert-000").unwrap()[0];
    assert_eq!((state.tries, state.error.as_deref()), (4, None));
    assert!(workers.shutdown(soon()));
}

#[test]
fn a_receiver_that_asks_for_time_gets_it_for_all_alerts() {
    let place = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(|number| match number {
        0 => Answer::Status(429, "Retry-After: 2\r\n".to_owned()),
        _ => ok(),
    });
    let (mut outbox, workers) = start(&place, &[channel("hook", &receiver)]);
    let begun = Instant::now();
    take(&mut outbox, &numbered(3));
    eventually("all are delivered", 20, || receiver.seen().len() == 4);
    assert!(begun.elapsed() >= Duration::from_secs(2), "it was asked again too early");
    assert!(workers.shutdown(soon()));
}

#[test]
fn what_is_refused_goes_to_the_next_channel() {
    let place = tempfile::tempdir().unwrap();
    let (refusing, kind) =
        (Receiver::start(|_| Answer::Status(400, String::new())), Receiver::kind());
    let mut next = channel("next", &kind);
    next.severity_min = Severity::Fatal;
    let (mut outbox, workers) = start(&place, &[channel("refusing", &refusing), next]);
    take(&mut outbox, &numbered(1));
    eventually("the next has it", 5, || kind.alerts() == ["alert-000"]);
    assert_eq!(kind.seen()[0].json()["data"]["escalated_from"], "refusing");
    let letters = outbox.unreported().unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].escalated_to.as_deref(), Some("next"));
    assert!(letters[0].error.contains("answered 400"), "{}", letters[0].error);
    assert_eq!(refusing.seen().len(), 1, "what is refused for good is not tried again");
    assert!(workers.shutdown(soon()));
}

#[test]
fn what_comes_too_fast_comes_in_digests_and_none_is_missing() {
    let place = tempfile::tempdir().unwrap();
    let receiver = Receiver::kind();
    let mut slow = channel("slow", &receiver);
    slow.rate = Rate { per_minute: 60, burst: 4 };
    let (mut outbox, workers) = start(&place, &[slow]);
    take(&mut outbox, &numbered(150));
    eventually("all are told", 20, || receiver.alerts().len() == 150);
    let mut ids = receiver.alerts();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 150);
    let sizes: Vec<usize> = receiver.seen().iter().map(|seen| seen.alerts().len()).collect();
    assert_eq!(sizes, [1, 1, 1, 100, 47], "a few alone, the rest together");
    assert!(workers.shutdown(soon()));
}

#[test]
fn a_heartbeat_comes_once_an_interval() {
    let place = tempfile::tempdir().unwrap();
    let receiver = Receiver::kind();
    let mut beating = channel("beating", &receiver);
    beating.heartbeat = Some(Duration::from_secs(2));
    beating.severity_min = Severity::Fatal;
    // Two processes with one outbox.
    let (_one, workers) = start(&place, std::slice::from_ref(&beating));
    let (_other, others) = start(&place, &[beating]);
    std::thread::sleep(Duration::from_secs(5));
    assert!(workers.shutdown(soon()) && others.shutdown(soon()));
    let beats = receiver.alerts();
    assert!((2..=4).contains(&beats.len()), "{beats:?}");
    let mut unique = beats.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), beats.len(), "{beats:?}");
}

/// Panics at first, hangs then, and delivers in the end.
struct Unruly {
    calls: AtomicUsize,
    hanging: Arc<AtomicUsize>,
}

impl Notifier for Unruly {
    fn deliver(&self, _: &Message, _: Instant) -> Result<(), DeliveryError> {
        match self.calls.fetch_add(1, Ordering::SeqCst) {
            0 => panic!("this is what the test wants"),
            1 => {
                self.hanging.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_secs(60));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[test]
fn a_notifier_that_panics_or_hangs_ends_no_worker() {
    let place = tempfile::tempdir().unwrap();
    let hanging = Arc::default();
    let unruly = Unruly { calls: AtomicUsize::new(0), hanging: Arc::clone(&hanging) };
    let mut channel = Channel::new("unruly", Severity::Low, unruly);
    channel.delivery_time_max = Duration::from_millis(300);
    let (mut outbox, workers) = start(&place, &[channel]);
    take(&mut outbox, &numbered(1));
    eventually("it is delivered", 20, || {
        outbox.deliveries("alert-000").unwrap()[0].delivered_at.is_some()
    });
    assert_eq!(hanging.load(Ordering::SeqCst), 1);
    assert!(workers.shutdown(soon()));
}

/// Hangs always.
struct Hanging(Arc<AtomicUsize>);

impl Notifier for Hanging {
    fn deliver(&self, _: &Message, _: Instant) -> Result<(), DeliveryError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_secs(120));
        Ok(())
    }
}

#[test]
fn a_notifier_that_always_hangs_has_few_threads() {
    let place = tempfile::tempdir().unwrap();
    let calls = Arc::default();
    let mut channel = Channel::new("hanging", Severity::Low, Hanging(Arc::clone(&calls)));
    channel.delivery_time_max = Duration::from_millis(50);
    channel.rate = Rate { per_minute: 60_000, burst: 1_000 };
    let (mut outbox, workers) = start(&place, &[channel]);
    take(&mut outbox, &numbered(30));
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(calls.load(Ordering::SeqCst), 4);
    let state = &outbox.channels().unwrap()[0];
    assert_eq!((state.waiting, state.dead), (30, 0));
    assert!(workers.shutdown(soon()));
}

#[test]
fn what_was_not_delivered_is_delivered_by_the_next_process() {
    let place = tempfile::tempdir().unwrap();
    let receiver = Receiver::kind();
    let (mut outbox, workers) = start(&place, &[channel("hook", &receiver)]);
    assert!(workers.shutdown(soon()));
    take(&mut outbox, &numbered(3));
    drop(outbox);
    let (_outbox, workers) = start(&place, &[channel("hook", &receiver)]);
    eventually("all are delivered", 10, || receiver.alerts().len() == 3);
    assert!(workers.shutdown(soon()));
}
