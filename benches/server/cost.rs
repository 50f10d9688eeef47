//! Processor time that two `queued` records add to a request, against encoding and hashing their lines.
//!
//! Server and `wrk` share a core. On two, `wrk` falls asleep wherever it is the faster one, and the server pays
//! for waking it on another core: some microseconds for each answer in a virtual machine, and not the same on
//! each side.

use std::fs;
use std::path::Path;
use std::process::Command;

use audit_benches::{Table, median, quarters};
use tempfile::NamedTempFile;

use crate::lines::Lines;
use crate::process::{Busy, Served, Server, serve};
use crate::role::{Framework, Role, Side};
use crate::wrk::{self, Load};

const ROUNDS: usize = 11;
const LOAD: Load = Load { connections: 64, seconds: 2 };
const SIDES: [Side; 3] = [Side::Plain, Side::Encoded, Side::Queued];

/// One round of each side.
struct Round {
    plain: Served,
    encoded: Served,
    queued: Served,
}

type ServedIn = fn(&Round) -> &Served;
type BusyIn = fn(&Round) -> Busy;
type MicrosIn = fn(&Round) -> f64;

impl Round {
    fn added(&self) -> f64 {
        self.queued.busy() - self.plain.busy()
    }

    fn peer(&self) -> f64 {
        self.encoded.busy() - self.plain.busy()
    }
}

pub(crate) fn report() {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let cores = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let cores = cores.unwrap().trim();
    keep_to(cores.rsplit([',', '-']).next().unwrap());
    for framework in Framework::ALL {
        let lines = NamedTempFile::new().unwrap();
        let bytes = write_lines(framework, lines.path());
        let rounds: Vec<Round> = (0..ROUNDS).map(|at| round(at, framework, lines.path())).collect();
        println!(
            "{framework:?}: an access and an activity record, {bytes} bytes; {ROUNDS} rounds of {} s, {} connections\n",
            LOAD.seconds, LOAD.connections
        );
        println!("{}\n{}\n{}", sides(&rounds), parts(&rounds), ratios(&rounds));
    }
    keep_to(cores);
}

/// Has this thread, and the processes that it starts from now on, run on these cores only.
fn keep_to(cores: &str) {
    let process = std::process::id().to_string();
    let told = Command::new("taskset").args(["-cp", cores, &process]).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
}

/// The lines of one request as a server of this framework writes them; tells how many bytes they have.
fn write_lines(framework: Framework, file: &Path) -> usize {
    let role = Role { framework, side: Side::Queued };
    let server = Server::start(role, None, &mut Command::new(std::env::current_exe().unwrap()));
    let sent = wrk::send(&Load { connections: 1, seconds: 1 }, &server.address, role.side.path());
    Lines::copy(server.end(sent.requests).place.path(), file)
}

/// Each round begins with another side.
fn round(at: usize, framework: Framework, lines: &Path) -> Round {
    let mut served = SIDES.map(|_| None);
    for turn in 0..SIDES.len() {
        let side = (at + turn) % SIDES.len();
        let role = Role { framework, side: SIDES[side] };
        let lines = (role.side == Side::Encoded).then_some(lines);
        served[side] = Some(serve(role, &LOAD, lines));
    }
    let [plain, encoded, queued] = served.map(Option::unwrap);
    Round { plain, encoded, queued }
}

fn sides(rounds: &[Round]) -> Table {
    let mut table = Table::new(&["side", "processor µs/request", "added", "requests/s"]);
    let sides: [(&str, ServedIn); 3] = [
        ("plain", |round| &round.plain),
        ("encoding and hashing in the handler", |round| &round.encoded),
        ("audited, both records queued", |round| &round.queued),
    ];
    for (name, side) in sides {
        let of = |value: &dyn Fn(&Round) -> f64| median(rounds.iter().map(value));
        table.row(&[
            name.to_owned(),
            format!("{:.2}", of(&|round| side(round).busy())),
            format!("{:.2}", of(&|round| side(round).busy() - round.plain.busy())),
            format!("{:.0}", of(&|round| side(round).rate)),
        ]);
    }
    table
}

/// Whose the added time is.
fn parts(rounds: &[Round]) -> Table {
    let mut table = Table::new(&["of what is added", "own code µs", "system calls µs"]);
    let parts: [(&str, BusyIn); 3] = [
        ("audited: the thread that serves", |it| it.queued.serving - it.plain.serving),
        ("audited: the committer", |it| it.queued.committing),
        ("encoding and hashing", |it| it.encoded.serving - it.plain.serving),
    ];
    for (name, part) in parts {
        let of = |value: fn(Busy) -> f64| median(rounds.iter().map(part).map(value));
        table.row(&[
            name.to_owned(),
            format!("{:.2}", of(|added| added.all - added.system)),
            format!("{:.2}", of(|added| added.system)),
        ]);
    }
    table
}

fn ratios(rounds: &[Round]) -> Table {
    let mut table =
        Table::new(&["added, against encoding and hashing", "µs", "times", "middle half"]);
    let peers: [(&str, MicrosIn); 2] = [
        ("in the handler of a server", Round::peer),
        ("in a loop of nothing else", |round| round.encoded.looped_us),
    ];
    for (name, peer) in peers {
        let times = |round: &Round| round.added() / peer(round);
        let (low, high) = quarters(rounds.iter().map(times));
        table.row(&[
            name.to_owned(),
            format!("{:.2}", median(rounds.iter().map(peer))),
            format!("{:.2}", median(rounds.iter().map(times))),
            format!("{low:.2} to {high:.2}"),
        ]);
    }
    table
}
