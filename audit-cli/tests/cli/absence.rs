//! `absence`: what is shown of an interval in which nothing happened, and everything that keeps it from being shown.

mod untold;

use std::fs;
use std::sync::{Arc, Mutex};

use audit_runtime::journal::{Clock, DirectoryStorage, Journal, Modes, Options, Prune, Timestamp};
use audit_tlog::{Note, Proof, Signer as _, SigningKey};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Run};

/// Both clocks of a service: wall and monotonic, in nanoseconds.
#[derive(Clone)]
struct Clocks(Arc<Mutex<(i64, u64)>>);

impl Clock for Clocks {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(self.0.lock().unwrap().0)
    }

    fn monotonic_ns(&self) -> u64 {
        self.0.lock().unwrap().1
    }
}

/// A service with a signed journal, at one o'clock.
struct Service {
    fixture: Fixture,
    clocks: Clocks,
    journal: Option<Journal>,
}

/// What befalls a service.
type Happening = fn(&mut Service);

const SECOND: i64 = 1_000_000_000;
/// From two to three o'clock.
const HOUR: &str = "since 2026-11-22T02:00Z until 2026-11-22T03:00Z";

fn key() -> SigningKey {
    SigningKey::from_seed("example/shop", [1; 32]).unwrap()
}

impl Service {
    fn started() -> Self {
        let start = Timestamp::parse("2026-11-22T01:00:00.000000000Z").unwrap();
        let clocks = Clocks(Arc::new(Mutex::new((start.unix_nanos(), 7))));
        let mut service = Self { fixture: Fixture::empty(), clocks, journal: None };
        service.start();
        service
    }

    fn start(&mut self) {
        let place = DirectoryStorage::open(self.fixture.journal(), Modes::default()).unwrap();
        let options = Options {
            origin: Some("example/shop".to_owned()),
            signer: Some(Arc::new(key())),
            clock: Arc::new(self.clocks.clone()),
            segment_bytes_max: 8_000,
            retention_days_min: 0,
            ..Options::default()
        };
        self.journal = Some(Journal::open(Arc::new(place), options).unwrap());
    }

    /// The process ends without a word.
    fn kill(&mut self) {
        self.journal = None;
    }

    fn stop(&mut self) {
        self.journal.take().unwrap().close().unwrap();
    }

    /// Both clocks go on, the wall clock by something else.
    fn pass(&self, seconds: i64, jump: i64) {
        let mut clocks = self.clocks.0.lock().unwrap();
        clocks.0 += (seconds + jump) * SECOND;
        clocks.1 += (seconds * SECOND).unsigned_abs();
    }

    /// So many minutes go by, in which the service looks after its journal every ten seconds.
    fn live(&mut self, minutes: u32) {
        for _ in 0..minutes * 6 {
            self.pass(10, 0);
            let journal = self.journal.as_mut().unwrap();
            journal.tick().unwrap();
            journal.commit().unwrap();
        }
    }

    fn append(&mut self, category: &str, action: &str, more: &str) -> u64 {
        let time = self.clocks.now();
        let body = format!(
            "\"id\":\"00000000-0000-4000-8000-000000000000\",\"time\":\"{time}\",\"category\":\"{category}\",\
             \"action\":\"{action}\",\"name\":\"user.delete\",\"outcome\":\"success\",\"severity\":1{more}"
        );
        let journal = self.journal.as_mut().unwrap();
        journal.append(body.as_bytes()).unwrap();
        journal.commit().unwrap().records.last().unwrap().seq
    }

    /// What `audited absence` says of a copy with the public key.
    fn asked(&self, text: &str, more: &[&str]) -> Run {
        let key = key().verifier().to_string();
        let arguments = [&["absence", text, "@", "--key", &key], more].concat();
        self.fixture.run_on_copy(&arguments)
    }

    #[track_caller]
    fn says(&self, code: i32, words: &[&str]) {
        let run = self.asked(HOUR, &[]);
        assert_eq!(run.code, Some(code), "{run:?}");
        for word in words {
            assert!(run.out.contains(word), "{word:?} is not in {}", run.out);
        }
    }
}

#[test]
fn a_quiet_hour_is_shown_and_another_party_can_check_both_of_its_ends() {
    let mut service = Service::started();
    service.live(150);
    service.stop();
    service.says(
        0,
        &[
            "level L2: the records up to seq",
            "UNANCHORED: anyone",
            "of 2026-11-22T01:59:30.000000000Z is the last before the interval",
            "of 2026-11-22T03:00:10.000000000Z is the first behind the interval",
            "without a hole in their numbers: 54; asked for: 0",
            "silent for 92 s at most",
            "SHOWN: nothing of what is asked was recorded",
        ],
    );
    let report: Value = serde_json::from_str(&service.asked(HOUR, &["--json"]).out).unwrap();
    assert_eq!((&report["shown"], &report["level"]), (&json!(true), &json!("L2")));
    for end in ["before", "after"] {
        let end = &report[end];
        let proof = Proof::parse(end["proof"].as_str().unwrap()).unwrap();
        proof.check(end["line"].as_str().unwrap().as_bytes(), &[key().verifier().clone()]).unwrap();
        assert_eq!(end["seq"], proof.index);
    }
    let anchor = service.fixture.journal().join("checkpoint");
    let anchored = service.asked(HOUR, &["--anchor", anchor.to_str().unwrap()]);
    assert!(anchored.out.contains("SHOWN") && anchored.out.contains("(level L3)"), "{anchored:?}");
    let other = SigningKey::from_seed("example/shop", [2; 32]).unwrap().verifier().to_string();
    let run = service.fixture.run_on_copy(&["absence", HOUR, "@", "--key", &other]);
    assert!(run.code == Some(1) && run.out.starts_with("TAMPER unsigned "), "{run:?}");
    let run = service.asked(HOUR, &["--level", "L1"]);
    assert!(
        run.code == Some(0) && run.out.contains("UNSIGNED") && run.out.contains("(level L1)"),
        "{run:?}"
    );
}

#[test]
fn a_record_is_found_and_conditions_say_which_are_meant() {
    let mut service = Service::started();
    service.live(90);
    service.append("activity", "DeleteUser", "");
    service.live(60);
    service.stop();
    service.says(1, &["DeleteUser", "asked for: 1", "FOUND: there are records"]);
    let of = |conditions: &str| service.asked(&format!("{HOUR} {conditions}"), &[]).code;
    assert_eq!(of("action=DeleteUser"), Some(1));
    assert_eq!(of("action=DeleteInvoice"), Some(0));
    assert_eq!(of("category=access"), Some(0));
    let later = service.asked("since 2026-11-22T02:30:01Z until 2026-11-22T03:00Z", &[]);
    assert_eq!(later.code, Some(0), "{later:?}");
    service.fixture.run(&["absence", "action=DeleteUser", "@"]).fails(3, &["from when until when"]);
    service.fixture.run(&["absence", HOUR, "-"]).fails(3, &["name a directory"]);
    service.fixture.run(&["absence", HOUR, "@"]).fails(2, &["is signed", "--key"]);
}

#[test]
fn a_time_in_which_nobody_recorded_is_named() {
    let cases: [(Happening, &str); 4] = [
        // Neither clock tells it alone, and they differ by less than would be told.
        (
            |service| {
                service.pass(90, 4);
                service.append("access", "GetUser", "");
            },
            "to 2026-11-22T02:31:34.000000000Z, behind record 83: the service went on 90.000 s later by its own clock",
        ),
        (
            |service| {
                service.stop();
                service.pass(5, 0);
                service.start();
                service.append("access", "GetUser", "");
            },
            "to 2026-11-22T02:30:05.000000000Z, behind record 84: the service was stopped in order",
        ),
        (
            |service| {
                service.kill();
                service.pass(600, 0);
                service.start();
                service.append("access", "GetUser", "");
            },
            "to 2026-11-22T02:40:00.000000000Z, behind record 83: the service was killed",
        ),
        (
            |service| {
                service.pass(180, 0);
                service.append("access", "GetUser", "");
            },
            "to 2026-11-22T02:33:00.000000000Z, behind record 83: the service went on 180.000 s later by its own clock",
        ),
    ];
    for (happens, words) in cases {
        let mut service = Service::started();
        service.live(90);
        service.append("access", "GetUser", "");
        happens(&mut service);
        service.live(60);
        service.stop();
        let run = service.asked(&format!("{HOUR} action=DeleteUser"), &[]);
        assert_eq!(run.code, Some(2), "{run:?}");
        let named =
            format!("NOT SHOWN: nobody was recording from 2026-11-22T02:30:00.000000000Z {words}");
        assert!(
            run.out.contains(&named) && run.out.contains("CANNOT DECIDE"),
            "{named}: {}",
            run.out
        );
        assert_eq!(run.out.matches("NOT SHOWN").count(), 1, "{}", run.out);
    }
}

#[test]
fn a_clock_that_was_moved_in_or_next_to_the_interval_is_named() {
    for (minutes, jump, words) in [
        (90, 6, "the clock was moved by 6.000 s"),
        (90, -2, "the clock was moved by -2.000 s"),
        (55, 120, "the clock was moved by 120.000 s"),
        (125, -7200, "the clock was moved by -7200.000 s"),
    ] {
        let mut service = Service::started();
        service.live(minutes);
        service.append("access", "GetUser", "");
        service.pass(0, jump);
        service.append("access", "GetUser", "");
        service.live(200);
        service.stop();
        let run = service.asked(&format!("{HOUR} action=DeleteUser"), &[]);
        assert_eq!(run.code, Some(2), "{jump}: {run:?}");
        assert!(run.out.contains(words), "{jump}: {}", run.out);
    }
}

#[test]
fn a_clock_that_was_moved_elsewhere_does_not_matter() {
    let mut service = Service::started();
    service.pass(0, 5 * 3600);
    service.append("access", "GetUser", "");
    service.pass(0, -5 * 3600);
    service.live(240);
    let of = |from, to| {
        service.asked(&format!("since 2026-11-22T{from}Z until 2026-11-22T{to}Z"), &[]).code
    };
    assert_eq!(of("02:30", "03:30"), Some(0));
    assert_eq!(of("01:30", "03:30"), Some(2));
}

#[test]
fn an_interval_that_is_open_or_not_signed_yet_is_not_decided() {
    let mut service = Service::started();
    service.live(90);
    service.says(2, &["there is no record behind the interval yet"]);
    service.live(30);
    // This one is durable, and the next checkpoint is not written yet.
    service.append("access", "GetUser", "");
    let soon = ["is the last one so far, so soon behind the interval that", "ask again later"];
    let unsigned = "is not yet signed: level L2 is required, and L1 was reached";
    service.says(2, &[soon[0], soon[1], unsigned]);
    let run = service.asked(HOUR, &["--level", "L1"]);
    assert!(run.code == Some(2) && !run.out.contains(unsigned), "{run:?}");
    service.live(5);
    service.says(0, &["SHOWN"]);
    assert_eq!(service.asked(HOUR, &["--require", "L3"]).code, Some(2));
}

#[test]
fn a_hole_is_damage_and_what_is_pruned_or_set_aside_is_not_decided() {
    let mut service = Service::started();
    service.live(150);
    let asked = Prune { before_seq: 100, asked_by: "uid:0".into(), reason: "test".into() };
    let mut pruned = Service::started();
    pruned.live(150);
    pruned.journal.as_mut().unwrap().prune(&asked).unwrap();
    pruned.stop();
    pruned.says(2, &["no record is kept from before the interval: those before record"]);
    service.stop();
    let mut names: Vec<_> = fs::read_dir(service.fixture.journal().join("seg")).unwrap().collect();
    names.retain(|name| name.as_ref().unwrap().path().extension().unwrap() == "jsonl");
    names.sort_by_key(|name| name.as_ref().unwrap().path());
    let path = names[2].as_ref().unwrap().path();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    fs::write(&path, [&lines[..4], &lines[5..]].concat().concat()).unwrap();
    service.says(1, &["TAMPER missing seq="]);
    fs::write(&path, text).unwrap();
    service.fixture.run(&["adopt", "--new-epoch", "a test", "@"]).ok();
    let run = service.asked(HOUR, &["--level", "L1"]);
    let words = "this epoch of the journal has no record from before the interval: ask the older one, `--epoch 0`";
    assert!(run.code == Some(2) && run.out.contains(words), "{run:?}");
    assert_eq!(service.asked(HOUR, &["--epoch", "0"]).code, Some(0));
}

#[test]
fn a_hang_of_a_busy_service_is_a_gap_although_its_only_heartbeat_tells_of_no_other() {
    let mut service = Service::started();
    let busy = |service: &mut Service| {
        for _ in 0..150 {
            service.pass(30, 0);
            service.append("access", "GetUser", "");
            service.journal.as_mut().unwrap().tick().unwrap();
        }
    };
    busy(&mut service);
    service.pass(2400, 0);
    let journal = service.journal.as_mut().unwrap();
    journal.tick().unwrap();
    journal.commit().unwrap();
    busy(&mut service);
    service.stop();
    let run = service.asked(&format!("{HOUR} action=DeleteUser"), &[]);
    let named = "the service went on 2400.000 s later by its own clock";
    assert!(run.code == Some(2) && run.out.contains(named), "{run:?}");
}

#[test]
fn the_help_names_no_way_that_is_refused() {
    let fixture = Fixture::empty();
    let help = |command: &str| fixture.run(&[command, "--help"]).ok().replace("\n", " ");
    let lines = "lines from standard input";
    assert!(help("verify").contains(lines) && !help("absence").contains(lines));
    assert!(help("absence").contains("The journal's directory; else `journal"));
}

/// A clock that is put right goes faster or slower for hours, by less than a thousandth.
#[test]
fn a_clock_that_is_slewed_was_not_moved() {
    let mut service = Service::started();
    for _ in 0..240 {
        service.live(1);
        service.clocks.0.lock().unwrap().0 += SECOND / 20;
    }
    service.stop();
    let run = service.asked("since 2026-11-22T02:00Z until 2026-11-22T04:00Z", &[]);
    assert!(run.code == Some(0) && run.out.contains("SHOWN"), "{run:?}");
}

#[test]
fn what_keeps_the_journal_from_being_judged_keeps_an_absence_from_being_shown() {
    let mut service = Service::started();
    service.live(150);
    service.stop();
    let kept = fs::read_to_string(service.fixture.journal().join("checkpoint")).unwrap();
    let other = SigningKey::from_seed("example/shop", [2; 32]).unwrap();
    let text = kept.split_once("\n\n").unwrap().0.to_owned() + "\n";
    let forged = service.fixture.directory().join("forged");
    fs::write(&forged, Note::sign(text, &[&other]).unwrap().to_string()).unwrap();
    let run = service.asked(HOUR, &["--anchor", forged.to_str().unwrap()]);
    assert!(run.code == Some(2) && run.err.contains("cannot be compared"), "{run:?}");
    service.fixture.run(&["adopt", "--new-epoch", "a test", "@"]).ok();
    service.start();
    service.live(1);
    service.pass(24 * 3_600, 0);
    service.live(5);
    let now = "since 2026-11-23T03:31:30Z until 2026-11-23T03:32Z";
    service.live(5);
    assert_eq!(service.asked(now, &[]).code, Some(0));
    fs::remove_file(service.fixture.journal().join("epochs/0/WATERMARK")).unwrap();
    let run = service.asked(now, &[]);
    assert!(run.code == Some(1) && run.out.contains("epoch"), "{run:?}");
}
