//! Where the journal is, the argument or `AUDIT_JOURNAL`, else `audited.toml`; and its reader.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use audit_runtime::Config;
use audit_runtime::journal::{self, Reader};

use crate::arguments::VARIABLE;
use crate::failure::{self, Failure};

const FILE: &str = Config::FILE;

/// The journal that the arguments name, else the one that `audited.toml` in the current directory
/// names. A relative path there starts at that directory.
pub(crate) fn journal(named: Option<&Path>) -> Result<PathBuf, Failure> {
    match named {
        Some(path) if path.as_os_str().is_empty() => Err(nameless()),
        Some(path) => Ok(path.to_owned()),
        None => configured(Path::new(FILE)),
    }
}

/// The settings that a service of this journal would find here: those of the file and the variables,
/// unless they name another journal.
pub(crate) fn settings(journal: &Path) -> Result<Config, Failure> {
    Ok(Config::for_journal(journal)?)
}

/// Refuses a place where there is no directory.
pub(crate) fn demand(journal: &Path) -> Result<(), Failure> {
    if journal.is_dir() {
        return Ok(());
    }
    let journal = journal.display().to_string();
    Err(journal::Error::NoJournal { journal }.into())
}

/// Opens a journal for reading, and warns if it may seem to have fewer records than it has.
pub(crate) fn reader(journal: &Path) -> Result<Reader, Failure> {
    let reader = Reader::open(journal)?;
    if let Some(flaw) = reader.watermark_flaw()? {
        failure::warn(&flaw);
    }
    Ok(reader)
}

/// An empty path, which is the variable's if that is empty: the argument comes before it.
fn nameless() -> Failure {
    let is_variable = env::var_os(VARIABLE).is_some_and(|value| value.is_empty());
    let place = if is_variable {
        format!("the variable {VARIABLE}")
    } else {
        "the argument JOURNAL".to_owned()
    };
    Failure::Usage(format!("{place} is empty; name the journal's directory in it, or leave it out"))
}

fn configured(file: &Path) -> Result<PathBuf, Failure> {
    let text = fs::read_to_string(file).map_err(|error| unreadable(&error))?;
    // A reader needs no other setting, so the variables, which are the service's, do not matter.
    let config = Config::parse(file, &text, [])?;
    let journal = config.journal().map(Path::to_owned);
    journal.ok_or_else(|| {
        Failure::Usage(format!("{FILE}: no journal is named; write `journal = \"PATH\"`"))
    })
}

fn unreadable(error: &io::Error) -> Failure {
    if error.kind() != io::ErrorKind::NotFound {
        return Failure::Undecided(format!("cannot read {FILE}: {error}; let this user read it"));
    }
    let place = env::current_dir().map_or(String::new(), |dir| format!(" in {}", dir.display()));
    Failure::Usage(format!(
        "no journal is named: there is no argument, no {VARIABLE} and no {FILE}{place}; name the \
         journal's directory in one of them"
    ))
}
