//! `tail`, `show` and `stats` print what is in the journal, safe for a terminal.

use std::fs;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use audit_runtime::journal::{DirectoryStorage, Journal, MemoryStorage, Modes, Options, Reader};
use audit_runtime::{Category, Clock, Digest, Event, Origin, Outcome, Record, Recorder, Timestamp};

use crate::fixture::Fixture;

#[test]
fn tail_prints_one_line_for_each_record() {
    let fixture = Fixture::new();
    let out = fixture.run(&["tail", "@"]).ok();
    let rows: Vec<Vec<&str>> = out.lines().map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), 7);
    let login = ["authn", "failure", "user:ada", "Login", "-", "192.0.2.7", "bad_password"];
    assert_eq!((rows[2][0], &rows[2][2..]), ("2", &login[..]));
    assert!(rows[2][1].len() == "2026-01-01T00:00:00.000Z".len() && rows[2][1].ends_with('Z'));
    let denial = ["authz", "denied", "user:ada", "DeleteInvoice", "Invoice:7", "-", "role_missing"];
    assert_eq!(rows[3][2..], denial);
    let access =
        ["access", "success", "system", "HttpRequest", "GET", "/users/{id}", "192.0.2.7", "200"];
    assert_eq!(rows[4][2..], access);
    assert_eq!(rows[6][2..], ["journal", "success", "-", "JournalStop", "-", "-"]);
    let starts: Vec<usize> = out.lines().filter_map(|row| row.find(" success ")).collect();
    assert!(starts.len() > 2 && starts.iter().all(|start| *start == starts[0]), "{out}");
}

#[test]
fn tail_names_a_unix_socket_where_there_is_no_address() {
    let fixture = Fixture::new();
    let ping = Event::activity("Ping").origin(Origin::unix()).failed("late");
    fixture.recorder().record(ping).wait().unwrap();
    let out = fixture.run(&["tail", "@", "-n", "2"]).ok();
    let row: Vec<_> = out.lines().next().unwrap().split_whitespace().skip(2).collect();
    assert_eq!(row, ["activity", "failure", "system", "Ping", "-", "unix", "late"]);
}

#[test]
fn tail_starts_where_it_is_told_and_prints_exact_lines() {
    let fixture = Fixture::new();
    let lines = fixture.lines();
    let exact = |arguments: &[&str]| -> Vec<String> {
        let out = fixture.run_on_copy(arguments).ok();
        out.lines().map(str::to_owned).collect()
    };
    assert_eq!(exact(&["tail", "@", "--json"]), lines);
    assert_eq!(exact(&["tail", "@", "--json", "-n", "2"]), lines[5..]);
    assert_eq!(exact(&["tail", "@", "--json", "--from", "3"]), lines[3..]);
    assert_eq!(exact(&["tail", "@", "--json", "-n", "0"]), [""; 0]);
}

#[test]
fn tail_says_where_the_journal_ends_when_it_is_told_to_start_behind_that() {
    let fixture = Fixture::new();
    for seq in ["7", "99"] {
        let run = fixture.run(&["tail", "@", "--json", "--from", seq]);
        run.fails(2, &[&format!("no record {seq} yet"), "ends at record 6;", "audited stats"]);
        assert_eq!(run.out, "");
    }
    assert_eq!(fixture.run(&["tail", "@", "--from", "6"]).ok().lines().count(), 1);
    fs::write(fixture.segment(), "").unwrap();
    fs::write(fixture.journal().join("WATERMARK"), format!("{0:020} {0:020}\n", 0)).unwrap();
    let run = fixture.run(&["tail", "@", "--from", "0"]);
    run.fails(2, &["no record 0 yet", "has none yet"]);
}

#[test]
fn tail_counts_across_segments() {
    let fixture = Fixture::new();
    let builder = Recorder::builder(fixture.journal()).segment_bytes_max(1);
    let recorder = builder.open().unwrap();
    for _ in 0..3 {
        let event = Event::activity("Ping").succeeded();
        recorder.record(event).wait().unwrap();
    }
    drop(recorder);
    let count =
        |lines: &str| fixture.run(&["tail", "@", "--json", "-n", lines]).ok().lines().count();
    assert!(fs::read_dir(fixture.journal().join("seg")).unwrap().count() > 2);
    assert_eq!((count("1"), count("5"), count("9")), (1, 5, 9));
}

#[test]
fn show_prints_every_field_in_the_order_of_the_line() {
    let fixture = Fixture::new();
    let out = fixture.run(&["show", "5", "@"]).ok();
    let value = |name: &str| {
        let row = out.lines().find(|row| row.split(' ').next() == Some(name));
        row.map(|row| row[name.len()..].trim()).unwrap_or_default()
    };
    assert_eq!(value("seq"), "5");
    assert_eq!(value("action"), "UpdateUser");
    assert_eq!(value("actor.id"), "7");
    assert_eq!(value("targets[1].type"), "Team");
    assert_eq!(value("args.count"), u64::MAX.to_string());
    assert_eq!(value("service.name"), "shop");
    assert_eq!(value("h").len(), 43);
    assert!(out.lines().next().unwrap().starts_with("v "));
    assert!(out.lines().last().unwrap().starts_with("h "));
    // The values stand in one column, behind the longest name.
    let names = out.lines().filter_map(|row| row.split(' ').next());
    let column = names.map(str::len).max().unwrap();
    let begins = |row: &str| row.as_bytes()[column] == b' ' && row.as_bytes()[column + 1] != b' ';
    assert!(out.lines().all(begins), "{out}");
    let exact = fixture.run(&["show", "5", "@", "--json"]).ok();
    assert_eq!(exact, format!("{}\n", fixture.lines()[5]));
}

#[test]
fn a_record_that_is_not_there_cannot_be_shown() {
    let fixture = Fixture::new();
    fixture.run(&["show", "7", "@"]).fails(2, &["no record 7", "audited stats"]);
}

#[test]
fn hostile_text_does_not_reach_the_terminal() {
    let fixture = Fixture::new();
    for arguments in [&["tail", "@"][..], &["show", "5", "@"], &["stats", "@"]] {
        let out = fixture.run(arguments).ok();
        let raw = |character: char| {
            character.is_control() && character != '\n' || "\u{202e}\u{2028}".contains(character)
        };
        assert!(!out.contains(raw), "{arguments:?}: {out:?}");
        assert!(!out.lines().any(|line| line.starts_with("99")), "{arguments:?}: {out:?}");
    }
    let shown = fixture.run(&["show", "5", "@"]).ok();
    assert!(shown.contains("ada\\u{1b}[2J\\u{a}99 \\u{202e}nimda\\u{9b}\\u{2028}"), "{shown}");
}

#[test]
fn a_line_that_is_no_event_is_told_apart_and_its_text_is_safe() {
    let fixture = Fixture::new();
    let storage = DirectoryStorage::open(fixture.journal(), Modes::default()).unwrap();
    let mut journal = Journal::open(Arc::new(storage), Options::default()).unwrap();
    let deep = format!("\"deep\":{}1{}", "{\"a\":".repeat(9000), "}".repeat(9000));
    let raw = "\"\u{9b}\":[1,\"\u{202e}\"]";
    for body in [deep.as_str(), raw] {
        journal.append(body.as_bytes()).unwrap();
    }
    journal.commit().unwrap();
    drop(journal);
    append_unchecked(&fixture, "no json");
    let read = |arguments: &[&str]| fixture.run(arguments).unrecorded("was not closed in order");
    let out = read(&["tail", "@", "-n", "4"]).ok();
    assert_eq!(out.matches("no audit event").count(), 3, "{out}");
    let stats = read(&["stats", "@"]).ok();
    assert!(stats.contains("\nunreadable 3\n"), "{stats}");
    read(&["show", "8", "@"]).ok();
    let shown = read(&["show", "9", "@"]).ok();
    assert!(shown.contains("\\u{9b}") && shown.contains("[1,\"\\u{202e}\"]"), "{shown}");
    fixture.run(&["show", "10", "@"]).fails(2, &["record 10", "--json"]);
    assert!(read(&["show", "10", "@", "--json"]).ok().contains("no json"));
}

#[test]
fn stats_counts_what_is_there() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    // Events of the application that bear the names of the journal's own.
    for name in ["JournalStart", "JournalLost"] {
        let forged = Event::journal(name).field("lost", &3_u64).broke("queue_full");
        recorder.record(forged).wait().unwrap();
    }
    drop(recorder);
    let out = fixture.run_on_copy(&["stats", "@", "--json"]).ok();
    let stats: serde_json::Value = serde_json::from_str(&out).unwrap();
    let bytes = fs::metadata(fixture.segment()).unwrap().len();
    let numbers = ["segments", "bytes", "records", "first_seq", "last_seq", "starts"];
    let numbers = numbers.map(|name| stats[name].as_u64().unwrap());
    assert_eq!(numbers, [1, bytes, 11, 0, 10, 2]);
    let flaws = ["starts_unclean", "lost", "unreadable"].map(|name| stats[name].as_u64());
    assert_eq!(flaws, [Some(0), Some(0), Some(0)]);
    assert_eq!(stats["origin"], "example/shop");
    assert_eq!(stats["categories"][0]["name"], "journal");
    assert_eq!(stats["categories"][0]["records"], 7);
    assert_eq!(stats["outcomes"][0]["name"], "success");
    assert!(stats["first_observed"].as_str() < stats["last_observed"].as_str());

    let human = fixture.run(&["stats", "@"]).ok();
    for row in ["records    11, seq 0 to 10", "starts     2, unclean 0", "         7 journal"] {
        assert!(human.lines().any(|line| line == row), "{row:?} is not in {human}");
    }
}

/// A clock that is set back by an hour.
#[derive(Default)]
struct SetBack(AtomicBool);

impl Clock for SetBack {
    fn now(&self) -> Timestamp {
        let hours = if self.0.load(Ordering::Relaxed) { 490_895 } else { 490_896 };
        Timestamp::from_unix_nanos(hours * 3_600_000_000_000)
    }

    fn monotonic_ns(&self) -> u64 {
        0
    }
}

#[test]
fn tail_and_stats_tell_of_a_full_disk_and_of_a_clock_that_was_set() {
    let fixture = Fixture::new();
    let (storage, clock) = (MemoryStorage::new(), Arc::new(SetBack::default()));
    let shared = Arc::clone(&clock) as Arc<dyn Clock>;
    let options = Options { reserve_bytes: 1000, clock: shared, ..Options::default() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    journal.tick().unwrap();
    clock.0.store(true, Ordering::Relaxed);
    journal.tick().unwrap();
    journal.commit().unwrap();
    storage.limit(Some(0));
    journal.append(b"\"saved\":1").unwrap();
    assert!(journal.commit().is_err());
    storage.limit(None);
    assert!(journal.resume(7, 3).unwrap());
    drop(journal);
    let watermark = storage.file("WATERMARK").unwrap();
    fs::write(fixture.journal().join("WATERMARK"), watermark).unwrap();
    fs::write(fixture.segment(), storage.file("seg/00000000000000000000.jsonl").unwrap()).unwrap();
    let read = |arguments: &[&str]| fixture.run(arguments).unrecorded("was not closed in order");
    let out = read(&["tail", "@"]).ok();
    for said in ["clock moved by -3600.000 s", "7 events lost, 3 actions unrecorded"] {
        assert!(out.contains(said), "{said:?} is not in {out}");
    }
    let stats = read(&["stats", "@", "--json"]).ok();
    let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
    assert_eq!(stats["lost"], 7);
}

#[test]
fn stats_knows_an_unclean_stop() {
    let fixture = Fixture::new();
    let mut lines = fixture.lines();
    lines.pop();
    fs::write(fixture.segment(), lines.join("\n") + "\n").unwrap();
    let known = ["WATERMARK", "checkpoint"].map(|name| fixture.journal().join(name));
    known.iter().for_each(|path| fs::remove_file(path).unwrap());
    drop(fixture.recorder());
    let out = fixture.run(&["stats", "@", "--json"]).ok();
    let stats: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&stats["starts"], &stats["starts_unclean"]), (&2.into(), &1.into()));
}

#[test]
fn an_unclean_start_recovered_bytes_and_losses_are_seen() {
    let fixture = Fixture::new();
    leave_torn(&fixture);
    let full = Recorder::builder(fixture.journal()).queue_bytes_max(1);
    let recorder = full.open().unwrap();
    let ping = || Event::activity("Ping").succeeded();
    for _ in 0..3 {
        recorder.record(ping()).wait().unwrap_err();
    }
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let out = fixture.run_on_copy(&["tail", "@"]).ok();
    let ends: Vec<&str> = out
        .lines()
        .filter(|row| row.contains("Journal"))
        .map(|row| row.rsplit("  ").next().unwrap().trim_start_matches("- "))
        .collect();
    let count = |end: &str| ends.iter().filter(|found| **found == end).count();
    assert_eq!(count("unclean"), 1, "{out}");
    assert_eq!(count("5 bytes set aside"), 1, "{out}");
    let lost = |row: &&str| row.contains(" events lost queue_full");
    assert!(ends.iter().any(lost), "{out}");

    let stats = fixture.run(&["stats", "@"]).ok();
    assert!(stats.contains("\nstarts     3, unclean 1\n"), "{stats}");
    assert!(stats.contains("\nlost       3\n"), "{stats}");
}

#[test]
fn a_watermark_that_cannot_be_read_is_no_empty_journal() {
    let fixture = Fixture::new();
    let watermark = fixture.journal().join("WATERMARK");
    let recorder = fixture.recorder();
    let read = [&["tail", "@"][..], &["show", "5", "@"], &["stats", "@"]];
    for text in ["", "00000000000000000009 00000000000000000008\n"] {
        fs::write(&watermark, text).unwrap();
        for command in read {
            let run = fixture.run(command);
            let warning = run.err.lines().next().unwrap();
            assert!(warning.contains("/audit: it does not hold one number twice"), "{run:?}");
            assert!(warning.contains("; start the service again"), "{run:?}");
        }
        assert_eq!(fixture.run(&["tail", "@"]).out, "");
        fixture.run(&["verify", "@"]).fails(2, &["no record", "WATERMARK: it does not hold"]);
    }

    // Without its writer it has all its records, and nothing tells how many those should be.
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    fs::remove_file(&watermark).unwrap();
    let tail = fixture.run(&["tail", "@"]);
    assert_eq!((tail.code, tail.out.lines().count()), (Some(0), 9));
    assert!(tail.err.contains("WATERMARK") && tail.err.contains("it is missing"), "{tail:?}");
    let verified = fixture.run(&["verify", "@"]).ok();
    let warning = "WARNING watermark seq=9 segment=WATERMARK line=1 offset=0: it is missing";
    assert!(verified.starts_with(warning) && verified.contains("level L1"), "{verified}");

    fs::create_dir(&watermark).unwrap();
    for command in read.into_iter().chain([&["verify", "@"][..]]) {
        fixture.run(command).fails(2, &["cannot read WATERMARK"]);
    }
}

/// A writer that dies in the middle of a line.
fn leave_torn(fixture: &Fixture) {
    let storage = DirectoryStorage::open(fixture.journal(), Modes::default()).unwrap();
    let journal = Journal::open(Arc::new(storage), Options::default()).unwrap();
    drop(journal);
    let mut segment = fs::File::options().append(true).open(fixture.segment()).unwrap();
    segment.write_all(b"{\"v\":").unwrap();
}

#[test]
fn damage_stops_the_reading_and_is_named() {
    let fixture = Fixture::new();
    let mut bytes = fs::read(fixture.segment()).unwrap();
    let place = bytes.windows(11).position(|window| window == b"admins-only").unwrap();
    bytes[place] ^= 1;
    fs::write(fixture.segment(), bytes).unwrap();
    let tail = fixture.run(&["tail", "@"]);
    let tail = tail.unrecorded("damaged at seq 3");
    tail.fails(1, &["damaged at seq 3", "audited verify"]);
    assert_eq!(tail.out.lines().count(), 3);
    fixture.run(&["stats", "@"]).fails(1, &["seq 3"]);
    fixture.run(&["show", "5", "@"]).fails(1, &["seq 3"]);
}

#[test]
fn what_a_recorder_writes_reads_back_as_records() {
    let fixture = Fixture::new();
    let mut cursor = Reader::open(fixture.journal()).unwrap().cursor(2).unwrap();
    let mut records = Vec::new();
    while let Some(line) = cursor.next().unwrap() {
        records.push(Record::parse(&line).unwrap());
    }
    let shown: Vec<_> = records
        .iter()
        .map(|record| (record.category.known().unwrap(), record.outcome.known().unwrap()))
        .collect();
    let expected = [
        (Category::Authentication, Outcome::Failure),
        (Category::Authorization, Outcome::Denied),
        (Category::Access, Outcome::Success),
        (Category::Activity, Outcome::Success),
        (Category::Journal, Outcome::Success),
    ];
    assert_eq!(shown, expected);
    let service = records[0].service.as_ref().unwrap();
    assert_eq!(service.version.as_deref(), Some("1.0"));
    assert!(records.iter().all(|record| record.other.is_empty()));
}

/// Appends a line that fits the chain, whatever its body is: the writer itself takes JSON only.
fn append_unchecked(fixture: &Fixture, body: &str) {
    let mut cursor = Reader::open(fixture.journal()).unwrap().cursor(0).unwrap();
    let last = std::iter::from_fn(|| cursor.next().unwrap()).last().unwrap();
    let hashed = format!(
        r#"{{"v":1,"seq":{},"observed":"{}","boot":"{}","mono":{},{body}"#,
        last.seq() + 1,
        last.observed(),
        last.boot(),
        last.mono_ns(),
    );
    let hash = Digest::of(&[&[2], last.hash().as_bytes().as_slice(), hashed.as_bytes()].concat());
    let mut segment = fs::OpenOptions::new().append(true).open(fixture.segment()).unwrap();
    writeln!(segment, r#"{hashed},"h":"{hash}"}}"#).unwrap();
}

#[test]
fn an_intent_is_told_from_an_end_that_nobody_saw() {
    let fixture = Fixture::new();
    let storage = DirectoryStorage::open(fixture.journal(), Modes::default()).unwrap();
    let mut journal = Journal::open(Arc::new(storage), Options::default()).unwrap();
    let id = |last: u8| format!("01a1ffaa-a3b5-78f0-8ddb-5b46f857a02{last}");
    for (own, phase) in [
        (1, "\"phase\":\"intent\"".to_owned()),
        (2, format!("\"phase\":\"end\",\"intent_id\":\"{}\",\"completed_by\":\"recorder\"", id(1))),
    ] {
        let body = format!(
            "\"id\":\"{}\",\"time\":\"2026-01-01T00:00:00.000000000Z\",\"category\":\"activity\",\
             \"action\":\"PayInvoice\",\"name\":\"invoice.pay\",{phase},\"outcome\":\"unknown\",\
             \"severity\":3",
            id(own)
        );
        journal.append(body.as_bytes()).unwrap();
    }
    journal.close().unwrap();
    let out = fixture.run(&["tail", "@", "-n", "3"]).ok();
    let words: Vec<_> = out.lines().map(|row| row.split_whitespace().nth(3).unwrap()).collect();
    assert_eq!(words, ["intent", "unknown", "success"]);
    let stats = fixture.run(&["stats", "@"]).ok();
    assert!(stats.contains("         1 intent") && stats.contains("         1 unknown"), "{stats}");
}
