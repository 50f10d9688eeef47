//! Which actions some test has asserted, told in a directory by the tests themselves.

use std::fs;
use std::process::Command;

use audit_runtime::testing::Trail;
use audit_runtime::{Event, assert_audited, assert_not_audited};

/// What a user's test does, in a process of its own, since it reads the environment.
#[test]
fn a_users_test() {
    let trail = Trail::new();
    for action in ["AssertedAction", "AssertedToo", "SeenAction"] {
        trail.enter(|| drop(audit_runtime::record(Event::activity(action).succeeded())));
    }
    assert_audited!(trail, action = "AssertedAction");
    assert_audited!(trail, action = "action.asserted", outcome = success, count = 1);
    assert_audited!(trail, action = "AssertedToo");
    assert_audited!(trail, category = journal, action = "JournalStart");
    assert_not_audited!(trail, outcome = denied);
}

#[test]
fn a_test_tells_which_actions_it_has_asserted() {
    let directory = tempfile::tempdir().unwrap();
    let run = |directory: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "coverage::tested::a_users_test", "--nocapture"]);
        command.env("AUDIT_COVERAGE", directory).output().unwrap()
    };
    for _twice in 0..2 {
        assert!(run(directory.path().to_str().unwrap()).status.success());
    }
    let mut told = String::new();
    for file in fs::read_dir(directory.path()).unwrap() {
        told += &fs::read_to_string(file.unwrap().path()).unwrap();
    }
    let mut lines: Vec<_> = told.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["AssertedAction", "AssertedAction", "AssertedToo", "AssertedToo"]);

    // Tests of a workspace run in many directories.
    let refused = run("coverage");
    let text = String::from_utf8([refused.stdout, refused.stderr].concat()).unwrap();
    assert!(!refused.status.success() && text.contains("AUDIT_COVERAGE"), "{text}");
}
