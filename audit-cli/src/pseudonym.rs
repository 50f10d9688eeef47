//! `audited pseudonym`: how records name a value that they do not show.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write};

use audit_runtime::HashKey;

use crate::arguments::Pseudonym;
use crate::config;
use crate::failure::{Exit, Failure, warn};
use crate::reading;

/// What the recorder itself writes as keyed hashes.
/// An `id` is one that has the form of a secret.
const DOMAINS: [&str; 5] = ["session", "actor", "path", "method", "id"];
const DOMAIN_WIDTH: usize = 7;

/// The longest value that is taken from standard input.
const VALUE_BYTES_MAX: u64 = 1 << 20;

const TYPED: &str = "the value was an argument: it may stand in the shell's history, and other users could \
                     see it; leave it out, and standard input is read";

pub(crate) fn run(arguments: &Pseudonym, out: &mut impl Write) -> Result<Exit, Failure> {
    let named = config::journal(arguments.journal.as_deref())?;
    // The keys lie beside the journal, not beside an older epoch of it.
    let journal = reading::current(&named).map_or(named, |(journal, _)| journal);
    // A path that leads nowhere is told before anything is asked for.
    config::reader(&journal)?;
    let settings = config::settings(&journal)?;
    let unread = |error: audit_runtime::ConfigError| Failure::Undecided(error.to_string());
    let current = settings.key(&journal).map_err(unread)?.ok_or_else(keyless)?;
    let keys = settings.sealing_keys(&journal).map_err(unread)?;
    if let Some((_, name)) = arguments.field.as_deref().and_then(|field| field.rsplit_once('.')) {
        warn(&format!("the name of a field has no path: unless a mark says so, it is `{name}`"));
    }
    let value = value(&arguments.value)?;
    for key in [&current].into_iter().chain(keys.older_hash_keys()) {
        write(out, key, arguments.field.as_deref(), value.as_bytes())?;
    }
    Ok(Exit::Ok)
}

fn write(out: &mut impl Write, key: &HashKey, field: Option<&str>, value: &[u8]) -> io::Result<()> {
    if let Some(field) = field {
        return writeln!(out, "{}", key.pseudonym(field, value));
    }
    for domain in DOMAINS {
        writeln!(out, "{domain:DOMAIN_WIDTH$} {}", key.pseudonym(domain, value))?;
    }
    Ok(())
}

/// The value itself, or what standard input has, without the end of its line: of a terminal one line.
fn value(argument: &str) -> Result<String, Failure> {
    if argument != "-" {
        warn(TYPED);
        return Ok(argument.to_owned());
    }
    let mut text = String::new();
    let stdin = io::stdin();
    let is_asked = stdin.is_terminal();
    let mut input = stdin.lock().take(VALUE_BYTES_MAX);
    let read = if is_asked {
        warn("the value, and then Enter:");
        input.read_line(&mut text)
    } else {
        input.read_to_string(&mut text)
    };
    read.map_err(|error| {
        Failure::Usage(format!("cannot read the value from standard input: {error}"))
    })?;
    Ok(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text))
}

fn keyless() -> Failure {
    let message = "there is no key yet, so no record has a pseudonym: the service's first start makes \
                   it; if there was one, restore it from the backup";
    Failure::Undecided(message.to_owned())
}
