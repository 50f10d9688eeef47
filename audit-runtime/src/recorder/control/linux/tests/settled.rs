//! What peers have asked for, as one sees it that asks whether all of it is settled.

use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake};
use std::thread;

use super::*;

/// Long enough for a request to come to the queue.
const A_WHILE: Duration = Duration::from_millis(50);

struct Gate(Mutex<Receiver<()>>);

impl Wake for Gate {
    fn wake(self: Arc<Self>) {
        _ = self.0.lock().unwrap().recv();
    }
}

/// Holds the committer up, as a slow disk does, until this is dropped.
fn hold(recorder: &Recorder) -> Sender<()> {
    let (open, gate) = channel();
    let waker = Waker::from(Arc::new(Gate(Mutex::new(gate))));
    loop {
        let login = Event::authentication("password").failed("wrong_password");
        let mut receipt = recorder.record(login);
        if Pin::new(&mut receipt).poll(&mut Context::from_waker(&waker)).is_pending() {
            while recorder.0.shared.queue.depth().0 > 0 {
                thread::yield_now();
            }
            return open;
        }
    }
}

/// How many readings are recorded and can be read.
fn readings(service: &Service) -> usize {
    let mut cursor = Reader::open(service.journal()).unwrap().cursor(0).unwrap();
    let lines = std::iter::from_fn(|| cursor.next().unwrap());
    lines.filter(|line| String::from_utf8_lossy(line.bytes()).contains("JournalRead")).count()
}

#[test]
fn what_a_peer_has_asked_for_that_died_stands_there_once_that_is_settled() {
    let service = Service::start();
    let asked = protocol::request(&Request::Append(Box::new(read())));
    for round in 0..10 {
        let held = hold(&service.recorder);
        service.peer().get_mut().write_all(&asked).unwrap();
        let mut client = service.client();
        let asking = thread::spawn(move || client.settled().unwrap());
        thread::sleep(A_WHILE);
        assert!(!asking.is_finished(), "{round}");
        drop(held);
        let last = asking.join().unwrap();
        assert_eq!(readings(&service), round + 1);
        record(&service, last);
    }
    let health = service.recorder.health();
    assert_eq!((health.lost, health.unrecorded, health.control_refused), (0, 0, 0));
}

#[test]
fn what_a_disk_does_not_answer_is_not_settled() {
    let directory = tempfile::tempdir().unwrap();
    let builder = Recorder::builder(directory.path().join("audit")).wait_ms_max(200);
    let service = Service { recorder: builder.open().unwrap(), directory };
    let held = hold(&service.recorder);
    let code = |service: &Service| match service.client().settled() {
        Err(Error::Refused { code, .. }) => code,
        settled => panic!("{settled:?}"),
    };
    assert_eq!(code(&service), "unknown");
    thread::sleep(2 * A_WHILE);
    // Who asks now takes no room in the queue.
    assert_eq!(code(&service), "unrecorded");
    drop(held);
    let due = Instant::now() + SOON;
    while service.client().settled().is_err() {
        assert!(Instant::now() < due);
        thread::sleep(A_WHILE);
    }
    assert_eq!(service.recorder.health().unrecorded, 0);
}

#[test]
fn who_waits_for_that_is_answered_before_a_shutdown_returns() {
    let service = Service::start();
    let held = hold(&service.recorder);
    let mut client = service.client();
    let asking = thread::spawn(move || client.settled());
    thread::sleep(A_WHILE);
    let release = thread::spawn(move || {
        thread::sleep(A_WHILE);
        drop(held);
    });
    service.recorder.shutdown(SOON).unwrap();
    asking.join().unwrap().unwrap();
    release.join().unwrap();
}
