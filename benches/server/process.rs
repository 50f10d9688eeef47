//! A server as a process: its start, what its threads have used, and its end.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::ops::{Add, Sub};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::lines::Lines;
use crate::role::{ROLE, Role};
use crate::wrk::{self, Load};

/// How long a committer is given to write what is queued when the load has ended.
const SETTLING: Duration = Duration::from_millis(100);
/// The thread that writes; the kernel keeps this much of its name.
const COMMITTER: &str = "audit-committer";
/// What the times in `stat` are counted in (`USER_HZ`, the same on every Linux machine).
const TICK: Duration = Duration::from_millis(10);

/// Stops with the command that installs a program that is missing.
pub(crate) fn demand(programs: &[&str]) {
    for program in programs {
        let asked = Command::new(program).arg("-V").output();
        assert!(asked.is_ok(), "`{program}` is missing: apt-get install --yes {program}");
    }
}

/// What one server did under one load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Served {
    /// Requests a second.
    pub(crate) rate: f64,
    /// Processor time for each request: of the threads that serve, and of the one that writes.
    pub(crate) serving: Busy,
    pub(crate) committing: Busy,
    /// What encoding and hashing the lines of a request took in a loop, where that was asked.
    pub(crate) looped_us: f64,
}

/// Processor time, in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Busy {
    pub(crate) all: f64,
    pub(crate) system: f64,
}

impl Served {
    pub(crate) fn busy(&self) -> f64 {
        self.serving.all + self.committing.all
    }
}

/// Starts a server, sends it requests, and ends it. `lines` are another server's.
pub(crate) fn serve(role: Role, load: &Load, lines: Option<&Path>) -> Served {
    let server = Server::start(role, lines, &mut Command::new(std::env::current_exe().unwrap()));
    let before = server.used();
    let sent = wrk::send(load, &server.address, role.side.path());
    thread::sleep(SETTLING);
    let [serving, committing] = server.used();
    let each = |used: Busy, before: Busy| (used - before).over(sent.requests);
    let served = Served {
        rate: sent.rate,
        serving: each(serving, before[0]),
        committing: each(committing, before[1]),
        looped_us: server.looped_us,
    };
    server.end(sent.requests);
    served
}

/// A running server.
pub(crate) struct Server {
    role: Role,
    process: Child,
    says: BufReader<ChildStdout>,
    pub(crate) address: String,
    looped_us: f64,
    place: TempDir,
}

/// What a server has left.
pub(crate) struct Ended {
    pub(crate) records: u64,
    pub(crate) place: TempDir,
}

impl Server {
    /// `command` is this program, or another that runs it.
    pub(crate) fn start(role: Role, lines: Option<&Path>, command: &mut Command) -> Self {
        let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        if let Some(lines) = lines {
            fs::copy(lines, place.path().join(Lines::NAME)).unwrap();
        }
        let command = command.env(ROLE, role.to_string()).arg(place.path());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut says = BufReader::new(process.stdout.take().unwrap());
        let mut said = String::new();
        says.read_line(&mut said).unwrap();
        let (address, looped) = said.trim().split_once(' ').unwrap();
        let (address, looped_ns) = (address.to_owned(), looped.parse::<f64>().unwrap());
        Self { role, process, says, address, looped_us: looped_ns / 1_000.0, place }
    }

    /// Ends it. It has left all records of so many requests, and none was lost.
    pub(crate) fn end(mut self, requests: u64) -> Ended {
        drop(self.process.stdin.take());
        let mut said = String::new();
        self.says.read_line(&mut said).unwrap();
        assert!(self.process.wait().unwrap().success());
        let (durable, missing) = said.trim().split_once(' ').unwrap();
        let (durable, missing): (u64, u64) = (durable.parse().unwrap(), missing.parse().unwrap());
        let due = requests * self.role.side.records();
        assert!(
            durable >= due && missing == 0,
            "{}: {durable} records of {due}, {missing} missing",
            self.role
        );
        Ended { records: durable, place: self.place }
    }

    /// What the threads that serve have used so far, and what the one that writes has.
    fn used(&self) -> [Busy; 2] {
        let mut used = [Busy::default(); 2];
        for task in fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap() {
            let task = task.unwrap().path();
            let read = |name| fs::read_to_string(task.join(name)).unwrap_or_default();
            let part = usize::from(read("comm").trim() == COMMITTER);
            used[part] = used[part] + Busy::read(&read("schedstat"), &read("stat"));
        }
        used
    }
}

impl Busy {
    /// Reads all of it from `schedstat`, to the nanosecond, and the system's part of it from `stat`.
    fn read(schedstat: &str, stat: &str) -> Self {
        let Some(all_ns) = schedstat.split(' ').next().and_then(|word| word.parse::<f64>().ok())
        else {
            return Self::default();
        };
        // Behind the name, which may hold anything, the times are the 12th and the 13th word.
        let behind = stat.rsplit_once(") ").unwrap().1;
        let ticks: f64 = behind.split(' ').nth(12).unwrap().parse().unwrap();
        Self { all: all_ns / 1_000.0, system: ticks * TICK.as_micros() as f64 }
    }

    fn over(self, requests: u64) -> Self {
        Self { all: self.all / requests as f64, system: self.system / requests as f64 }
    }
}

impl Add for Busy {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { all: self.all + other.all, system: self.system + other.system }
    }
}

impl Sub for Busy {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { all: self.all - other.all, system: self.system - other.system }
    }
}
