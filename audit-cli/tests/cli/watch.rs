//! `audited watch` and `audited drill` as processes beside a service: what they print, and how they end.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use audit_runtime::{Actor, Event, Origin, Recorder};

use crate::fixture::{Fixture, Run};

const SOON: Duration = Duration::from_secs(30);

/// A watch that runs, and the lines that it prints.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(fixture: &Fixture) -> Self {
        let mut command = fixture.command(&["watch", "@", "--verify-every", "0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line).ok())
        });
        let watch = Self { child, lines };
        watch.wait_for("watching ");
        watch
    }

    /// The next line that has these words.
    fn wait_for(&self, words: &str) -> String {
        let due = Instant::now() + SOON;
        loop {
            let line = self.lines.recv_timeout(due.saturating_duration_since(Instant::now()));
            let line = line.map_err(|_| words).unwrap();
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Asks it to end, as a service manager does.
    fn ask_to_end(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// The exit code, once it has ended because it was asked to.
    fn end(mut self) -> Option<i32> {
        self.ask_to_end();
        let due = Instant::now() + SOON;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < due, "it does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn fail_to_log_in(recorder: &Recorder, times: usize) {
    for _ in 0..times {
        let attempt = Event::authentication("password").actor(Actor::user("ada"));
        let attempt = attempt.origin(Origin::peer(([198, 51, 100, 7], 4000).into()));
        recorder.record(attempt.failed("wrong_password")).wait().unwrap();
    }
}

#[test]
fn a_watch_that_is_asked_to_end_keeps_what_it_has_seen() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    let watch = Watch::start(&fixture);
    fail_to_log_in(&recorder, 4);
    // The state is kept at the end, not before: 30 seconds have not passed.
    thread::sleep(Duration::from_millis(500));
    let state = fixture.directory().join("audit.detect");
    let before = fs::read(&state).unwrap();
    assert_eq!(watch.end(), Some(0));
    assert_ne!(fs::read(&state).unwrap(), before);
    let watch = Watch::start(&fixture);
    fail_to_log_in(&recorder, 1);
    let row = watch.wait_for("bf_ip");
    assert!(row.contains("severity 3") && row.contains("198.51.100.7"), "{row}");
    assert_eq!(watch.end(), Some(0));
}

#[test]
fn what_cannot_be_recorded_is_printed_all_the_same() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    let watch = Watch::start(&fixture);
    fail_to_log_in(&recorder, 4);
    assert_eq!(watch.end(), Some(0));
    fail_to_log_in(&recorder, 1);
    // The service finds that its lock is another file, and takes nothing more.
    let lock = fixture.journal().join("LOCK");
    fs::rename(&lock, fixture.directory().join("aside")).unwrap();
    fs::write(&lock, "").unwrap();
    let watch = Watch::start(&fixture);
    let rows = [(); 3].map(|()| watch.wait_for("not recorded: "));
    for rule in ["bf_ip", "bf_user_ip", "pipeline_failure"] {
        let is_told = |row: &String| row.contains(&format!(" {rule} ")) && row.contains(" - ");
        assert!(rows.iter().any(is_told), "{rule}: {rows:?}");
    }
    // The pipeline's own trouble is not looked for again.
    watch.ask_to_end();
    let line = watch.wait_for("ended; ");
    assert!(line.contains("what could not be recorded (2) is looked for again"), "{line}");
    drop(watch);
    drop(recorder.shutdown(Duration::from_secs(10)));
}

#[test]
fn a_drill_whose_channel_gives_up_says_so_at_once_and_its_dead_letter_is_marked() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    // Nobody can be reached there: addresses of this machine are refused for good.
    let settings = "[alerts.channel.pager]\nkind = \"slack\"\nurl = \"env:AUDIT_TEST_URL\"\n";
    fs::write(fixture.directory().join("audited.toml"), settings).unwrap();
    let mut command = fixture.command(&["watch", "@", "--verify-every", "0"]);
    command.env("AUDIT_TEST_URL", "https://localhost:1/TOKEN");
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (_, lines) = mpsc::channel();
    let _watch = Watch { child, lines };
    let begun = Instant::now();
    let run = loop {
        let run = fixture.run(&["drill", "brute-force", "@"]);
        if !run.err.contains("nobody watches") {
            break run;
        }
        assert!(begun.elapsed() < SOON, "{run:?}");
        thread::sleep(Duration::from_millis(50));
    };
    assert!(begun.elapsed() < Duration::from_secs(30), "it waited for what will not come");
    run.fails(2, &["pager gave it up, so it is a dead letter there", "audited alerts --test"]);
    assert!(run.out.contains("dead letter: webhook: localhost: "), "{}", run.out);
    let listed = fixture.run(&["alerts", "@"]).out;
    assert!(listed.contains("high pager: [DRILL] Many logins as one user failed."), "{listed}");
    assert!(!listed.contains("TOKEN") && !run.out.contains("TOKEN"));
    drop(recorder.shutdown(Duration::from_secs(10)));
}

/// Only root can make files that are another user's than the journal's, and be somebody else.
#[test]
fn a_service_that_finds_the_superusers_files_is_told_the_command() {
    use std::os::unix::fs::chown;
    use std::os::unix::process::CommandExt as _;

    const SERVICE: u32 = 4_242;
    let fixture = Fixture::new();
    if chown(fixture.directory(), Some(SERVICE), Some(SERVICE)).is_err() {
        return;
    }
    let journal = fixture.journal().display().to_string();
    let owner = format!("{SERVICE}:{SERVICE}");
    let given = Command::new("chown").args(["-R", &owner, &journal]).status();
    assert!(given.unwrap().success());
    let program = fixture.directory().join("audited");
    fs::copy(env!("CARGO_BIN_EXE_audited"), &program).unwrap();
    let (lock, outbox) = (format!("{journal}.watch"), format!("{journal}.alerts.sqlite"));
    for file in [&lock, &outbox] {
        fs::write(file, "").unwrap();
        fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    let mut command = Command::new(&program);
    command.args(["watch", &journal]).current_dir(fixture.directory()).uid(SERVICE).gid(SERVICE);
    let run = Run::of(command.output().unwrap());
    let told = format!("run: chown -h {owner} '{lock}' '{outbox}'");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.err.contains("Permission denied") && run.err.contains(&told), "{}", run.err);
}
