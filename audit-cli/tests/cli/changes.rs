//! `show` says what an action changed as a person would.

use std::time::Duration;

use audit_runtime::{ChangeSet, Event, public};

use crate::fixture::{Fixture, HOSTILE};

#[test]
fn show_tells_each_change_in_a_line_of_its_own() {
    let fixture = Fixture::new();
    let recorder = fixture.recorder();
    let mut changes = ChangeSet::bulk("Invoice");
    changes.done("paid", 7);
    let changes = ChangeSet::from(changes)
        .change("status", &public("draft"), &public("paid"))
        .withheld("password")
        .added("tags[1]", &public(HOSTILE))
        .removed("limit", &u64::MAX)
        .change("due", &Some(1_u8), &None);
    recorder.record(Event::activity("Pay").changes(changes).succeeded()).wait().unwrap();
    let seq = (recorder.health().durable - 1).to_string();
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    let shown = fixture.run(&["show", &seq, "@"]).ok();
    let rows: Vec<&str> = shown.lines().filter(|row| row.starts_with(['b', 'c'])).collect();
    let told: Vec<String> =
        rows.iter().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let hostile = "changes[2] tags[1]: added ada\\u{1b}[2J\\u{a}99 \\u{202e}nimda\\u{9b}\\u{2028}";
    for expected in [
        "changes[0] status: draft → paid",
        "changes[1] password: changed, value withheld",
        hostile,
        "changes[3] limit: removed 18446744073709551615",
        "changes[4] due: 1 → null",
        "bulk[0].total 1",
        "bulk[0].counts.paid 1",
        "bulk[0].first 7",
    ] {
        assert!(told.iter().any(|row| row == expected), "{expected}: {shown}");
    }
}
