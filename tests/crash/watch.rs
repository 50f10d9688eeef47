//! A watch that is killed at any moment: every finding stands in the journal once, and every alert arrives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use audit_consumers::alert::{Channel, DeliveryError, Message, Notifier};
use audit_consumers::detect::{Detector as _, Engine, Observed, Rules, StateKey};
use audit_consumers::watch::{Watch, alert_id};
use audit_runtime::journal::Reader;
use audit_runtime::{Actor, Event, Origin, Record, Recorder, Severity};

/// Tells this binary to be the watch, and where its files go.
const PLACE: &str = "AUDIT_TEST_WATCH";
const TEST: &str = "watch::a_killed_watch_finds_everything_once_and_tells_it";
const ROUNDS: u32 = 40;
const SOON: Duration = Duration::from_secs(90);

#[test]
fn a_killed_watch_finds_everything_once_and_tells_it() {
    if let Some(place) = std::env::var_os(PLACE) {
        return watch(Path::new(&place));
    }
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::builder(directory.path().join("audit")).open().unwrap();
    let mut killed = child(directory.path());
    for round in 0..ROUNDS {
        attack(&recorder, round);
        // Each second time the disk is slow: what the killed one has asked for is recorded only when the
        // next one is at work.
        let slow = (round % 2 == 1).then(|| hold(&recorder));
        // The kill falls into another moment of the work each time.
        thread::sleep(Duration::from_millis(u64::from(20 + round * 37 % 150)));
        killed.kill().unwrap();
        killed.wait().unwrap();
        killed = child(directory.path());
        if slow.is_some() {
            thread::sleep(Duration::from_millis(u64::from(round * 53 % 200)));
        }
        drop(slow);
    }
    let mut last = killed;
    let expected = expected(directory.path());
    assert!(expected.len() as u32 >= ROUNDS, "{}", expected.len());
    let due = Instant::now() + SOON;
    let ids =
        |found: &BTreeMap<String, (Found, u32)>| found.keys().cloned().collect::<BTreeSet<_>>();
    loop {
        let found = recorded(directory.path());
        if found.len() >= expected.len() && ids(&found).is_subset(&told(directory.path())) {
            break;
        }
        assert!(Instant::now() < due, "{} of {} were found", found.len(), expected.len());
        thread::sleep(Duration::from_millis(50));
    }
    // Time for what should not come any more.
    thread::sleep(Duration::from_millis(500));
    last.kill().unwrap();
    last.wait().unwrap();
    let found = recorded(directory.path());
    let twice: Vec<_> = found.values().filter(|(_, times)| *times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let found: BTreeSet<Found> = found.into_values().map(|(finding, _)| finding).collect();
    assert_eq!(found, expected);
    recorder.shutdown(SOON).unwrap();
}

/// A rule, its key, and the time of the event that made it hold.
type Found = (String, String, String);

/// Failed logins of two users from one address.
fn attack(recorder: &Recorder, round: u32) {
    let from: SocketAddr = format!("198.51.100.{}:4000", round % 200 + 1).parse().unwrap();
    for attempt in 0..12 {
        let user = Actor::user(format!("user-{round}-{}", attempt % 2));
        let login = Event::authentication("password").actor(user).origin(Origin::peer(from));
        recorder.record(login.failed("wrong_password")).wait().unwrap();
    }
}

/// Holds the writer up, as a slow disk does, until this is dropped.
fn hold(recorder: &Recorder) -> Sender<()> {
    struct Gate(Mutex<Receiver<()>>);
    impl Wake for Gate {
        fn wake(self: Arc<Self>) {
            _ = self.0.lock().unwrap().recv();
        }
    }
    let (open, gate) = channel();
    let waker = Waker::from(Arc::new(Gate(Mutex::new(gate))));
    loop {
        let mut receipt = recorder.record(Event::authentication("password").succeeded());
        if Pin::new(&mut receipt).poll(&mut Context::from_waker(&waker)).is_pending() {
            return open;
        }
    }
}

/// What one engine finds that sees the whole journal at once and is never killed.
fn expected(place: &Path) -> BTreeSet<Found> {
    let mut engine = Engine::new(Rules::builtin(), StateKey::random().unwrap());
    let mut findings = Vec::new();
    each_record(place, |record| {
        if let Some(observed) = Observed::of(record).filter(|_| record.action != "DetectorFinding")
        {
            engine.observe(&observed, &mut findings);
        }
    });
    let found = findings.into_iter();
    found
        .map(|found| (found.rule.to_string(), found.key.join(" from "), found.last.to_string()))
        .collect()
}

/// What is recorded as found, by the id of its alert, and how often.
fn recorded(place: &Path) -> BTreeMap<String, (Found, u32)> {
    let mut found: BTreeMap<String, (Found, u32)> = BTreeMap::new();
    each_record(place, |record| {
        if record.action == "DetectorFinding" {
            let said = |name: &str| record.arguments[name].as_str().unwrap().to_owned();
            let finding = (said("rule"), said("key"), said("last"));
            let id = alert_id(&said("id"), &said("rule"), record.severity);
            found.entry(id).or_insert((finding, 0)).1 += 1;
        }
    });
    found
}

fn each_record(place: &Path, mut look: impl FnMut(&Record)) {
    let mut cursor = Reader::open(place.join("audit")).unwrap().cursor(0).unwrap();
    while let Some(line) = cursor.next().unwrap() {
        look(&Record::parse(&line).unwrap());
    }
}

/// The ids of the alerts that the channel was given.
fn told(place: &Path) -> BTreeSet<String> {
    let list = fs::read_to_string(place.join("told")).unwrap_or_default();
    list.split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n'))
        .map(str::to_owned)
        .collect()
}

fn child(place: &Path) -> std::process::Child {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", TEST, "--nocapture"]).env(PLACE, place);
    child.stdout(std::process::Stdio::null()).spawn().unwrap()
}

fn watch(place: &Path) {
    let list = List(place.join("told"));
    let mut channel = Channel::new("list", Severity::Informational, list);
    channel.rate.per_minute = u32::MAX;
    channel.rate.burst = u32::MAX;
    // What a killed process was sending is free again that much sooner.
    channel.delivery_time_max = Duration::from_secs(1);
    let watch = Watch::builder(place.join("audit")).channel(channel).keep_every_ms(25);
    let _watch = watch.verify_every_ms(0).start().unwrap();
    thread::sleep(SOON);
}

/// A channel that writes the ids of its alerts into a file.
struct List(PathBuf);

impl Notifier for List {
    fn deliver(&self, message: &Message, _deadline: Instant) -> Result<(), DeliveryError> {
        let list = OpenOptions::new().append(true).create(true).open(&self.0);
        let mut list = list.map_err(|error| DeliveryError::transient(error.to_string()))?;
        for alert in &message.alerts {
            writeln!(list, "{}", alert.id)
                .map_err(|error| DeliveryError::transient(error.to_string()))?;
        }
        Ok(())
    }
}
