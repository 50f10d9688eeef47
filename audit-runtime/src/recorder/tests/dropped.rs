//! Receipts that nobody waits for: a failure still raises the alarm, once.

use std::pin::Pin;

use super::*;

#[test]
fn a_failure_that_comes_after_the_receipt_is_gone_raises_the_alarm_once() {
    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    storage.set(Gate::Shut);
    drop(recorder.record(event("Dropped")));
    let mut polled = recorder.record(event("Polled"));
    assert!(Pin::new(&mut polled).poll(&mut TaskContext::from_waker(Waker::noop())).is_pending());
    drop(polled);
    let heard = recorder.record(event("Heard"));
    assert_eq!(recorder.health().unrecorded, 0);
    storage.set(Gate::Failing);
    heard.wait().unwrap_err();
    assert_eq!(recorder.health().unrecorded, 2);
    drop(recorder.record(event("Late")));
    assert_eq!(recorder.health().unrecorded, 3);
}

#[test]
fn a_deadline_holds_for_a_receipt_that_is_gone_and_is_its_only_answer() {
    let storage = Gated::default();
    let recorder = storage.recorder().wait_ms_max(50).open().unwrap();
    storage.set(Gate::Shut);
    drop(recorder.record(event("Dropped")));
    recorder.record(event("Heard")).wait().unwrap_err();
    let until = Instant::now() + Duration::from_secs(10);
    while recorder.health().unrecorded == 0 && Instant::now() < until {
        std::thread::yield_now();
    }
    assert_eq!(recorder.health().unrecorded, 1);
    storage.set(Gate::Failing);
    recorder.shutdown(Duration::from_secs(5)).unwrap_err();
    assert_eq!(recorder.health().unrecorded, 1);
}

#[cfg(any(feature = "actix", feature = "tower"))]
#[test]
fn a_route_that_could_not_be_told_of_is_told_of_later() {
    use crate::event::Http;
    use crate::recorder::{ROUTE_UNAUDITED, Route};

    let storage = Gated::default();
    let recorder = storage.recorder().open().unwrap();
    let http = Http::unrouted("POST", "/plain");
    let route = Route { method: "POST", template: "/plain", http: &http };
    let tell = || recorder.0.shared.note_route(&route, std::iter::empty(), true);
    recorder.record(event("Before")).wait().unwrap();
    storage.fill();
    recorder.record(event("Saved")).wait().unwrap();
    tell();
    storage.leave(1000);
    storage.memory.limit(None);
    while recorder.health().status == Status::Red {
        std::thread::sleep(Duration::from_millis(5));
    }
    tell();
    tell();
    recorder.shutdown(Duration::from_secs(5)).unwrap();
    let told = storage.actions().into_iter().filter(|action| action == ROUTE_UNAUDITED);
    assert_eq!(told.count(), 1);
}
