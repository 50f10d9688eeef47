//! `audited drill`: marked events through the real pipeline, and how long it takes until somebody knows.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use audit_consumers::Subscription;
use audit_consumers::alert::{Delivery, DeliveryState, Outbox};
use audit_consumers::watch::{alert_id, is_watched};
use audit_runtime::control::{Drill, Entry, Finding, append};
use audit_runtime::{EventId, Record, Timestamp};
use serde_json::{Value, json};

use crate::arguments::BruteForce;
use crate::config;
use crate::failure::{Exit, Failure};
use crate::reading::DEADLINE;
use crate::terminal::{cell, escape};

/// One more failed login than the rules for a user and an address allow.
const ATTEMPTS: usize = 6;
const PAUSE: Duration = Duration::from_millis(50);
/// How long no further finding may come until the drill counts those that did.
const QUIET: Duration = Duration::from_secs(2);

/// What a drill has raised: when, and when each channel had it.
struct Raised {
    rule: String,
    found: Timestamp,
    /// How far it has come on each channel that wants it.
    deliveries: Vec<Delivery>,
}

pub(crate) fn run(arguments: &BruteForce, out: &mut impl Write) -> Result<Exit, Failure> {
    let journal = config::journal(arguments.journal.as_deref())?;
    config::reader(&journal)?;
    if !is_watched(&journal) {
        return Err(Failure::Undecided(
            "nobody watches this journal, so a drill would be found by nobody: start `audited watch`, or \
             a `Watch` in the service"
                .to_owned(),
        ));
    }
    let undecided = |error: audit_consumers::Error| Failure::Undecided(error.to_string());
    let mut records = Subscription::from_now(&journal).map_err(undecided)?;
    let drill = EventId::new(Timestamp::now()).to_string();
    let began = attempt(&journal, &drill)?;
    let due = Instant::now() + Duration::from_secs(arguments.seconds);
    let mut raised = found(&mut records, &drill, due).map_err(undecided)?;
    delivered(&journal, &mut raised, due)?;
    tell(arguments.json, &drill, began, &raised, out)
}

/// Has the failed logins recorded that nobody has tried; returns when the last one was.
fn attempt(journal: &Path, drill: &str) -> Result<Timestamp, Failure> {
    let last = drill.bytes().fold(0_u8, u8::wrapping_add);
    let address = IpAddr::from([198, 51, 100, last]);
    for _ in 0..ATTEMPTS {
        let entry = Entry::Drill(Drill::of(drill, drill, address));
        append(journal, &entry, DEADLINE).map_err(|error| {
            Failure::Undecided(format!("the drill could not be recorded: {error}"))
        })?;
    }
    Ok(Timestamp::now())
}

/// The findings of the drill, by the ids of their alerts.
fn found(
    records: &mut Subscription,
    drill: &str,
    due: Instant,
) -> Result<BTreeMap<String, Raised>, audit_consumers::Error> {
    let mut raised = BTreeMap::new();
    loop {
        let left = due.saturating_duration_since(Instant::now());
        let wait = if raised.is_empty() { left } else { left.min(QUIET) };
        let Some(line) = records.next(wait)? else { return Ok(raised) };
        let Ok(record) = Record::parse(&line) else { continue };
        let is_ours = record.extras.get(Drill::MARK).and_then(Value::as_str) == Some(drill);
        if !is_ours || record.action != Finding::ACTION {
            continue;
        }
        let said = |name: &str| record.arguments.get(name).and_then(Value::as_str);
        let (id, rule) = (said("id").unwrap_or_default(), said("rule").unwrap_or_default());
        let (rule, found) = (rule.to_owned(), record.observed);
        raised.insert(
            alert_id(id, &rule, record.severity),
            Raised { rule, found, deliveries: Vec::new() },
        );
    }
}

/// Waits until nothing more is on its way: every channel that wants an alert has it, or has given it up.
fn delivered(
    journal: &Path,
    raised: &mut BTreeMap<String, Raised>,
    due: Instant,
) -> Result<(), Failure> {
    let undecided =
        |error: audit_consumers::alert::OutboxError| Failure::Undecided(error.to_string());
    let outbox = Outbox::open_existing(Outbox::beside(journal)).map_err(undecided)?;
    loop {
        let mut waits = false;
        for (id, raised) in raised.iter_mut() {
            // In this order: what is known by then has its deliveries.
            let is_taken = outbox.knows(id).map_err(undecided)?;
            raised.deliveries = outbox.deliveries(id).map_err(undecided)?;
            waits |= !is_taken
                || raised.deliveries.iter().any(|one| one.state == DeliveryState::Waiting);
        }
        if !waits || Instant::now() >= due {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
}

fn tell(
    json: bool,
    drill: &str,
    began: Timestamp,
    raised: &BTreeMap<String, Raised>,
    out: &mut impl Write,
) -> Result<Exit, Failure> {
    let deliveries = || raised.values().flat_map(|raised| &raised.deliveries);
    let arrived = deliveries().filter(|one| one.delivered_at.is_some()).count();
    let all_arrived = !raised.is_empty() && arrived > 0 && arrived == deliveries().count();
    let dead: BTreeSet<&str> = deliveries()
        .filter(|one| one.state == DeliveryState::Dead)
        .map(|one| &*one.channel)
        .collect();
    if json {
        let findings: Vec<Value> = raised.values().map(|one| as_json(one, began)).collect();
        let told = json!({ "drill": drill, "attempts": ATTEMPTS, "findings": findings, "passed": all_arrived });
        writeln!(out, "{told}")?;
    } else {
        write_table(drill, began, raised, out)?;
    }
    if all_arrived {
        return Ok(Exit::Ok);
    }
    let why = match (raised.is_empty(), deliveries().count()) {
        (true, _) => "nothing was found: look at what `audited watch` says".to_owned(),
        (_, 0) => {
            "it was found, but no channel wants alerts of this severity; docs/alerts.md shows how to set one up"
                .to_owned()
        }
        _ if !dead.is_empty() => {
            let channels = dead.into_iter().collect::<Vec<_>>().join(", ");
            format!(
                "{channels} gave it up, so it is a dead letter there: mend what is said above, and try again with \
                 `audited alerts --test`"
            )
        }
        _ => "not every channel has it yet: `audited alerts` says why".to_owned(),
    };
    Err(Failure::Undecided(format!("the drill has not passed: {why}")))
}

fn as_json(raised: &Raised, began: Timestamp) -> Value {
    let deliveries = raised.deliveries.iter().map(|one| {
        let seconds = one.delivered_at.map(|at| seconds(began, at));
        json!({ "channel": one.channel, "state": one.state, "seconds": seconds, "error": one.error })
    });
    json!({
        "rule": raised.rule,
        "seconds": seconds(began, raised.found),
        "deliveries": deliveries.collect::<Vec<_>>(),
    })
}

fn write_table(
    drill: &str,
    began: Timestamp,
    raised: &BTreeMap<String, Raised>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    writeln!(out, "drill {drill}: {ATTEMPTS} marked failed logins, which are in no statistics")?;
    for raised in raised.values() {
        let found = seconds(began, raised.found);
        writeln!(out, "{} found after {found:.3} s", cell(&raised.rule, 18))?;
        for one in &raised.deliveries {
            writeln!(out, "  {} {}", cell(&one.channel, 16), how(one, began))?;
        }
    }
    Ok(())
}

/// How far an alert has come on a channel, in words.
fn how(delivery: &Delivery, began: Timestamp) -> String {
    let error = delivery.error.as_deref().map_or_else(String::new, |error| format!(": {error}"));
    match delivery.delivered_at {
        Some(at) => format!("delivered after {:.3} s", seconds(began, at)),
        None if delivery.state == DeliveryState::Dead => format!("dead letter{}", escape(&error)),
        None => format!("not delivered{}", escape(&error)),
    }
}

/// The seconds between two times; a clock that was set meanwhile makes them none.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    let nanos = to.unix_nanos().saturating_sub(from.unix_nanos());
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)).as_secs_f64()
}
