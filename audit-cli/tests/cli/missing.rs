//! Journals of which a part is gone, or holds what no crash leaves: every command says so.

use std::fs;
use std::io::Write as _;

use audit_runtime::{Event, Recorder};

use crate::fixture::Fixture;

/// A journal of several segments, of which this one is removed.
fn without_segment(fixture: &Fixture, gone: usize) {
    let recorder = Recorder::builder(fixture.journal()).segment_bytes_max(1).open().unwrap();
    recorder.record(Event::activity("Ping").succeeded()).wait().unwrap();
    drop(recorder);
    let mut segments: Vec<_> = fs::read_dir(fixture.journal().join("seg")).unwrap().collect();
    segments.sort_by_key(|entry| entry.as_ref().unwrap().file_name());
    assert!(segments.len() > 2);
    fs::remove_file(segments[gone].as_ref().unwrap().path()).unwrap();
}

#[test]
fn a_journal_without_its_first_segment_is_damaged() {
    let fixture = Fixture::new();
    without_segment(&fixture, 0);
    for command in [["stats", "@"].as_slice(), &["tail", "@"], &["tail", "@", "-n", "1"]] {
        let run = fixture.run(command);
        run.fails(1, &["is damaged at seq 0", "the segments before it are missing"]);
        assert_eq!(run.out, "");
    }
    for command in [["tail", "@", "--from", "8"].as_slice(), &["show", "8", "@"]] {
        fixture.run(command).unrecorded("is damaged at seq 0").ok();
    }
}

#[test]
fn a_journal_of_which_nothing_is_left_is_damaged_and_not_absent() {
    let fixture = Fixture::new();
    fs::remove_dir_all(fixture.journal().join("seg")).unwrap();
    for command in [["stats", "@"].as_slice(), &["tail", "@"], &["show", "0", "@"]] {
        fixture.run(command).fails(1, &["ends after 0 records, but 7 were acknowledged"]);
    }
}

#[test]
fn a_line_that_no_crash_leaves_is_damage_to_every_command_that_meets_it() {
    let fixture = Fixture::new();
    let mut segment = fs::OpenOptions::new().append(true).open(fixture.segment()).unwrap();
    segment.write_all(b"torn{\"v\":1\n").unwrap();
    let damaged = ["is damaged at seq 7", "line 8"];
    for command in [["stats", "@"].as_slice(), &["show", "7", "@"]] {
        fixture.run(command).fails(1, &damaged);
    }
    fixture.run(&["tail", "@"]).unrecorded("was not closed in order").fails(1, &damaged);
    assert_eq!(fixture.run(&["verify", "@"]).code, Some(1));
    let refused = Recorder::builder(fixture.journal()).open().unwrap_err().to_string();
    assert!(refused.contains("is damaged at seq 7"), "{refused}");
}
