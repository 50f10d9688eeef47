//! Where the journal is, the argument or `AUDIT_JOURNAL`, else `audited.toml`; and its reader.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use audit_runtime::journal::Reader;
use serde::Deserialize;

use crate::arguments::VARIABLE;
use crate::failure::{self, Failure};

const FILE: &str = "audited.toml";

/// What `audited.toml` may say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    journal: PathBuf,
}

/// The journal that the arguments name, else the one that `audited.toml` in the current directory
/// names. A relative path there starts at that directory.
pub(crate) fn journal(named: Option<&Path>) -> Result<PathBuf, Failure> {
    match named {
        Some(path) if path.as_os_str().is_empty() => Err(nameless()),
        Some(path) => Ok(path.to_owned()),
        None => configured(Path::new(FILE)),
    }
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
    match toml::from_str::<Config>(&text) {
        Ok(config) if config.journal.as_os_str().is_empty() => {
            Err(Failure::Usage(format!("{FILE}: `journal` is empty; name the journal's directory")))
        }
        Ok(config) => Ok(config.journal),
        Err(error) => Err(Failure::Usage(format!(
            "{FILE}{}: {}; write `journal = \"PATH\"`",
            error.span().map_or(String::new(), |span| line(&text, span.start)),
            error.message(),
        ))),
    }
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

fn line(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    format!(" line {}", before.matches('\n').count() + 1)
}
