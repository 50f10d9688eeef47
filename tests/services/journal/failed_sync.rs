//! Syncs that the kernel reports as failed: none is tried again, and the batch goes to a new segment.

use std::path::Path;

use audit_runtime::journal::{DirectoryStorage, Kind, verify};

use crate::{left, tool};

const ACTIONS: u64 = 20;

/// More syncs than the writer makes.
const SYNCS_MAX: u32 = 200;

/// What reaches the disk, or is cut from it.
const TRACED: &str = "--trace=write,writev,pwrite64,ftruncate,fdatasync,fsync";

/// A writer whose syncs from number `first` to number `last` failed.
struct Life {
    succeeded: bool,
    said: String,
    acknowledged: Vec<u64>,
    /// The calls that touched files, one a line, each with the path of its file.
    calls: Vec<String>,
}

impl Life {
    fn with(error: &str, first: u32, last: u32, journal: &Path) -> Self {
        let log = journal.with_extension("log");
        let injection = format!("--inject=fdatasync:error={error}:when={first}..{last}");
        let output = format!("--output={}", log.display());
        let (journal, actions) = (journal.to_str().unwrap(), ACTIONS.to_string());
        let strace = ["--follow-forks", "--quiet=all", "--decode-fds=path", &output, TRACED];
        let writer = [&injection, tool::WRITER, journal, "0", &actions];
        let ended = tool::output("strace", &[&strace[..], &writer[..]].concat());
        Self {
            succeeded: ended.status.success(),
            said: String::from_utf8(ended.stderr).unwrap(),
            acknowledged: left::acknowledged(&ended.stdout),
            calls: std::fs::read_to_string(log).unwrap().lines().map(str::to_owned).collect(),
        }
    }

    /// The file whose sync failed first, and the calls after that; `None` if none failed.
    fn failed(&self) -> Option<(&str, &[String])> {
        let place = self.calls.iter().position(|call| call.contains("(INJECTED)"))?;
        let (_, path) = self.calls[place].split_once('<')?;
        Some((path.split_once('>')?.0, &self.calls[place + 1..]))
    }
}

/// Lets the syncs of one life after the other fail, `at_once` in a row; gives how many writers went
/// on, and how many came to an end.
fn fail_everywhere(error: &str, at_once: u32) -> (u32, u32) {
    let (mut went_on, mut ended) = (0, 0);
    for first in 1..SYNCS_MAX {
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("audit");
        let life = Life::with(error, first, first + at_once - 1, &journal);
        let Some((path, after)) = life.failed() else {
            assert!(life.succeeded, "{}", life.said);
            return (went_on, ended);
        };
        let case = format!("{error}, sync {first}, of {path}");
        let is_segment = path.contains("/seg/");
        let again = after.iter().find(|call| is_segment && call.contains(path));
        assert_eq!(again, None, "{case}: the file was touched again");
        let count = life.acknowledged.len() as u64;
        if life.succeeded {
            assert_eq!(count, ACTIONS, "{case}");
            assert_eq!(superseded(&journal, &case), usize::from(is_segment), "{case}");
            went_on += u32::from(is_segment);
        } else {
            let reported = ["Input/output error", "No space left"];
            let is_told = reported.iter().any(|words| life.said.contains(words));
            assert!(is_told && count <= ACTIONS, "{case}: {}", life.said);
            ended += 1;
        }
        let checked = left::check(&journal, &life.acknowledged);
        checked.unwrap_or_else(|loss| panic!("{case}: {loss}"));
        superseded(&journal, &case);
    }
    panic!("the writer does not come to its end");
}

/// How many places are superseded; there is no other finding.
fn superseded(journal: &Path, case: &str) -> usize {
    let findings = verify(&DirectoryStorage::read_only(journal)).unwrap().findings;
    let is_other = |kind| kind != Kind::Superseded;
    assert!(!findings.iter().any(|finding| is_other(finding.kind)), "{case}: {findings:#?}");
    findings.len()
}

#[test]
fn a_sync_that_fails_once_is_never_tried_again_and_all_is_acknowledged_in_a_new_segment() {
    for error in ["EIO", "ENOSPC"] {
        let (went_on, ended) = fail_everywhere(error, 1);
        println!("{error}: {went_on} writers went on, {ended} came to an end");
        assert!(went_on > 10, "{went_on}");
    }
}

#[test]
fn a_writer_whose_new_segment_cannot_be_synced_either_acknowledges_nothing_more() {
    let (went_on, ended) = fail_everywhere("EIO", 2);
    println!("{went_on} writers went on, {ended} came to an end");
    assert_eq!(went_on, 0);
    assert!(ended > 10, "{ended}");
}
