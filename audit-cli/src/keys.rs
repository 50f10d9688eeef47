//! `audited keys`: makes the keys that seal values, and shows and changes those that sign the journal.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use audit_runtime::journal::Error;
use audit_runtime::{Keys as Ring, SigningKeys, VerifierKey};

use crate::arguments::{KeyFile, Keys};
use crate::config;
use crate::failure::{Exit, Failure};

pub(crate) fn run(arguments: &Keys, out: &mut impl Write) -> Result<Exit, Failure> {
    match arguments {
        Keys::New { file, signing: false, .. } => make(file, out),
        Keys::New { file, name, .. } => make_signing(file, name.as_deref(), out),
        Keys::Show(place) => show(place, out),
        Keys::Rotate(place) => rotate(place, out),
    }
}

fn make(file: &Path, out: &mut impl Write) -> Result<Exit, Failure> {
    let key = Ring::add_to_file(file).map_err(|error| Failure::Undecided(told(&error)))?;
    writeln!(out, "made the key {} in {}", key.id(), file.display())?;
    writeln!(
        out,
        "It seals values from the service's next start on. Keep a copy of the file elsewhere: without \
         its key a sealed value cannot be read again."
    )?;
    Ok(Exit::Ok)
}

fn make_signing(file: &Path, name: Option<&str>, out: &mut impl Write) -> Result<Exit, Failure> {
    if file.exists() {
        let file = file.display();
        return Err(Failure::Usage(format!(
            "there is a file {file} already: `audited keys rotate {file}` adds a key to it, and the service \
             records the change; name another file for another journal"
        )));
    }
    let key = add(file, name)?;
    writeln!(out, "made a key that signs in {}; its public key is\n{key}", file.display())?;
    writeln!(
        out,
        "It signs the journal from the service's next start on. Keep the public key on another \
         machine, for `audited verify --key`."
    )?;
    Ok(Exit::Ok)
}

/// Prints nothing but the keys, so that a file can take them.
fn show(place: &KeyFile, out: &mut impl Write) -> Result<Exit, Failure> {
    let file = file_of(place)?;
    for key in read(&file)?.verifiers() {
        writeln!(out, "{key}")?;
    }
    Ok(Exit::Ok)
}

fn rotate(place: &KeyFile, out: &mut impl Write) -> Result<Exit, Failure> {
    let file = file_of(place)?;
    // A file that is missing has no key that could vouch for the new one.
    read(&file)?;
    let key = add(&file, None)?;
    writeln!(out, "added a key that signs to {}; its public key is\n{key}", file.display())?;
    writeln!(
        out,
        "It signs the journal from the service's next start on, which records the change, signed by \
         both keys. Keep this public key beside the one before it: while all records are kept, the newest one \
         is enough to verify with."
    )?;
    Ok(Exit::Ok)
}

/// The file of the keys that sign the journal, or the file that is named itself.
fn file_of(place: &KeyFile) -> Result<PathBuf, Failure> {
    let named = config::journal(place.journal.as_deref())?;
    if named.is_file() {
        return Ok(named);
    }
    let journal = named.display().to_string();
    let file = config::settings(&named)?.signing_key_file(&named);
    file.ok_or_else(|| Error::NoJournal { journal }.into())
}

fn read(file: &Path) -> Result<SigningKeys, Failure> {
    let shown = file.display();
    match SigningKeys::from_file(file) {
        Ok(Some(keys)) => Ok(keys),
        Ok(None) => Err(Failure::Undecided(format!(
            "there is no file {shown}: the service's first start makes it, unless its code gives a \
             `signer`; the public key lies beside the journal in the file that ends in `.vkey`"
        ))),
        Err(error) => Err(unusable(file, &error)),
    }
}

fn add(file: &Path, name: Option<&str>) -> Result<VerifierKey, Failure> {
    SigningKeys::add_to_file(file, name).map_err(|error| unusable(file, &error))
}

fn unusable(file: &Path, error: &io::Error) -> Failure {
    Failure::Undecided(format!("cannot use the file of keys {}: {}", file.display(), told(error)))
}

fn told(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("{error}; make its directory first, or correct the path")
        }
        io::ErrorKind::PermissionDenied => format!("{error}; run this as the service's user"),
        _ => error.to_string(),
    }
}
