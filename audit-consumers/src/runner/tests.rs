//! Tests of a consumer at work beside a real writer.

use std::sync::mpsc::{Receiver, Sender, channel};

use audit_runtime::journal::{DirectoryStorage, Journal, Options};
use audit_runtime::{Event, Record, Recorder};
use tempfile::TempDir;

use super::*;
use crate::Subscription;

const SOON: Duration = Duration::from_secs(20);

/// A service with a journal.
struct Service {
    directory: TempDir,
    recorder: Option<Recorder>,
}

impl Service {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut service = Self { directory, recorder: None };
        service.restart();
        service
    }

    fn restart(&mut self) {
        self.stop();
        self.recorder = Some(Recorder::builder(self.journal()).open().unwrap());
    }

    fn stop(&mut self) {
        if let Some(recorder) = self.recorder.take() {
            recorder.shutdown(SOON).unwrap();
        }
    }

    fn journal(&self) -> PathBuf {
        self.directory.path().join("audit")
    }

    fn record(&self, action: &'static str) {
        let event = Event::activity(action).succeeded();
        self.recorder.as_ref().unwrap().record(event).wait().unwrap();
    }

    fn place(&self) -> PathBuf {
        self.directory.path().join("place")
    }
}

/// A consumer that passes on what it takes, and fails as often as it is told to.
struct Listed {
    place: PathBuf,
    taken: Sender<(u64, String)>,
    failures: u32,
    gate: Option<Receiver<()>>,
}

impl Listed {
    fn of(service: &Service) -> (Self, Receiver<(u64, String)>) {
        let (taken, list) = channel();
        (Self { place: service.place(), taken, failures: 0, gate: None }, list)
    }
}

impl Consumer for Listed {
    fn position(&mut self) -> Result<Option<Position>, Error> {
        Position::load(&self.place)
    }

    fn take(&mut self, lines: &[Line], behind: &Position) -> Result<(), Error> {
        if let Some(gate) = self.gate.as_ref().filter(|_| !lines.is_empty()) {
            gate.recv().unwrap();
        }
        for line in lines {
            let body: serde_json::Value = serde_json::from_slice(line.bytes()).unwrap();
            let action = body["action"].as_str().unwrap_or("-").to_owned();
            self.taken.send((line.seq(), action)).unwrap();
        }
        if self.failures > 0 {
            self.failures -= 1;
            return Err(Error::consumer("its disk is gone"));
        }
        behind.save(&self.place)
    }
}

/// The actions that are taken until `last` is.
fn until(list: &Receiver<(u64, String)>, last: &str) -> Vec<(u64, String)> {
    let mut taken = Vec::new();
    while taken.last().is_none_or(|(_, action)| action != last) {
        taken.push(list.recv_timeout(SOON).unwrap());
    }
    taken
}

fn seqs(taken: &[(u64, String)]) -> Vec<u64> {
    taken.iter().map(|(seq, _)| *seq).collect()
}

#[test]
fn every_record_is_taken_in_order_and_none_twice_after_a_stop() {
    let service = Service::start();
    service.record("First");
    let (consumer, list) = Listed::of(&service);
    let running = start("listed", service.journal(), consumer).unwrap();
    let mut taken = until(&list, "First");
    service.record("Second");
    taken.extend(until(&list, "Second"));
    running.stop(SOON).unwrap();
    service.record("Third");
    let (consumer, list) = Listed::of(&service);
    let _running = start("listed", service.journal(), consumer).unwrap();
    taken.extend(until(&list, "Third"));
    assert_eq!(seqs(&taken), (0..taken.len() as u64).collect::<Vec<_>>());
}

#[test]
fn what_could_not_be_taken_comes_again() {
    let service = Service::start();
    let (mut consumer, list) = Listed::of(&service);
    consumer.failures = 1;
    let running = start("listed", service.journal(), consumer).unwrap();
    until(&list, "JournalStart");
    service.record("Later");
    let again = until(&list, "Later");
    assert_eq!(again[0].0, 0, "{again:?}");
    let due = Instant::now() + SOON;
    while running.status().lag != Some(0) {
        assert!(Instant::now() < due, "{:?}", running.status());
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!((running.status().failure, running.status().failures), (None, 0));
}

#[test]
fn a_failure_and_the_lag_are_seen_from_outside() {
    let service = Service::start();
    let (open, gate) = channel();
    let (mut consumer, _list) = Listed::of(&service);
    (consumer.gate, consumer.failures) = (Some(gate), u32::MAX);
    let running = start("listed", service.journal(), consumer).unwrap();
    open.send(()).unwrap();
    let due = Instant::now() + SOON;
    while running.status().failure.is_none() {
        assert!(Instant::now() < due);
        thread::sleep(Duration::from_millis(5));
    }
    let status = running.status();
    assert_eq!(status.failure.as_deref(), Some("its disk is gone"));
    assert!(status.behind_for > Duration::ZERO && status.failures > 0);
    drop(open);
    drop(running);

    let service = Service::start();
    let (open, gate) = channel();
    let (mut consumer, list) = Listed::of(&service);
    consumer.gate = Some(gate);
    let running = start("listed", service.journal(), consumer).unwrap();
    open.send(()).unwrap();
    until(&list, "JournalStart");
    for _ in 0..5 {
        service.record("Later");
    }
    // One batch is held back at the gate, and what came since is behind.
    let due = Instant::now() + SOON;
    while running.status().behind_for.is_zero() {
        assert!(Instant::now() < due, "{:?}", running.status());
        open.send(()).unwrap();
        service.record("Later");
    }
}

#[test]
fn the_rest_of_an_epoch_that_was_set_aside_is_taken_before_the_new_one() {
    let mut service = Service::start();
    let (consumer, list) = Listed::of(&service);
    let running = start("listed", service.journal(), consumer).unwrap();
    until(&list, "JournalStart");
    running.stop(SOON).unwrap();
    service.record("Old");
    for _ in 0..2 {
        service.stop();
        adopt(&service.journal());
        service.restart();
    }
    service.record("New");
    let (consumer, list) = Listed::of(&service);
    let _running = start("listed", service.journal(), consumer).unwrap();
    let taken = until(&list, "New");
    let begins = taken.iter().filter(|(seq, _)| *seq == 0).count();
    assert_eq!((begins, taken[0].1.as_str()), (2, "Old"), "{taken:?}");
}

#[test]
fn a_changed_record_blinds_no_consumer_to_those_behind_it() {
    let service = Service::start();
    service.record("First");
    service.record("Second");
    let segment = service.journal().join("seg/00000000000000000000.jsonl");
    let text = std::fs::read_to_string(&segment).unwrap();
    std::fs::write(&segment, text.replace("First", "Worst")).unwrap();
    let (consumer, list) = Listed::of(&service);
    let running = start("listed", service.journal(), consumer).unwrap();
    let taken = until(&list, "Second");
    assert!(taken.iter().all(|(_, action)| action != "Worst"), "{taken:?}");
    service.record("Third");
    until(&list, "Third");
    running.stop(SOON).unwrap();
}

/// Changes a record after a consumer has taken it; the consumer goes on after a restart.
fn is_seen_after_a_restart(edited: &str, to: &str) {
    let service = Service::start();
    service.record("First");
    service.record("Second");
    let (consumer, list) = Listed::of(&service);
    let running = start("listed", service.journal(), consumer).unwrap();
    until(&list, "Second");
    running.stop(SOON).unwrap();
    let segment = service.journal().join("seg/00000000000000000000.jsonl");
    let text = std::fs::read_to_string(&segment).unwrap();
    std::fs::write(&segment, text.replacen(edited, to, 1)).unwrap();
    service.record("Third");
    let (consumer, list) = Listed::of(&service);
    let running = start("listed", service.journal(), consumer).unwrap();
    until(&list, "Third");
    running.stop(SOON).unwrap();
}

#[test]
fn damage_before_the_saved_place_or_at_it_does_not_stop_a_consumer() {
    is_seen_after_a_restart("First", "Worst");
    is_seen_after_a_restart("Second", "Sacond");
    // Even the header, so that nothing says where the chain begins.
    is_seen_after_a_restart("JournalSegment", "JournalSegmend");
}

#[test]
fn a_consumer_that_panics_or_hangs_is_seen_to_be_behind() {
    struct Stuck(bool);
    impl Consumer for Stuck {
        fn position(&mut self) -> Result<Option<Position>, Error> {
            Ok(None)
        }

        fn take(&mut self, _: &[Line], _: &Position) -> Result<(), Error> {
            assert!(!self.0, "a test");
            thread::sleep(SOON);
            Ok(())
        }
    }
    for panics in [true, false] {
        let service = Service::start();
        let running = start("stuck", service.journal(), Stuck(panics)).unwrap();
        let due = Instant::now() + SOON;
        let is_seen = |status: Status| {
            let is_behind = status.lag > Some(0) && !status.behind_for.is_zero();
            is_behind && (!panics || status.failure.is_some())
        };
        while !is_seen(running.status()) {
            assert!(Instant::now() < due, "{:?}", running.status());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn another_journal_is_not_read_from_the_middle() {
    let service = Service::start();
    let other = Service::start();
    let (mut consumer, list) = Listed::of(&service);
    let running = start("listed", service.journal(), consumer).unwrap();
    until(&list, "JournalStart");
    running.stop(SOON).unwrap();
    (consumer, _) = Listed::of(&service);
    let position = consumer.position().unwrap().unwrap();
    let refused = Follower::open(&other.journal(), position).err().unwrap();
    assert!(matches!(refused, Error::OtherJournal { .. }), "{refused}");
}

/// Sets the journal aside, as `audited adopt` does.
fn adopt(journal: &Path) {
    let storage = Arc::new(DirectoryStorage::open_existing(journal).unwrap());
    let begun = Journal::adopt(storage, Options::default(), "a test").unwrap();
    begun.close().unwrap();
}

#[test]
fn a_subscription_gives_what_comes_and_can_be_gone_on_with() {
    let service = Service::start();
    service.record("Before");
    let mut records = Subscription::from_now(service.journal()).unwrap();
    assert!(records.next(Duration::from_millis(1)).unwrap().is_none());
    service.record("First");
    service.record("Second");
    let action = |line: Option<Line>| Record::parse(&line.unwrap()).unwrap().action;
    assert_eq!(action(records.next(SOON).unwrap()), "First");
    let place = records.position().clone();
    assert_eq!(action(records.next(SOON).unwrap()), "Second");
    let mut again = Subscription::from(service.journal(), place).unwrap();
    assert_eq!(action(again.next(SOON).unwrap()), "Second");
}
