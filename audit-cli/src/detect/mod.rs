//! `audited detect`: what the rules of detection find in a journal, or in a file of login attempts.

mod attempts;
mod journal;
mod print;

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use audit_consumers::detect::{Engine, Rules, StateKey};

use crate::arguments::{Detect, Format};
use crate::config;
use crate::failure::{self, Exit, Failure};
use print::Printer;

/// The largest file of rules that is read.
const RULES_BYTES_MAX: u64 = 1 << 20;

pub(crate) fn run(arguments: &Detect, out: &mut impl Write) -> Result<Exit, Failure> {
    let rules = rules(arguments.rules.as_deref())?;
    let (path, format) = place(arguments)?;
    let mut engine = Engine::new(rules, key()?);
    let mut printer = Printer::new(arguments.json, out);
    match format {
        Format::Journal => journal::look(&path, &filter(arguments), &mut engine, &mut printer),
        Format::Attempts => attempts::look(&path, &mut engine, &mut printer),
    }
}

/// Where the events are, and as what they are read.
fn place(arguments: &Detect) -> Result<(PathBuf, Format), Failure> {
    let path = config::journal(arguments.path.as_deref())?;
    let is_input = attempts::is_input(&path);
    let format = match arguments.format {
        Some(Format::Journal) if is_input => {
            let message = "a journal cannot be read from standard input; name its directory, or read \
                           attempts with --format attempts";
            return Err(Failure::Usage(message.to_owned()));
        }
        Some(format) => format,
        None if is_input || path.is_file() => Format::Attempts,
        None => Format::Journal,
    };
    Ok((path, format))
}

/// The rules in a file, or the built-in ones; every mistake is told on a line of its own.
pub(crate) fn rules(file: Option<&Path>) -> Result<Rules, Failure> {
    let Some(file) = file else {
        return Ok(Rules::builtin());
    };
    let text = read(file).map_err(|error| {
        let shown = file.display();
        Failure::Usage(format!("cannot read the rules in {shown}: {error}; name a file of rules"))
    })?;
    Rules::parse(file, &text).map_err(|error| {
        error.mistakes().for_each(|mistake| failure::warn(&mistake));
        let shown = file.display();
        Failure::Usage(format!("no rule was applied; mend {shown} (docs/detection.md)"))
    })
}

fn read(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(file)?.take(RULES_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > RULES_BYTES_MAX {
        let message = format!("it is larger than {RULES_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(text)
}

/// Nobody keeps the state of this look, so its key may go with it.
fn key() -> Result<StateKey, Failure> {
    StateKey::random().map_err(|error| {
        Failure::Undecided(format!("the system gives no random bytes: {error}; try again"))
    })
}

/// Which rules were applied, as it is recorded.
fn filter(arguments: &Detect) -> String {
    match &arguments.rules {
        Some(file) => format!("--rules {}", file.display()),
        None => "built-in rules".to_owned(),
    }
}
