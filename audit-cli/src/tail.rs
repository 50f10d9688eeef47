//! `audited tail`: the last records one line each, and new ones as they become durable.

use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::Duration;

use audit_consumers::query::RuleHeld;
use audit_runtime::journal::{Line, Reader};
use audit_runtime::record::Origin;
use audit_runtime::{Category, Record, record};

use crate::arguments::Tail;
use crate::config;
use crate::failure::{self, Exit, Failure};
use crate::notice::{self, Notice};
use crate::reading::Reading;
use crate::terminal::{self, Style};

/// How long to wait before looking for new records again.
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) fn run(arguments: &Tail, out: &mut impl Write, style: Style) -> Result<Exit, Failure> {
    let journal = config::journal(arguments.journal.as_deref())?;
    let mut reading = Reading::of(&journal, "tail", Some(filter(arguments)));
    let printed = print(arguments, &journal, &mut reading, out, style);
    let flushed = out.flush();
    if !arguments.follow {
        reading.leave_record();
    }
    printed.and_then(|exit| Ok(flushed.map(|()| exit)?))
}

fn print(
    arguments: &Tail,
    journal: &Path,
    reading: &mut Reading,
    out: &mut impl Write,
    style: Style,
) -> Result<Exit, Failure> {
    let reader = config::reader(journal)?;
    if arguments.from.is_none() {
        // Whoever asks for the last records is told at once that the first ones are gone.
        reader.cursor(reader.first_seq()?)?;
    }
    let start = match arguments.from {
        Some(seq) => seq,
        None => start_of_last(&reader, arguments.lines)?,
    };
    let mut cursor = reader.cursor(start)?;
    let mut next = cursor.next()?;
    if next.is_none() && arguments.from.is_some() {
        let absent = absent(start, end(&reader)?);
        if !arguments.follow {
            return Err(Failure::Undecided(format!("{absent}; `audited stats` prints its range")));
        }
        failure::warn(&format!("{absent}; waiting for it until Ctrl-C"));
    }
    if arguments.follow {
        // Nobody knows when it ends, and Ctrl-C leaves no time for anything.
        reading.clone().leave_endless_record(start);
    }
    loop {
        if let Some(line) = &next {
            reading.count(line);
        }
        match next {
            Some(line) if arguments.json => {
                out.write_all(line.bytes())?;
                out.write_all(b"\n")?;
            }
            Some(line) => writeln!(out, "{}", row(&line, style))?,
            None if arguments.follow => {
                out.flush()?;
                thread::sleep(PAUSE);
            }
            None => return Ok(Exit::Ok),
        }
        next = cursor.next()?;
    }
}

/// Which records were asked for, as it is recorded.
fn filter(arguments: &Tail) -> String {
    let start = match arguments.from {
        Some(seq) => format!("--from {seq}"),
        None => format!("-n {}", arguments.lines),
    };
    if arguments.follow { format!("{start} --follow") } else { start }
}

/// The first of the last `count` records.
fn start_of_last(reader: &Reader, count: u64) -> Result<u64, Failure> {
    Ok(end(reader)?.saturating_sub(count).max(reader.first_seq()?))
}

/// The number behind the last record; damage is left for the reading itself to report.
fn end(reader: &Reader) -> Result<u64, Failure> {
    let mut end = reader.segments()?.last().map_or(0, |segment| segment.first_seq);
    let mut cursor = reader.cursor(end)?;
    while let Ok(Some(line)) = cursor.next() {
        end = line.seq() + 1;
    }
    Ok(end)
}

fn absent(seq: u64, end: u64) -> String {
    let end = match end.checked_sub(1) {
        Some(last) => format!("the journal ends at record {last}"),
        None => "the journal has none yet".to_owned(),
    };
    format!("there is no record {seq} yet: {end}")
}

/// One record on one line.
pub(crate) fn row(line: &Line, style: Style) -> String {
    let seq = line.seq();
    let Ok(record) = Record::parse(line) else {
        let observed = millis(&line.observed().to_string());
        return format!(
            "{seq:>8} {observed} no audit event: `audited show {seq} --json` prints it"
        );
    };
    let time = millis(&record.time.to_string());
    let category = terminal::cell(category(&record), 8);
    let outcome = terminal::cell(&notice::outcome(&record), 9);
    let outcome = style.outcome(record.outcome.known(), outcome);
    let action = terminal::cell(&record.action, 20);
    let actor = terminal::cell(&actor(&record), 20);
    let target = terminal::cell(&target(&record), 28);
    let origin = terminal::cell(record.origin.as_ref().and_then(Origin::place).unwrap_or("-"), 15);
    let why = terminal::cell(&why(&record), 40);
    let row =
        format!("{seq:>8} {time} {category} {outcome} {actor} {action} {target} {origin} {why}");
    row.trim_end().to_owned()
}

/// A time with three fractional digits.
fn millis(time: &str) -> String {
    format!("{}Z", time.get(..23).unwrap_or(time))
}

fn category(record: &Record) -> &str {
    match &record.category {
        record::Word::Known(Category::Authentication) => "authn",
        record::Word::Known(Category::Authorization) => "authz",
        record::Word::Known(other) => other.as_str(),
        record::Word::Other(other) => other,
    }
}

pub(crate) fn actor(record: &Record) -> String {
    let Some(actor) = &record.actor else {
        return "-".to_owned();
    };
    let label = match actor.known {
        Some(false) => Some("(unknown)"),
        _ => actor.name.as_deref().or(actor.id.as_deref()),
    };
    match label {
        Some(label) => format!("{}:{label}", actor.kind),
        None => actor.kind.to_string(),
    }
}

/// The first target, else the request.
pub(crate) fn target(record: &Record) -> String {
    let Some((first, others)) = record.targets.split_first() else {
        let Some(http) = &record.http else {
            return "-".to_owned();
        };
        return format!("{} {}", http.method, http.route.as_deref().unwrap_or("(no route)"));
    };
    let label = format!("{}:{}", first.kind, first.name.as_deref().unwrap_or(&first.id));
    match others.len() {
        0 => label,
        more => format!("{label} +{more}"),
    }
}

/// The reason or the error, and the status; or what the journal says of itself, or a detector has found.
pub(crate) fn why(record: &Record) -> String {
    let notice = Notice::of(record).map(|notice| notice.to_string());
    let held =
        RuleHeld::of(record).map(|held| format!("{}, {} for {}", held.rule, held.count, held.key));
    let reason = record.reason.as_ref().map(|reason| reason.code.clone());
    let status = record.http.as_ref().and_then(|http| http.status);
    let parts =
        [notice, held, reason, record.error_type.clone(), status.map(|status| status.to_string())];
    let parts = parts.into_iter().flatten();
    let said: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    said.join(" ")
}
