//! `audited watch`: detectors, alerts and a look at the pipeline itself, for as long as it runs.

#[cfg(unix)]
mod ending;
#[cfg(not(unix))]
#[path = "watch/ending_absent.rs"]
mod ending;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use audit_consumers::Subscription;
use audit_consumers::alert::{Channel, Settings, SettingsError};
use audit_consumers::watch::{Watch, WatchBuilder, WatchError};
use audit_runtime::control::{Drill, Finding};
use audit_runtime::{Category, Record};

use crate::arguments;
use crate::config;
use crate::detect;
use crate::failure::{self, Exit, Failure};
use crate::terminal::{cell, escape};
use ending::Ending;

/// How often it is looked how the watch fares.
const LOOK: Duration = Duration::from_secs(2);

/// How long it may take until it is seen that the watch is to end.
const STEP: Duration = Duration::from_millis(200);

/// How long what is under way may take at the end, before it is left to the next start.
const END_TIME_MAX: Duration = Duration::from_secs(20);

pub(crate) fn run(arguments: &arguments::Watch, out: &mut impl Write) -> Result<Exit, Failure> {
    let (journal, channels) = settings(arguments.journal.as_deref())?;
    let rules = detect::rules(arguments.rules.as_deref())?;
    let names: Vec<&str> = channels.iter().map(|channel| channel.name.as_str()).collect();
    if names.is_empty() {
        failure::warn(
            "no channel is configured, so nobody is told: findings are recorded only; docs/alerts.md shows \
             how to set one up",
        );
    }
    let names = names.join(", ");
    let ending = Ending::on_signals().map_err(|error| {
        Failure::Undecided(format!("cannot hear the signals that end a watch: {error}; try again"))
    })?;
    // From here on, so that nothing is found before it is looked for.
    let records = Subscription::from_now(&journal).map_err(undecided)?;
    let watch = builder(arguments, &journal, channels).rules(rules).start().map_err(refused)?;
    let names = if names.is_empty() { "none" } else { &names };
    let journal = journal.display().to_string();
    say(out, &format!("watching {}; channels: {}", escape(&journal), escape(names)));
    follow(&watch, records, &ending, out);
    // What its last batch could not have recorded, or could after all, is known at the end only.
    let unrecorded = watch.stop(END_TIME_MAX);
    let unrecorded = unrecorded.map_err(|error| Failure::Undecided(error.to_string()))?;
    say(out, &ended(unrecorded.len()));
    Ok(Exit::Ok)
}

/// What an orderly end leaves behind.
fn ended(unrecorded: usize) -> String {
    match unrecorded {
        0 => "ended; the next start goes on here".to_owned(),
        count => format!(
            "ended; what could not be recorded ({count}) is looked for again at the next start"
        ),
    }
}

/// The journal and the channels; what is wrong with the settings of either is told at once.
pub(crate) fn settings(named: Option<&Path>) -> Result<(PathBuf, Vec<Channel>), Failure> {
    match (config::journal(named), Settings::load_channels()) {
        (Ok(journal), Ok(channels)) => Ok((journal, channels)),
        (Err(Failure::Settings(of_journal)), Err(of_alerts)) => {
            let both = of_journal.mistakes().chain(of_alerts.mistakes()).map(str::to_owned);
            Err(SettingsError::all(both).into())
        }
        (Err(failure), _) => Err(failure),
        (_, Err(mistakes)) => Err(mistakes.into()),
    }
}

fn builder(arguments: &arguments::Watch, journal: &Path, channels: Vec<Channel>) -> WatchBuilder {
    let millis = |seconds: u64| seconds.saturating_mul(1_000);
    let builder = Watch::builder(journal)
        .lag_ms_max(millis(arguments.lag))
        .silence_ms_max(millis(arguments.silence))
        .verify_every_ms(millis(arguments.verify_every));
    channels.into_iter().fold(builder, WatchBuilder::channel)
}

/// Prints what is found and raised, and warns of what fails, until it is asked to end.
fn follow(watch: &Watch, mut records: Subscription, ending: &Ending, out: &mut impl Write) {
    let (mut warned, mut told) = (Vec::new(), Vec::new());
    while !ending.is_asked() {
        let due = Instant::now() + LOOK;
        while let Some(left) = due.checked_duration_since(Instant::now()) {
            match records.next(left.min(STEP)) {
                Ok(Some(line)) => {
                    let record = Record::parse(&line).ok();
                    record.as_ref().and_then(row).iter().for_each(|row| say(out, row));
                }
                Ok(None) => {}
                // What keeps it from being read keeps the watch from it, too, and is in its status.
                Err(_) => thread::sleep(STEP),
            }
            if ending.is_asked() {
                break;
            }
        }
        look(watch, &mut warned, &mut told, out);
    }
}

/// Warns of what fails now and did not before, and prints what was found and has no record.
fn look(watch: &Watch, warned: &mut Vec<String>, told: &mut Vec<Finding>, out: &mut impl Write) {
    let status = watch.status();
    for finding in status.unrecorded.iter().filter(|finding| !told.contains(finding)) {
        say(out, &unrecorded_row(finding));
    }
    *told = status.unrecorded;
    let failures = [
        ("detection", status.detection.failure),
        ("alerting", status.alerting.failure),
        ("monitoring", status.trouble),
    ];
    let failing = failures.into_iter().filter_map(|(what, why)| Some(format!("{what}: {}", why?)));
    let failing: Vec<String> = failing.collect();
    for news in failing.iter().filter(|failure| !warned.contains(failure)) {
        failure::warn(news);
    }
    *warned = failing;
}

/// Prints a line. Whoever reads the output may go, and the watch goes on all the same.
fn say(out: &mut impl Write, line: &str) {
    _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The line for a record that is an alert or leads to one.
fn row(record: &Record) -> Option<String> {
    let is_signal = record.category.known() == Some(Category::Security);
    let said = |name: &str| record.arguments.get(name).and_then(|text| text.as_str());
    let title = match record.action.as_str() {
        Finding::ACTION if is_signal => said("title").or(said("rule"))?,
        "AlertRaised" if is_signal => record.description.as_deref()?,
        _ => return None,
    };
    let drill = if record.extras.contains_key(Drill::MARK) { "DRILL " } else { "" };
    let (rule, key) = (said("rule").unwrap_or("by hand"), said("key").unwrap_or("-"));
    let time = record.time.to_string();
    Some(format!(
        "{:>8} {}Z severity {} {} {} {drill}{}",
        record.seq,
        time.get(..19).unwrap_or(&time),
        record.severity,
        cell(rule, 18),
        cell(key, 28),
        escape(title)
    ))
}

/// The line for a finding that has no record: the same, with a dash for the record's number.
fn unrecorded_row(finding: &Finding) -> String {
    let time = finding.last.as_deref().unwrap_or_default();
    let time = time.get(..19).map_or_else(|| "-".to_owned(), |time| format!("{time}Z"));
    format!(
        "{:>8} {} severity {} {} {} not recorded: {}{}",
        "-",
        escape(&time),
        finding.severity,
        cell(&finding.rule, 18),
        cell(&finding.key, 28),
        if finding.drill.is_some() { "DRILL " } else { "" },
        escape(finding.title.as_deref().unwrap_or(&finding.rule))
    )
}

fn refused(error: WatchError) -> Failure {
    match error {
        WatchError::Journal(error) => error.into(),
        other => Failure::Undecided(other.to_string()),
    }
}

fn undecided(error: audit_consumers::Error) -> Failure {
    Failure::Undecided(error.to_string())
}
