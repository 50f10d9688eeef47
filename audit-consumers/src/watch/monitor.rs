//! Watches the pipeline itself: the writer's health, its silence, the consumers' lag, dead letters.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use audit_runtime::control::Client;
use audit_runtime::journal::Reader;
use audit_runtime::{Clock as _, Record, SystemClock};
use serde::Deserialize;

use super::appending::DEADLINE;
use super::report::Report;
use super::settings::Settings;
use super::trouble;
use crate::Error;
use crate::follower::{cursor, next_past_damage};
use crate::runner::Observer;

/// What is watched, and what was seen the last time.
pub(super) struct Monitor {
    journal: PathBuf,
    settings: Settings,
    consumers: Vec<(&'static str, Observer)>,
    report: Report,
    /// How many records were durable, and since when it has been so many.
    durable: (u64, Instant),
    /// The consumers whose lag was told and has not ended.
    behind: HashSet<&'static str>,
    /// How many records were durable when silence was looked into.
    quiet: Option<u64>,
}

/// What the monitor reads of a recorder's health.
#[derive(Deserialize)]
struct Health {
    status: String,
    reason: Option<String>,
    /// Older writers have none.
    #[serde(default)]
    alarm: Option<String>,
    /// Older writers have none.
    #[serde(default)]
    anchors: Vec<Anchor>,
}

/// What it reads of an anchor.
#[derive(Deserialize)]
struct Anchor {
    name: String,
    age_s: u64,
    failure: Option<String>,
    is_stale: bool,
    contradicts: bool,
}

impl Monitor {
    pub(super) fn new(
        journal: &Path,
        settings: Settings,
        consumers: Vec<(&'static str, Observer)>,
        report: Report,
    ) -> Self {
        let journal = journal.to_owned();
        let (durable, behind, quiet) = ((0, Instant::now()), HashSet::new(), None);
        Self { journal, settings, consumers, report, durable, behind, quiet }
    }

    /// Looks at everything once.
    ///
    /// # Errors
    /// Fails when something can be neither seen nor told; the next look tries again.
    pub(super) fn look(&mut self) -> Result<(), Error> {
        let lags = self.look_at_consumers();
        let dead = self.look_at_dead_letters();
        let writer = self.look_at_writer();
        self.report.catch_up();
        lags.and(dead).and(writer)
    }

    fn look_at_consumers(&mut self) -> Result<(), Error> {
        let mut ended = Ok(());
        for (name, consumer) in &self.consumers {
            let status = consumer.status();
            if status.behind_for < self.settings.lag_max() {
                self.behind.remove(name);
            } else if !self.behind.contains(name) {
                let why = status.failure.map_or(String::new(), |why| format!("It fails: {why}"));
                let seconds = status.behind_for.as_secs();
                let origin = &self.report.origin;
                let told = trouble::lag(origin, name, status.next_seq, seconds, &why);
                match self.report.tell(told) {
                    Ok(()) => _ = self.behind.insert(name),
                    // It is told at the next look, and the other consumer at this one.
                    Err(error) => ended = Err(error),
                }
            }
        }
        ended
    }

    fn look_at_dead_letters(&mut self) -> Result<(), Error> {
        let letters = self.report.outbox().unreported().map_err(Error::consumer)?;
        let mut of_channels: BTreeMap<&str, u64> = BTreeMap::new();
        for letter in &letters {
            *of_channels.entry(&letter.channel).or_default() += 1;
        }
        let day = today();
        for (channel, count) in of_channels {
            let told = trouble::undelivered(&self.report.origin, channel, &day, count);
            self.report.tell(told)?;
        }
        self.report.outbox().reported(&letters).map_err(Error::consumer)
    }

    fn look_at_writer(&mut self) -> Result<(), Error> {
        let read = Reader::open(&self.journal).and_then(|reader| Ok((reader.watermark()?, reader)));
        let (durable, reader) = match read {
            Ok((durable, reader)) => (durable.unwrap_or(0), reader),
            Err(error) => {
                let told = trouble::unreadable(&self.report.origin, &error.to_string());
                return self.report.tell(told);
            }
        };
        if durable != self.durable.0 {
            self.durable = (durable, Instant::now());
        }
        let health =
            Client::connect(&self.journal, DEADLINE).and_then(|mut client| client.health());
        let health: Option<Health> = health.ok().and_then(|json| serde_json::from_str(&json).ok());
        if let Some(Health { status, reason, alarm, anchors }) = health {
            let day = today();
            let origin = self.report.origin.clone();
            for anchor in anchors.into_iter().filter(|it| it.is_stale) {
                let Anchor { name, age_s, failure, contradicts, .. } = anchor;
                let why = failure.unwrap_or_default();
                let told = match contradicts {
                    true => trouble::contradicted(&origin, &name, &day, &why),
                    false => trouble::unanchored(&origin, &name, &day, age_s, &why),
                };
                self.report.tell(told)?;
            }
            let reason = reason.unwrap_or_default();
            let told = match alarm.as_deref().filter(|_| status == "red") {
                // That of the anchor was told.
                Some("contradicted") => None,
                Some(alarm @ ("unrelayed" | "set_aside")) => {
                    Some(trouble::alarmed(&origin, alarm, &day, &reason))
                }
                _ => (status == "red").then(|| trouble::failing(&origin, durable, &reason)),
            };
            told.map_or(Ok(()), |told| self.report.tell(told))?;
        }
        let silent = self.durable.1.elapsed();
        let silence_max = self.settings.silence_max();
        if silence_max.is_none_or(|most| silent < most) || self.quiet == Some(durable) {
            return Ok(());
        }
        if !has_stopped(&reader)? {
            let told = trouble::silence(&self.report.origin, durable, silent.as_secs());
            self.report.tell(told)?;
        }
        // Until there is another record, there is nothing new to tell.
        self.quiet = Some(durable);
        Ok(())
    }
}

/// The day of this moment (UTC).
fn today() -> String {
    SystemClock.now().to_string().get(..10).unwrap_or_default().to_owned()
}

/// True if the last record is that of a writer that has ended in order.
fn has_stopped(reader: &Reader) -> Result<bool, Error> {
    let newest = reader.first_seqs()?.last().copied().unwrap_or(0);
    let mut cursor = cursor(reader, newest)?;
    let mut last = None;
    while let Some(line) = next_past_damage(&mut cursor, &mut 0)? {
        last = Some(line);
    }
    let record = last.and_then(|line| Record::parse(&line).ok());
    Ok(record.is_some_and(|record| record.action == "JournalStop" && record.journal.is_some()))
}
