//! What a trail shows, which records an assertion finds, and what it prints where it finds none.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::event::{Actor, Durability, Http, Operation, Outcome, Reason, Target};
use crate::recorder;
use audit_redact::{Plain, public};
use serde::Serialize;

/// What a failing assertion prints.
fn printed(assertion: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(assertion)).expect_err("the assertion fails");
    *payload.downcast::<String>().expect("it says why")
}

#[derive(Serialize)]
struct Change {
    lines: [Line; 1],
    note: &'static str,
}

#[derive(Serialize)]
struct Line {
    price: i64,
}

impl Plain for Change {}

/// Three records: an update that is done, one that is denied, and a request.
fn shop() -> Trail {
    let trail = Trail::new();
    let update = |id: u32, amount: i64| {
        let change = Change { lines: [Line { price: amount }], note: "a\u{1b}[2J" };
        Event::activity("UpdateAccount")
            .operation(Operation::Update)
            .actor(Actor::user("42").named("ada"))
            .target(Target::new("Customer", "acme"))
            .target(Target::new("Account", id).named("savings"))
            .field("amount", &amount)
            .field("change", &public(change))
    };
    trail.enter(|| {
        recorder::record(update(7, 5).succeeded());
        recorder::record(update(8, 9_000).denied(Reason::new("limit_exceeded")));
        let request = Http::routed("PUT", "/accounts/{id}").status(204);
        recorder::record(Event::access(request).actor(Actor::anonymous()).succeeded());
    });
    trail
}

#[test]
fn a_look_sees_all_that_was_recorded_before_it_and_nothing_of_itself() {
    let trail = Trail::new();
    assert_not_audited!(trail);
    for number in 1..=200_u64 {
        let event = Event::activity("Count").durability(Durability::Queued).field("n", &number);
        trail.enter(|| drop(recorder::record(event.succeeded())));
        if number % 50 == 0 {
            let records = trail.records();
            assert_eq!(records.len() as u64, number);
            assert_eq!(records.last().unwrap().arguments["n"], number);
        }
    }
    assert_audited!(trail, action = "Count", count = 200);
    assert_audited!(trail, category = journal, action = "JournalStart", count = 1);
    assert_not_audited!(trail, category = journal, action = LOOK);
}

#[test]
fn a_trail_can_be_read_when_its_recorder_has_stopped() {
    let trail = shop();
    trail.recorder().shutdown(PATIENCE).unwrap();
    assert_audited!(trail, count = 3);
    assert_audited!(&trail, category = journal, action = "JournalStop", count = 1);
}

#[test]
fn trails_do_not_see_each_other() {
    let (one, other) = (shop(), Trail::new());
    assert_audited!(one, count = 3);
    assert_not_audited!(other);
}

#[test]
fn records_are_found_by_each_option_and_by_all_together() {
    let trail = shop();
    let amount = 5;
    assert_audited!(
        trail,
        action = "UpdateAccount",
        outcome = success,
        category = activity,
        op = update,
        severity = informational,
        actor = "user:42",
        target(Account, id = 7, name = "savings"),
        target(Customer),
        fields(amount, change.lines.0.price = 5, change.note = "a\u{1b}[2J"),
        count = 1,
    );
    assert_audited!(trail, action = "account.update", count = 2);
    assert_audited!(trail, actor = "ada", count = 2);
    assert_audited!(trail, actor = String::from("user:ada"), count = 2);
    assert_audited!(trail, actor = "anonymous", status = 204, route = "/accounts/{id}", count = 1);
    assert_audited!(
        trail,
        reason = "limit_exceeded",
        outcome = denied,
        severity = medium,
        count = 1
    );
    for (actor, id) in [("user:4", 7), ("service:42", 7), ("user", 7), ("user:42", 9)] {
        assert_not_audited!(trail, actor = actor, target(Account, id = id));
    }
    assert_not_audited!(trail, target(Account, id = 7, name = "acme"));
    assert_not_audited!(trail, fields(change.lines.1.price = 5));
    assert_not_audited!(trail, fields(change.lines.price = 5));
    assert_not_audited!(trail, fields(amount = "5"));
    assert_not_audited!(trail, phase = intent);
    assert_not_audited!(trail, error = "Failed");
    assert_not_audited!(trail, description = "", correlation = "");
}

#[test]
fn a_failure_names_what_was_looked_for_the_nearest_record_and_all_of_them() {
    let trail = shop();
    let printed = printed(|| {
        assert_audited!(
            trail,
            action = "UpdateAccount",
            outcome = success,
            status = 200,
            actor = "user:42",
            target(Account, id = 9),
            fields(amount = 6, missing = 1)
        );
    });
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(
        lines[..16],
        [
            "no record has all that was looked for",
            "    action = \"UpdateAccount\"",
            "    outcome = success",
            "    status = 200",
            "    actor = \"user:42\"",
            "    target(Account, id = \"9\")",
            "    fields(amount = 6)",
            "    fields(missing = 1)",
            "the nearest is record 2:",
            "    status is absent, not 200",
            "    target(Account, id = \"9\"): the record has Customer:acme, Account:7 (\"savings\")",
            "    fields(amount) is 5, not 6",
            "    fields(missing) is absent, not 1",
            "all records:",
            "  seq category action        outcome actor     targets                  reason         fields",
            "> 2   activity UpdateAccount success user:42   Customer:acme, Account:7 -              \
             {\"amount\":5,\"change\":{\"lines\":[{\"price\":5}],\"note\":\"a\\u001b[2J\"}}",
        ],
        "{printed}"
    );
    assert_eq!(lines.len(), 18);
    assert!(lines[16].starts_with("  3   activity UpdateAccount denied  user:42"), "{printed}");
    assert!(lines[17].starts_with("  4   access   HttpRequest   success anonymous"), "{printed}");
}

#[test]
fn wrong_counts_and_unwanted_records_are_marked() {
    let trail = shop();
    let text = printed(|| assert_audited!(trail, action = "UpdateAccount", count = 3));
    assert!(text.starts_with("2 records have all that was looked for, not 3\n"), "{text}");
    assert_eq!(text.matches("\n> ").count(), 2, "{text}");
    let text = printed(|| assert_audited!(trail, outcome = denied, count = 2));
    assert!(text.starts_with("1 record has all that was looked for, not 2\n"), "{text}");
    let text = printed(|| assert_not_audited!(trail, outcome = denied));
    assert!(text.starts_with("a record has all that none should have\n    outcome = denied\n"));
    assert_eq!(text.matches("\n> 3 ").count(), 1, "{text}");
    let text = printed(|| assert_not_audited!(trail));
    assert!(text.starts_with("there are 3 records\nall records:"), "{text}");
    let empty = printed(|| assert_audited!(Trail::new(), action = "UpdateAccount"));
    assert!(
        empty.contains("the trail is empty: code under test runs in `trail.run(…)`"),
        "{empty}"
    );
}

#[test]
fn a_failure_shows_no_secret_and_moves_no_cursor() {
    let trail = Trail::new();
    let hostile = "a\u{1b}[2J\u{202e}\nseq 9\\";
    let event = Event::authentication("password")
        .actor(Actor::user(hostile))
        .target(Target::new("Account", hostile).named(hostile))
        .field("password", &audit_redact::Sensitive::new("hunter2".to_owned()))
        .field("note", &public(hostile));
    trail.enter(|| recorder::record(event.failed(hostile)));
    assert_audited!(trail, fields(password = "[redacted]"));
    assert!(!trail.mentions("hunter2"));
    assert!(trail.mentions("a\u{1b}[2J") && !trail.mentions("a\u{1b}[3J"));

    let printed = printed(|| {
        assert_audited!(
            trail,
            action = "Login",
            reason = "x",
            target(Account, id = "\u{1b}"),
            actor = "a",
            fields(password = "hunter2", note = "4111 1111 1111 1111", note.x = "\u{202e}")
        );
    });
    assert!(!printed.contains("hunter2") && !printed.contains("4111 1111"), "{printed}");
    assert!(printed.contains("\n    fields(password) is \"[redacted]\", not the value looked for"));
    let plain = |character: char| character == '\n' || (' '..='~').contains(&character);
    assert!(printed.replace('…', "").chars().all(plain), "{printed}");
    assert_eq!(printed.lines().count(), 1 + 7 + 1 + 6 + 1 + 2, "{printed}");
}

#[test]
fn what_is_withheld_is_known_by_its_path_whichever_item_of_a_list_it_is() {
    for (hidden, path, expected) in [
        ("login.password", "login.password", true),
        ("login.password", "login", true),
        ("login.password", "login.password.0", true),
        ("logins[].pin", "logins.0.pin", true),
        ("logins.3.pin", "logins.0.pin", true),
        ("login.password", "login.pass", false),
        ("login.password", "password", false),
    ] {
        assert_eq!(condition::are_related(hidden, path), expected, "{hidden} {path}");
    }
}

#[test]
fn an_unknown_actor_is_found_as_such_and_not_by_what_was_typed() {
    let trail = Trail::new();
    let event = Event::authentication("password").actor(Actor::unknown_user("adda"));
    trail.enter(|| recorder::record(event.failed("unknown_user")));
    assert_audited!(trail, actor = "user:(unknown)", outcome = failure);
    assert_not_audited!(trail, actor = "adda");
    assert!(!trail.mentions("adda"));
    let records = trail.records();
    assert!(records[0].outcome == Outcome::Failure);
}
