//! Lets every cell happen, with real requests to real processes, and reads what they leave.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use audit_runtime::Recorder;
use serde_json::Value;

use super::grid::{Cell, DURABILITIES, Ending, Framework, Shape};
use super::marks::{LOOK, Marks, Sign};
use super::process::Service;
use super::seen;
use crate::web::client::{Client, head, request, status};

const PATIENCE: Duration = Duration::from_secs(20);
/// How long a server that does not look for its clients is given to see that they have left.
const BLIND: Duration = Duration::from_millis(500);

/// What a process left in its journal, and what the start after it added.
pub(super) struct Left {
    pub(super) records: Vec<Value>,
    pub(super) added: Vec<Value>,
    pub(super) was_killed: bool,
}

/// A service under way.
struct Driven {
    service: Service,
    framework: Framework,
    address: SocketAddr,
    marks: Marks,
    journal: PathBuf,
}

/// Lets every cell of a framework happen, with a process for each way in which processes end.
pub(super) fn every_end(test: &str, framework: Framework, directory: &Path) -> Vec<Left> {
    let start = |end| Driven::start(test, framework, framework.journal(directory, end));
    let mut left = vec![until_stopped(start("stopped")), until_killed(start("killed"))];
    if framework.has(Ending::Dropped) {
        let driven = start("dropped");
        left.push(driven.stop_amid(Ending::Dropped, "POST /drop"));
    }
    left
}

/// Everything but the kills, with one process that is stopped at last.
fn until_stopped(driven: Driven) -> Left {
    use Ending::{Denied, Err, Extractor, Failed, Ok, Panic};
    for ending in [Ok, Err, Denied, Failed, Extractor, Panic] {
        for cell in driven.cells(ending) {
            let answered = status(&driven.ask(&cell));
            assert_eq!(answered == 400, ending == Extractor, "{cell:?} was answered {answered}");
        }
    }
    driven.reset();
    driven.close();
    for cell in driven.cells(Ending::Timeout) {
        assert_eq!(status(&driven.ask(&cell)), 504, "{cell:?}");
        // A task has a limit of its own, which it is to reach; nothing limits a thread.
        if cell.shape == Shape::Function {
            driven.marks.set(Sign::Go, &cell.name());
        }
    }
    driven.wait_until_idle();
    driven.stop_amid(Ending::Stopped, "POST /stop")
}

/// The kills: of one process, with calls in their bodies, at their ends, and before a silent disk.
fn until_killed(driven: Driven) -> Left {
    let in_body = driven.cells(Ending::KilledInBody);
    let mut clients: Vec<_> = in_body.iter().map(|cell| driven.begin(cell)).collect();
    for cell in driven.cells(Ending::KilledAfter) {
        assert_eq!(status(&driven.ask(&cell)), 200, "{cell:?}");
    }
    assert_eq!(status(&driven.ask(&fence(driven.framework))), 200);
    driven.command("POST /hold");
    let [queued, synced, write_ahead] = DURABILITIES
        .map(|durability| Cell::row(driven.framework, durability, Ending::KilledStalled));
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
pub(super) fn fence(framework: Framework) -> Cell {
    Cell { framework, durability: "synced", ending: Ending::Ok, shape: Shape::Handler }
}

impl Driven {
    fn start(test: &str, framework: Framework, journal: PathBuf) -> Self {
        let marks = Marks::of(&journal);
        marks.make();
        let service = Service::start(test, &journal);
        Self { address: service.address, service, framework, marks, journal }
    }

    fn cells(&self, ending: Ending) -> Vec<Cell> {
        Cell::rows(self.framework, ending)
    }

    /// Clients that tear their connections down, which every server notices.
    fn reset(&self) {
        for cell in self.cells(Ending::Reset) {
            self.begin(&cell).reset();
            self.marks.wait_for(Sign::Over, &cell.name());
            self.marks.set(Sign::Go, &cell.name());
        }
    }

    /// Clients that close their connections in an orderly way: axum drops their requests, and
    /// actix-web lets them run on.
    fn close(&self) {
        let cells = self.cells(Ending::Closed);
        let clients: Vec<_> = cells.iter().map(|cell| self.begin(cell)).collect();
        drop(clients);
        match self.framework {
            Framework::Actix => std::thread::sleep(BLIND),
            Framework::Axum => self.wait_for_all(Sign::Over, &cells),
        }
        for cell in &cells {
            let is_over = self.marks.is_set(Sign::Over, &cell.name());
            assert_eq!(is_over, self.framework == Framework::Axum, "{cell:?}");
            self.marks.set(Sign::Go, &cell.name());
        }
        self.wait_for_all(Sign::Over, &cells);
    }

    fn wait_for_all(&self, sign: Sign, cells: &[Cell]) {
        for cell in cells {
            self.marks.wait_for(sign, &cell.name());
        }
    }

    /// Sends the request of a cell and reads its whole answer.
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

    /// Stops the service while these calls run.
    fn stop_amid(self, ending: Ending, line: &str) -> Left {
        let cells = self.cells(ending);
        let clients: Vec<_> = cells.iter().map(|cell| self.begin(cell)).collect();
        self.command(line);
        assert!(self.service.ends_well());
        drop(clients);
        restart(&self.journal, false)
    }

    fn kill(self) -> Left {
        self.service.kill();
        restart(&self.journal, true)
    }
}

/// Reads a journal before and after the next start.
fn restart(journal: &Path, was_killed: bool) -> Left {
    let mut records = seen::read(journal);
    let left = records.len();
    let recorder = Recorder::builder(journal).open().unwrap();
    recorder.shutdown(PATIENCE).unwrap();
    let all = seen::read(journal);
    assert_eq!(all[..left], records[..], "the start changed what was there");
    records = all;
    let added = records.split_off(left);
    Left { records, added, was_killed }
}
