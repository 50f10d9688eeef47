//! `audited verify`: whether every record is as it was written, and which are not.

use std::io::{self, Write};
use std::path::Path;
use std::thread;

use audit_runtime::journal::{
    self, DirectoryStorage, Effort, Finding, Kind, Level, OlderEpoch, Pruned, Trust, Verification,
};
use serde::Serialize;

use crate::arguments::Verify;
use crate::config;
use crate::doubt;
use crate::epochs;
use crate::exposure;
use crate::failure::{self, Exit, Failure};
use crate::progress::Meter;
use crate::terminal;
use crate::trust;

/// What a check of the chain alone cannot tell.
const UNSIGNED: &str = "UNSIGNED, UNANCHORED: anyone who can write here can rewrite it";
/// What signatures alone cannot tell.
const UNANCHORED: &str = "UNANCHORED: anyone who can write here and use the key can rewrite it";

const STREAM_TRUST: &str = "lines from standard input have no signatures: leave out --key, --anchor and --witness, \
                            or name a directory";
const KEYLESS_ANCHOR: &str = "--anchor and --witness need --key: a checkpoint says nothing before the journal's own \
                              signature is checked";
const STREAM_EPOCH: &str =
    "lines from standard input have no older epochs: leave out --epoch, or name a directory";
const STREAM_ORIGIN: &str = "lines from standard input need not begin with the journal's name: leave out --origin, \
                             or name a directory";

pub(crate) fn run(arguments: &Verify, out: &mut impl Write) -> Result<Exit, Failure> {
    let journal = config::journal(arguments.journal.as_deref())?;
    let is_stream = journal == Path::new("-");
    let journal = match arguments.epoch {
        Some(_) if is_stream => return Err(Failure::Usage(STREAM_EPOCH.to_owned())),
        _ if is_stream && arguments.origin.is_some() => {
            return Err(Failure::Usage(STREAM_ORIGIN.to_owned()));
        }
        _ => arguments.directory(journal),
    };
    let trust = trust_of(arguments, is_stream)?;
    let (checked, epochs) = if is_stream {
        let checked = journal::verify_lines(io::stdin()).map_err(|error| unreadable(&error))?;
        (checked, Vec::new())
    } else {
        let checked = verify(&journal, arguments, trust.as_ref())?;
        if let Some(exposed) = exposure::found(&journal) {
            failure::warn(&exposed);
        }
        checked
    };
    let is_intact = checked.is_intact() && epochs::are_unchanged(&epochs);
    if checked.records == 0 && checked.is_intact() {
        return Err(empty(&journal, &checked));
    }
    let doubt = doubt::of(&checked, arguments, trust.as_ref()).filter(|_| is_intact);
    if arguments.json {
        let report = Report {
            undecided: doubt.as_deref(),
            level: checked.level().filter(|_| is_intact),
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
    match doubt {
        Some(doubt) => Err(Failure::Undecided(doubt)),
        None => conclude(&checked, is_intact, arguments.require.map(Level::from)),
    }
}

/// The keys and anchors to check with; `None` if the chain alone is to be checked.
pub(crate) fn trust_of(arguments: &Verify, is_stream: bool) -> Result<Option<Trust>, Failure> {
    let Verify { key, anchor, witness, level, .. } = arguments;
    let has_anchors = !(anchor.is_empty() && witness.is_empty());
    let refused = match () {
        () if is_stream && (has_anchors || !key.is_empty()) => Some(STREAM_TRUST),
        () if key.is_empty() && has_anchors => Some(KEYLESS_ANCHOR),
        () => None,
    };
    if let Some(refused) = refused {
        return Err(Failure::Usage(refused.to_owned()));
    }
    if key.is_empty() || level.is_some() {
        return Ok(None);
    }
    let (keys, witnesses) = (trust::keys(key)?, trust::witnesses(witness)?);
    Ok(Some(Trust { keys, anchors: trust::anchors(anchor)?, witnesses, origin: None }))
}

pub(crate) fn verify(
    journal: &Path,
    arguments: &Verify,
    trust: Option<&Trust>,
) -> Result<(Verification, Vec<OlderEpoch>), Failure> {
    config::demand(journal)?;
    let storage = DirectoryStorage::read_only(journal);
    // What an older epoch says of those before it, they lie beside it.
    let epochs = match arguments.epoch {
        Some(_) => Vec::new(),
        None => journal::verify_epochs(&storage)?,
    };
    let meter = Meter::new(arguments.progress);
    let tell = |progress| meter.tell(progress);
    let threads = arguments.threads.map_or_else(available_threads, usize::from);
    let effort = Effort { threads, progress: meter.is_wanted().then_some(&tell) };
    let checked = match trust {
        Some(trust) => {
            // That nothing is signed here yet hides no damage elsewhere.
            let (mut checked, unsigned) = match journal::verify_with(&storage, Some(trust), effort)
            {
                Err(unsigned @ journal::Error::Unsigned { .. }) => {
                    (journal::verify_with(&storage, None, effort)?, Some(unsigned))
                }
                checked => (checked?, None),
            };
            take_epochs(&mut checked, journal, &epochs, trust)?;
            let is_intact = checked.is_intact() && epochs::are_unchanged(&epochs);
            if let Some(unsigned) = unsigned.filter(|_| is_intact) {
                return Err(unsigned.into());
            }
            checked
        }
        None => {
            let checked = journal::verify_with(&storage, None, effort)?;
            let is_intact = checked.is_intact() && epochs::are_unchanged(&epochs);
            // What the chain alone tells needs no key.
            if is_intact && arguments.level.is_none() && journal::is_signed(&storage)? {
                return Err(keyless(journal));
            }
            checked
        }
    };
    meter.finish(checked.records);
    Ok((checked, epochs))
}

fn available_threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Takes what anchors tell of older epochs.
fn take_epochs(
    checked: &mut Verification,
    journal: &Path,
    epochs: &[OlderEpoch],
    trust: &Trust,
) -> Result<(), Failure> {
    for older in epochs {
        let (own, place) = (DirectoryStorage::read_only(journal), journal.join(&older.directory));
        let storage = DirectoryStorage::read_only(place);
        let Some(found) = journal::verify_epoch(&own, &storage, older, trust)? else { continue };
        checked.is_by_anchor |= found.is_by_anchor;
        checked.is_by_witness |= found.is_by_witness;
        // Each passes over what is of another one.
        checked
            .passed_over
            .retain(|name| found.origin.is_none() || found.passed_over.contains(name));
        checked.findings.extend(found.findings);
        checked.uncompared += found.uncompared;
        checked.uncompared_reasons.extend(found.uncompared_reasons);
    }
    Ok(())
}

fn keyless(journal: &Path) -> Failure {
    Failure::Undecided(format!(
        "the journal in {} is signed, and no key is given to check that: give the public key that was kept \
         elsewhere (`--key VKEY`, not one from the journal's own host), or ask for `--level L1`, which \
         checks the chain alone",
        journal.display()
    ))
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    /// The level reached, `null` if not even the chain holds.
    level: Option<Level>,
    /// Why nothing was decided, although nothing is damaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    undecided: Option<&'a str>,
    /// What lines without their journal cannot tell.
    unchecked: Vec<Limit>,
    #[serde(flatten)]
    verification: &'a Verification,
    /// The older epochs, the newest first.
    epochs: &'a [OlderEpoch],
}

fn conclude(
    checked: &Verification,
    is_intact: bool,
    required: Option<Level>,
) -> Result<Exit, Failure> {
    let reached = checked.level().filter(|_| is_intact);
    let Some(reached) = reached else { return Ok(Exit::Tampered) };
    let Some(required) = required.filter(|required| *required > reached) else {
        return Ok(Exit::Ok);
    };
    let advice = match reached {
        Level::Chain if checked.signed_size.is_some() => {
            "too many records behind those are not signed: start the service, which signs them, and see why it has not"
        }
        Level::Chain => "give the journal's public key with `--key`",
        _ => "give a checkpoint of this journal that was kept elsewhere with `--anchor`",
    };
    let (required, reached) = (required.name(), reached.name());
    Err(Failure::Undecided(format!(
        "level {required} is required and {reached} was reached: {advice}"
    )))
}

pub(crate) fn print(
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
    for reason in &checked.uncompared_reasons {
        writeln!(out, "NOT COMPARED {}", terminal::escape(reason))?;
    }
    if !checked.passed_over.is_empty() {
        let names: Vec<_> = checked.passed_over.iter().map(|it| terminal::escape(it)).collect();
        let names = names.join(", ");
        writeln!(
            out,
            "NOTE trusted keys have signed checkpoints of other journals, which were passed over: {names}"
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
    let level = checked.level().filter(|_| epochs::are_unchanged(epochs));
    if let Some(level) = level {
        print_level(level, checked, out)?;
    } else {
        let damages = checked.findings.iter().filter(|finding| !finding.kind.is_warning()).count();
        let damages = damages + epochs::changed(epochs);
        writeln!(out, "no level reached, findings of damage: {damages}")?;
    }
    Ok(())
}

/// What was shown, and what was not.
fn print_level(level: Level, checked: &Verification, out: &mut impl Write) -> Result<(), Failure> {
    let size = checked.anchored_size.or(checked.signed_size).unwrap_or_default();
    let last = size.saturating_sub(1);
    let shown = match level {
        Level::Chain if size > 0 => {
            let held = checked.level_of_signed().name();
            format!("every record is consistent with all before it; {held} holds up to seq {last}")
        }
        Level::Chain => "every record is consistent with all before it".to_owned(),
        Level::Signed => format!("the records up to seq {last} are those that were signed"),
        Level::Anchored => {
            format!("the records up to seq {last} agree with what was kept elsewhere")
        }
    };
    writeln!(out, "level {}: {shown}", level.name())?;
    if let Some((at, by)) = checked.anchored_at.as_ref().zip(checked.anchored_by.as_ref()) {
        writeln!(out, "anchored to size {size} at {at} by {}", terminal::escape(by))?;
    }
    let rest = |size: Option<u64>| size.zip(checked.last_seq).filter(|(size, last)| size <= last);
    match rest(checked.signed_size.max(checked.anchored_size)) {
        Some((size, last)) if level == Level::Chain => writeln!(
            out,
            "UNSIGNED: records {size}..{last}: anyone who can write here can rewrite them"
        )?,
        Some((size, last)) => writeln!(
            out,
            "records {size}..{last} are not signed (yet): anyone who can write here can change them"
        )?,
        None => {}
    }
    if let Some((size, last)) = rest(checked.anchored_size) {
        writeln!(out, "records {size}..{last} not yet anchored")?;
    }
    match checked.level_of_signed() {
        Level::Chain => writeln!(out, "{UNSIGNED}")?,
        Level::Signed => writeln!(out, "{UNANCHORED}")?,
        Level::Anchored => {}
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
