//! `audited adopt` and `audited repair`: a new epoch in the place of a journal that cannot go on.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use audit_runtime::SigningKeys;
use audit_runtime::journal::{DirectoryStorage, Epoch, Error, Journal, Options};
use serde::Serialize;

use crate::arguments::{Adopt, Place, Repair};
use crate::config;
use crate::epochs;
use crate::failure::{Exit, Failure};
use crate::terminal;

/// Sets a journal aside for the reason that a person gives.
pub(crate) fn adopt(arguments: &Adopt, out: &mut impl Write) -> Result<Exit, Failure> {
    let reason = arguments.new_epoch.trim();
    if reason.is_empty() {
        let message = "the reason is empty: say after --new-epoch why the journal is set aside";
        return Err(Failure::Usage(message.to_owned()));
    }
    let (journal, storage, options) = open(&arguments.place)?;
    let begun = Journal::adopt(storage, options, reason)?;
    conclude(begun, &journal, &arguments.place, false, out)
}

/// Sets a journal aside if it is damaged, and names the damaged places, 16 at most.
pub(crate) fn repair(arguments: &Repair, out: &mut impl Write) -> Result<Exit, Failure> {
    let (journal, storage, options) = open(&arguments.place)?;
    match Journal::repair(storage, options) {
        Err(Error::Intact { .. }) => {
            report_intact(&journal, &arguments.place, out)?;
            Ok(Exit::Ok)
        }
        begun => conclude(begun?, &journal, &arguments.place, true, out),
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    journal: String,
    /// The epoch that has begun; `null` if nothing was changed.
    epoch: Option<u64>,
    origin: Option<&'a str>,
    set_aside: Option<&'a Epoch>,
}

type Opened = (PathBuf, Arc<DirectoryStorage>, Options);

fn open(place: &Place) -> Result<Opened, Failure> {
    let journal = config::journal(place.journal.as_deref())?;
    let storage = Arc::new(DirectoryStorage::open_existing(&journal)?);
    let writer = concat!("audited ", env!("CARGO_PKG_VERSION")).to_owned();
    let signing = config::settings(&journal)?.signing_key_file(&journal);
    let signing = SigningKeys::visiting(signing.as_deref(), &journal);
    let options = Options { origin: place.origin.clone(), writer, ..signing };
    Ok((journal, storage, options))
}

fn conclude(
    begun: Journal,
    journal: &std::path::Path,
    place: &Place,
    is_repair: bool,
    out: &mut impl Write,
) -> Result<Exit, Failure> {
    let origin = begun.origin().to_owned();
    let aside = begun.set_aside().cloned();
    begun.close()?;
    let epoch = aside.as_ref().map(|aside| aside.epoch + 1);
    let journal = journal.display().to_string();
    if place.json {
        let (origin, set_aside) = (Some(origin.as_str()), aside.as_ref());
        return write_json(&Report { journal, epoch, origin, set_aside }, out);
    }
    let journal = terminal::escape(&journal);
    if let Some(aside) = &aside {
        let Epoch { epoch, directory, records, damage, .. } = aside;
        let directory = terminal::escape(directory);
        writeln!(out, "{journal}: epoch {epoch} was set aside, byte for byte, in {directory}")?;
        writeln!(out, "  {records} records, damaged places: {damage}")?;
        let most = if is_repair { usize::MAX } else { 0 };
        epochs::print_places(aside, most, out)?;
        writeln!(out, "epoch {} begins with seq 0: {}", epoch + 1, terminal::escape(&origin))?;
        writeln!(
            out,
            "next: start the service, and keep {directory}: `audited verify` tells of it, and \
             whether it was changed"
        )?;
    }
    Ok(Exit::Ok)
}

fn report_intact(
    journal: &std::path::Path,
    place: &Place,
    out: &mut impl Write,
) -> Result<Exit, Failure> {
    let journal = journal.display().to_string();
    if place.json {
        return write_json(&Report { journal, epoch: None, origin: None, set_aside: None }, out);
    }
    let journal = terminal::escape(&journal);
    writeln!(out, "{journal}: there is no damage, and nothing was changed")?;
    Ok(Exit::Ok)
}

fn write_json(report: &Report<'_>, out: &mut impl Write) -> Result<Exit, Failure> {
    serde_json::to_writer(&mut *out, report).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(Exit::Ok)
}
