//! Answers that wait for their records: how many a second, and how many syncs of the disk they take.

use std::fs;
use std::process::Command;

use audit_benches::{Table, median};

use crate::process::{Server, serve};
use crate::role::{Framework, Role, Side};
use crate::wrk::{self, Load};

const ROUNDS: usize = 5;
const CONNECTIONS: [u32; 3] = [1, 8, 64];

pub(crate) fn report() {
    println!(
        "`synced` answers; {ROUNDS} rounds of 1 s, and one under strace, which counts fdatasync\n"
    );
    let mut table = Table::new(&[
        "framework, connections",
        "requests/s",
        "processor µs/request",
        "records",
        "fdatasyncs",
        "a record",
        "an answer",
    ]);
    for framework in Framework::ALL {
        for connections in CONNECTIONS {
            let load = Load { connections, seconds: 1 };
            let role = Role { framework, side: Side::Synced };
            let rounds: Vec<_> = (0..ROUNDS).map(|_| serve(role, &load, None)).collect();
            let counted = Counted::of(role, &load);
            table.row(&[
                format!("{framework:?}, {connections}"),
                format!("{:.0}", median(rounds.iter().map(|served| served.rate))),
                format!("{:.1}", median(rounds.iter().map(|served| served.busy()))),
                counted.records.to_string(),
                counted.syncs.to_string(),
                format!("{:.3}", counted.syncs as f64 / counted.records as f64),
                format!("{:.3}", counted.syncs as f64 / counted.answers as f64),
            ]);
        }
    }
    println!("{table}");
}

/// What one server did under the eyes of strace, from its start to its end.
struct Counted {
    answers: u64,
    records: u64,
    syncs: u64,
}

impl Counted {
    fn of(role: Role, load: &Load) -> Self {
        let counts = tempfile::NamedTempFile::new().unwrap();
        let mut strace = Command::new("strace");
        // Only the calls that are counted stop the server.
        strace.args(["-f", "--seccomp-bpf", "-c", "-e", "trace=fdatasync", "-o"]);
        strace.arg(counts.path()).arg(std::env::current_exe().unwrap());
        let server = Server::start(role, None, &mut strace);
        let answers = wrk::send(load, &server.address, role.side.path()).requests;
        let records = server.end(answers).records;
        let table = fs::read_to_string(counts.path()).unwrap();
        let line = table.lines().find(|line| line.ends_with(" fdatasync"));
        let calls = line.and_then(|line| line.split_whitespace().nth(3));
        let syncs = calls.and_then(|calls| calls.parse().ok());
        Self { answers, records, syncs: syncs.unwrap_or_else(|| panic!("no count in {table}")) }
    }
}
