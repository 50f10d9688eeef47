//! `audited verify`: whether every record is as it was written, and which are not.

use std::io::{self, Write};
use std::path::Path;

use audit_runtime::journal::{
    self, DirectoryStorage, Finding, Kind, OlderEpoch, Pruned, Verification,
};
use serde::Serialize;

use crate::arguments::{Level, Verify};
use crate::config;
use crate::epochs;
use crate::exposure;
use crate::failure::{self, Exit, Failure};
use crate::terminal;

/// What a check of the chain alone cannot tell.
const HONEST: &str = "UNSIGNED, UNANCHORED: anyone who can write here can rewrite it";

const STREAM_EPOCH: &str =
    "lines from standard input have no older epochs: leave out --epoch, or name a directory";

pub(crate) fn run(arguments: &Verify, out: &mut impl Write) -> Result<Exit, Failure> {
    let journal = config::journal(arguments.journal.as_deref())?;
    let is_stream = journal == Path::new("-");
    let journal = match arguments.epoch {
        Some(_) if is_stream => return Err(Failure::Usage(STREAM_EPOCH.to_owned())),
        Some(epoch) => journal.join(format!("epochs/{epoch}")),
        None => journal,
    };
    let (checked, epochs) = if is_stream {
        let checked = journal::verify_lines(io::stdin()).map_err(|error| unreadable(&error))?;
        (checked, Vec::new())
    } else {
        let checked = verify(&journal)?;
        if let Some(exposed) = exposure::found(&journal) {
            failure::warn(&exposed);
        }
        checked
    };
    let is_intact = checked.is_intact() && epochs::are_unchanged(&epochs);
    if checked.records == 0 && checked.is_intact() {
        return Err(empty(&journal, &checked));
    }
    if arguments.json {
        let report = Report {
            level: is_intact.then_some(Level::Chain.name()),
            anchored_size: None,
            unchecked: if is_stream { limits(&checked) } else { Vec::new() },
            verification: &checked,
            epochs: &epochs,
        };
        serde_json::to_writer(&mut *out, &report).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        print(&checked, &epochs, &journal, out)?;
        if is_stream {
            print_limits(&checked, out)?;
        }
    }
    conclude(is_intact, arguments.require)
}

fn verify(journal: &Path) -> Result<(Verification, Vec<OlderEpoch>), journal::Error> {
    if !journal.is_dir() {
        let journal = journal.display().to_string();
        return Err(journal::Error::NoJournal { journal });
    }
    let storage = DirectoryStorage::read_only(journal);
    Ok((journal::verify(&storage)?, journal::verify_epochs(&storage)?))
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    /// The level reached, `null` if not even the chain holds.
    level: Option<&'static str>,
    anchored_size: Option<u64>,
    /// What lines without their journal cannot tell.
    unchecked: Vec<Limit>,
    #[serde(flatten)]
    verification: &'a Verification,
    /// The older epochs, the newest first.
    epochs: &'a [OlderEpoch],
}

fn conclude(is_intact: bool, required: Option<Level>) -> Result<Exit, Failure> {
    match required {
        _ if !is_intact => Ok(Exit::Tampered),
        None | Some(Level::Chain) => Ok(Exit::Ok),
        Some(level) => Err(Failure::Undecided(format!(
            "level {} is required: this build checks the chain only, which is L1; ask for \
             `--require L1`, or check with a version that knows signatures and anchors",
            level.name()
        ))),
    }
}

fn print(
    checked: &Verification,
    epochs: &[OlderEpoch],
    journal: &Path,
    out: &mut impl Write,
) -> Result<(), Failure> {
    for finding in &checked.findings {
        writeln!(out, "{}", line(finding))?;
    }
    if let Some(unfinished) = &checked.unfinished {
        writeln!(
            out,
            "UNFINISHED segment={} offset={} bytes={}: a crash left them behind the last record; \
             none of it was acknowledged",
            unfinished.segment, unfinished.offset, unfinished.bytes
        )?;
    }
    let range = match checked.first_seq.zip(checked.last_seq) {
        Some((first, last)) => format!(", seq {first} to {last}"),
        None => String::new(),
    };
    let name = journal.display().to_string();
    writeln!(out, "{}: {} records{range}", terminal::escape(&name), checked.records)?;
    if let Some(pruned) = &checked.pruned {
        let Pruned { seq, time, last_seq, asked_by, reason, .. } = pruned;
        let (by, reason) = (terminal::escape(asked_by), terminal::escape(reason));
        writeln!(
            out,
            "the records up to seq {last_seq} were pruned, as record {seq} of {time} says: for {by}: {reason}"
        )?;
    }
    epochs::print(epochs, out)?;
    if checked.is_intact() && epochs::are_unchanged(epochs) {
        writeln!(out, "level L1: every record is consistent with all before it")?;
        writeln!(out, "{HONEST}")?;
    } else {
        let damages = checked.findings.iter().filter(|finding| !finding.kind.is_warning()).count();
        let damages = damages + epochs::changed(epochs);
        writeln!(out, "no level reached, findings of damage: {damages}")?;
    }
    Ok(())
}

fn line(finding: &Finding) -> String {
    let word = match finding.kind {
        Kind::Superseded => "NOTE",
        kind if kind.is_warning() => "WARNING",
        _ => "TAMPER",
    };
    format!("{word} {}", terminal::escape(&finding.to_string()))
}

/// What lines without their journal cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Limit {
    /// Whether the first line, and all before it, are as they were written.
    Start,
    /// Whether lines are missing behind the last one.
    End,
}

fn limits(checked: &Verification) -> Vec<Limit> {
    let begins_later = checked.first_seq.is_some_and(|first| first > 0);
    let start = begins_later.then_some(Limit::Start);
    start.into_iter().chain([Limit::End]).collect()
}

fn print_limits(checked: &Verification, out: &mut impl Write) -> Result<(), Failure> {
    let first = checked.first_seq.unwrap_or_default();
    for limit in limits(checked) {
        match limit {
            Limit::Start => writeln!(
                out,
                "the lines begin at seq {first}: its own hash and all before it are unchecked"
            )?,
            Limit::End => {
                writeln!(out, "nothing tells whether lines are missing behind the last one")?
            }
        }
    }
    Ok(())
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::Undecided(format!("cannot read standard input: {error}; pipe the lines in"))
}

fn empty(journal: &Path, checked: &Verification) -> Failure {
    let unpublished = checked.findings.iter().find(|finding| finding.kind == Kind::Watermark);
    let advice = match unpublished {
        Some(finding) => format!("{}: {}", finding.segment, finding.reason),
        None => "check the path or the pipe".to_owned(),
    };
    Failure::Undecided(format!(
        "there is no record in {}: nothing can be said about it; {advice}",
        journal.display()
    ))
}
