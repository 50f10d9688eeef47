//! `kill -9` at every system call of the writer that touches its files: what it acknowledged is there.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use crate::{left, tool};

/// What the writer does to files. Not all are called: which are, depends on the C library.
const CALLS: [&str; 17] = [
    "openat",
    "open",
    "mkdir",
    "mkdirat",
    "write",
    "writev",
    "pwrite64",
    "fdatasync",
    "fsync",
    "ftruncate",
    "flock",
    "fcntl",
    "fchmod",
    "lseek",
    "rename",
    "unlink",
    "close",
];

/// A journal's life has all of these.
const CALLS_SURE: [&str; 6] = ["openat", "write", "pwrite64", "fdatasync", "fsync", "flock"];

const ACTIONS: &str = "20";

/// More calls of one kind than the writer makes.
const CALLS_MAX: u32 = 2_000;

/// Kills a writer when it is about to make its call number `count` of a kind. `None` if it came to
/// its end before; else what the next writer finds, of what was acknowledged by then.
fn kill_at(
    call: &str,
    count: u32,
    writer: &[&str],
    prepare: impl Fn(&Path) -> Vec<u64>,
) -> Option<Result<(), String>> {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let mut acknowledged = prepare(&journal);
    let injection = format!("{call}:signal=KILL:when={count}");
    let ended = tool::output("strace", &tool::traced(&injection, &journal, writer));
    if ended.status.success() {
        return None;
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(said.trim(), "", "{call} {count}: the writer failed, or strace did");
    acknowledged.extend(left::acknowledged(&ended.stdout));
    Some(left::check(&journal, &acknowledged))
}

/// Kills writers at all calls of all kinds.
fn kill_everywhere(writer: &[&str], prepare: impl Fn(&Path) -> Vec<u64>) {
    for call in CALLS {
        let mut kills = 0;
        for count in 1.. {
            match kill_at(call, count, writer, &prepare) {
                None => break,
                Some(Ok(())) => kills = count,
                Some(Err(loss)) => panic!("killed at {call} {count}: {loss}"),
            }
            assert!(count < CALLS_MAX, "the writer does not come to its end");
        }
        println!("killed at {kills} calls of {call}");
        assert!(kills > 0 || !CALLS_SURE.contains(&call), "{call} is never called");
    }
}

/// What a power cut may leave: bytes behind the last record and an old watermark, so that the next
/// start moves the former and writes again what it cannot know to be on the disk.
fn torn(journal: &Path) -> Vec<u64> {
    let written = tool::run(tool::WRITER, &[journal.as_os_str(), "0".as_ref(), ACTIONS.as_ref()]);
    std::fs::write(journal.join("WATERMARK"), format!("{0:020} {0:020}\n", 16)).unwrap();
    let segments = std::fs::read_dir(journal.join("seg")).unwrap();
    let last = segments.map(|entry| entry.unwrap().path()).max().unwrap();
    let mut last = OpenOptions::new().append(true).open(last).unwrap();
    last.write_all(b"{\"v\":1,\"seq\":").unwrap();
    left::acknowledged(written.as_bytes())
}

#[test]
fn a_writer_killed_at_any_system_call_loses_nothing_that_it_acknowledged() {
    kill_everywhere(&["0", ACTIONS], |_| Vec::new());
}

#[test]
fn a_recovery_killed_at_any_system_call_loses_nothing_that_was_acknowledged() {
    kill_everywhere(&["100", "1"], torn);
}

#[test]
fn a_writer_that_acknowledges_before_it_records_is_found_out() {
    let kill = |count| kill_at("write", count, &["0", ACTIONS, "early"], |_| Vec::new());
    let mut losses = (1..CALLS_MAX).map_while(kill).filter_map(Result::err);
    let loss = losses.find(|loss| loss.ends_with("is gone"));
    println!("{loss:?}");
    assert!(loss.is_some());
}
