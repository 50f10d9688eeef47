//! `audited watch`: detectors, alerts and a look at the pipeline itself, for as long as it runs.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use audit_consumers::Subscription;
use audit_consumers::alert::{Channel, Settings};
use audit_consumers::detect::Rules;
use audit_consumers::watch::{Watch, WatchBuilder, WatchError};
use audit_runtime::control::{Drill, Finding};
use audit_runtime::{Category, Record};

use crate::arguments;
use crate::config;
use crate::failure::{self, Exit, Failure};
use crate::terminal::{cell, escape};

/// How often it is looked how the watch fares.
const LOOK: Duration = Duration::from_secs(2);

pub(crate) fn run(arguments: &arguments::Watch, out: &mut impl Write) -> Result<Exit, Failure> {
    let journal = config::journal(arguments.journal.as_deref())?;
    let settings = Settings::load().map_err(|error| Failure::Usage(error.to_string()))?;
    let channels = settings.channels().map_err(|error| Failure::Usage(error.to_string()))?;
    let names: Vec<&str> = channels.iter().map(|channel| channel.name.as_str()).collect();
    if names.is_empty() {
        failure::warn(
            "no channel is configured, so nobody is told: findings are recorded only; docs/alerts.md shows \
             how to set one up",
        );
    }
    let names = names.join(", ");
    // From here on, so that nothing is found before it is looked for.
    let records = Subscription::from_now(&journal).map_err(undecided)?;
    let watch = builder(arguments, &journal, channels)?.start().map_err(refused)?;
    let names = if names.is_empty() { "none" } else { &names };
    let journal = journal.display().to_string();
    say(out, &format!("watching {}; channels: {}", escape(&journal), escape(names)));
    follow(&watch, records, out)
}

fn builder(
    arguments: &arguments::Watch,
    journal: &Path,
    channels: Vec<Channel>,
) -> Result<WatchBuilder, Failure> {
    let mut builder = Watch::builder(journal);
    if let Some(file) = &arguments.rules {
        let rules = std::fs::read_to_string(file).map_err(|error| {
            Failure::Usage(format!("cannot read the rules in {}: {error}", file.display()))
        })?;
        let rules =
            Rules::parse(file, &rules).map_err(|error| Failure::Usage(error.to_string()))?;
        builder = builder.rules(rules);
    }
    let millis = |seconds: u64| seconds.saturating_mul(1_000);
    builder = builder
        .lag_ms_max(millis(arguments.lag))
        .silence_ms_max(millis(arguments.silence))
        .verify_every_ms(millis(arguments.verify_every));
    Ok(channels.into_iter().fold(builder, WatchBuilder::channel))
}

/// Prints what is found and raised, and warns of what fails, until Ctrl-C.
fn follow(watch: &Watch, mut records: Subscription, out: &mut impl Write) -> Result<Exit, Failure> {
    let mut warned: Vec<String> = Vec::new();
    loop {
        // What keeps it from being read keeps the watch from it, too, and is in its status.
        while let Ok(Some(line)) = records.next(LOOK) {
            if let Some(row) = Record::parse(&line).ok().as_ref().and_then(row) {
                say(out, &row);
            }
        }
        let status = watch.status();
        let failures = [
            ("detection", status.detection.failure),
            ("alerting", status.alerting.failure),
            ("monitoring", status.trouble),
        ];
        let failing =
            failures.into_iter().filter_map(|(what, why)| Some(format!("{what}: {}", why?)));
        let failing: Vec<String> = failing.collect();
        for news in failing.iter().filter(|failure| !warned.contains(failure)) {
            failure::warn(news);
        }
        warned = failing;
    }
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

fn refused(error: WatchError) -> Failure {
    match error {
        WatchError::Journal(error) => error.into(),
        other => Failure::Undecided(other.to_string()),
    }
}

fn undecided(error: audit_consumers::Error) -> Failure {
    Failure::Undecided(error.to_string())
}
