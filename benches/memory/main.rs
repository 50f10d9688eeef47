//! What the recording process has in memory over ten million records, and while the disk does not answer.
//!
//! `memory [RECORDS]`; the journal takes about 450 bytes for each, in the build's directory.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot measure stops")]

#[path = "../../tests/it/stalling.rs"]
mod stalling;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use audit_benches::Table;
use audit_runtime::journal::{DirectoryStorage, Modes};
use audit_runtime::{Durability, Event, Recorder, Target, Unrecorded};

use stalling::Stalling;

const RECORDS: u64 = 10_000_000;
const STEPS: u64 = 10;
/// Events that meet a disk which does not answer: far more than the queue holds.
const FLOOD: u64 = 1_000_000;

fn main() {
    let given = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    println!("{}", over_many_records(directory.path(), given.unwrap_or(RECORDS)));
    println!("{}", under_a_silent_disk(directory.path()));
}

fn over_many_records(directory: &Path, records: u64) -> Table {
    let recorder = Recorder::builder(directory.join("many")).open().unwrap();
    let mut table = Table::new(&["records", "KiB in memory"]);
    for step in 1..=STEPS {
        for number in 0..records / STEPS {
            record(&recorder, number);
        }
        table.row(&[step * (records / STEPS), memory_kib()]);
    }
    recorder.shutdown(Duration::from_secs(60)).unwrap();
    table
}

/// Records one event, again and again while the queue has no room.
fn record(recorder: &Recorder, number: u64) {
    while recorder.record(event(number)).wait() == Err(Unrecorded::QueueFull) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn under_a_silent_disk(directory: &Path) -> Table {
    let disk = DirectoryStorage::open(directory.join("silent"), Modes::default()).unwrap();
    let storage = Stalling::over(disk);
    let recorder = Recorder::over(Arc::new(storage.clone())).open().unwrap();
    let mut table = Table::new(&["a disk that does not answer", "KiB in memory"]);
    table.row(&["before".to_owned(), memory_kib().to_string()]);
    storage.stall(true);
    let lost = (0..FLOOD).filter(|number| recorder.record(event(*number)).wait().is_err()).count();
    let waiting = recorder.health().queued_bytes >> 10;
    let said = format!("after {FLOOD} events: {waiting} KiB wait, {lost} events counted as lost");
    table.row(&[said, memory_kib().to_string()]);
    storage.stall(false);
    recorder.shutdown(Duration::from_secs(60)).unwrap();
    table
}

fn event(number: u64) -> Event {
    let event = Event::activity("ReadAccount").target(Target::new("Account", number));
    event.durability(Durability::Queued).succeeded()
}

/// What this process has in memory, as Linux tells it.
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
