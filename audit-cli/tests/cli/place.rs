//! Where the journal is, and what is said when it is not there.

use std::fs;

use crate::fixture::{Fixture, Run};

#[test]
fn the_argument_comes_before_the_variable_and_that_before_the_file() {
    let fixture = Fixture::new();
    let directory = fixture.directory();
    let with = |variable: Option<&str>, arguments: &[&str]| {
        let mut command = fixture.command(arguments);
        command.envs(variable.map(|journal| ("AUDIT_JOURNAL", journal)));
        Run::of(command.output().unwrap())
    };
    let journal = fixture.journal().display().to_string();
    with(None, &["tail"]).fails(3, &["AUDIT_JOURNAL", "audited.toml"]);
    assert_eq!(with(Some(&journal), &["tail"]).ok().lines().count(), 7);
    with(Some("nowhere"), &["tail"]).fails(2, &["nowhere"]);
    // The reading before has left its own record, between those of a start and of a stop.
    assert_eq!(with(Some("nowhere"), &["tail", "@"]).ok().lines().count(), 10);

    fs::write(directory.join("audited.toml"), "journal = \"audit\"\n").unwrap();
    for command in [&["tail"][..], &["show", "5"], &["stats"], &["verify"]] {
        with(None, command).ok();
    }
    with(Some("nowhere"), &["tail"]).fails(2, &["nowhere"]);
}

#[test]
fn an_empty_place_is_named() {
    let fixture = Fixture::new();
    let with = |variable: &str, arguments: &[&str]| {
        let mut command = fixture.command(arguments);
        command.env("AUDIT_JOURNAL", variable);
        Run::of(command.output().unwrap())
    };
    for command in [&["tail"][..], &["show", "5"], &["stats"], &["verify"]] {
        with("", command).fails(3, &["the variable AUDIT_JOURNAL is empty"]);
    }
    with("audit", &["tail", ""]).fails(3, &["the argument JOURNAL is empty"]);
    with("", &["tail", "@"]).ok();
}

#[test]
fn a_wrong_audited_toml_is_named_with_its_line() {
    let fixture = Fixture::new();
    let cases = [
        ("# where\njournal = \"audit\"\njuornal = \"x\"\n", "line 3", "juornal"),
        ("journal = 5\n", "line 1", "journal = \"PATH\""),
        ("journal = \"audit\n", "line 1", "not TOML"),
        ("journal = \"audit\"\nwait_ms_max = 0\n", "line 2", "from 1 to 3600000"),
        ("", "journal", "journal = \"PATH\""),
        ("journal = \"\"\n", "empty", "journal = \"PATH\""),
    ];
    for (text, place, advice) in cases {
        fs::write(fixture.directory().join("audited.toml"), text).unwrap();
        fixture.run(&["tail"]).fails(3, &["audited.toml", place, advice]);
    }
}

#[test]
fn a_journal_that_is_not_there_cannot_be_read() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.directory().join("empty")).unwrap();
    fs::create_dir(fixture.directory().join("foreign")).unwrap();
    fs::write(fixture.directory().join("foreign/notes.txt"), "mine").unwrap();
    for place in ["missing", "empty", "foreign", "audit/WATERMARK"] {
        for command in
            [&["tail", place][..], &["show", "0", place], &["stats", place], &["verify", place]]
        {
            fixture.run(command).fails(2, &[place, "no journal"]);
        }
    }
    fixture.run(&["tail", "a\u{1b}[2Jb"]).fails(2, &["a\\u{1b}[2Jb"]);
}

#[test]
fn wrong_arguments_are_explained() {
    let fixture = Fixture::new();
    let cases = [
        &[][..],
        &["frobnicate"],
        &["show"],
        &["show", "five", "@"],
        &["tail", "@", "--from", "1", "-n", "2"],
        &["verify", "@", "--require", "L4"],
        &["verify", "@", "--level", "L2"],
    ];
    for arguments in cases {
        let run = fixture.run(arguments);
        assert_eq!((run.code, run.out.as_str()), (Some(3), ""), "{arguments:?}");
        assert!(run.err.contains("Usage") || run.err.contains("--help"), "{}", run.err);
    }
    let place_first = fixture.run(&["show", "audit"]);
    assert!(place_first.err.contains("comes first: `audited show 25"), "{place_first:?}");
    let help = fixture.run(&["--help"]).ok();
    assert!(help.contains("verify") && help.contains("Exit codes"), "{help}");
}

#[test]
fn a_number_below_zero_is_no_option() {
    let fixture = Fixture::new();
    for command in
        [["show", "-1", "@"].as_slice(), &["tail", "@", "-n", "-1"], &["tail", "@", "--from", "-1"]]
    {
        let run = fixture.run(command);
        assert_eq!(run.code, Some(3), "{run:?}");
        assert!(run.err.contains("invalid value '-1'") && !run.err.contains("-- -1"), "{run:?}");
    }
}
