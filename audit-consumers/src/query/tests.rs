//! What each condition means, by hand, and what a scan tells of its reading.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use audit_runtime::journal::{Journal, MemoryStorage, Options, Reader};
use audit_runtime::{Clock, Timestamp};

use super::*;

const HOUR_NS: i64 = 3_600_000_000_000;

/// A clock that stands still until it is moved.
#[derive(Default)]
struct Still(AtomicI64);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(self.0.load(Ordering::Relaxed))
    }

    fn monotonic_ns(&self) -> u64 {
        0
    }
}

struct Trail {
    clock: Arc<Still>,
    journal: Journal,
    reader: Reader,
}

impl Trail {
    fn new() -> Self {
        let (storage, clock) = (MemoryStorage::new(), Arc::new(Still::default()));
        let shared: Arc<dyn Clock> = clock.clone();
        let options = Options {
            segment_bytes_max: 2_000,
            reserve_bytes: 0,
            clock: shared,
            ..Options::default()
        };
        let journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
        Self { clock, journal, reader: Reader::over(Arc::new(storage)) }
    }

    /// Writes an event with these further members at an hour, and gives its number.
    fn write(&mut self, hour: i64, members: &str) -> u64 {
        let members = format!(
            "\"id\":\"019b76da-a800-7000-8000-00000000abcd\",\"time\":\"2026-01-01T00:00:00.000000000Z\",\
             \"name\":\"x.y\",{members}"
        );
        self.write_line(hour, &members)
    }

    fn write_line(&mut self, hour: i64, body: &str) -> u64 {
        self.clock.0.store(hour * HOUR_NS, Ordering::Relaxed);
        self.journal.append(body.as_bytes()).unwrap();
        let committed = self.journal.commit().unwrap();
        committed.records.last().unwrap().seq
    }

    /// What is found of `all`, by their places in it, beside the journal's own records.
    fn found(&self, text: &str, all: &[u64]) -> Vec<usize> {
        let query = Query::parse(text).unwrap();
        let mut found = Vec::new();
        let search = Search::new(&self.reader, &query);
        search.each(|it| found.extend(all.iter().position(|seq| *seq == it.record.seq))).unwrap();
        found
    }
}

const PLAIN: &str =
    r#""category":"activity","action":"UpdateUser","outcome":"success","severity":1"#;

#[test]
fn findings_are_found_by_their_rule_and_nothing_else_is() {
    let mut trail = Trail::new();
    let of = |category: &str, action: &str, rule: &str| {
        format!(
            r#""category":"{category}","action":"{action}","outcome":"success","severity":4,"args":{{"rule":{rule},"key":"42","count":6}}"#
        )
    };
    let written = [
        of("security", "DetectorFinding", r#""bf_user""#),
        of("security", "DetectorFinding", r#""bf_ip""#),
        of("activity", "DetectorFinding", r#""bf_user""#),
        of("security", "ChangeRule", r#""bf_user""#),
        of("security", "DetectorFinding", "7"),
    ];
    let all: Vec<u64> = written.iter().map(|it| trail.write(0, it)).collect();
    for (text, expected) in [
        ("rule=bf_user", &[0][..]),
        ("rule=bf_*", &[0, 1]),
        ("rule=*", &[0, 1]),
        ("rule=bf", &[]),
        ("rule!=bf_user action=x.y", &[1, 2, 3, 4]),
    ] {
        assert_eq!(trail.found(text, &all), expected, "{text}");
    }
}

#[test]
fn each_condition_finds_what_it_names() {
    let mut trail = Trail::new();
    let written = [
        r#""category":"authentication","action":"Login","outcome":"failure","severity":2,
           "actor":{"type":"user","id":"hmac:77","known":false},"session":"s1",
           "reason":{"code":"bad_password"},"origin":{"ip":"10.1.2.3","trust":"peer"}"#,
        r#""category":"activity","action":"UpdateUser","op":"update","phase":"intent","outcome":"unknown",
           "severity":3,"actor":{"type":"agent","id":"bot","on_behalf_of":[{"type":"user","id":"42","name":"ada"}]},
           "targets":[{"type":"Team","id":"1"},{"type":"User","id":"7","name":"bob"}],"correlation_id":"r-1""#,
        r#""category":"access","action":"HttpRequest","outcome":"denied","severity":4,
           "actor":{"type":"anonymous"},"origin":{"ip":"fd00::7","trust":"peer"},
           "http":{"method":"GET","route":"/users/{id}","status":403},"ext":{"audit.drill":true}"#,
        r#""category":"activity","action":"DeleteUser","op":"delete","phase":"end","outcome":"newer",
           "severity":6,"actor":{"type":"user","id":"42","name":"ada"},"ext":{"audit.drill":false},
           "origin":{"transport":"unix","trust":"peer"}"#,
    ];
    let all: Vec<u64> =
        written.iter().map(|it| trail.write(0, &it.replace("\n           ", ""))).collect();
    for (text, expected) in [
        ("actor=user:42", &[3][..]),
        ("actor=user:ada", &[3]),
        ("actor=42", &[3]),
        ("actor=ada,bot", &[1, 3]),
        ("actor=user:*", &[0, 3]),
        ("actor=user", &[]),
        ("actor=anonymous", &[2]),
        ("actor=hmac:77", &[0]),
        ("actor=user:hmac:77", &[0]),
        ("actor!=user:42 category!=journal", &[0, 1, 2]),
        ("on_behalf_of=user:42", &[1]),
        ("action=UpdateUser", &[1]),
        ("action=x.y", &[0, 1, 2, 3]),
        ("action=Update*,Delete*", &[1, 3]),
        ("target=User:7", &[1]),
        ("target=User:bob", &[1]),
        ("target=7", &[1]),
        ("target=Team:7", &[]),
        ("target=Te*", &[1]),
        ("target!=* category!=journal", &[0, 2, 3]),
        ("outcome=failure,denied", &[0, 2]),
        ("outcome!=failure,denied category!=journal", &[1, 3]),
        ("category=access", &[2]),
        ("op=update,delete", &[1, 3]),
        ("phase=intent", &[1]),
        ("phase!=intent action=x.y", &[0, 2, 3]),
        ("reason=bad_*", &[0]),
        ("origin=10.0.0.0/8", &[0]),
        ("origin=fd00::/8,10.1.2.3", &[0, 2]),
        ("origin!=10.0.0.0/8 action=x.y", &[1, 2, 3]),
        ("origin=0.0.0.0/0,::/0", &[0, 2]),
        ("correlation=r-1", &[1]),
        ("session=s1", &[0]),
        ("route=/users/{id}", &[2]),
        ("status=403", &[2]),
        ("status>=400 status<500", &[2]),
        ("severity>=4", &[2, 3]),
        ("severity<=2 action=x.y", &[0]),
        ("severity!=4 action=x.y", &[0, 1, 3]),
        ("drill=yes", &[2]),
        ("drill=no action=x.y", &[0, 1, 3]),
        ("id=019b76da-a800-7000-8000-00000000abcd", &[0, 1, 2, 3]),
        ("actor=user:42 action=DeleteUser", &[3]),
        ("actor=user:42 action=UpdateUser", &[]),
    ] {
        assert_eq!(trail.found(text, &all), expected, "{text}");
    }
}

#[test]
fn records_are_found_by_their_numbers() {
    let mut trail = Trail::new();
    let all: Vec<u64> = (0..4).map(|hour| trail.write(hour, PLAIN)).collect();
    let text = format!("seq>{} seq<={}", all[0], all[2]);
    assert_eq!(trail.found(&text, &all), [1, 2]);
    assert_eq!(trail.found(&format!("seq={},{}", all[3], all[0]), &all), [0, 3]);
    assert_eq!(trail.found(&format!("seq!={} action=x.y", all[3]), &all), [0, 1, 2]);
}

#[test]
fn a_record_of_a_clock_that_was_moved_there_and_back_is_missed_only_by_who_trusts_it() {
    let mut trail = Trail::new();
    for hour in [1, 21, 2, 3] {
        trail.write(hour, PLAIN);
    }
    for hour in 4..20 {
        trail.write(hour, PLAIN);
    }
    assert!(trail.reader.segments().unwrap().len() > 4);
    let day = Timestamp::from_unix_nanos(20 * HOUR_NS);
    let query = Query::new().since(day);
    let count = |skip| Search::new(&trail.reader, &query).skip(skip).count().unwrap();
    let (found, scan) = count(Skip::ByTimes);
    assert_eq!((found, scan.clock_set_back), (1, 1));
    assert!(scan.outside_by_times.segments > 2 && scan.to_string().contains("went back 1 time in"));
    let (found, scan) = count(Skip::ByEnds);
    assert_eq!(found, 0);
    assert!(scan.outside_by_ends.segments > 3 && scan.to_string().contains("not looked into"));
}

#[test]
fn what_was_parsed_and_what_is_no_event_is_counted() {
    let mut trail = Trail::new();
    trail.write(0, PLAIN);
    trail.write_line(0, r#""note":"UpdateUser""#);
    trail.write_line(0, r#""action":"UpdateUser""#);
    trail.write(0, &PLAIN.replace("UpdateUser", "ViewUser"));
    let read =
        |text: &str| Search::new(&trail.reader, &Query::parse(text).unwrap()).count().unwrap();
    let (count, scan) = read("");
    assert_eq!((count, scan.records_read, scan.records_parsed, scan.not_events), (4, 6, 6, 2));
    assert!(scan.to_string().contains("2 lines: no audit events, and not shown"));
    // The header, the start, the text in a note and the other action are not parsed.
    let (count, scan) = read("action=UpdateUser");
    assert_eq!((count, scan.records_read, scan.records_parsed, scan.not_events), (1, 6, 3, 2));
    let (count, scan) = read("action=\"UpdateUser\\\\\"");
    assert_eq!((count, scan.records_read, scan.records_parsed), (0, 6, 0));
}
