//! What a service has not told, or a record does not show: where it may be meant nothing is shown.

use super::*;

/// From ten to twenty past one, for what takes many services.
const SHORT: &str = "since 2026-11-22T01:10Z until 2026-11-22T01:20Z";

#[test]
fn events_without_a_record_of_their_own_are_told() {
    let flood = |action: &str| {
        let (first, last) = ("2026-11-22T02:29:51.000000000Z", "2026-11-22T02:29:59.000000000Z");
        (
            action.to_owned(),
            format!(",\"args\":{{\"count\":40,\"first\":\"{first}\",\"last\":\"{last}\"}}"),
        )
    };
    let lost = ("JournalLost".to_owned(), ",\"args\":{\"lost\":3}".to_owned());
    for ((action, more), category, decided) in [
        (lost.clone(), "journal", false),
        (flood("AccessFlood"), "security", true),
        (flood("LoginFlood"), "security", true),
        (flood("DenialFlood"), "security", false),
    ] {
        let mut service = Service::started();
        service.live(90);
        service.append(category, &action, &more);
        service.live(60);
        service.stop();
        let told = format!("events have no record of their own, as record 83 ({action})");
        let code = |conditions: &str| {
            let run = service.asked(&format!("{HOUR} {conditions}"), &[]);
            assert_eq!(run.out.contains(&told), run.code == Some(2), "{run:?}");
            run.code
        };
        assert_eq!(code("action=DeleteUser"), Some(2), "{action}");
        let of = code("action=DeleteUser category=activity");
        assert_eq!(of, Some(if decided { 0 } else { 2 }), "{action}");
        assert_eq!(
            code("action=DeleteUser outcome=success category=activity"),
            Some(if action == lost.0 { 2 } else { 0 })
        );
    }
}

/// What is only counted is gone with the memory of a service that ends before it tells.
#[test]
fn an_end_in_no_order_close_behind_the_interval_is_a_doubt_where_floods_may_be_meant() {
    const ANY: &str = "action=DeleteUser";
    const NONE: &str = "action=DeleteUser category=activity outcome=success";
    let killed: Happening = |service| {
        service.kill();
        service.pass(600, 0);
        service.start();
    };
    let hung: Happening = |service| service.pass(8_000, 0);
    let stopped: Happening = |service| {
        service.stop();
        service.start();
    };
    // A window of ten seconds, and the 92 of a silence, which a heartbeat ends.
    for (seconds, happens, any, none) in [
        (40, killed, 2, 2),
        (100, killed, 2, 0),
        (110, killed, 0, 0),
        (40, hung, 2, 2),
        (40, stopped, 0, 0),
    ] {
        let mut service = Service::started();
        service.live(20);
        service.append("access", "GetUser", "");
        service.pass(seconds - 30, 0);
        service.append("access", "GetUser", "");
        service.pass(30, 0);
        service.append("access", "GetUser", "");
        happens(&mut service);
        service.append("access", "GetUser", "");
        service.live(5);
        service.stop();
        for (conditions, code) in [(ANY, any), (NONE, none)] {
            let run = service.asked(&format!("{SHORT} {conditions}"), &[]);
            assert_eq!(run.code, Some(code), "{seconds} {run:?}");
            let told = run.out.contains("is the last one before the service was killed, hung or");
            assert_eq!(told, code == 2, "{seconds} {}", run.out);
        }
    }
}

#[test]
fn what_a_record_hides_may_be_what_is_asked_for() {
    let own = r#""redaction":{"key_id":"01ab23cd"}"#;
    let hash = "01ab23cd:AAAAAAAAAAAAAAAAAAAAAA";
    let session = format!(r#""session":"{hash}",{own}"#);
    let unknown = format!(r#"{{"type":"user","id":"{hash}","known":false}}"#);
    let actor = format!(r#""actor":{unknown},{own}"#);
    let principal =
        format!(r#""actor":{{"type":"user","id":"7","on_behalf_of":[{unknown}]}},{own}"#);
    let target = |more: &str| format!(r#""targets":[{{"type":"User","id":"[card]"}}],{more}"#);
    let ip = |ip: &str| format!(r#""origin":{{"ip":"{ip}","trust":"peer"}}"#);
    let other = "session=01ab23cd:BBBBBBBBBBBBBBBBBBBBBB";
    let cases = [
        (ip("[redacted]"), "origin=10.0.0.0/8", 2),
        (ip("192.0.2.1"), "origin=10.0.0.0/8", 0),
        (ip("10.0.0.1"), "origin=10.0.0.0/8", 1),
        (session.clone(), "session=s3cr3t", 2),
        (session.clone(), other, 0),
        (session, "session=99ab23cd:AAAAAAAAAAAAAAAAAAAAAA", 2),
        (actor.clone(), "actor=mallory", 2),
        (actor.clone(), &format!("actor={hash}"), 1),
        (actor.clone(), "actor=user:01ab23cd:B", 0),
        (actor, "on_behalf_of=mallory", 0),
        (principal, "on_behalf_of=mallory", 2),
        (target(r#""truncated":["targets"]"#), "target=User:42", 2),
        (target(r#""redaction":{"fields":["targets.id"]}"#), "target=User:42", 2),
        (target(r#""truncated":["redaction"]"#), "target=User:42", 2),
        (target(r#""truncated":["targets"]"#), r#"target!="User:[card]""#, 0),
        (target(r#""truncated":["args"],"redaction":{"fields":["args.x"]}"#), "target=User:42", 0),
        (r#""redaction":{"fields":["action"]}"#.into(), "action=DeleteUser", 2),
        (
            r#""reason":{"code":"[token]"},"redaction":{"fields":["reason.code"]}"#.into(),
            "reason=x",
            2,
        ),
        (r#""correlation_id":"x","truncated":["correlation_id"]"#.into(), "correlation=y", 2),
        (r#""http":{"method":"GET"},"truncated":["http"]"#.into(), "route=/users", 2),
        (r#""truncated":["ext"]"#.into(), "drill=yes", 2),
        (r#""op":"archive""#.into(), "op=delete", 2),
        (r#""op":"read""#.into(), "op=delete", 0),
        (r#""phase":"pause""#.into(), "phase=end", 2),
    ];
    let mut service = Service::started();
    service.live(90);
    let append = |(members, ..): &(String, _, _)| {
        service.append("access", "GetUser", &format!(",{members}"))
    };
    let seqs: Vec<u64> = cases.iter().map(append).collect();
    let later = service.append("future", "GetUser", "");
    service.live(60);
    service.stop();
    let code = |conditions: &str| {
        let run = service.asked(&format!("{HOUR} {conditions}"), &[]);
        assert_eq!(run.out.contains("nothing tells whether it is meant"), run.code == Some(2));
        run.code
    };
    for (seq, (members, condition, expected)) in seqs.iter().zip(&cases) {
        assert_eq!(code(&format!("seq={seq} {condition}")), Some(*expected), "{members}");
    }
    // One that surely does not hold decides, and one that says what is not meant means all else.
    assert_eq!(code(&format!("seq={later} category=access")), Some(2));
    assert_eq!(code(&format!("seq={later} category=access action=DeleteUser")), Some(0));
    assert_eq!(code(&format!("seq={later} category!=access")), Some(1));
    assert_eq!(code(&format!("seq={} origin!=10.0.0.0/8", seqs[0])), Some(1));
}

#[test]
fn what_a_record_tells_of_a_time_before_it_counts_wherever_it_stands() {
    let at = |time: &str| format!("2026-11-22T{time}.000000000Z");
    let flood = |first: &str, last: &str| {
        let (first, last) = (at(first), at(last));
        let counted = format!(r#","args":{{"count":40,"first":"{first}","last":"{last}"}}"#);
        ("security", "AccessFlood", counted)
    };
    let missed = |action, since: &str| {
        let since = at(since);
        ("journal", action, format!(r#","journal":{{"lost":3,"unrecorded":1,"since":"{since}"}}"#))
    };
    let full = r#","journal":{}"#.to_owned();
    for ((category, action, more), events) in [
        (flood("01:19:55", "01:20:01"), Some(40)),
        (flood("01:20:00", "01:20:01"), None),
        (missed("JournalResumed", "01:19:59"), Some(4)),
        (missed("JournalResumed", "01:20:00"), None),
        (missed("JournalStop", "01:19:59"), Some(4)),
        (("journal", "JournalStop", full.clone()), None),
        (("journal", "JournalFull", full), None),
    ] {
        // It is the first record behind the interval, or comes later.
        for is_later in [false, true] {
            let mut service = Service::started();
            service.live(20);
            service.pass(5, 0);
            if is_later {
                service.append("access", "GetUser", "");
                service.pass(40, 0);
            }
            let seq = service.append(category, action, &more);
            service.live(5);
            service.stop();
            let run = service.asked(SHORT, &[]);
            let told = events.map(|events| {
                format!("{events} events have no record of their own, as record {seq} ({action})")
            });
            assert_eq!(run.code, Some(if told.is_some() { 2 } else { 0 }), "{action} {run:?}");
            assert!(told.is_none_or(|told| run.out.contains(&told)), "{action} {}", run.out);
        }
    }
}

#[test]
fn a_full_disk_and_a_line_that_is_no_event_are_doubts_within() {
    let mut service = Service::started();
    service.live(90);
    service.append("journal", "JournalFull", r#","journal":{}"#);
    // Another start with rarer heartbeats tells nothing of the times between those of this one.
    service.append("journal", "JournalHeartbeat", r#","journal":{"every_ns":600000000000}"#);
    service.live(60);
    let words = ["events were refused from record 83 (JournalFull) on", "silent for 92 s at most"];
    service.says(2, &words);
    let mut service = Service::started();
    service.live(90);
    service.journal.as_mut().unwrap().append(b"\"text\":\"of another program\"").unwrap();
    service.live(60);
    let run = service.asked(&format!("{HOUR} action=DeleteUser"), &[]);
    let told = "record 83 is no audit event: nothing tells whether it is meant";
    assert!(run.code == Some(2) && run.out.contains(told), "{run:?}");
    service.says(1, &["asked for: 1"]);
}
