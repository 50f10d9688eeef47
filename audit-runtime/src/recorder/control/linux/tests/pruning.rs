//! Pruning as peers ask for it: done by the service, for whom it is allowed, and never below its minimum.

use audit_journal::{DirectoryStorage, verify};

use super::*;
use crate::recorder::control::{Prune, prune_alone};

impl Service {
    /// A service of several small segments.
    fn of_small_segments(retention_days_min: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let builder = Recorder::builder(directory.path().join("audit"));
        let builder = builder.segment_bytes_max(3_000).retention_days_min(retention_days_min);
        let service = Self { directory, recorder: builder.open().unwrap() };
        service.fill();
        service
    }

    fn fill(&self) {
        for _ in 0..40 {
            self.recorder.record(Event::activity("Work").succeeded()).wait().unwrap();
        }
        assert!(self.firsts().len() >= 4);
    }

    fn firsts(&self) -> Vec<u64> {
        Reader::open(self.journal()).unwrap().first_seqs().unwrap()
    }

    /// True if a check finds no damage; and how much it knows to be pruned.
    fn verified(&self) -> (bool, Option<u64>) {
        let found = verify(&DirectoryStorage::read_only(self.journal())).unwrap();
        (found.is_intact(), found.pruned.map(|pruned| pruned.last_seq))
    }
}

fn before(seq: u64) -> Prune {
    Prune::before(seq, "a test")
}

fn refused(error: Error) -> (String, String) {
    match error {
        Error::Refused { code, message } => (code, message),
        other => panic!("{other}"),
    }
}

#[test]
fn a_living_service_prunes_and_names_who_has_asked_while_it_records_and_others_read() {
    let service = Service::of_small_segments(0);
    let all = service.firsts();
    let reader = Reader::open(service.journal()).unwrap();
    let mut follower = reader.cursor(all[3]).unwrap();
    let recorder = service.recorder.clone();
    let busy = std::thread::spawn(move || {
        let record = |_| recorder.record(Event::activity("Busy").succeeded()).wait().is_ok();
        (0..200).filter(|number| record(*number)).count()
    });
    let mut client = service.client();
    let would = client.prune(&before(all[2]).dry_run()).unwrap();
    assert_eq!((would.first_seq, would.last_seq, would.seq), (0, all[2] - 1, None));
    assert_eq!(service.firsts()[0], 0);
    let told = client.prune(&before(all[2])).unwrap();
    assert_eq!((told.first_seq, told.last_seq, told.segments), (0, all[2] - 1, 2));
    assert_eq!((told.left_over, service.firsts()[0]), (0, all[2]));
    assert_eq!(service.verified(), (true, Some(all[2] - 1)));
    assert_eq!(busy.join().unwrap(), 200, "nothing that was recorded meanwhile is lost");
    let line = reader.cursor(told.seq.unwrap()).unwrap().next().unwrap().unwrap();
    let record: Value = serde_json::from_slice(line.bytes()).unwrap();
    let me = fs::metadata("/proc/self").map(|me| std::os::unix::fs::MetadataExt::uid(&me)).unwrap();
    assert_eq!(record["journal"]["asked_by"], format!("uid:{me} process:{}", std::process::id()));
    assert_eq!(record["journal"]["reason"], "a test");
    let mut next = all[3];
    while let Some(line) = follower.next().unwrap() {
        assert_eq!(line.seq(), next);
        next += 1;
    }
    assert_eq!(next, service.recorder.health().durable);
    // The same journal goes on, and what is written anew is pruned like what was.
    service.recorder.shutdown(SOON).unwrap();
    let journal = service.journal();
    let again = Recorder::builder(&journal).retention_days_min(0).open().unwrap();
    let service = Service { directory: service.directory, recorder: again };
    let all = service.firsts();
    assert_eq!(service.client().prune(&before(all[1])).unwrap().first_seq, all[0]);
    assert_eq!(service.verified(), (true, Some(all[1] - 1)));
}

#[test]
fn a_service_refuses_what_is_younger_than_its_own_minimum() {
    let service = Service::of_small_segments(7);
    let all = service.firsts();
    for prune in [before(all[2]), before(u64::MAX).dry_run()] {
        let (code, message) = refused(service.client().prune(&prune).unwrap_err());
        assert_eq!(code, "kept");
        assert!(message.contains("0 days old, and the minimum is 7 days"), "{message}");
    }
    let (code, message) = refused(service.client().prune(&before(1)).unwrap_err());
    assert!(code == "kept" && message.contains("no whole segment"), "{message}");
    assert_eq!((service.firsts(), service.verified()), (all, (true, None)));
    assert_eq!(service.recorder.health().status, Status::Green);
}

#[test]
fn nobody_but_the_service_and_root_may_prune() {
    let service = Service::of_small_segments(0);
    let all = service.firsts();
    let mut budget = Budget::default();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let mut connection = Connection::new(ours, Peer { user: 7, process: 1 }, false);
    theirs.write_all(&protocol::request(&Request::Prune(before(all[1])))).unwrap();
    let (shared, waker) = (&*service.recorder.0.shared, Waker::noop());
    let mut desk = Desk { shared, budget: &mut budget, waker, now: Instant::now() };
    assert!(!connection.serve(&mut desk), "it is let go");
    drop(connection);
    let told = answer(&mut BufReader::new(theirs));
    assert_eq!(told["error"], "not_allowed");
    assert!(told["message"].as_str().unwrap().contains("user 7 may not prune"), "{told}");
    assert_eq!((service.firsts(), service.refused()), (all, 1));
}

#[test]
fn one_asks_at_a_time_and_the_end_of_the_service_answers_who_waits() {
    let service = Service::of_small_segments(0);
    let pruning = &service.recorder.0.shared.pruning;
    let first = pruning.ask(before(1), "one".to_owned()).unwrap();
    let (code, _) = match service.client().prune(&before(1)) {
        // The committer was quicker.
        Err(Error::Refused { code, message }) => (code, message),
        other => panic!("{other:?}"),
    };
    assert!(["over_budget", "kept"].contains(&code.as_str()), "{code}");
    service.recorder.shutdown(SOON).unwrap();
    assert!(first.poll(Waker::noop()).is_ready());
}

#[test]
fn without_a_service_its_user_prunes_alone_and_never_below_the_minimum() {
    let service = Service::of_small_segments(0);
    let (journal, all) = (service.journal(), service.firsts());
    let error = prune_alone(&journal, &before(all[2]), 0).unwrap_err().to_string();
    assert!(error.contains("has a writer already"), "{error}");
    service.recorder.shutdown(SOON).unwrap();
    let error = prune_alone(&journal, &before(all[2]), 3).unwrap_err().to_string();
    assert!(error.contains("the minimum is 3 days"), "{error}");
    let told = prune_alone(&journal, &before(all[2]), 0).unwrap();
    assert_eq!((told.first_seq, told.last_seq, told.left_over), (0, all[2] - 1, 0));
    assert_eq!(service.verified(), (true, Some(all[2] - 1)));
    let again = Recorder::builder(&journal).open().unwrap();
    assert_eq!(again.health().status, Status::Green);
}
