//! What a service gives to its anchors and its log is what `verify --anchor` takes, and `health` and `doctor` tell how they fare.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use audit_runtime::{Event, Recorder};
use serde_json::Value;

use crate::fixture::Fixture;

/// Tells the child in which form it logs; without it the child has nothing to do.
const FORM: &str = "AUDIT_TEST_FORM_OF_THE_LOG";

/// Not a test by itself: a service in the current directory, whose log the test below reads.
#[test]
fn logging_service() {
    match std::env::var(FORM).as_deref() {
        Ok("text") => tracing_subscriber::fmt().with_ansi(false).init(),
        Ok("json") => tracing_subscriber::fmt().json().init(),
        Ok("flat json") => tracing_subscriber::fmt().json().flatten_event(true).init(),
        Ok(_) => {}
        Err(_) => return,
    }
    let recorder = Recorder::builder("audit").open().unwrap();
    wait_for_anchors(&recorder);
    recorder.record(Event::activity("Tick").succeeded()).wait().unwrap();
    recorder.shutdown(Duration::from_secs(10)).unwrap();
}

/// Waits until each has been given a checkpoint.
fn wait_for_anchors(recorder: &Recorder) {
    let begun = Instant::now();
    while recorder.health().anchors.iter().any(|anchor| anchor.size.is_none()) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", recorder.health());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Judges the journal by its public key and a file with checkpoints, which must speak of all of it.
#[track_caller]
fn expect_whole(fixture: &Fixture, anchor: &str) {
    let arguments = ["verify", "@", "--key", "audit.vkey", "--require", "L3", "--anchor", anchor];
    let run = fixture.run(&[&arguments[..], &["--json"]].concat());
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(report["anchored_size"], report["records"], "{report}");
    let out = fixture.run(&arguments).ok();
    assert!(!out.contains("not yet anchored"), "{out}");
}

#[test]
fn checkpoints_are_found_in_logs_of_every_form() {
    for form in ["text", "json", "flat json", "nobody listens"] {
        let fixture = Fixture::empty();
        let mut service = Command::new(std::env::current_exe().unwrap());
        service.args(["anchored::logging_service", "--exact", "--nocapture"]);
        let output = service.env(FORM, form).current_dir(fixture.directory()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let log = [output.stdout, output.stderr].concat();
        fs::write(fixture.directory().join("log"), &log).unwrap();
        let lines = String::from_utf8(log).unwrap();
        let noted = lines.lines().filter(|line| line.contains("\\n\\n\u{2014} "));
        assert_eq!(
            noted.count(),
            2,
            "one message holds a whole note, at the start and at the stop: {lines}"
        );
        expect_whole(&fixture, "log");
    }
}

#[test]
fn a_directory_and_a_server_have_what_shows_the_whole_journal() {
    let fixture = Fixture::empty();
    let kept = fixture.directory().join("kept");
    fs::create_dir(&kept).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    let lines = std::thread::spawn(move || {
        let mut connections = listener.incoming().map(Result::unwrap);
        let mut line = || {
            let mut text = String::new();
            connections.next().unwrap().read_to_string(&mut text).unwrap();
            text + "\n"
        };
        line() + &line()
    });
    let builder = Recorder::builder(fixture.journal()).anchor_directory(&kept);
    let recorder = builder.anchor_syslog(address).open().unwrap();
    wait_for_anchors(&recorder);
    #[cfg(target_os = "linux")]
    {
        let health = fixture.run(&["health", "@"]).ok();
        assert!(
            health.contains("anchored_size ") && health.contains("\"is_stale\":false"),
            "{health}"
        );
        let out = fixture.run(&["doctor", "@"]).ok();
        for (name, end) in [("directory", " s"), ("syslog", " s"), ("log`", "and confirms nothing")]
        {
            let told =
                |line: &str| line.contains(&format!("anchors    `{name}")) && line.ends_with(end);
            assert!(out.lines().any(told), "{out}");
        }
    }
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let file = fs::read_dir(&kept).unwrap().next().unwrap().unwrap().path();
    expect_whole(&fixture, file.to_str().unwrap());
    fs::write(fixture.directory().join("messages"), lines.join().unwrap()).unwrap();
    expect_whole(&fixture, "messages");
}

#[cfg(target_os = "linux")]
#[test]
fn an_anchor_that_has_nothing_is_named_with_the_reason_and_the_log_alone_is_no_anchor() {
    let fixture = Fixture::empty();
    let gone = fixture.directory().join("gone");
    let builder = Recorder::builder(fixture.journal()).anchor_directory(&gone);
    let recorder = builder.anchor_age_ms_max(10).open().unwrap();
    while !recorder.health().anchors[0].is_stale || recorder.health().anchors[0].failure.is_none() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let out = fixture.run(&["doctor", "@"]).ok();
    assert!(
        out.contains("warning  anchors    `directory ") && out.contains("cannot look at "),
        "{out}"
    );
    drop(recorder);
    let recorder = Recorder::builder(fixture.journal()).open().unwrap();
    let out = fixture.run(&["doctor", "@"]).ok();
    assert!(out.contains("no anchor confirms that it has a checkpoint"), "{out}");
    drop(recorder);
}
