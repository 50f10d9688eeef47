//! `audited doctor`: whether a journal's surroundings are as a service needs them.

mod access;
mod clock;
mod disk;
mod epochs;
mod lag;
mod owner;
mod report;
mod reserve;
mod service;
mod settings;
mod sync;

use std::io::Write;
use std::path::Path;

use audit_runtime::journal::{self, Reader};

use crate::arguments::Doctor;
use crate::config;
use crate::failure::{Exit, Failure};

use report::Report;
use settings::Settings;

pub(crate) fn run(arguments: &Doctor, out: &mut impl Write) -> Result<Exit, Failure> {
    if let Some(named) = &arguments.journal {
        // Says which of the places is empty, as for every command.
        config::journal(Some(named))?;
    }
    let mut report = Report::default();
    let settings = Settings::check(&mut report);
    let journal = arguments.journal.as_deref().or(settings.journal());
    match journal {
        Some(journal) => {
            report.journal = Some(journal.display().to_string());
            examine(journal, &settings, &mut report);
        }
        // Without a mistake that could hide the name, none was given: the same words as ever.
        None if report.is_well() => _ = config::journal(None)?,
        None => {}
    }
    if arguments.json {
        report.write_json(out)?
    } else {
        report.print(out)?
    }
    Ok(report.exit())
}

fn examine(journal: &Path, settings: &Settings, report: &mut Report) {
    if !access::check(journal, settings, report) || !epochs::is_current(journal, report) {
        return;
    }
    let has_older = epochs::check(journal, report);
    let opened = Reader::open(journal);
    let is_new = !has_older && matches!(opened, Err(journal::Error::NoJournal { .. }));
    access::check_key(journal, is_new, settings, report);
    access::check_sealing_keys(journal, settings, report);
    access::check_signing_keys(journal, is_new, settings, report);
    disk::check(journal, settings, report);
    sync::check(journal, report);
    match opened {
        Ok(reader) => look_into(journal, &reader, report),
        Err(journal::Error::NoJournal { .. }) => {
            report.ok("lag", "there is no record yet; the next start of the service writes some");
        }
        Err(error) => report.journal_error("lag", &error),
    }
}

fn look_into(journal: &Path, reader: &Reader, report: &mut Report) {
    let writer = match reader.writer() {
        Ok(writer) => writer,
        Err(error) => return report.journal_error("lock", &error),
    };
    match &writer {
        Some(writer) => {
            report.ok("lock", format!("a writer lives: {writer}"));
            service::check(journal, report);
        }
        None => report.ok("lock", "no writer lives: the lock is free"),
    }
    reserve::check(journal, writer.is_some(), report);
    lag::check_watermark(reader, writer.is_some(), report);
    if let Some(newest) = lag::check(reader, writer.is_some(), report) {
        clock::check(newest, audit_runtime::Timestamp::now(), report);
    }
}
