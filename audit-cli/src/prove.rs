//! `audited prove`: proves to others that a record is in the journal, and checks such a proof.

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::Path;

use audit_runtime::journal::{self, DirectoryStorage, LINE_BYTES_MAX};
use audit_tlog::{Proof, Unproven, Untrusted};

use crate::arguments::Prove;
use crate::config;
use crate::failure::{Exit, Failure};
use crate::terminal;
use crate::trust;

pub(crate) fn run(arguments: &Prove, out: &mut impl Write) -> Result<Exit, Failure> {
    if let Some(file) = &arguments.check {
        return check(file, &arguments.key, out);
    }
    let seq = arguments.seq.ok_or_else(|| Failure::Usage("SEQ is missing".to_owned()))?;
    let journal = config::journal(arguments.journal.as_deref())?;
    config::demand(&journal)?;
    let proof = journal::prove(&DirectoryStorage::read_only(&journal), seq)?;
    write!(out, "{proof}")?;
    Ok(Exit::Ok)
}

/// Checks the proof in a file for the line on standard input.
fn check(file: &Path, keys: &[String], out: &mut impl Write) -> Result<Exit, Failure> {
    let keys = trust::keys(keys)?;
    let name = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::Undecided(format!("cannot read the proof in {name}: {error}")))?;
    let proof = Proof::parse(&text)
        .map_err(|malformed| Failure::Undecided(format!("{name} holds no proof: {malformed}")))?;
    let mut line = Vec::new();
    io::stdin()
        .take(LINE_BYTES_MAX as u64 + 2)
        .read_to_end(&mut line)
        .map_err(|error| Failure::Undecided(format!("cannot read standard input: {error}")))?;
    let line = line.strip_suffix(b"\n").unwrap_or(&line);
    if line.is_empty() {
        let advice = "standard input has no line: pipe in the record, as `audited show SEQ --json` prints it";
        return Err(Failure::Undecided(advice.to_owned()));
    }
    let checkpoint = proof.check(line, &keys).map_err(|unproven| match unproven {
        Unproven::Untrusted(Untrusted::Unknown) => Failure::Undecided(format!(
            "{name}: cannot decide, no key of --key has signed the proof's checkpoint"
        )),
        Unproven::Malformed(_) => Failure::Undecided(format!("{name}: {unproven}")),
        _ => Failure::Tampered(format!("{name}: {unproven}")),
    })?;
    let origin = terminal::escape(&checkpoint.origin);
    let (index, size) = (proof.index, checkpoint.size);
    writeln!(
        out,
        "record {index} is in the journal {origin}, under its signed checkpoint of {size} records"
    )?;
    Ok(Exit::Ok)
}
