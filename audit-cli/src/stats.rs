//! `audited stats`: what is in a journal, counted.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use audit_consumers::query::is_drill;
use audit_runtime::journal::Line;
use audit_runtime::{Record, Timestamp};
use serde::Serialize;

use crate::arguments::Stats;
use crate::config;
use crate::failure::{Exit, Failure};
use crate::notice::{self, Notice};
use crate::reading::Reading;
use crate::terminal;

/// How many of the most frequent words are named.
const TOP: usize = 10;

pub(crate) fn run(arguments: &Stats, out: &mut impl Write) -> Result<Exit, Failure> {
    let journal = config::journal(arguments.journal.as_deref())?;
    let mut reading = Reading::of(&journal, "stats", None);
    let summary = summarise(&journal, &mut reading)?;
    let printed = print_as(arguments.json, &summary, out).map(|()| Exit::Ok);
    reading.end(printed, out)
}

fn print_as(json: bool, summary: &Summary, out: &mut impl Write) -> Result<(), Failure> {
    if !json {
        return print(summary, out);
    }
    serde_json::to_writer(&mut *out, summary).map_err(std::io::Error::from)?;
    Ok(writeln!(out)?)
}

/// What a journal holds, as `--json` prints it.
#[derive(Serialize)]
struct Summary {
    journal: String,
    origin: String,
    segments: usize,
    bytes: u64,
    records: u64,
    first_seq: Option<u64>,
    last_seq: Option<u64>,
    first_observed: Option<String>,
    last_observed: Option<String>,
    /// How often a writer has opened the journal, and how often it found no orderly end.
    starts: u64,
    starts_unclean: u64,
    /// Events that found no place in the queue or on the disk, or were refused by the journal.
    lost: u64,
    /// Events of strangers that came in a flood, and have no record of their own.
    summarised: u64,
    /// Records that are no audit events.
    unreadable: u64,
    /// Records of exercises, which the counts by category, outcome and action leave out.
    drills: u64,
    categories: Vec<Count>,
    outcomes: Vec<Count>,
    actions: Vec<Count>,
}

/// How many records have a word.
#[derive(Serialize)]
struct Count {
    name: String,
    records: u64,
}

fn summarise(journal: &Path, reading: &mut Reading) -> Result<Summary, Failure> {
    let reader = config::reader(journal)?;
    let segments = reader.segments()?;
    let mut tally = Tally::default();
    let mut cursor = reader.cursor(reader.first_seq()?)?;
    while let Some(line) = cursor.next()? {
        tally.count(&line);
        reading.count(&line);
    }
    let (first, last) = (tally.first, tally.last);
    Ok(Summary {
        journal: journal.display().to_string(),
        origin: reader.origin()?,
        segments: segments.len(),
        bytes: segments.iter().map(|segment| segment.bytes).sum(),
        records: tally.records,
        first_seq: first.map(|(seq, _)| seq),
        last_seq: last.map(|(seq, _)| seq),
        first_observed: first.map(|(_, time)| time.to_string()),
        last_observed: last.map(|(_, time)| time.to_string()),
        starts: tally.starts,
        starts_unclean: tally.starts_unclean,
        lost: tally.lost,
        summarised: tally.summarised,
        unreadable: tally.unreadable,
        drills: tally.drills,
        categories: most_frequent(tally.categories),
        outcomes: most_frequent(tally.outcomes),
        actions: most_frequent(tally.actions),
    })
}

#[derive(Default)]
struct Tally {
    records: u64,
    first: Option<(u64, Timestamp)>,
    last: Option<(u64, Timestamp)>,
    starts: u64,
    starts_unclean: u64,
    lost: u64,
    summarised: u64,
    unreadable: u64,
    drills: u64,
    categories: BTreeMap<String, u64>,
    outcomes: BTreeMap<String, u64>,
    actions: BTreeMap<String, u64>,
}

impl Tally {
    fn count(&mut self, line: &Line) {
        let place = (line.seq(), line.observed());
        self.records += 1;
        self.first.get_or_insert(place);
        self.last = Some(place);
        let Ok(record) = Record::parse(line) else {
            self.unreadable += 1;
            return;
        };
        if is_drill(&record) {
            self.drills += 1;
            return;
        }
        match Notice::of(&record) {
            Some(Notice::Start { unclean }) => {
                self.starts += 1;
                self.starts_unclean += u64::from(unclean);
            }
            Some(
                Notice::Lost { events: lost }
                | Notice::Resumed { lost, .. }
                | Notice::Stopped { lost, .. },
            ) => self.lost += lost,
            Some(Notice::Flood { events }) => self.summarised += events,
            Some(
                Notice::Recovered { .. }
                | Notice::Full
                | Notice::Clock { .. }
                | Notice::Unread { .. }
                | Notice::Epoch { .. }
                | Notice::Pruned { .. },
            )
            | None => {}
        }
        *self.categories.entry(record.category.to_string()).or_default() += 1;
        *self.outcomes.entry(notice::outcome(&record)).or_default() += 1;
        *self.actions.entry(record.action).or_default() += 1;
    }
}

fn most_frequent(counts: BTreeMap<String, u64>) -> Vec<Count> {
    let counts = counts.into_iter().map(|(name, records)| Count { name, records });
    let mut counts: Vec<Count> = counts.collect();
    counts.sort_by_key(|count| Reverse(count.records));
    counts.truncate(TOP);
    counts
}

fn print(summary: &Summary, out: &mut impl Write) -> Result<(), Failure> {
    let range = |first: String, last: String| format!("{first} to {last}");
    let seqs = summary.first_seq.zip(summary.last_seq);
    let seqs = seqs.map(|(first, last)| range(first.to_string(), last.to_string()));
    let times = summary.first_observed.clone().zip(summary.last_observed.clone());
    let times = times.map(|(first, last)| range(first, last));
    let missing = || "-".to_owned();
    let rows = [
        ("journal", summary.journal.clone()),
        ("origin", summary.origin.clone()),
        ("segments", format!("{}, {} bytes", summary.segments, summary.bytes)),
        ("records", format!("{}, seq {}", summary.records, seqs.unwrap_or_else(missing))),
        ("observed", times.unwrap_or_else(missing)),
        ("starts", format!("{}, unclean {}", summary.starts, summary.starts_unclean)),
        ("lost", summary.lost.to_string()),
        ("summarised", format!("{}, in floods", summary.summarised)),
        ("unreadable", summary.unreadable.to_string()),
        ("drills", format!("{}, not counted below", summary.drills)),
    ];
    for (name, value) in rows {
        writeln!(out, "{name:10} {}", terminal::escape(&value))?;
    }
    let lists = [
        ("category", &summary.categories),
        ("outcome", &summary.outcomes),
        ("action", &summary.actions),
    ];
    for (name, counts) in lists {
        writeln!(out, "\nrecords by {name}")?;
        for count in counts {
            writeln!(out, "{:>10} {}", count.records, terminal::escape(&count.name))?;
        }
    }
    Ok(())
}
