//! `audited absence`: whether nothing of a kind happened in an interval, and what that rests on.

use std::io::Write;
use std::path::Path;

use audit_consumers::query::{self as ask, Absence, SearchError};
use audit_runtime::journal::{self, DirectoryStorage, Level, Line, Verification};
use serde_json::{Value, json};

use crate::arguments;
use crate::config;
use crate::doubt;
use crate::epochs;
use crate::failure::{Exit, Failure};
use crate::reading::Reading;
use crate::tail;
use crate::terminal::{self, Style};
use crate::verify;

/// How many records and doubts are told; the others are counted.
const SHOWN: usize = 20;

pub(crate) fn run(
    arguments: &arguments::Absence,
    out: &mut impl Write,
    style: Style,
) -> Result<Exit, Failure> {
    let query = ask::Query::parse(&arguments.text)?;
    let journal = config::journal(arguments.trusted.journal.as_deref())?;
    if journal == Path::new("-") {
        let message = "lines from standard input do not tell who was recording: name a directory";
        return Err(Failure::Usage(message.to_owned()));
    }
    let journal = arguments.trusted.directory(journal);
    let filter: String = query.to_string().chars().take(256).collect();
    let mut reading = Reading::of(&journal, "absence", Some(filter));
    let printed = answer(arguments, &query, &journal, &mut reading, out, style);
    reading.end(printed, out)
}

fn answer(
    arguments: &arguments::Absence,
    query: &ask::Query,
    journal: &Path,
    reading: &mut Reading,
    out: &mut impl Write,
    style: Style,
) -> Result<Exit, Failure> {
    let trusted = &arguments.trusted;
    let trust = verify::trust_of(trusted, false)?;
    // What is found is checked after that, so that a service at work has signed it by then.
    let absence = match Absence::find(&config::reader(journal)?, query) {
        Err(error @ SearchError::Unbounded) => return Err(error.into()),
        found => found,
    };
    let (checked, older) = verify::verify(journal, trusted, trust.as_ref())?;
    let is_intact = checked.is_intact() && epochs::are_unchanged(&older);
    if !is_intact || !trusted.json {
        verify::print(&checked, &older, journal, out)?;
    }
    if !is_intact {
        return Ok(Exit::Tampered);
    }
    if let Some(doubt) = doubt::of(&checked, trusted, trust.as_ref()) {
        return Err(Failure::Undecided(doubt));
    }
    let absence = absence?;
    reading.count_none();
    absence.found.first.iter().take(SHOWN).for_each(|line| reading.count(line));
    let given = trust.map(|trust| {
        if trust.anchors.is_empty() && trust.witnesses.is_empty() {
            Level::Signed
        } else {
            Level::Anchored
        }
    });
    let required = trusted.require.map(Level::from).or(given).unwrap_or(Level::Chain);
    let answer = Answer::of(&absence, &checked, required);
    match trusted.json {
        true => writeln!(out, "{}", answer.report(query, &DirectoryStorage::read_only(journal))?)?,
        false => answer.print(query, out, style)?,
    }
    Ok(answer.exit())
}

/// What was found, and what is not shown.
struct Answer<'a> {
    absence: &'a Absence,
    checked: &'a Verification,
    /// That of the first record behind the interval, whose hash stands for all before it.
    level: Level,
    doubts: Vec<String>,
}

impl<'a> Answer<'a> {
    fn of(absence: &'a Absence, checked: &'a Verification, required: Level) -> Self {
        let end = absence.after.as_ref().map(Line::seq);
        let is_below = |size: Option<u64>| end.zip(size).is_some_and(|(end, size)| end < size);
        let level = match () {
            () if is_below(checked.anchored_size) => Level::Anchored,
            () if is_below(checked.signed_size) => Level::Signed,
            () => Level::Chain,
        };
        let mut doubts: Vec<_> =
            absence.doubts.first.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = absence.doubts.count.saturating_sub(SHOWN as u64);
        doubts.extend((more > 0).then(|| format!("there are {more} more such reasons")));
        if let Some(end) = end.filter(|_| level < required) {
            let what = if required == Level::Anchored { "anchored" } else { "signed" };
            let (required, level) = (required.name(), level.name());
            doubts.push(format!("record {end} is not yet {what}: level {required} is required, and {level} was reached"));
        }
        Self { absence, checked, level, doubts }
    }

    fn exit(&self) -> Exit {
        match (self.absence.found.count, self.doubts.is_empty()) {
            (1.., _) => Exit::Tampered,
            (0, false) => Exit::Undecided,
            (0, true) => Exit::Ok,
        }
    }

    fn print(&self, query: &ask::Query, out: &mut impl Write, style: Style) -> Result<(), Failure> {
        let Absence { before, after, between, found, .. } = self.absence;
        let seconds = self.absence.silence_ns_max / 1_000_000_000;
        writeln!(out, "\nasked: {}", terminal::escape(&query.to_string()))?;
        for (line, place) in [(before, "last before"), (after, "first behind")] {
            if let Some(line) = line {
                writeln!(
                    out,
                    "record {} of {} is the {place} the interval",
                    line.seq(),
                    line.observed()
                )?;
            }
        }
        writeln!(
            out,
            "records between, without a hole in their numbers: {between}; asked for: {}",
            found.count
        )?;
        for line in found.first.iter().take(SHOWN) {
            writeln!(out, "{}", tail::row(line, style))?;
        }
        writeln!(out, "a service that lives is silent for {seconds} s at most, by its heartbeats")?;
        for doubt in &self.doubts {
            writeln!(out, "NOT SHOWN: {}", terminal::escape(doubt))?;
        }
        let level = self.level.name();
        let ending = match self.exit() {
            Exit::Ok => {
                "SHOWN: nothing of what is asked was recorded in the interval, and somebody was recording all the time"
            }
            Exit::Undecided => {
                "CANNOT DECIDE: nothing of what is asked is recorded in the interval, but for what is not shown"
            }
            _ => "FOUND: there are records of what is asked in the interval",
        };
        Ok(writeln!(out, "{ending} (level {level})")?)
    }

    /// With what somebody else needs to check it: the lines at both ends, and their proofs.
    fn report(&self, query: &ask::Query, storage: &DirectoryStorage) -> Result<Value, Failure> {
        let Absence { from, to, before, after, between, found, .. } = self.absence;
        let end = |line: Option<&Line>| -> Result<Option<Value>, Failure> {
            let Some(line) = line else { return Ok(None) };
            let is_signed = self.checked.signed_size.is_some_and(|size| line.seq() < size);
            let proof = is_signed.then(|| journal::prove(storage, line.seq())).transpose()?;
            let proof = proof.map(|proof| proof.to_string());
            let (seq, observed) = (line.seq(), line.observed().to_string());
            let line = String::from_utf8_lossy(line.bytes());
            Ok(Some(json!({"seq": seq, "observed": observed, "line": line, "proof": proof})))
        };
        let seqs: Vec<u64> = found.first.iter().map(Line::seq).collect();
        Ok(json!({
            "query": query.to_string(), "from": from.to_string(), "to": to.to_string(),
            "shown": self.exit() == Exit::Ok, "level": self.level,
            "before": end(before.as_ref())?, "after": end(after.as_ref())?, "between": between,
            "found": found.count, "found_seqs": seqs, "not_shown": self.doubts,
            "silence_ns_max": self.absence.silence_ns_max, "verification": self.checked,
        }))
    }
}
