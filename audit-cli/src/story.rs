//! `audited story`: all that belongs to one request, each record under the one that led to it.

use std::io::Write;
use std::path::Path;

use audit_consumers::query::{Story, StoryOf, Told};
use audit_runtime::{EventId, Timestamp};
use serde_json::json;

use crate::arguments;
use crate::config;
use crate::failure::{Exit, Failure};
use crate::notice;
use crate::query;
use crate::reading::Reading;
use crate::tail;
use crate::terminal::{self, Style};

/// Records deeper than this stand no further to the right.
const DEPTH_MAX: usize = 12;
const INDENT: &str = "  ";

pub(crate) fn run(
    arguments: &arguments::Story,
    out: &mut impl Write,
    style: Style,
) -> Result<Exit, Failure> {
    let of = asked(&arguments.of)?;
    let journal = config::journal(arguments.journal.as_deref())?;
    let filter: String = arguments.of.chars().take(256).collect();
    let mut reading = Reading::of(&journal, "story", Some(filter));
    let printed = tell(arguments, &of, &journal, &mut reading, out, style);
    reading.end(printed, out)
}

/// A correlation id may look like a number, and a client may have chosen it so; whoever means a
/// record's number says so.
fn asked(text: &str) -> Result<StoryOf, Failure> {
    match text.split_once('=') {
        Some(("seq", seq)) => seq.parse().map(StoryOf::Seq).map_err(|_| {
            Failure::Usage(format!("`{seq}` is no number of a record; write it as `seq=25`"))
        }),
        Some(("id", id)) => EventId::parse(id).map(StoryOf::Id).ok_or_else(|| {
            Failure::Usage(format!("`{id}` is no id of a record; copy it from `audited show`"))
        }),
        Some(("correlation", id)) => Ok(StoryOf::Correlation(id.to_owned())),
        _ => Ok(StoryOf::Correlation(text.to_owned())),
    }
}

fn tell(
    arguments: &arguments::Story,
    of: &StoryOf,
    journal: &Path,
    reading: &mut Reading,
    out: &mut impl Write,
    style: Style,
) -> Result<Exit, Failure> {
    let story = Story::find(&config::reader(journal)?, of)?;
    reading.count_none();
    let mut lines: Vec<_> = story.told.iter().map(|told| &told.found.line).collect();
    lines.sort_by_key(|line| line.seq());
    lines.into_iter().for_each(|line| reading.count(line));
    if story.told.is_empty() && story.scan.is_whole() {
        return Err(Failure::Undecided(absent(of)));
    }
    match arguments.json {
        true => print_json(&story, out)?,
        false => print(&story, out, style)?,
    }
    Ok(query::exit(&story.scan))
}

fn absent(of: &StoryOf) -> String {
    match of {
        StoryOf::Correlation(id) => format!(
            "no record has the correlation id `{id}`; the story of a record is told by its number or \
             its id, as `seq=25` or `id=…`"
        ),
        StoryOf::Seq(seq) => {
            format!("there is no event with the number {seq}; `audited stats` prints the range")
        }
        StoryOf::Id(id) => format!("no record has the id {id}"),
    }
}

fn print(story: &Story, out: &mut impl Write, style: Style) -> Result<(), Failure> {
    let times = story.told.iter().map(|told| told.found.record.time);
    let Some(start) = times.min() else {
        return query::print_scan(&story.scan, out);
    };
    let of = match &story.correlation_id {
        Some(id) => format!("correlation {}", terminal::escape(id)),
        None => "no correlation id".to_owned(),
    };
    writeln!(out, "{of}: {} from {start}", query::many(story.told.len()))?;
    for told in &story.told {
        writeln!(out, "{}", row(told, start, story.correlation_id.as_deref(), style))?;
    }
    if story.is_cut {
        writeln!(out, "there are more records than a story follows: the others are not shown")?;
    }
    writeln!(out)?;
    query::print_scan(&story.scan, out)
}

/// When, what, how it ended, who, to what, why; and another correlation id than the story's.
fn row(told: &Told, start: Timestamp, correlation_id: Option<&str>, style: Style) -> String {
    let record = &told.found.record;
    let since = since(start, record.time);
    let indent = INDENT.repeat(told.depth.min(DEPTH_MAX));
    let outcome = style.outcome(record.outcome.known(), notice_word(record));
    let other = record.correlation_id.as_deref().filter(|id| Some(*id) != correlation_id);
    let other = other.map_or(String::new(), |id| format!("(correlation {id})"));
    let said =
        [&record.action, &tail::actor(record), &tail::target(record), &tail::why(record), &other];
    let said: Vec<_> = said
        .into_iter()
        .filter(|said| !said.is_empty())
        .map(|said| terminal::escape(said))
        .collect();
    let (action, rest) = said.split_first().map_or(("", &[][..]), |(first, rest)| (&**first, rest));
    format!("{:>8} {since:>12} {indent}{action} {outcome} {}", record.seq, rest.join(" "))
}

fn notice_word(record: &audit_runtime::Record) -> String {
    terminal::escape(&notice::outcome(record)).into_owned()
}

/// Seconds since the story's first time; clocks of several services may tell times before it.
fn since(start: Timestamp, time: Timestamp) -> String {
    let nanos = i128::from(time.unix_nanos()) - i128::from(start.unix_nanos());
    let millis = nanos / 1_000_000;
    format!("+{}.{:03}s", millis / 1000, millis % 1000)
}

/// One object around the lines of the journal, which stay as they are.
fn print_json(story: &Story, out: &mut impl Write) -> Result<(), Failure> {
    write!(out, "{{\"correlation_id\":{},\"records\":[", json!(story.correlation_id))?;
    for (index, told) in story.told.iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        write!(out, "{{\"depth\":{},\"record\":", told.depth)?;
        out.write_all(told.found.line.bytes())?;
        out.write_all(b"}")?;
    }
    let (cut, whole) = (story.is_cut, story.scan.is_whole());
    let (passes, scan) = (story.passes, json!(story.scan));
    Ok(writeln!(out, "],\n\"cut\":{cut},\"passes\":{passes},\"whole\":{whole},\"scan\":{scan}}}")?)
}
