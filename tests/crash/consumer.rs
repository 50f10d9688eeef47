//! A consumer that is killed takes every record all the same, in order, and knows again those that come twice.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use audit_consumers::{Consumer, Error, Position, runner};
use audit_runtime::journal::{Line, Reader};
use audit_runtime::{Event, Record, Recorder};

/// Tells this binary to be the consumer, and where its files go.
const PLACE: &str = "AUDIT_TEST_CONSUMER";
/// Tells it to save its place before it takes what is in front of it, which loses records.
const PLACE_FIRST: &str = "AUDIT_TEST_CONSUMER_PLACE_FIRST";
const TEST: &str = "consumer::a_killed_consumer_takes_every_record";
const ROUNDS: u64 = 30;
const SOON: Duration = Duration::from_secs(60);

#[test]
fn a_killed_consumer_takes_every_record() {
    if let Some(place) = std::env::var_os(PLACE) {
        return consume(Path::new(&place));
    }
    let (missing, again) = killed(false);
    assert_eq!(missing, 0);
    assert!(again > 0, "no kill fell between a batch and its place");
    // Were the place saved first, the same kills would be seen to lose records.
    let (missing, _) = killed(true);
    assert!(missing > 0, "nothing that is lost would have been noticed");
}

/// Kills a consumer over and over; tells how many records it never had, and how many twice.
fn killed(place_first: bool) -> (usize, usize) {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::builder(directory.path().join("audit")).open().unwrap();
    for round in 0..ROUNDS {
        for _ in 0..20 {
            recorder.record(Event::activity("Work").succeeded()).wait().unwrap();
        }
        let mut consumer = child(directory.path(), place_first).spawn().unwrap();
        thread::sleep(Duration::from_millis(40 + round * 37 % 120));
        consumer.kill().unwrap();
        consumer.wait().unwrap();
    }
    recorder.shutdown(SOON).unwrap();
    let mut consumer = child(directory.path(), place_first).spawn().unwrap();
    let reader = Reader::open(directory.path().join("audit")).unwrap();
    let end = reader.watermark().unwrap().unwrap();
    let due = Instant::now() + SOON;
    while taken(directory.path()).last().is_none_or(|(seq, _)| seq + 1 < end) {
        assert!(Instant::now() < due, "the consumer has not caught up");
        thread::sleep(Duration::from_millis(20));
    }
    consumer.kill().unwrap();
    consumer.wait().unwrap();
    let all = taken(directory.path());
    // A repeat is known by its id, and never comes with another number.
    let ids: HashSet<&String> = all.iter().map(|(_, id)| id).collect();
    let seqs: HashSet<u64> = all.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(ids.len(), seqs.len());
    ((0..end).filter(|seq| !seqs.contains(seq)).count(), all.len() - seqs.len())
}

fn child(place: &Path, place_first: bool) -> Command {
    let mut consumer = Command::new(std::env::current_exe().unwrap());
    consumer.args(["--exact", TEST, "--nocapture"]).env(PLACE, place);
    consumer.stdout(std::process::Stdio::null());
    if place_first {
        consumer.env(PLACE_FIRST, "1");
    }
    consumer
}

/// What the consumers have taken, in the order in which they did.
fn taken(place: &Path) -> Vec<(u64, String)> {
    let list = fs::read_to_string(place.join("list")).unwrap_or_default();
    let lines = list.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let entries = lines.filter_map(|line| line.trim_end().split_once(' '));
    entries.map(|(seq, id)| (seq.parse().unwrap(), id.to_owned())).collect()
}

fn consume(place: &Path) {
    let consumer = Lister { place: place.to_owned() };
    let _running = runner::start("lister", place.join("audit"), consumer).unwrap();
    thread::sleep(SOON);
}

/// Writes what it takes into a list, slowly enough to be killed in the middle.
struct Lister {
    place: PathBuf,
}

impl Consumer for Lister {
    fn position(&mut self) -> Result<Option<Position>, Error> {
        Position::load(self.place.join("place"))
    }

    fn take(&mut self, lines: &[Line], behind: &Position) -> Result<(), Error> {
        let is_first = std::env::var_os(PLACE_FIRST).is_some();
        if is_first {
            behind.save(self.place.join("place"))?;
        }
        let mut list = OpenOptions::new().append(true).create(true).open(self.place.join("list"));
        for line in lines {
            let id = Record::parse(line).unwrap().id;
            writeln!(list.as_mut().unwrap(), "{} {id}", line.seq()).unwrap();
            thread::sleep(Duration::from_millis(2));
        }
        if is_first { Ok(()) } else { behind.save(self.place.join("place")) }
    }
}
