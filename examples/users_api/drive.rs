//! The self-drive: real requests to a real process, then a check of everything it left behind.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use audit_runtime::journal::{DirectoryStorage, verify};
use audit_runtime::{Category, Outcome, Record};
use tracing_subscriber::filter::LevelFilter;

use crate::child::Service;
use crate::planted::{self, Planted, contains};
use crate::script::{self, EXPECTED, Played};
use crate::service::log_level;
use crate::trail;

/// Runs the service, sends it requests, stops it, prints its trail and checks it.
///
/// The answer is whether everything held.
///
/// # Errors
/// Fails when the service cannot be started, reached or stopped, or its journal not be read.
pub(crate) fn run(journal: Option<&Path>, out: &mut impl Write) -> Result<bool, Box<dyn Error>> {
    let work = tempfile::tempdir()?;
    let temporary = work.path().join("journal");
    let kept = journal.is_some();
    let journal = journal.unwrap_or(&temporary);
    let users = work.path().join("users.db");
    let first = trail::next_seq(journal)?;

    writeln!(out, "Requests")?;
    let service = Service::start(journal, &users)?;
    let played = script::play(service.address, out)?;
    let printed = service.stop()?;

    writeln!(out, "\nTrail")?;
    let records = trail::read(journal, first)?;
    trail::print(&records, out)?;

    writeln!(out, "\nChecks")?;
    let mut checks = Checks { out, failed: false };
    checks.answers(&played)?;
    checks.trail(&records, &played)?;
    checks.chain(journal)?;
    checks.secrets(&Planted::with_sessions(played.sessions), journal, &users, &printed)?;
    let held = !checks.failed;
    closing(kept.then_some(journal), held, out)?;
    Ok(held)
}

fn closing(journal: Option<&Path>, held: bool, out: &mut impl Write) -> io::Result<()> {
    match journal {
        Some(journal) => {
            let journal = journal.display();
            writeln!(out, "\nThe journal is in {journal}:")?;
            writeln!(out, "  cargo run -p audit-cli -- tail {journal}")?;
            writeln!(out, "  cargo run -p audit-cli -- verify --key {journal}.vkey {journal}")?;
        }
        None => writeln!(out, "\nThe journal was temporary; --journal DIR keeps it.")?,
    }
    let verdict = if held { "Everything held." } else { "Something did not hold." };
    writeln!(out, "{verdict}")
}

struct Checks<'a, W> {
    out: &'a mut W,
    failed: bool,
}

impl<W: Write> Checks<'_, W> {
    fn answers(&mut self, played: &Played) -> io::Result<()> {
        let what = format!("{} requests were answered as they should be", played.requests);
        self.check(&what, &played.surprises)
    }

    fn trail(&mut self, records: &[Record], played: &Played) -> io::Result<()> {
        let (access, rest): (Vec<_>, Vec<_>) = records
            .iter()
            .filter(|record| record.category != Category::Journal)
            .partition(|record| record.category == Category::Access);
        let actual: Vec<_> = rest.iter().map(|record| told(record)).collect();
        let what = format!("the trail holds {} events, each once and in order", EXPECTED.len());
        self.check(&what, &differences(&EXPECTED, &actual))?;

        let mut wrong = Vec::new();
        if access.len() != played.requests {
            wrong.push(format!("there are {} access records", access.len()));
        }
        if access.iter().filter(|record| record.outcome == Outcome::Panic).count() != 1 {
            wrong.push("the request that panicked does not say so".to_owned());
        }
        let gone = |record: &&&Record| record.http.as_ref().is_some_and(|http| http.client_gone);
        if access.iter().filter(gone).count() != 1 {
            wrong.push("the request whose client hung up does not say so".to_owned());
        }
        let refused = |record: &&&Record| status(record) == Some(400);
        let whose = access.iter().find(refused).and_then(|record| record.actor.as_ref());
        if whose.and_then(|actor| actor.name.as_deref()) != Some("bob") {
            wrong.push("the body that was refused is not attributed to bob".to_owned());
        }
        let what = format!("{} requests left one access record each", played.requests);
        self.check(&what, &wrong)
    }

    fn chain(&mut self, journal: &Path) -> Result<(), Box<dyn Error>> {
        let verification = verify(&DirectoryStorage::read_only(journal))?;
        let findings: Vec<_> = verification
            .findings
            .iter()
            .map(|finding| format!("seq {:?}: {}", finding.seq, finding.reason))
            .collect();
        let what = format!("the chain over {} records is unbroken", verification.records);
        Ok(self.check(&what, &findings)?)
    }

    fn secrets(
        &mut self,
        planted: &Planted,
        journal: &Path,
        users: &Path,
        printed: &[u8],
    ) -> io::Result<()> {
        let mut files = planted::files_below(journal)?;
        files.push(key_beside(journal));
        let mut found = Vec::new();
        let mut control = false;
        for path in &files {
            let bytes = fs::read(path)?;
            control |= contains(&bytes, b"users-api");
            let places = planted.found_in(&bytes);
            found.extend(places.map(|place| format!("{place} stands in {}", path.display())));
        }
        let places = planted.found_in(printed);
        found.extend(places.map(|place| format!("{place} was printed")));
        // What was not written at all holds no secret either: the search must be able to find.
        let logs = log_level() >= LevelFilter::INFO;
        if !control || contains(printed, b"changing a user") != logs {
            found.push("the search does not even find what must be there".to_owned());
        }
        let what = format!(
            "none of {} planted values is in {} files or {} bytes of output",
            planted.count(),
            files.len(),
            printed.len()
        );
        self.check(&what, &found)?;

        // Personal data belongs into the user table; passwords and tokens stand there as hashes.
        let table = fs::read(users)?;
        let stored = planted.found_in(&table).filter(|place| !place.contains("e-mail"));
        let stored: Vec<_> = stored.map(|place| format!("{place} stands in it")).collect();
        self.check("the user table holds no password and no token", &stored)
    }

    fn check(&mut self, what: &str, wrong: &[String]) -> io::Result<()> {
        self.failed |= !wrong.is_empty();
        let mark = if wrong.is_empty() { "ok" } else { "NOT" };
        writeln!(self.out, "  {mark:>4}  {what}")?;
        for wrong in wrong {
            writeln!(self.out, "        {wrong}")?;
        }
        Ok(())
    }
}

/// The key of the keyed hashes lies beside the journal.
fn key_beside(journal: &Path) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push(".key");
    name.into()
}

fn status(record: &Record) -> Option<u16> {
    record.http.as_ref().and_then(|http| http.status)
}

/// An event as [`EXPECTED`] names it.
fn told(record: &Record) -> String {
    let (action, outcome) = (&record.action, &record.outcome);
    let known = record.actor.as_ref().and_then(|actor| actor.known);
    match record.targets.first() {
        Some(target) => format!("{action} {outcome} {} {}", target.kind, target.id),
        None if known == Some(false) => format!("{action} {outcome} unknown user"),
        None => format!("{action} {outcome}"),
    }
}

/// Where the trail first differs from what it must be.
fn differences(expected: &[&str], actual: &[String]) -> Vec<String> {
    let length = expected.len().max(actual.len());
    let at = |index| (expected.get(index).copied(), actual.get(index).map(String::as_str));
    let first = (0..length).find(|index| at(*index).0 != at(*index).1);
    let shown = |event: Option<&str>| event.unwrap_or("nothing").to_owned();
    let difference = |index| {
        let (expected, actual) = at(index);
        format!("event {}: {} instead of {}", index + 1, shown(actual), shown(expected))
    };
    first.map(difference).into_iter().collect()
}
