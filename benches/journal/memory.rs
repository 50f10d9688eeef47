//! The most that a process has in memory while it checks or opens a journal, over journals of any length.
//!
//! Each look is a process of its own, and its peak is what Linux tells of it.

use std::path::Path;
use std::process::Command;

use audit_benches::Table;

use crate::{verify, written};

/// What a process is told that looks once.
pub(crate) const ROLE: &str = "--look";
const RECORDS: [u64; 2] = [100_000, 1_000_000];
const SEGMENT_BYTES: u64 = 64 << 20;

pub(crate) fn run(named: &[String]) {
    let named: Vec<u64> = named.iter().map(|number| number.parse().unwrap()).collect();
    let mut table = Table::new(&["records", "MB", "KiB of verify", "KiB of a start"]);
    for records in if named.is_empty() { RECORDS.to_vec() } else { named } {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let journal = directory.path().join("journal");
        written::write(&journal, SEGMENT_BYTES, |written, _| written >= records);
        let bytes: u64 =
            written::segment_files(&journal).iter().map(|it| it.metadata().unwrap().len()).sum();
        let looks = ["verify", "start"].map(|what| look(what, &journal));
        table.row(&[records, bytes / 1_000_000, looks[0], looks[1]]);
    }
    println!("{table}");
}

/// The peak of a process that does `what`.
fn look(what: &str, directory: &Path) -> u64 {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let told = command.args([ROLE, what]).arg(directory).output().unwrap();
    assert!(told.status.success(), "{told:?}");
    String::from_utf8(told.stdout).unwrap().trim().parse().unwrap()
}

/// Looks once, and prints the peak.
pub(crate) fn work(told: &[String]) {
    let [what, directory] = told else { return };
    let directory = Path::new(directory);
    match what.as_str() {
        "verify" => drop(verify::check(directory, 1)),
        _ => drop(written::open(directory, SEGMENT_BYTES)),
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    println!("{}", peak.trim().trim_end_matches(" kB"));
}
