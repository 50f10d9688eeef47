//! The outbox alone, in real files: nothing twice, nothing lost, and what comes of each outcome.

use std::fs;
use std::time::Duration;

use audit_runtime::{Severity, Timestamp};
use tempfile::TempDir;

use super::sweep::{ID_KEPT_MS, KEPT_MS};
use super::*;
use crate::alert::{DeliveryError, Message, Notifier, retry};

pub(super) const LEASE_MS: i64 = 60_000;

pub(super) struct Silent;

impl Notifier for Silent {
    fn deliver(&self, _: &Message, _: std::time::Instant) -> Result<(), DeliveryError> {
        Ok(())
    }
}

fn channel(name: &str, severity_min: Severity) -> Channel {
    Channel::new(name, severity_min, Silent)
}

fn alert(id: &str, severity: Severity) -> Alert {
    Alert::new(id, "title", severity, Timestamp::now())
}

fn at(next_seq: u64) -> Position {
    Position { next_seq, last_hash: Some(format!("hash {next_seq}")) }
}

/// An outbox with a mild channel, a grave one and one for everything, in this order.
fn outbox(place: &TempDir) -> Outbox {
    let channels = [
        channel("mail", Severity::Medium),
        channel("pager", Severity::Critical),
        channel("chat", Severity::Informational),
    ];
    Outbox::open(place.path().join("o.sqlite"), &channels).unwrap()
}

fn failed(retry: bool) -> Outcome {
    Err(DeliveryError { retry, after: None, message: "no".to_owned() })
}

/// Claims and settles the next message of a channel; the ids in it.
fn go(outbox: &mut Outbox, channel: &str, outcome: &Outcome, now_ms: i64) -> Vec<String> {
    let claim = outbox.claim(channel, false, now_ms, LEASE_MS).unwrap();
    let Some(claim) = claim else { return Vec::new() };
    outbox.settle(&claim, outcome, now_ms).unwrap();
    claim.rows.into_iter().map(|row| row.alert).collect()
}

fn states(outbox: &Outbox, alert: &str) -> String {
    let states = outbox.deliveries(alert).unwrap();
    let shown: Vec<_> =
        states.iter().map(|state| format!("{} {}", state.channel, state.state)).collect();
    shown.join(", ")
}

#[test]
fn an_alert_is_taken_once_by_the_channels_that_want_it() {
    let place = tempfile::tempdir().unwrap();
    let mut outbox = outbox(&place);
    assert_eq!(outbox.position().unwrap(), (Position::default(), None));
    let both = [alert("a", Severity::High), alert("a", Severity::Fatal)];
    assert_eq!(outbox.take(&both, &at(7), Some(b"state")).unwrap(), 1);
    assert_eq!(outbox.take(&both, &at(9), None).unwrap(), 0);
    assert_eq!(outbox.position().unwrap(), (at(9), Some(b"state".to_vec())));
    assert_eq!(states(&outbox, "a"), "chat waiting, mail waiting");
    outbox.take(&[alert("b", Severity::Fatal)], &at(10), Some(b"")).unwrap();
    assert_eq!(states(&outbox, "b"), "chat waiting, mail waiting, pager waiting");
    drop(outbox);
    let reopened = self::outbox(&place);
    assert_eq!(reopened.position().unwrap(), (at(10), Some(Vec::new())));
}

#[test]
fn what_fails_within_a_take_leaves_all_as_it_was() {
    let place = tempfile::tempdir().unwrap();
    let mut outbox = outbox(&place);
    outbox.take(&[], &at(3), Some(b"old")).unwrap();
    let breaker = "CREATE TRIGGER breaks BEFORE INSERT ON deliveries WHEN NEW.channel = 'chat' \
                   BEGIN SELECT RAISE(ABORT, 'broken'); END";
    outbox.connection.execute_batch(breaker).unwrap();
    let error = outbox.take(&[alert("a", Severity::High)], &at(5), Some(b"new")).unwrap_err();
    assert!(error.to_string().contains("broken"), "{error}");
    assert_eq!(outbox.position().unwrap(), (at(3), Some(b"old".to_vec())));
    outbox.connection.execute_batch("DROP TRIGGER breaks").unwrap();
    assert_eq!(outbox.take(&[alert("a", Severity::High)], &at(5), None).unwrap(), 1);
}

#[test]
fn two_workers_do_not_send_the_same() {
    let place = tempfile::tempdir().unwrap();
    let mut one = outbox(&place);
    let mut other = outbox(&place);
    one.take(&[alert("a", Severity::High), alert("b", Severity::High)], &at(1), None).unwrap();
    let now_ms = times::now_ms();
    let claim = |outbox: &mut Outbox, now_ms| {
        let claim = outbox.claim("mail", false, now_ms, LEASE_MS).unwrap();
        claim.map(|claim| claim.rows[0].alert.clone())
    };
    let both = [claim(&mut one, now_ms), claim(&mut other, now_ms)];
    assert_ne!(both[0], both[1]);
    assert_eq!(claim(&mut other, now_ms), None, "both are leased");
    assert_eq!(claim(&mut other, now_ms + LEASE_MS - 1), None);
    assert!(claim(&mut other, now_ms + LEASE_MS).is_some(), "whoever had it has died");
    assert!(claim(&mut one, now_ms - 10 * LEASE_MS).is_none(), "due later, by a clock set back");
    let long_ago = now_ms - 2 * retry::DUE_MS_MAX;
    assert!(claim(&mut one, long_ago).is_some(), "no clock set back holds an alert up for long");
}

#[test]
fn a_late_failure_does_not_undo_what_another_worker_did() {
    let place = tempfile::tempdir().unwrap();
    let mut outbox = outbox(&place);
    outbox.take(&[alert("a", Severity::High)], &at(1), None).unwrap();
    let now_ms = times::now_ms();
    let late = outbox.claim("mail", false, now_ms, LEASE_MS).unwrap().unwrap();
    assert_eq!(go(&mut outbox, "mail", &Ok(()), now_ms + LEASE_MS), ["a"]);
    outbox.settle(&late, &failed(false), now_ms + LEASE_MS).unwrap();
    assert!(states(&outbox, "a").contains("mail delivered"));
}

#[test]
fn what_cannot_be_delivered_goes_to_the_next_channel_and_is_listed() {
    let place = tempfile::tempdir().unwrap();
    let mut outbox = outbox(&place);
    outbox.take(&[alert("a", Severity::High)], &at(1), None).unwrap();
    let now_ms = times::now_ms();
    assert_eq!(go(&mut outbox, "mail", &failed(false), now_ms), ["a"]);
    assert_eq!(states(&outbox, "a"), "chat waiting, mail dead, pager waiting");
    let handed = outbox.claim("pager", false, now_ms, 0).unwrap().unwrap();
    assert_eq!(handed.message.escalated_from.as_deref(), Some("mail"));
    go(&mut outbox, "chat", &failed(false), now_ms);
    assert_eq!(states(&outbox, "a"), "chat dead, mail dead, pager waiting", "past what is dead");
    go(&mut outbox, "pager", &failed(false), now_ms);
    assert_eq!(states(&outbox, "a"), "chat dead, mail dead, pager dead");
    let letters = outbox.unreported().unwrap();
    assert_eq!(letters.len(), 3);
    let heirs: Vec<_> = letters.iter().map(|letter| letter.escalated_to.as_deref()).collect();
    assert!(heirs.contains(&Some("pager")) && heirs.contains(&None), "{heirs:?}");
    outbox.reported(&letters[..2]).unwrap();
    assert_eq!(outbox.unreported().unwrap(), letters[2..]);
    assert_eq!(outbox.dead_letters().unwrap(), letters);
    assert_eq!(outbox.retry("a").unwrap(), 3);
    assert_eq!(outbox.retry("a").unwrap(), 0);
    assert_eq!(states(&outbox, "a"), "chat waiting, mail waiting, pager waiting");
    assert!(outbox.dead_letters().unwrap().is_empty());
}

#[test]
fn the_channel_that_the_settings_name_comes_before_the_next_in_order() {
    let place = tempfile::tempdir().unwrap();
    let mut mail = channel("mail", Severity::Low);
    mail.escalates_to = Some("chat".to_owned());
    let none = Severity::Fatal;
    let channels = [mail, channel("pager", none), channel("chat", none)];
    let mut outbox = Outbox::open(place.path().join("o.sqlite"), &channels).unwrap();
    outbox.take(&[alert("a", Severity::High)], &at(1), None).unwrap();
    go(&mut outbox, "mail", &failed(false), times::now_ms());
    assert_eq!(states(&outbox, "a"), "chat waiting, mail dead");
}

#[test]
fn a_failure_that_may_pass_is_tried_for_three_days() {
    let place = tempfile::tempdir().unwrap();
    let mut outbox = outbox(&place);
    outbox.take(&[alert("a", Severity::High)], &at(1), None).unwrap();
    let start_ms = times::now_ms();
    let (mut now_ms, mut tries) = (start_ms, 0);
    while states(&outbox, "a").contains("mail waiting") {
        if !go(&mut outbox, "mail", &failed(true), now_ms).is_empty() {
            tries += 1;
        }
        let due_ms = outbox.next_due("mail").unwrap().unwrap_or(now_ms);
        assert!(due_ms <= now_ms + 15 * 60 * 1_000, "a longer wait than a quarter of an hour");
        now_ms = due_ms.max(now_ms + 1);
    }
    let hours = (now_ms - start_ms) / 3_600_000;
    assert!((72..=73).contains(&hours), "{hours} hours");
    assert!((400..900).contains(&tries), "{tries} tries");
    assert_eq!(states(&outbox, "a"), "chat waiting, mail dead, pager waiting");
}

#[test]
fn a_receiver_is_obeyed_when_it_asks_for_time() {
    let place = tempfile::tempdir().unwrap();
    let mut outbox = outbox(&place);
    outbox.take(&[alert("a", Severity::High)], &at(1), None).unwrap();
    let now_ms = times::now_ms();
    let after = Some(Duration::from_secs(100));
    let busy = Err(DeliveryError { retry: true, after, message: "429".to_owned() });
    go(&mut outbox, "mail", &busy, now_ms);
    assert_eq!(outbox.next_due("mail").unwrap(), Some(now_ms + 100_000));
}

#[test]
fn a_digest_stays_as_it_was_until_it_is_delivered() {
    let place = tempfile::tempdir().unwrap();
    let mut outbox = outbox(&place);
    let three = ["a", "b", "c"].map(|id| alert(id, Severity::High));
    outbox.take(&three, &at(1), None).unwrap();
    let now_ms = times::now_ms();
    let digest = outbox.claim("mail", true, now_ms, LEASE_MS).unwrap().unwrap();
    assert_eq!(digest.rows.len(), 3);
    outbox.take(&[alert("d", Severity::High)], &at(2), None).unwrap();
    let later_ms = now_ms + LEASE_MS;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let claim = outbox.claim("mail", false, later_ms, LEASE_MS).unwrap().unwrap();
        ids.push(claim.message.id.clone());
        outbox.settle(&claim, &Ok(()), later_ms).unwrap();
    }
    ids.sort();
    assert_eq!(ids, ["d".to_owned(), digest.message.id], "the process died in between");
}

#[test]
fn a_digest_that_is_refused_is_sent_as_single_alerts() {
    let place = tempfile::tempdir().unwrap();
    let mut outbox = outbox(&place);
    outbox.take(&["a", "b"].map(|id| alert(id, Severity::High)), &at(1), None).unwrap();
    let now_ms = times::now_ms();
    let digest = outbox.claim("mail", true, now_ms, LEASE_MS).unwrap().unwrap();
    outbox.settle(&digest, &failed(false), now_ms).unwrap();
    for _ in 0..2 {
        let single = outbox.claim("mail", true, now_ms, LEASE_MS).unwrap().unwrap();
        assert_eq!(single.rows.len(), 1);
        let outcome = if single.rows[0].alert == "a" { failed(false) } else { Ok(()) };
        outbox.settle(&single, &outcome, now_ms).unwrap();
    }
    assert!(states(&outbox, "a").contains("mail dead"));
    assert!(states(&outbox, "b").contains("mail delivered"));
}

#[test]
fn critical_alerts_come_first() {
    let place = tempfile::tempdir().unwrap();
    let mut outbox = outbox(&place);
    let alerts = [alert("a", Severity::Low), alert("b", Severity::Critical)];
    outbox.take(&alerts, &at(1), None).unwrap();
    assert_eq!(go(&mut outbox, "chat", &Ok(()), times::now_ms()), ["b"]);
}

#[test]
fn what_waits_for_a_channel_that_is_gone_is_handed_over() {
    let place = tempfile::tempdir().unwrap();
    let mut outbox = outbox(&place);
    outbox.take(&[alert("a", Severity::High)], &at(1), None).unwrap();
    let path = outbox.path().to_owned();
    let none: [Channel; 0] = [];
    Outbox::open(&path, &none).unwrap();
    assert_eq!(states(&outbox, "a"), "chat waiting, mail waiting", "nobody is there to take it");
    Outbox::open(&path, &[channel("new", Severity::Fatal)]).unwrap();
    assert_eq!(states(&outbox, "a"), "chat dead, mail dead, new waiting");
}

#[test]
fn old_rows_go_and_ids_stay_much_longer() {
    let place = tempfile::tempdir().unwrap();
    let mut outbox = outbox(&place);
    outbox.take(&[alert("a", Severity::Low), alert("b", Severity::Low)], &at(1), None).unwrap();
    let now_ms = times::now_ms();
    assert_eq!(go(&mut outbox, "chat", &Ok(()), now_ms), ["a"]);
    let rows = |outbox: &Outbox| {
        let query = "SELECT (SELECT count(*) FROM deliveries), (SELECT count(*) FROM alerts), \
                     (SELECT count(alert) FROM alerts)";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        outbox.connection.query_row(query, [], read).unwrap()
    };
    outbox.sweep(now_ms + KEPT_MS).unwrap();
    assert_eq!(rows(&outbox), (2, 2, 2));
    outbox.sweep(now_ms + KEPT_MS + 1_000).unwrap();
    assert_eq!(rows(&outbox), (1, 2, 1), "what waits stays");
    assert_eq!(outbox.take(&[alert("a", Severity::Low)], &at(2), None).unwrap(), 0);
    outbox.sweep(now_ms + ID_KEPT_MS + 1_000).unwrap();
    assert_eq!(rows(&outbox), (1, 1, 1));
}

#[test]
fn an_alert_that_cannot_be_read_ends_as_a_dead_letter() {
    let place = tempfile::tempdir().unwrap();
    let mut outbox = outbox(&place);
    outbox.take(&[alert("a", Severity::Low), alert("b", Severity::Low)], &at(1), None).unwrap();
    outbox.connection.execute("UPDATE alerts SET alert = '{' WHERE id = 'a'", []).unwrap();
    let now_ms = times::now_ms();
    assert!(go(&mut outbox, "chat", &Ok(()), now_ms).is_empty());
    assert_eq!(go(&mut outbox, "chat", &Ok(()), now_ms), ["b"]);
    assert_eq!(outbox.dead_letters().unwrap()[0].title, "");
}

#[test]
fn other_files_and_newer_ones_are_refused_in_clear_words() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("o.sqlite");
    let open = || Outbox::open(&path, &[]).map(|_| ()).unwrap_err();
    assert!(matches!(Outbox::open_existing(&path), Err(OutboxError::Missing { .. })));
    fs::write(&path, "this is no database, and long enough to have a header of one").unwrap();
    assert!(matches!(open(), OutboxError::Foreign { .. }));
    fs::remove_file(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE orders (id INTEGER)").unwrap();
    assert!(matches!(open(), OutboxError::Foreign { .. }));
    drop(other);
    fs::remove_file(&path).unwrap();
    drop(Outbox::open(&path, &[]).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    let error = open().to_string();
    assert!(error.contains("newer version") && error.contains("version 2"), "{error}");
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = tempfile::tempdir().unwrap();
    let mut outbox = outbox(&place);
    outbox.take(&[alert("a", Severity::Low)], &at(1), None).unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(place.path()).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        seen += 1;
    }
    assert!(seen >= 2, "the database and its log");
    fs::set_permissions(outbox.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let path = outbox.path().to_owned();
    drop(Outbox::open(&path, &[]).unwrap());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn it_lies_beside_the_journal_however_that_is_spelt() {
    let place = tempfile::tempdir().unwrap();
    let journal = place.path().canonicalize().unwrap().join("audit");
    fs::create_dir(&journal).unwrap();
    let expected = journal.with_file_name("audit.alerts.sqlite");
    for spelt in ["audit", "audit/", "audit/.", "audit/../audit"] {
        assert_eq!(Outbox::beside(&place.path().join(spelt)), expected, "{spelt}");
    }
}
