//! Lets every cell happen, with real requests to real processes, and reads what they leave.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use audit_runtime::Recorder;
use serde_json::Value;

use super::grid::{Cell, DURABILITIES, Ending, Shape};
use super::marks::{LOOK, Marks, Sign};
use super::process::Service;
use super::seen;
use crate::web::client::{Client, head, request, status};

const PATIENCE: Duration = Duration::from_secs(20);

/// What a process left in its journal, and what the start after it added.
pub(super) struct Left {
    pub(super) records: Vec<Value>,
    pub(super) added: Vec<Value>,
}

/// A service under way.
struct Driven {
    service: Service,
    address: SocketAddr,
    marks: Marks,
    journal: PathBuf,
}

/// Everything but the kills, with one process that is stopped at last.
pub(super) fn until_stopped(test: &str, directory: &Path) -> Left {
    let driven = Driven::start(test, directory.join("stopped"));
    use Ending::{Denied, Err, Extractor, Failed, Ok, Panic};
    for cell in [Ok, Err, Denied, Failed, Extractor, Panic].into_iter().flat_map(Cell::rows) {
        let answered = status(&driven.ask(&cell));
        assert_eq!(answered == 400, cell.ending == Extractor, "{cell:?} was answered {answered}");
    }
    for cell in Cell::rows(Ending::Gone) {
        driven.begin(&cell).reset();
        driven.marks.wait_for(Sign::Over, &cell.name());
        driven.marks.set(Sign::Go, &cell.name());
    }
    for cell in Cell::rows(Ending::Timeout) {
        assert_eq!(status(&driven.ask(&cell)), 504, "{cell:?}");
        // A task has a limit of its own, which it is to reach; nothing limits a thread.
        if cell.shape == Shape::Function {
            driven.marks.set(Sign::Go, &cell.name());
        }
    }
    driven.wait_until_idle();
    let cells = Cell::rows(Ending::Stopped);
    let clients: Vec<_> = cells.iter().map(|cell| driven.begin(cell)).collect();
    let left = driven.stop();
    drop(clients);
    left
}

/// The kills: of one process, with calls in their bodies, at their ends, and before a silent disk.
pub(super) fn until_killed(test: &str, directory: &Path) -> Left {
    let driven = Driven::start(test, directory.join("killed"));
    let in_body = Cell::rows(Ending::KilledInBody);
    let mut clients: Vec<_> = in_body.iter().map(|cell| driven.begin(cell)).collect();
    for cell in Cell::rows(Ending::KilledAfter) {
        assert_eq!(status(&driven.ask(&cell)), 200, "{cell:?}");
    }
    assert_eq!(status(&driven.ask(&fence())), 200);
    driven.command("POST /hold");
    let [queued, synced, write_ahead] =
        DURABILITIES.map(|durability| Cell::row(durability, Ending::KilledStalled));
    for cell in queued {
        assert_eq!(status(&driven.ask(&cell)), 200, "{cell:?}");
    }
    clients.extend(write_ahead.iter().map(|cell| driven.send(cell)));
    clients.extend(synced.iter().map(|cell| driven.begin(cell)));
    for client in &mut clients {
        assert!(client.hears_nothing_for(Duration::from_millis(20)));
    }
    for cell in write_ahead {
        assert!(!driven.marks.is_set(Sign::Begun, &cell.name()), "{cell:?} ran unseen");
    }
    driven.kill()
}

/// A synced call in the process that is killed: once it has returned, all that was queued before it
/// is written.
pub(super) fn fence() -> Cell {
    Cell { durability: "synced", ending: Ending::Ok, shape: Shape::Handler }
}

impl Driven {
    fn start(test: &str, journal: PathBuf) -> Self {
        let marks = Marks::of(&journal);
        marks.make();
        let service = Service::start(test, &journal);
        Self { address: service.address, service, marks, journal }
    }

    /// Sends the request of a cell and reads its answer.
    fn ask(&self, cell: &Cell) -> String {
        self.send(cell).read_to_end()
    }

    /// Sends the request of a cell, and returns when its body runs.
    fn begin(&self, cell: &Cell) -> Client {
        let client = self.send(cell);
        self.marks.wait_for(Sign::Begun, &cell.name());
        client
    }

    fn send(&self, cell: &Cell) -> Client {
        let scope = if cell.ending == Ending::Timeout { "hasty" } else { "patient" };
        let line = format!("POST /{scope}/{}/{}", cell.durability, cell.place());
        let body = match cell.ending {
            Ending::Extractor => "no order".to_owned(),
            _ => serde_json::to_string(&cell.order()).unwrap(),
        };
        let id = format!("x-correlation-id: {}", cell.name());
        let head = head(&line, &["content-type: application/json", &id], body.len());
        let mut client = Client::connect(self.address);
        client.send((head + &body).as_bytes());
        client
    }

    /// Sends a request that is not audited, and gives its answer.
    fn command(&self, line: &str) -> String {
        let answer = request(self.address, line, &[], "");
        assert_eq!(status(&answer), 200, "{line}: {answer}");
        answer
    }

    fn wait_until_idle(&self) {
        let begun = Instant::now();
        while !self.command("GET /open").ends_with("\r\n\r\n0") {
            assert!(begun.elapsed() < PATIENCE, "something never ended");
            std::thread::sleep(LOOK);
        }
    }

    fn stop(self) -> Left {
        self.command("POST /stop");
        assert!(self.service.ends_well());
        restart(&self.journal)
    }

    fn kill(self) -> Left {
        self.service.kill();
        restart(&self.journal)
    }
}

/// Reads a journal before and after the next start.
fn restart(journal: &Path) -> Left {
    let mut records = seen::read(journal);
    let left = records.len();
    let recorder = Recorder::builder(journal).open().unwrap();
    recorder.shutdown(PATIENCE).unwrap();
    let all = seen::read(journal);
    assert_eq!(all[..left], records[..], "the start changed what was there");
    records = all;
    let added = records.split_off(left);
    Left { records, added }
}
